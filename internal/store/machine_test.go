package store

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
)

// machine is a disk that a test can break: it fails when told to, and after a crash it knows for sure only what was
// synced. A directory is synced by itself, as POSIX has it: to sync a file says nothing about its name.
type machine struct {
	mu    sync.Mutex
	names map[string]*node // as a process sees them
	saved map[string]*node // as they were synced last
	since []renaming       // what happened to names since
	ops   int              // how many operations there were that change something
	fault func(op int) fault
	gate  chan struct{} // if there is one, each sync of a file sends to it before and after
}

// node is the content of a file.
type node struct {
	now   []byte
	saved []byte  // as it was synced last
	since []write // what happened since
}

// write is bytes at an offset, or the new size.
type write struct {
	at   int64
	b    []byte
	size int64 // of a truncation, else -1
}

// renaming is a change of names: to is node, and from is nothing any more. A nil node is a removal.
type renaming struct {
	from, to string
	node     *node
}

// fault is what becomes of an operation.
type fault int

const (
	fine    fault = iota
	nothing       // it fails
	half          // a write fails half-way; anything else fails although it was done, but for a sync, which was not
	whole         // it fails although it was done; what a sync was to save never gets to the disk
)

var errDisk = errors.New("no space left on this device")

func newMachine() *machine {
	return &machine{names: map[string]*node{}, saved: map[string]*node{}}
}

// op does an operation as far as its fault lets it.
func (m *machine) op(do func(f fault)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ops++
	f := fine
	if m.fault != nil {
		f = m.fault(m.ops)
	}
	if f != nothing {
		do(f)
	}
	if f != fine {
		return errDisk
	}
	return nil
}

func (m *machine) path(name string) string { return "/state/" + name }
func (m *machine) close() error            { return nil }

func (m *machine) list() ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Keys(m.names)), nil
}

func (m *machine) create(name string) (file, error) {
	n := &node{}
	if err := m.op(func(fault) { m.rename1(renaming{"", name, n}) }); err != nil {
		return nil, err
	}
	return &handle{m: m, n: n}, nil
}

func (m *machine) open(name string) (file, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := m.names[name]; n != nil {
		return &handle{m: m, n: n}, nil
	}
	return nil, fs.ErrNotExist
}

func (m *machine) rename1(r renaming) {
	r.apply(m.names)
	m.since = append(m.since, r)
}

func (r renaming) apply(names map[string]*node) {
	delete(names, r.from)
	delete(names, r.to)
	if r.node != nil {
		names[r.to] = r.node
	}
}

func (m *machine) rename(from, to string) error {
	return m.op(func(fault) { m.rename1(renaming{from, to, m.names[from]}) })
}

func (m *machine) remove(name string) error {
	return m.op(func(fault) { m.rename1(renaming{name, name, nil}) })
}

func (m *machine) sync() error {
	return m.op(func(f fault) {
		if f == fine {
			m.saved, m.since = maps.Clone(m.names), nil
		}
	})
}

// handle is an open file.
type handle struct {
	m  *machine
	n  *node
	at int64
}

func (h *handle) ReadAt(b []byte, at int64) (int, error) {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	return bytes.NewReader(h.n.now).ReadAt(b, at)
}

func (h *handle) Seek(at int64, whence int) (int64, error) {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	if whence == io.SeekEnd {
		at += int64(len(h.n.now))
	}
	h.at = at
	return at, nil
}

func (h *handle) Write(b []byte) (n int, err error) {
	err = h.m.op(func(f fault) {
		if n = len(b); f == half {
			n /= 2
		}
		h.n.change(write{h.at, bytes.Clone(b[:n]), -1})
		h.at += int64(n)
	})
	return n, err
}

func (h *handle) Truncate(size int64) error {
	return h.m.op(func(fault) { h.n.change(write{size: size}) })
}

// Sync that fails as systems do leaves what was written for a process to see, and the next one, which is about later
// writes, succeeds.
func (h *handle) Sync() error {
	if h.m.gate != nil {
		h.m.gate <- struct{}{}
		defer func() { h.m.gate <- struct{}{} }()
	}
	return h.m.op(func(f fault) {
		if f == half {
			return
		}
		for _, w := range h.n.since {
			if f == fine {
				h.n.saved = w.apply(h.n.saved)
			}
		}
		h.n.since = nil
	})
}

func (h *handle) Close() error { return nil }

func (n *node) change(w write) {
	n.now = w.apply(n.now)
	n.since = append(n.since, w)
}

func (w write) apply(to []byte) []byte {
	to = bytes.Clone(to)
	size := max(w.size, w.at+int64(len(w.b)), int64(len(to)))
	if w.size >= 0 {
		size = w.size
	}
	if size > int64(len(to)) {
		to = append(to, make([]byte, size-int64(len(to)))...)
	}
	copy(to[w.at:size], w.b)
	return to[:size]
}

// survive is what is found after a crash. A process that is killed loses nothing, so luck is nil. With a machine,
// whatever was not synced survives by luck: names one by one, and writes in pieces as small as a sector, in any order.
func (m *machine) survive(luck *rand.Rand) *machine {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := newMachine()
	if luck == nil {
		for name, n := range m.names {
			s.names[name] = &node{now: n.now, saved: n.saved, since: n.since}
		}
		s.saved, s.since = m.saved, m.since
		return s
	}
	odds := []float64{0, 0.5, 0.9, 1}[luck.IntN(4)]
	names := maps.Clone(m.saved)
	for _, r := range m.since {
		if luck.Float64() < odds {
			r.apply(names)
		}
	}
	for name, n := range names {
		data := n.saved
		for _, w := range n.since {
			const sector = 16 // small, as the files are
			for at := 0; w.size < 0 && at < len(w.b); at += sector {
				if luck.Float64() < odds {
					data = write{w.at + int64(at), w.b[at:min(at+sector, len(w.b))], -1}.apply(data)
				}
			}
			if w.size >= 0 && luck.Float64() < odds {
				data = w.apply(data)
			}
		}
		s.names[name] = &node{now: data, saved: data}
	}
	s.saved = maps.Clone(s.names)
	return s
}
