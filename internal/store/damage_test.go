package store

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// small is a machine with a snapshot, two logs, and a history in them: {2} and then the batches.
func small(tb testing.TB) (*machine, history) {
	tb.Helper()
	m := newMachine()
	l, err := open(m, options(Always, quiet), nil)
	if err != nil {
		tb.Fatal(err)
	}
	appendAll(tb, l, "1", "2")
	snapshot(tb, l, "2")
	appendAll(tb, l, "3", "4....")
	if err := l.Snapshot(func(func([]byte) error) error { return errDisk }); err == nil {
		tb.Fatal("a snapshot that is given up is none")
	}
	appendAll(tb, l, "5", "", "7.......")
	l.do(func() {}) // what it had to write is written
	killed := m.survive(nil)
	closeLog(tb, l)
	return killed, history{"snapshot:2", "3", "4....", "5", "", "7......."}
}

// look opens what is on a machine, and returns what came back and what was said.
func look(m *machine) (l *Log, h history, said string, err error) {
	var log bytes.Buffer
	l, err = open(m, options(Always, slog.New(slog.NewTextHandler(&log, nil))), h.load)
	return l, h, log.String(), err
}

// TestEveryBit: a bit that flips anywhere is noticed: as damage, with nothing handed out, or, at the very end, as a torn
// tail.
func TestEveryBit(t *testing.T) {
	m, whole := small(t)
	files, flips, torn := 0, 0, 0
	for name, n := range m.names {
		files++
		for bit := range 8 * len(n.now) {
			flips++
			with := m.survive(nil)
			b := bytes.Clone(n.now)
			b[bit/8] ^= 1 << (bit % 8)
			with.names[name] = &node{now: b, saved: b}
			l, h, said, err := look(with)
			where := fmt.Sprintf("%s, byte %d of %d, bit %d", name, bit/8, len(b), bit%8)
			switch {
			case err == nil:
				_ = l.Close()
				torn++
				if !strings.Contains(said, "is cut off") || !strings.Contains(said, name) {
					t.Fatalf("%s: nobody noticed", where)
				}
				equal(t, h, whole...) // it was but the seal
			case len(h) > 0:
				t.Fatalf("%s: damage was found (%v), but %q had been handed out", where, err, h)
			case !strings.Contains(err.Error(), m.path(name)) || !strings.Contains(err.Error(), "offset "):
				t.Fatalf("%s: the error does not say where: %v", where, err)
			}
		}
	}
	if files != 3 || torn != 8*commitSize {
		t.Errorf("%d files with %d bits, of which %d were a torn tail", files, flips, torn)
	}
}

// TestEveryCut: a log that ends anywhere, with nothing or zeros or anything else behind that, comes back as all batches
// before that, and goes on.
func TestEveryCut(t *testing.T) {
	const name = "00000003.log"
	m, whole := small(t)
	full := m.names[name].now
	tails := map[string]func(n int) []byte{
		"nothing": func(int) []byte { return nil },
		"zeros":   func(n int) []byte { return make([]byte, n) },
		"ones":    func(n int) []byte { return bytes.Repeat([]byte{0xff}, n) },
		"marks":   func(n int) []byte { return bytes.Repeat([]byte{0x74, 0x6d, 0x63, 0xff}, n) },
	}
	for kind, tail := range tails {
		last := 0
		for cut := range len(full) + 1 {
			where := fmt.Sprintf("%s behind %d of %d", kind, cut, len(full))
			with := m.survive(nil)
			b := append(bytes.Clone(full[:cut]), tail(len(full)-cut)...)
			with.names[name] = &node{now: b, saved: b}
			l, h, said, err := look(with)
			if cut < headerSize {
				if err == nil || len(h) > 0 {
					t.Fatalf("%s: a log without header came back as %q", where, h)
				}
				continue
			}
			if err != nil {
				t.Fatalf("%s: %v", where, err)
			}
			if len(h) < last || len(h) > len(whole) {
				t.Fatalf("%s: %q came back", where, h)
			}
			last = len(h)
			equal(t, h, whole[:last]...)
			if len(h) == len(whole) && cut < len(full)-commitSize {
				t.Fatalf("%s: all came back", where)
			}
			if said == "" && int64(len(b)) > l.at.end {
				t.Fatalf("%s: it was cut in silence", where)
			}
			appendAll(t, l, "more")
			closeLog(t, l)
			l, again, said, err := look(with)
			if err != nil || said != "" {
				t.Fatalf("%s, and then more: %v %s", where, err, said)
			}
			equal(t, again, append(h, "more")...)
			closeLog(t, l)
		}
		if last != len(whole) {
			t.Errorf("%s: not even the whole log came back", kind)
		}
	}
}
