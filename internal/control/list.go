package control

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"time"

	"tsim/internal/sim"
)

// list is a reply that is written as it is made, so that a client that reads slowly, or not at all, keeps a few
// items in memory and not a page of thousands.
type list struct {
	epoch      uint64 // of events: whoever follows them would not notice a reset when there are none; 0 for all others
	name       string
	few        int // how many items are fetched at a time; all of those stay in memory until they are written
	items      iter.Seq[any]
	next       func() string // asked for when the items are over: what to pass as after for more; "" for no more
	nextName   string        // what that is called
	head, tail string        // before and after the rest
}

// pages is the list of up to limit items after a key, fetched a few at a time, of those that are to be kept. It ends
// where a reset of the sandbox, if it is about one, has taken the rest away.
func pages[K, T any](box *sim.Sim, name string, after K, limit int, fetch func(after K, limit int) []T, key func(*T) K, keep criteria[T], view func(*T) any) *list {
	more := false
	epoch := func() uint64 {
		if box == nil {
			return 0
		}
		return box.Clock().Epoch
	}
	begun := epoch()
	l := &list{
		name: name, few: 100, nextName: "next", head: "{",
		next: func() string {
			if more {
				return fmt.Sprint(after)
			}
			return ""
		},
	}
	l.items = func(yield func(any) bool) {
		for at, left := after, limit; ; {
			n := l.few
			if keep == nil {
				n = min(left+1, l.few) // one more says whether there is any
			}
			part := fetch(at, n)
			if epoch() != begun {
				return
			}
			for i := range part {
				at = key(&part[i])
				if !keep.fit(&part[i]) {
					continue
				}
				if more = left == 0; more || !yield(view(&part[i])) {
					return
				}
				after = at
				left--
			}
			if len(part) < n {
				return
			}
		}
	}
	return l
}

// write writes the list, as {"epoch": epoch, name: [items], "next": next}. An error is a bug: an item that cannot be written.
func (l *list) write(to io.Writer) error {
	w := bufio.NewWriter(to)
	_, _ = w.WriteString(l.head)
	if l.epoch > 0 {
		fmt.Fprintf(w, `"epoch":%d,`, l.epoch)
	}
	fmt.Fprintf(w, "%q:[", l.name)
	comma := ""
	for item := range l.items {
		text, err := encode(item)
		if err != nil {
			return err
		}
		_, _ = w.WriteString(comma)
		if _, err := w.Write(bytes.TrimSuffix(text, []byte("\n"))); err != nil {
			return nil // the caller has gone
		}
		comma = ","
	}
	_ = w.WriteByte(']')
	if next := l.next(); next != "" {
		text, _ := json.Marshal(next)
		fmt.Fprintf(w, `,%q:%s`, l.nextName, text)
	}
	_, _ = w.WriteString("}" + l.tail + "\n")
	_ = w.Flush() // the caller has gone, or not
	return nil
}

// patient writes to a client that takes each piece within a time; one that does not is given up.
type patient struct {
	http.ResponseWriter
	deadlines *http.ResponseController
	piece     time.Duration
	began     bool // something was written
}

func newPatient(w http.ResponseWriter, piece time.Duration) *patient {
	p := &patient{ResponseWriter: w, deadlines: http.NewResponseController(w), piece: piece}
	_ = p.deadlines.SetWriteDeadline(time.Time{}) // what is asked for may take long; only tests have no deadlines
	return p
}

func (p *patient) Write(b []byte) (int, error) {
	p.began = true
	if p.piece > 0 {
		_ = p.deadlines.SetWriteDeadline(time.Now().Add(p.piece))
	}
	return p.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (p *patient) Unwrap() http.ResponseWriter { return p.ResponseWriter }
