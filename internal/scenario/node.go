package scenario

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// node is one value of a file: what is written there, and where.
type node struct {
	kind         kind
	name         string  // what it is called in messages: its key, or "devices[2]"
	text         string  // of a text, number or boolean: the letters of the file, quotes undone
	items        []*node // of a list
	entries      []entry // of an object
	line, column int
	size         int  // values in it, itself included
	alias        bool // written elsewhere, repeated here
}

// entry is a key of an object and its value.
type entry struct {
	key          string
	value        *node
	line, column int // of the key
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

// find is the value that a JSON pointer names, or the nearest one around it. What an alias repeats
// is found where the alias stands.
func (n *node) find(pointer string) *node {
	steps := strings.Split(pointer, "/")
	for _, step := range steps[1:] {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		next := n.get(step)
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.items) {
			next = n.items[i]
		}
		if next == nil {
			break
		}
		if n = next; n.alias {
			break
		}
	}
	return n
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
		return strconv.Quote(short(n.text))
	}
	return short(n.text)
}

// short keeps a message readable whatever stands in the file.
func short(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
