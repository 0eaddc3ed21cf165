package scenario

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"tsim/internal/bound"
	"tsim/internal/spell"
)

// value is a kind of value of a scenario: how it is read and written, and what the JSON Schema says of it.
type value[T any] struct {
	form
	read func(r *reader, n *node, to *T)
	// write is what read makes the same value of, in a place where usual is what stands there if nothing is said. It is nil
	// for what has no words: the key is left out then.
	write func(v, usual *T) *node
}

// form is the shape of a value as a JSON Schema sees it. A test holds it and the schema together.
type form struct {
	kind    string   // "string", "number" …; "" when there are several
	words   []string // all that it may be
	pattern string
	item    *form // of an array
	keys    []key // of an object
	open    bool  // of an object: it can have any keys; of several kinds: it can be any value
	either  []form
}

// key is a key of an object.
type key struct {
	name string
	need bool
	form form
}

// reader collects what is wrong with a file while it is read.
type reader struct {
	now      time.Time
	problems []Problem
	written  int // bytes of the bodies and merges of rules
}

func (r *reader) wrong(n *node, format string, args ...any) {
	r.problems = kept(r.problems, func() Problem { return n.problem(fmt.Sprintf(format, args...)) })
}

// full says that enough is wrong: no more of it is noted.
func (r *reader) full() bool { return len(r.problems) == mostProblems }

func (r *reader) expected(n *node, what string) { r.wrong(n, "%s belongs here, not %s", what, n) }

// field is a key of the object T: where its value goes, how it is read, and how it is written, if it has to be.
type field[T any] struct {
	key
	read  func(r *reader, n *node, to *T)
	write func(of, usual *T) *node // nil leaves the key out
}

// need is a key that every T has.
func need[T, V any](name string, at func(*T) *V, v value[V]) field[T] {
	return field[T]{
		key{name, true, v.form},
		func(r *reader, n *node, to *T) { v.read(r, n, at(to)) },
		func(of, usual *T) *node { return v.write(at(of), at(usual)) },
	}
}

// may is a key that a T can do without.
func may[T, V any](name string, at func(*T) *V, v value[V]) field[T] {
	f := need(name, at, v)
	f.need = false
	write := f.write
	f.write = func(of, usual *T) *node {
		n := write(of, usual)
		if n.same(write(usual, usual)) {
			return nil
		}
		return n
	}
	return f
}

// unless is a key that is left out where the rest of a T says what its value is.
func unless[T any](known func(*T) bool, f field[T]) field[T] {
	f.need = false
	write := f.write
	f.write = func(of, usual *T) *node {
		if known(of) {
			return nil
		}
		return write(of, usual)
	}
	return f
}

// table is how an object of keys is read.
type table[T any] struct {
	what   string   // one of them, in messages
	begin  func(*T) // sets defaults other than zero; may be nil
	fields []field[T]
	end    func(r *reader, n *node, to *T) // what takes several keys together; may be nil
}

func (t table[T]) value() value[T] {
	f := form{kind: "object"}
	for _, field := range t.fields {
		f.keys = append(f.keys, field.key)
	}
	return value[T]{f, t.read, t.write}
}

// write is an object of the keys that are not left out.
func (t table[T]) write(v, usual *T) *node {
	if t.begin != nil {
		usual = new(T)
		t.begin(usual)
	}
	n := &node{kind: object}
	for _, f := range t.fields {
		if v := f.write(v, usual); v != nil {
			n.entries = append(n.entries, entry{key: f.name, value: v})
		}
	}
	return n
}

func (t table[T]) read(r *reader, n *node, to *T) {
	if n.kind != object {
		r.expected(n, t.what)
		return
	}
	if t.begin != nil {
		t.begin(to)
	}
	var missing []string
	for _, f := range t.fields {
		if v := n.get(f.name); v != nil {
			f.read(r, v, to)
		} else if f.need {
			missing = append(missing, f.name)
		}
	}
	misspelt := t.unknown(r, n)
	for _, name := range missing {
		if !slices.Contains(misspelt, name) {
			r.wrong(n, "%s is missing; %s has one", name, t.what)
		}
	}
	if t.end != nil {
		t.end(r, n, to)
	}
}

func (t table[T]) has(key string) bool {
	return slices.ContainsFunc(t.fields, func(f field[T]) bool { return f.name == key })
}

// unknown complains of the keys that the table does not have. It returns the ones that they were
// probably meant to be: those are not missing as well.
func (t table[T]) unknown(r *reader, n *node) (meant []string) {
	if r.full() || !slices.ContainsFunc(n.entries, func(e entry) bool { return !t.has(e.key) }) {
		return nil
	}
	var all, free []string // keys; those that are not there yet
	for _, f := range t.fields {
		all = append(all, f.name)
		if n.get(f.name) == nil {
			free = append(free, f.name)
		}
	}
	has := "; " + t.what + " has " + strings.Join(all, ", ")
	for _, e := range n.entries {
		if r.full() {
			break
		}
		if slices.Contains(all, e.key) {
			continue
		}
		near := spell.Nearest(e.key, free)
		meant = append(meant, near)
		hint := has
		if near != "" {
			hint = spell.DidYouMean(e.key, free)
		}
		r.problems = kept(r.problems, func() Problem { return e.problem(fmt.Sprintf("unknown key %q%s", bound.Short(e.key), hint)) })
	}
	return meant
}

// listOf is a list of vs.
func listOf[T any](v value[T]) value[[]T] { return upTo(math.MaxInt, v) }

// upTo is a list of so many vs at the most.
func upTo[T any](most int, v value[T]) value[[]T] {
	return value[[]T]{form{kind: "array", item: &v.form}, func(r *reader, n *node, to *[]T) {
		if n.kind != list {
			r.expected(n, "a list")
			return
		}
		if len(n.items) > most {
			r.wrong(n, "%d items are too many; at most %d belong here", len(n.items), most)
			return
		}
		*to = make([]T, len(n.items))
		for i, item := range n.items {
			if r.full() {
				return
			}
			v.read(r, item, &(*to)[i])
		}
	}, func(all, _ *[]T) *node {
		n := &node{kind: list}
		for i := range *all {
			n.items = append(n.items, v.write(&(*all)[i], new(T)))
		}
		return n
	}}
}
