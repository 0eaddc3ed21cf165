package schema

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// earliest is the violation that somebody finds first who reads the body from the front, or nil. What is wrong
// is found where it begins, what is missing where the object or list ends in which it should be.
//
// A decoded document does not know where its values stood in the body. So the violations are hung into a tree of
// the values on the way to them, and the body is read once more along that tree. Only those violations are
// kept of which one can be the first, in a list those of the first item that has any: the tree is small, however
// long the body is. One violation alone needs no tree.
func earliest(body []byte, doc any, all []Violation) *Violation {
	if len(all) == 0 {
		return nil
	}
	if !slices.ContainsFunc(all, func(v Violation) bool { return v != all[0] }) {
		return &all[0] // two rules may ask for the same
	}
	var root value
	for i := range all {
		root.add(&all[i], doc)
	}
	r := reader{text: body}
	root.locate(&r)
	first := slices.MinFunc(root.all(nil), func(a, b *located) int { return cmp.Compare(a.at, b.at) })
	return first.Violation
}

// value is one that a violation is in, itself or further down.
type value struct {
	fields map[string]*value // of an object
	item   *value            // of a list
	index  int               // which item that is
	wrong  located           // found where the value begins
	lacks  located           // found where it ends
}

// located is a violation, or none, and the byte of the body at which it is found.
type located struct {
	*Violation
	at int
}

// add hangs a violation of a document in.
func (v *value) add(wrong *Violation, doc any) {
	for _, step := range strings.Split(wrong.within, "/")[1:] {
		switch d := doc.(type) {
		case []any:
			i, _ := strconv.Atoi(step)
			switch {
			case v.item == nil || i < v.index:
				v.item, v.index = &value{}, i
			case i > v.index:
				return
			}
			v, doc = v.item, d[i]
		case map[string]any:
			if v.fields == nil {
				v.fields = map[string]*value{}
			}
			if v.fields[step] == nil {
				v.fields[step] = &value{}
			}
			v, doc = v.fields[step], d[step]
		}
	}
	l := &v.wrong
	if wrong.missing {
		l = &v.lacks
	}
	if l.Violation == nil || wrong.compare(l.Violation) < 0 {
		l.Violation = wrong
	}
}

// compare orders violations of one value, so that the same is told each time.
func (v *Violation) compare(w *Violation) int {
	return cmp.Or(cmp.Compare(v.Pointer, w.Pointer), cmp.Compare(v.Found+v.Expected, w.Found+w.Expected))
}

// all appends what hangs at a value and below; no two of them are at the same place.
func (v *value) all(to []*located) []*located {
	for _, l := range []*located{&v.wrong, &v.lacks} {
		if l.Violation != nil {
			to = append(to, l)
		}
	}
	if v.item != nil {
		to = v.item.all(to)
	}
	for _, below := range v.fields {
		to = below.all(to)
	}
	return to
}

// locate reads a value, after white space, and notes where it and those below it begin and end. Of a key that is
// there twice the last one counts, as for the decoder: it comes later, and its places with it.
func (v *value) locate(r *reader) {
	if v == nil {
		r.skip()
		return
	}
	r.space()
	v.wrong.at = r.at
	switch c := r.text[r.at]; {
	case c == '{' && v.fields != nil:
		for r.at++; !r.next('}'); r.next(',') {
			below := v.fields[r.key()]
			r.next(':')
			below.locate(r)
		}
	case c == '[' && v.item != nil:
		r.at++
		for i := 0; !r.next(']'); i++ {
			if i == v.index {
				v.item.locate(r)
			} else {
				r.skip()
			}
			r.next(',')
		}
	default:
		r.skip()
	}
	v.lacks.at = r.at
}
