package plain

import (
	"encoding"
	"fmt"
	"reflect"
)

// Difference is where two values of one type differ first, and how: its place, and what is there in each. "" when they are the
// same. Lists with nothing in them are the same as none. Both are pointers to the values.
func Difference(a, b any) string {
	return difference(nil, reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem())
}

func difference(at Place, a, b reflect.Value) string {
	differ := func(a, b any) string { return fmt.Sprintf("%s: %+v and %+v", at, a, b) }
	switch of := a.Type(); {
	case textual(of):
		one, _ := a.Addr().Interface().(encoding.TextMarshaler).MarshalText()
		other, _ := b.Addr().Interface().(encoding.TextMarshaler).MarshalText()
		if string(one) != string(other) {
			return differ(string(one), string(other))
		}
	case of.Kind() == reflect.Pointer:
		if a.IsNil() != b.IsNil() {
			return differ(a, b)
		}
		if !a.IsNil() {
			return difference(at, a.Elem(), b.Elem())
		}
	case of.Kind() == reflect.Slice || of.Kind() == reflect.Array:
		for i := range min(a.Len(), b.Len()) {
			if d := difference(append(at, step{"", i}), a.Index(i), b.Index(i)); d != "" {
				return d
			}
		}
		if a.Len() != b.Len() {
			return differ(fmt.Sprint(a.Len(), " elements"), b.Len())
		}
	case of.Kind() == reflect.Struct:
		for i := range of.NumField() {
			if f := of.Field(i); f.IsExported() {
				if d := difference(append(at, step{f.Name, 0}), a.Field(i), b.Field(i)); d != "" {
					return d
				}
			}
		}
	case !a.Equal(b):
		return differ(a, b)
	}
	return ""
}
