package thingspace

import (
	"slices"
	"strings"

	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// maxKeys is how many keys an object can have in a rule: their bits are one word.
const maxKeys = 32

// ask is what the body of an action asks for.
type ask struct {
	account, plan, carrier string
	checkFallback          bool
	devices                *sim.IDList
}

// quickly is what the body of an action asks for, if it is surely valid; else where doubt began.
func (s *schema) quickly(body string) (ask, doubt, bool) {
	s.compile()
	return s.quick.match(body)
}

// doubt is where the quick way was no longer sure: in a device, all before which are surely valid, or
// somewhere else, when device is below 0.
type doubt struct {
	device int
	at     int // where the device begins
}

// match takes what the body asks for out of it, if it is surely valid.
func (q quick) match(body string) (ask, doubt, bool) {
	if q.root == nil {
		return ask{}, doubt{device: -1}, false
	}
	m := matcher{text: body, devices: sim.NewIDList(strings.Count(body, `"deviceIds"`)), doubt: doubt{device: -1}}
	values, ok := m.object(q.root)
	m.space()
	if !ok || m.at != len(body) || m.values >= bodyLimits.Values {
		return ask{}, m.doubt, false
	}
	field := func(key string) string {
		if i := slices.Index(q.root.keys, key); i >= 0 {
			return values[i]
		}
		return ""
	}
	return ask{
		account: strings.Clone(field("accountName")), plan: strings.Clone(field("servicePlan")),
		carrier:       strings.Clone(field("carrierName")), // for they live longer than the body
		checkFallback: field("checkFallbackProfile") == "true", devices: m.devices,
	}, doubt{}, true
}

// matcher reads a body from the front.
type matcher struct {
	text    string
	at      int
	ids     euicc.IDs   // of the device at hand
	devices *sim.IDList // those before it
	doubt   doubt
	values  int // so far, but for the whole
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

// next takes a character, after white space, if it is the one.
func (m *matcher) next(c byte) bool {
	m.space()
	if m.at < len(m.text) && m.text[m.at] == c {
		m.at++
		return true
	}
	return false
}

// str reads a string without escapes, of ASCII only: others are left to the judge.
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
func (m *matcher) value(r *rule) (string, bool) {
	switch r.kind {
	case "object":
		_, ok := m.object(r)
		return "", ok
	case "array":
		return "", m.array(r)
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
func (m *matcher) object(r *rule) (values [maxKeys]string, ok bool) {
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
		if values[i], ok = m.value(r.values[i]); !ok {
			return values, false
		}
	}
	if seen&r.required != r.required {
		return values, false
	}
	for i := 0; i < len(r.when); i++ {
		c := &r.when[i]
		if !c.is.fits(values[c.key]) {
			continue
		}
		if !c.wants.fits(values[c.then]) {
			return values, false
		}
		i += c.other
	}
	if r.device {
		m.devices.Add(m.ids)
		m.ids = euicc.IDs{}
	}
	return values, true
}

// array reads an array.
func (m *matcher) array(r *rule) bool {
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
		if r.items.device {
			m.space()
			m.doubt = doubt{n, m.at}
		} else if n == mostItems {
			return false
		}
		if r.items.kind != "object" {
			if _, ok := m.value(r.items); !ok {
				return false
			}
			continue
		}
		values, ok := m.object(r.items)
		if !ok {
			return false
		}
		for i := range r.contains {
			if c := &r.contains[i]; c.is.fits(values[c.key]) {
				found |= 1 << i
			}
		}
		if r.items.id {
			m.take(r.items, &values)
		}
	}
	if r.items.device {
		m.doubt.device = -1 // not in a device any more
	}
	return n >= r.min && found == 1<<len(r.contains)-1
}

// take notes an identifier of the device at hand.
func (m *matcher) take(r *rule, values *[maxKeys]string) {
	kind, id := slices.Index(r.keys, "kind"), slices.Index(r.keys, "id")
	setID(&m.ids, values[kind], values[id])
}
