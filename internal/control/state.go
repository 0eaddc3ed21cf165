package control

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"time"

	"tsim/internal/bound"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

// A State travels as one document in JSON: what it is and who wrote it, and then the State. It may be large, so it is written
// and read piece by piece: of a list, one element after the other.

// stateDocument is a State as a document.
type stateDocument struct {
	tsim  string // the version
	state *sim.State
}

// headOf is what a document says before its State.
type headOf struct {
	Tsim     string    `json:"tsim"`   // the version of the tsim that wrote it
	Format   int       `json:"format"` // sim.StateVersion
	Sandbox  string    `json:"sandbox"`
	Scenario string    `json:"scenario"`
	Now      time.Time `json:"now"`
}

const beforeState = `,"state":`

// write writes the document, without secrets.
func (d *stateDocument) write(to io.Writer) error {
	st := d.state.Redacted()
	head, err := encode(headOf{d.tsim, st.Version, st.Config.Name, st.Config.Scenario, st.Now.Time()})
	if err != nil {
		return err
	}
	w := bufio.NewWriter(to)
	_, _ = w.Write(bytes.TrimSuffix(head, []byte("}\n")))
	_, _ = w.WriteString(beforeState)
	if err := writePieces(w, reflect.ValueOf(&st).Elem()); err != nil {
		return err
	}
	_, _ = w.WriteString("}\n")
	_ = w.Flush() // the caller has gone, or not
	return nil
}

// inPieces says whether a value is written and read piece by piece: the State, and in it what has a list of records.
func inPieces(of reflect.Type) bool {
	if of.Kind() != reflect.Struct {
		return false
	}
	_, numbered := of.FieldByName("Records")
	return numbered || of == reflect.TypeFor[sim.State]()
}

func writePieces(w *bufio.Writer, v reflect.Value) error {
	_ = w.WriteByte('{')
	for i := range v.NumField() {
		if i > 0 {
			_ = w.WriteByte(',')
		}
		fmt.Fprintf(w, "%q:", v.Type().Field(i).Name)
		var err error
		switch field := v.Field(i); {
		case inPieces(field.Type()):
			err = writePieces(w, field)
		case field.Kind() == reflect.Slice && !field.IsNil():
			err = writeList(w, field)
		default:
			err = writePiece(w, field)
		}
		if err != nil {
			return err
		}
	}
	return w.WriteByte('}')
}

func writeList(w *bufio.Writer, list reflect.Value) error {
	_ = w.WriteByte('[')
	for i := range list.Len() {
		if i > 0 {
			_ = w.WriteByte(',')
		}
		if err := writePiece(w, list.Index(i)); err != nil {
			return err
		}
	}
	return w.WriteByte(']')
}

func writePiece(w *bufio.Writer, v reflect.Value) error {
	text, err := json.Marshal(v.Addr().Interface())
	_, _ = w.Write(text)
	return err
}

// maxDocument is the longest document that is read, and minObject how many bytes an object in it has on the average at
// the least: those that tsim writes have several times as many, because they name all their fields. An object takes as much
// room however few it names, and so does a null that stands in its place.
const (
	maxDocument = 256 << 20
	minObject   = 24
)

// pieces reads the pieces of a document.
type pieces struct {
	*json.Decoder
	from           io.Reader
	most           int // bytes
	bytes, objects int
	ofNull         int   // how much of a null was just read
	failed         error // to read on
}

// Read is for the Decoder. It ends what is too long, or would take more room than its length is worth.
func (p *pieces) Read(into []byte) (int, error) {
	n, err := p.from.Read(into)
	p.bytes += n
	p.objects += bytes.Count(into[:n], []byte{'{'}) + p.nulls(into[:n])
	switch {
	case p.bytes > p.most:
		err = &tsimclient.Error{Status: http.StatusRequestEntityTooLarge, Message: fmt.Sprintf("the document is longer than %d MiB", p.most>>20)}
	case p.objects*minObject > p.bytes+maxBody:
		err = bad("", "this is no document that tsim has written: most of what is in it says nothing")
	case err != nil && !errors.Is(err, io.EOF):
		err = unreadable(err)
	}
	p.failed = err
	return n, err
}

