package scenario

import (
	"bytes"
	"encoding/json"
	"strings"

	"tsim/internal/bound"
)

// mostWritten is how many bytes the bodies and merges of all rules have at the most. A few lines of aliases could stand for
// many of them.
const mostWritten = 1 << 20

// mayWrite takes so many bytes for what is written at n, if there is room for them.
func (r *reader) mayWrite(n *node, size int) bool {
	if r.written += size; r.written > mostWritten {
		r.wrong(n, "the bodies and merges of all rules have more than %d bytes with this one", mostWritten)
		return false
	}
	return true
}

// compact is a value as JSON without blanks: its keys in their order, its numbers in their letters.
func (r *reader) compact(n *node) string {
	if r.written > mostWritten {
		return "" // which is known
	}
	before := len(r.problems)
	w := jsonWriter{r: r, room: mostWritten - r.written}
	w.value(n, 0)
	if len(r.problems) > before || !r.mayWrite(n, w.out.Len()) {
		return ""
	}
	return w.out.String()
}

// jsonWriter writes as much as there is room for, and a little more, which says that it is too much.
type jsonWriter struct {
	r    *reader
	room int
	out  bytes.Buffer
}

func (w *jsonWriter) value(n *node, depth int) {
	if w.out.Len() > w.room || w.r.full() {
		return
	}
	switch n.kind {
	case text:
		w.text(n.text)
	case number:
		// YAML has more ways to write one: 0x1F, 1_000, .5, +5, 007, .inf
		if !json.Valid([]byte(n.text)) {
			w.r.wrong(n, "a number as JSON writes it belongs here, not %s; put it in quotes if it is text", n)
		}
		w.out.WriteString(n.text)
	case boolean:
		w.out.WriteString(strings.ToLower(n.text)) // YAML knows True and TRUE
	case nothing:
		w.out.WriteString("null")
	default:
		// Aliases can go deeper than a file.
		if depth == bound.Depth {
			w.r.wrong(n, "more than %d lists and maps stand in each other here", bound.Depth)
			return
		}
		w.several(n, depth+1)
	}
}

func (w *jsonWriter) several(n *node, depth int) {
	ends := "{}"
	if n.kind == list {
		ends = "[]"
	}
	w.out.WriteByte(ends[0])
	for i, item := range n.items {
		w.comma(i)
		w.value(item, depth)
	}
	for i, e := range n.entries {
		w.comma(i)
		w.text(e.key)
		w.out.WriteByte(':')
		w.value(e.value, depth)
	}
	w.out.WriteByte(ends[1])
}

func (w *jsonWriter) comma(i int) {
	if i > 0 {
		w.out.WriteByte(',')
	}
}

func (w *jsonWriter) text(s string) {
	to := json.NewEncoder(&w.out)
	to.SetEscapeHTML(false)
	if err := to.Encode(s); err != nil {
		panic(err) // a text is always JSON, and a buffer takes all
	}
	w.out.Truncate(w.out.Len() - 1) // a line's end
}
