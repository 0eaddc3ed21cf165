package schema

import (
	"bytes"
	"encoding/json"
	"strings"
)

// reader goes through a text that is known to be JSON, without making anything of it, however deep it is.
type reader struct {
	text []byte
	at   int
}

// key reads a key, after white space.
func (r *reader) key() string {
	r.space()
	start := r.at
	r.quoted()
	raw := r.text[start:r.at]
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var key string
	_ = json.Unmarshal(raw, &key) // the whole text is JSON
	return key
}

// skip passes over a value, after white space.
func (r *reader) skip() {
	r.space()
	for depth := 0; ; {
		switch r.text[r.at] {
		case '{', '[':
			depth++
			r.at++
		case '}', ']':
			depth--
			r.at++
		case ',', ':', ' ', '\t', '\n', '\r':
			r.at++
			continue // these stand between values
		case '"':
			r.quoted()
		default:
			r.word()
		}
		if depth == 0 {
			return
		}
	}
}

// quoted passes over a string.
func (r *reader) quoted() {
	for r.at++; r.text[r.at] != '"'; r.at++ {
		if r.text[r.at] == '\\' {
			r.at++
		}
	}
	r.at++
}

// word reads a number, true, false or null.
func (r *reader) word() []byte {
	start := r.at
	for r.at < len(r.text) && strings.IndexByte(",]} \t\n\r", r.text[r.at]) < 0 {
		r.at++
	}
	return r.text[start:r.at]
}

func (r *reader) space() {
	for r.at < len(r.text) && strings.IndexByte(" \t\n\r", r.text[r.at]) >= 0 {
		r.at++
	}
}

// next passes over a character, after white space, if it is the one.
func (r *reader) next(c byte) bool {
	r.space()
	if r.text[r.at] != c {
		return false
	}
	r.at++
	return true
}
