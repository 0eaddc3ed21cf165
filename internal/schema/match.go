package schema

import (
	"slices"
	"strings"
)

// Texts are the strings and booleans right below the top of a body that the fast path has read.
type Texts struct {
	keys   []string
	values [maxKeys]string
}

// Get is the text of a field, "" when it is not there. It is a part of the body, and lasts as long.
func (t *Texts) Get(field string) string {
	if i := slices.Index(t.keys, field); i >= 0 {
		return t.values[i]
	}
	return ""
}

// Stop is where the fast path was no longer sure of a body.
type Stop struct {
	Item   int // of the list that is extracted from, from 0; all before it are valid. Below 0 when it stopped elsewhere
	Offset int // the byte where that item begins
}

// Handlers are told what the fast path extracts, in the order of the body: the texts of each pair, and then that
// their item has ended. When it stops, nothing of that counts.
type Handlers struct {
	Pair    func(first, second string)
	ItemEnd func()
}

// FastPath says whether a body is surely valid; if not, it says where it stopped.
func (s *Schema) FastPath(body string, h *Handlers) (Texts, Stop, bool) {
	if s.fast.root == nil {
		return Texts{}, Stop{Item: -1}, false
	}
	m := matcher{fastPath: s.fast, text: body, widest: s.set.options.Limits.Wide, stop: Stop{Item: -1}}
	values, ok := m.object(s.fast.root, h)
	m.space()
	if !ok || m.at != len(body) || m.values >= s.set.options.Limits.Values {
		return Texts{}, m.stop, false
	}
	return Texts{s.fast.root.keys, values}, Stop{Item: -1}, true
}

// matcher reads a body from the front. The handlers are not a part of it, but handed down: so the compiler sees that
// nobody keeps them, and they need no place on the heap.
type matcher struct {
	fastPath
	text   string
	at     int
	widest int // how many items a list may have, but the one that is extracted from
	values int // so far, but for the whole
	stop   Stop
}

func (m *matcher) space() {
	for m.at < len(m.text) {
		switch m.text[m.at] {
		case ' ', '\t', '\n', '\r':
			m.at++
		default:
			return
		}
	}
}

// next passes over a character, after white space, if it is the one.
func (m *matcher) next(c byte) bool {
	m.space()
	if m.at < len(m.text) && m.text[m.at] == c {
		m.at++
		return true
	}
	return false
}

// str reads a string without escapes, of ASCII only: others are left to the validator.
func (m *matcher) str() (string, bool) {
	if !m.next('"') {
		return "", false
	}
	start := m.at
	for ; m.at < len(m.text); m.at++ {
		switch c := m.text[m.at]; {
		case c == '"':
			m.at++
			return m.text[start : m.at-1], true
		case c < ' ' || c == '\\' || c >= 0x80:
			return "", false
		}
	}
	return "", false
}

// value reads what a rule allows; the text of a string or boolean comes back.
func (m *matcher) value(r *rule, h *Handlers) (string, bool) {
	switch r.kind {
	case "object":
		_, ok := m.object(r, h)
		return "", ok
	case "array":
		return "", m.array(r, h)
	case "string":
		s, ok := m.str()
		if !ok || len(s) < r.min || len(s) > r.max {
			return "", false
		}
		for _, p := range r.patterns {
			if !p.fits(s) {
				return "", false
			}
		}
		return s, true
	case "boolean":
		m.space()
		for _, word := range []string{"true", "false"} {
			if strings.HasPrefix(m.text[m.at:], word) {
				m.at += len(word)
				return word, true
			}
		}
	}
	return "", false
}

// object reads an object, each key once; the texts of its values come back by the order of the keys.
func (m *matcher) object(r *rule, h *Handlers) (values [maxKeys]string, ok bool) {
	if !m.next('{') {
		return values, false
	}
	var seen uint64
	for first := true; !m.next('}'); first = false {
		if !first && !m.next(',') {
			return values, false
		}
		key, ok := m.str()
		i := slices.Index(r.keys, key)
		if !ok || i < 0 || r.values[i] == nil || seen&(1<<i) != 0 || !m.next(':') {
			return values, false
		}
		seen |= 1 << i
		m.values++
		if values[i], ok = m.value(r.values[i], h); !ok {
			return values, false
		}
	}
	if seen&r.required != r.required {
		return values, false
	}
	for i := 0; i < len(r.conditions); i++ {
		c := &r.conditions[i]
		if !c.when.pattern.fits(values[c.when.key]) {
			continue
		}
		if !c.then.pattern.fits(values[c.then.key]) {
			return values, false
		}
		i += c.other
	}
	if r.isItem {
		h.ItemEnd()
	}
	return values, true
}

// array reads an array.
func (m *matcher) array(r *rule, h *Handlers) bool {
	if !m.next('[') || r.items == nil {
		return false
	}
	var found uint8
	n := 0
	for ; !m.next(']'); n++ {
		if n > 0 && !m.next(',') {
			return false
		}
		m.values++
		if r.items.isItem {
			m.space()
			m.stop = Stop{n, m.at}
		} else if n == m.widest {
			return false
		}
		if r.items.kind != "object" {
			if _, ok := m.value(r.items, h); !ok {
				return false
			}
			continue
		}
		values, ok := m.object(r.items, h)
		if !ok {
			return false
		}
		for i := range r.contains {
			if c := &r.contains[i]; c.pattern.fits(values[c.key]) {
				found |= 1 << i
			}
		}
		if r.items.isPair {
			h.Pair(values[m.first], values[m.second])
		}
	}
	if r.items.isItem {
		m.stop.Item = -1 // not in an item any more
	}
	return n >= r.min && found == 1<<len(r.contains)-1
}
