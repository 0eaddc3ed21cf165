package scenario

import (
	"slices"
	"strconv"
	"strings"

	"tsim/internal/bound"
)

// node is one value of a file or of a part of JSON: what is written there, and where.
type node struct {
	kind    kind
	text    string  // of a text, number or boolean: the letters of the file, quotes undone
	items   []*node // of a list
	entries []entry // of an object
	place
	// Where it stands among the others; the whole has no parent, and as its key the JSON pointer to it.
	parent *node
	key    string // in an object
	index  int    // in a list
	size   int    // values in it, itself included
	alias  bool   // written elsewhere, repeated here
}

// place is where something is written. In JSON, which a program has sent, the line is 0 and the column
// how many bytes stand before: that is for the order of problems alone.
type place struct{ line, column int }

// entry is a key of an object and its value.
type entry struct {
	key   string
	value *node
	place // of the key
}

type kind uint8

const (
	nothing kind = iota
	text
	number
	boolean
	list
	object
)

// scalar says whether the value can be taken by its letters. An identifier without quotes is a number
// to YAML; its letters keep the leading zeros and all digits.
func (n *node) scalar() bool { return n.kind == text || n.kind == number || n.kind == boolean }

// get is the value of a key, or nil.
func (n *node) get(key string) *node {
	for i := range n.entries {
		if n.entries[i].key == key {
			return n.entries[i].value
		}
	}
	return nil
}

// How a key stands in a JSON pointer, and back.
var (
	escaped   = strings.NewReplacer("~", "~0", "/", "~1")
	unescaped = strings.NewReplacer("~1", "/", "~0", "~")
)

// find is the value that a JSON pointer names, or nil, and the nearest one around it. What an alias
// repeats is near where the alias stands.
func (n *node) find(pointer string) (value, near *node) {
	value, near = n, n
	for _, step := range strings.Split(pointer, "/")[1:] {
		value = value.step(unescaped.Replace(step))
		if value == nil {
			break
		}
		if !near.alias {
			near = value
		}
	}
	return value, near
}

// same says whether two values are written alike; nil is alike only nil.
func (n *node) same(m *node) bool {
	if n == nil || m == nil {
		return n == m
	}
	return n.kind == m.kind && n.text == m.text && slices.EqualFunc(n.items, m.items, (*node).same) &&
		slices.EqualFunc(n.entries, m.entries, func(a, b entry) bool { return a.key == b.key && a.value.same(b.value) })
}

// step is the value of a key or at an index, or nil.
func (n *node) step(to string) *node {
	if n.kind == list {
		if i, err := strconv.Atoi(to); err == nil && i >= 0 && i < len(n.items) {
			return n.items[i]
		}
	}
	return n.get(to)
}

// pointer is the JSON pointer to the value. It is made when somebody asks: to keep one with each value
// would cost the square of a document's depth.
func (n *node) pointer() string {
	var steps []string
	for ; n.parent != nil; n = n.parent {
		step := escaped.Replace(n.key)
		if n.parent.kind == list {
			step = strconv.Itoa(n.index)
		}
		steps = append(steps, bound.Short(step), "/")
	}
	slices.Reverse(steps)
	return n.key + strings.Join(steps, "")
}

// name is what the value is called where a line has several: its key, or "devices[2]".
func (n *node) name() string {
	if n.parent == nil {
		return ""
	}
	if n.parent.kind == list {
		return n.parent.name() + "[" + strconv.Itoa(n.index) + "]"
	}
	return n.key
}

// problem is what is wrong with the value.
func (n *node) problem(msg string) Problem {
	if name := n.name(); n.line > 0 && name != "" {
		msg = name + ": " + msg
	}
	return Problem{Line: n.line, Column: n.column, Msg: msg, at: n}
}

// problem is what is wrong with the key.
func (e *entry) problem(msg string) Problem {
	return Problem{Line: e.line, Column: e.column, Msg: msg, at: e.value}
}

// String shows the value in a message.
func (n *node) String() string {
	switch n.kind {
	case nothing:
		return "an empty value"
	case list:
		return "a list"
	case object:
		return "a map of keys"
	case text:
		return strconv.Quote(bound.Short(n.text))
	}
	return bound.Short(n.text)
}
