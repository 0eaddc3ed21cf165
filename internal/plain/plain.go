// Package plain walks through plain values: numbers, texts, and lists, structs and pointers of such. It finds what is of some
// type wherever it stands, and says of two values whether they are the same.
package plain

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Place is where a value stands in another one.
type Place []step

type step struct {
	field string // "" for an element
	index int
}

func (p Place) String() string {
	var b strings.Builder
	for _, s := range p {
		switch {
		case s.field == "":
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		case b.Len() > 0:
			b.WriteString("." + s.field)
		default:
			b.WriteString(s.field)
		}
	}
	return b.String()
}

// Each shows the values inside the one that root points to, those of each type to its function, which may set them, until one
// of them says that it has seen enough. What is shown is not looked into.
func Each(root any, show map[reflect.Type]func(Place, reflect.Value) bool) {
	w := walker{show: show, known: map[reflect.Type]visit{}}
	if in := w.visit(reflect.TypeOf(root).Elem()); in != nil {
		in(reflect.ValueOf(root).Elem())
	}
}

// MayHave says whether there may be values of some types in a value of one type, such that Each would show them.
func MayHave(of reflect.Type, types ...reflect.Type) bool {
	w := walker{show: map[reflect.Type]func(Place, reflect.Value) bool{}, known: map[reflect.Type]visit{}}
	for _, t := range types {
		w.show[t] = func(Place, reflect.Value) bool { return false }
	}
	return w.visit(of) != nil
}

// visit looks into a value of one type, and says whether to go on.
type visit func(reflect.Value) bool

type walker struct {
	show  map[reflect.Type]func(Place, reflect.Value) bool
	known map[reflect.Type]visit
	place Place
}

// visit is how values of a type are looked into; nil when nothing that is to be shown can be in them.
func (w *walker) visit(of reflect.Type) visit {
	if known, ok := w.known[of]; ok {
		return known
	}
	w.known[of] = func(v reflect.Value) bool { return w.known[of](v) } // for one that contains itself
	w.known[of] = w.newVisit(of)
	return w.known[of]
}

func (w *walker) newVisit(of reflect.Type) visit {
	if show := w.show[of]; show != nil {
		return func(v reflect.Value) bool { return show(w.place, v) }
	}
	switch {
	case textual(of):
		return nil
	case of.Kind() == reflect.Pointer:
		in := w.visit(of.Elem())
		if in == nil {
			return nil
		}
		return func(v reflect.Value) bool { return v.IsNil() || in(v.Elem()) }
	case of.Kind() == reflect.Slice || of.Kind() == reflect.Array:
		in := w.visit(of.Elem())
		if in == nil {
			return nil
		}
		return func(v reflect.Value) bool {
			for i := range v.Len() {
				w.place = append(w.place, step{"", i})
				more := in(v.Index(i))
				w.place = w.place[:len(w.place)-1]
				if !more {
					return false
				}
			}
			return true
		}
	case of.Kind() == reflect.Struct:
		return w.visitStruct(of)
	}
	return nil
}

func (w *walker) visitStruct(of reflect.Type) visit {
	type part struct {
		name  string
		index int
		in    visit
	}
	var parts []part
	for i := range of.NumField() {
		if f := of.Field(i); f.IsExported() {
			if in := w.visit(f.Type); in != nil {
				parts = append(parts, part{f.Name, i, in})
			}
		}
	}
	if parts == nil {
		return nil
	}
	return func(v reflect.Value) bool {
		for i := range parts {
			w.place = append(w.place, step{parts[i].name, 0})
			more := parts[i].in(v.Field(parts[i].index))
			w.place = w.place[:len(w.place)-1]
			if !more {
				return false
			}
		}
		return true
	}
}

// textual says whether a value tells itself as a text, so that what is inside is nobody else's business.
func textual(of reflect.Type) bool {
	return reflect.PointerTo(of).Implements(reflect.TypeFor[encoding.TextMarshaler]())
}

// notPlain is what is not walked through.
func notPlain(of reflect.Type) string { return fmt.Sprintf("a %s is not plain", of) }
