package plain

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"hash"
	"math"
	"reflect"
	"slices"
)

// Field is one of the fields of a type of struct.
type Field struct {
	Of   reflect.Type
	Name string
}

// Leave says what a digest does not have, or has in another form.
type Leave struct {
	Types  []reflect.Type                // are left out
	Fields map[Field]func(string) string // texts that are in it as the function says; or left out, whatever they are, with nil
}

// Digest is a hash over the value that root points to: the same for all that are the same. Lists with nothing in them are the
// same as none.
func Digest(root any, leave Leave) [sha256.Size]byte {
	d := digester{leave: leave, known: map[reflect.Type]add{}, hash: sha256.New(), buffer: make([]byte, 0, full+64)}
	d.add(reflect.TypeOf(root).Elem())(reflect.ValueOf(root).Elem())
	d.hash.Write(d.buffer)
	return [sha256.Size]byte(d.hash.Sum(nil))
}

// add adds a value of one type to a digest.
type add func(reflect.Value)

type digester struct {
	leave  Leave
	known  map[reflect.Type]add
	hash   hash.Hash
	buffer []byte
}

const full = 8 << 10

func (d *digester) number(n uint64) {
	if len(d.buffer) > full {
		d.hash.Write(d.buffer)
		d.buffer = d.buffer[:0]
	}
	d.buffer = binary.AppendUvarint(d.buffer, n)
}

func (d *digester) text(s string) {
	d.number(uint64(len(s)))
	d.buffer = append(d.buffer, s...)
}

func (d *digester) add(of reflect.Type) add {
	if d.known[of] == nil {
		d.known[of] = func(v reflect.Value) { d.known[of](v) } // for a type that contains itself
		d.known[of] = d.newAdd(of)
	}
	return d.known[of]
}

func (d *digester) newAdd(of reflect.Type) add {
	if slices.Contains(d.leave.Types, of) {
		return func(reflect.Value) {}
	}
	if textual(of) {
		return func(v reflect.Value) {
			text, _ := v.Addr().Interface().(encoding.TextMarshaler).MarshalText()
			d.text(string(text))
		}
	}
	switch of.Kind() {
	case reflect.Bool:
		return func(v reflect.Value) {
			if v.Bool() {
				d.number(1)
			} else {
				d.number(0)
			}
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(v reflect.Value) { d.number(uint64(v.Int())) }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return func(v reflect.Value) { d.number(v.Uint()) }
	case reflect.Float64:
		return func(v reflect.Value) { d.number(math.Float64bits(v.Float())) }
	case reflect.String:
		return func(v reflect.Value) { d.text(v.String()) }
	case reflect.Pointer:
		in := d.add(of.Elem())
		return func(v reflect.Value) {
			if v.IsNil() {
				d.number(0)
				return
			}
			d.number(1)
			in(v.Elem())
		}
	case reflect.Slice, reflect.Array:
		in := d.add(of.Elem())
		return func(v reflect.Value) {
			d.number(uint64(v.Len()))
			for i := range v.Len() {
				in(v.Index(i))
			}
		}
	case reflect.Struct:
		return d.newAddStruct(of)
	}
	panic(notPlain(of))
}

func (d *digester) newAddStruct(of reflect.Type) add {
	type part struct {
		index int
		add   add
	}
	var parts []part
	for i := range of.NumField() {
		f := of.Field(i)
		if !f.IsExported() {
			continue
		}
		as, special := d.leave.Fields[Field{of, f.Name}]
		switch {
		case !special:
			parts = append(parts, part{i, d.add(f.Type)})
		case as != nil:
			parts = append(parts, part{i, func(v reflect.Value) { d.text(as(v.String())) }})
		}
	}
	return func(v reflect.Value) {
		for i := range parts {
			parts[i].add(v.Field(parts[i].index))
		}
	}
}
