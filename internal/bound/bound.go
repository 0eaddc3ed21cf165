// Package bound holds what somebody sent to a size: a look at the bytes of JSON, before anything is made of
// them, says how deep and how wide they are; and what is repeated of them in an error is kept short.
package bound

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Depth is how deep lists and objects may stand in each other. No call and no scenario has ten levels.
const Depth = 100

// Limits are what a text may have at the most.
type Limits struct {
	Values int // all of them: the whole, items of lists, values of keys
	Wide   int // items or keys of a list or object below the second level; 0 for any number
	Keys   int // of the whole, if it is an object; 0 for any number
}

// Excess is what is too much.
type Excess struct {
	At  int // the byte where that begins to be so
	Msg string
}

// JSON looks whether a text stays within limits; no excess says so, and then widest is how many items or keys the
// longest list or object on the second level has. The text need not be JSON.
func JSON(text []byte, most Limits) (widest int, e *Excess) {
	var wide [Depth + 1]int // items so far, by depth
	var object [Depth + 1]bool
	depth, values, empty := 0, 1, false // empty: a list or object that has just begun
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch c {
		case ' ', '\t', '\n', '\r':
			continue
		case ']', '}':
			depth, empty = max(depth-1, 0), false
			continue
		}
		if empty || c == ',' {
			values++
			wide[depth]++
			if e := most.exceeded(i, depth, wide[depth], values, object[depth]); e != nil {
				return 0, e
			}
			if depth == 2 {
				widest = max(widest, wide[2])
			}
		}
		empty = false
		switch c {
		case '[', '{':
			if depth == Depth {
				return 0, &Excess{i, fmt.Sprintf("more than %d lists and objects stand in each other here", Depth)}
			}
			depth++
			wide[depth], object[depth], empty = 0, c == '{', true
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		}
	}
	return widest, nil
}

func (most Limits) exceeded(at, depth, wide, values int, object bool) *Excess {
	what := "list has more than %d items"
	if object {
		what = "object has more than %d keys"
	}
	switch {
	case values > most.Values:
		return &Excess{At: at, Msg: fmt.Sprintf("more than %d values are in it", most.Values)}
	case most.Wide > 0 && depth > 2 && wide > most.Wide:
		return &Excess{At: at, Msg: fmt.Sprintf("this "+what, most.Wide)}
	case most.Keys > 0 && depth == 1 && object && wide > most.Keys:
		return &Excess{At: at, Msg: fmt.Sprintf("this "+what, most.Keys)}
	}
	return nil
}

// Place is where a byte of a text stands, for people: its line and column from 1.
func Place(text []byte, at int) (line, column int) {
	before := text[:min(at, len(text))]
	return 1 + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
}

// Short keeps what is repeated of a text readable, whatever stands in it.
func Short(s string) string { return Cut(s, 60) }

// Cut is a text of so many characters at the most, and a sign where more was.
func Cut(s string, most int) string {
	n := 0
	for i := range s {
		if n == most {
			return s[:i] + "…"
		}
		n++
	}
	return s
}