// nulls counts those that end in what was just read.
func (p *pieces) nulls(read []byte) (n int) {
	const null = "null"
	for _, b := range read {
		switch {
		case b == null[p.ofNull]:
			p.ofNull++
		case b == null[0]:
			p.ofNull = 1
		default:
			p.ofNull = 0
		}
		if p.ofNull == len(null) {
			n, p.ofNull = n+1, 0
		}
	}
	return n
}

// wholeDocument is the hint of a document that is none.
const wholeDocument = "send what GET …/state has answered, or 'tsim snapshot save --file' has written"

// readState reads the State of a document, of so many bytes at the most. Whether it can be one is for sim to say.
func readState(from io.Reader, most int) (*sim.State, error) {
	p := &pieces{from: from, most: most}
	p.Decoder = json.NewDecoder(p)
	p.DisallowUnknownFields()
	st, err := p.document()
	if err == nil {
		if _, err = p.Token(); errors.Is(err, io.EOF) {
			return st, nil
		}
		err = bad("", "something follows the document, at byte %d", p.InputOffset())
	}
	ended := p.failed != nil && !errors.Is(p.failed, io.EOF)
	refused, told := errors.AsType[*tsimclient.Error](err)
	switch {
	case ended:
		return nil, p.failed
	case told:
		return nil, refused
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, bad(wholeDocument, "the document ends too early, after %d bytes", p.bytes)
	}
	return nil, bad(wholeDocument, "the document cannot be read: %s, at byte %d", bound.Cut(err.Error(), 200), p.InputOffset())
}

// document reads the head, and then the State.
func (p *pieces) document() (*sim.State, error) {
	var head headOf
	fields, st := reflect.ValueOf(&head).Elem(), (*sim.State)(nil)
	err := p.fields(func(name string) error {
		for i := range fields.NumField() {
			if fields.Type().Field(i).Tag.Get("json") == name {
				return p.Decode(fields.Field(i).Addr().Interface())
			}
		}
		switch {
		case name != "state":
			return fmt.Errorf("there is a field %q", bound.Short(name))
		case head.Format != sim.StateVersion:
			return bad("", "the document has format %d, of tsim %s, and this tsim reads format %d", head.Format, bound.Short(head.Tsim), sim.StateVersion)
		}
		st = &sim.State{}
		return p.struc(reflect.ValueOf(st).Elem())
	})
	if err == nil && st == nil {
		err = bad(wholeDocument, "there is no state in the document")
	}
	return st, err
}

// fields reads an object, by a function that reads the value of the field of that name.
func (p *pieces) fields(read func(name string) error) error {
	if err := p.delim('{'); err != nil {
		return err
	}
	for p.More() {
		name, err := p.Token()
		if err != nil {
			return err
		}
		if err := read(fmt.Sprint(name)); err != nil {
			return err
		}
	}
	return p.delim('}')
}

// delim reads one of the signs around an object or a list.
func (p *pieces) delim(want json.Delim) error {
	got, err := p.Token()
	if err == nil && got != want {
		err = fmt.Errorf("%v stands where %v belongs", bound.Short(fmt.Sprint(got)), want)
	}
	return err
}

// struc reads what writePieces has written.
func (p *pieces) struc(v reflect.Value) error {
	return p.fields(func(name string) error {
		f, ok := v.Type().FieldByName(name)
		if !ok {
			return fmt.Errorf("there is a field %q", bound.Short(name))
		}
		field := v.FieldByIndex(f.Index)
		switch {
		case inPieces(f.Type):
			return p.struc(field)
		case f.Type.Kind() == reflect.Slice:
			return p.list(field)
		}
		return p.Decode(field.Addr().Interface())
	})
}

func (p *pieces) list(v reflect.Value) error {
	if first, err := p.Token(); err != nil || first == nil { // null
		return err
	} else if first != json.Delim('[') {
		return fmt.Errorf("%v stands where a list belongs", bound.Short(fmt.Sprint(first)))
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	for p.More() {
		v.Grow(1)
		v.SetLen(v.Len() + 1)
		if err := p.Decode(v.Index(v.Len() - 1).Addr().Interface()); err != nil {
			return err
		}
	}
	return p.delim(']')
}
