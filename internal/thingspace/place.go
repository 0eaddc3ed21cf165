package thingspace

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// mistakes are the violations of one body. As soon as there are several, they stand by their places, and
// only those of which one can be the first are kept: in a list those of the first item that has any. So
// there are few, however long the body is.
type mistakes struct {
	one  *violation // the only one so far
	root *spot      // nil as long as there is only one
}

// spot is a place in a body: a violation is there, or on the way down from it.
type spot struct {
	fields map[string]*spot
	item   *spot // of a list
	index  int   // which item that is
	wrong  told  // the value itself, found where it begins
	lacks  told  // something that is missing in it, found where it ends
}

// told is a violation, or none, and where in the body it is found.
type told struct {
	*violation
	at int
}

// add notes a violation of a document.
func (m *mistakes) add(v violation, doc any) {
	switch {
	case m.one == nil:
		m.one = &v
		return
	case *m.one == v:
		return // two rules ask for the same
	case m.root == nil:
		m.root = &spot{}
		m.root.add(m.one, doc)
	}
	m.root.add(&v, doc)
}

func (s *spot) add(v *violation, doc any) {
	for _, step := range strings.Split(v.within, "/")[1:] {
		switch d := doc.(type) {
		case []any:
			i, _ := strconv.Atoi(step)
			switch {
			case s.item == nil || i < s.index:
				s.item, s.index = &spot{}, i
			case i > s.index:
				return
			}
			s, doc = s.item, d[i]
		case map[string]any:
			if s.fields == nil {
				s.fields = map[string]*spot{}
			}
			if s.fields[step] == nil {
				s.fields[step] = &spot{}
			}
			s, doc = s.fields[step], d[step]
		}
	}
	t := &s.wrong
	if v.missing {
		t = &s.lacks
	}
	if t.violation == nil || v.compare(t.violation) < 0 {
		t.violation = v
	}
}

// compare orders violations of one place, so that the same is told each time.
func (v *violation) compare(w *violation) int {
	return cmp.Or(cmp.Compare(v.pointer, w.pointer), cmp.Compare(v.found+v.expected, w.found+w.expected))
}

// first is the violation that somebody finds first who reads the body from the front, or nil.
func (m *mistakes) first(body []byte) *violation {
	if m.root == nil {
		return m.one
	}
	r := reader{text: body}
	r.value(m.root)
	first := slices.MinFunc(m.root.all(nil), func(a, b *told) int { return cmp.Compare(a.at, b.at) })
	return first.violation
}

// all appends what is told at a spot and below; no two of them are at the same place.
func (s *spot) all(to []*told) []*told {
	for _, t := range []*told{&s.wrong, &s.lacks} {
		if t.violation != nil {
			to = append(to, t)
		}
	}
	if s.item != nil {
		to = s.item.all(to)
	}
	for _, below := range s.fields {
		to = below.all(to)
	}
	return to
}

// reader goes through the text of JSON that is known to be such, and finds spots in it. What has no spot
// in it is passed over, however deep it is. Of a key that is there twice the last one counts, as for the
// decoder: it comes later, and its places with it.
type reader struct {
	text []byte
	at   int
}

// value takes a value with a spot, after white space.
func (r *reader) value(s *spot) {
	r.space()
	s.wrong.at = r.at
	switch c := r.text[r.at]; {
	case c == '{' && s.fields != nil:
		for r.at++; !r.next('}'); r.next(',') {
			below := r.field(s)
			r.next(':')
			r.pass(below)
		}
	case c == '[' && s.item != nil:
		r.at++
		for i := 0; !r.next(']'); i++ {
			if i == s.index {
				r.pass(s.item)
			} else {
				r.pass(nil)
			}
			r.next(',')
		}
	default:
		r.skip()
	}
	s.lacks.at = r.at
}

// pass takes a value, which may have a spot.
func (r *reader) pass(s *spot) {
	if s != nil {
		r.value(s)
	} else {
		r.skip()
	}
}

// field takes a key; what comes back is the spot that it leads to, if any.
func (r *reader) field(s *spot) *spot { return s.fields[r.key()] }

// key takes a key.
func (r *reader) key() string {
	r.space()
	start := r.at
	r.quoted()
	raw := r.text[start:r.at]
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var key string
	_ = json.Unmarshal(raw, &key) // the whole body is JSON
	return key
}

// skip takes a value, after white space, without a look into it.
func (r *reader) skip() {
	r.space()
	for depth := 0; ; {
		switch r.text[r.at] {
		case '{', '[':
			depth++
			r.at++
		case '}', ']':
			depth--
			r.at++
		case ',', ':', ' ', '\t', '\n', '\r':
			r.at++
			continue // these stand between values
		case '"':
			r.quoted()
		default:
			r.word()
		}
		if depth == 0 {
			return
		}
	}
}

// quoted takes a string.
func (r *reader) quoted() {
	for r.at++; r.text[r.at] != '"'; r.at++ {
		if r.text[r.at] == '\\' {
			r.at++
		}
	}
	r.at++
}

// word takes a number, true, false or null.
func (r *reader) word() []byte {
	start := r.at
	for r.at < len(r.text) && strings.IndexByte(",]} \t\n\r", r.text[r.at]) < 0 {
		r.at++
	}
	return r.text[start:r.at]
}

func (r *reader) space() {
	for r.at < len(r.text) && strings.IndexByte(" \t\n\r", r.text[r.at]) >= 0 {
		r.at++
	}
}

// next takes a character, after white space, if it is the one.
func (r *reader) next(c byte) bool {
	r.space()
	if r.text[r.at] != c {
		return false
	}
	r.at++
	return true
}
