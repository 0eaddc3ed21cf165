package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"tsim/internal/bound"
)

// Parse reads a body as JSON, with numbers as they are written. The keys keep their exact case, which decoding
// into structs would not promise. An error says where the body exceeds the limits or stops being JSON, by line
// and column, or that it has a number which nothing could count with.
func Parse(body []byte, most bound.Limits) (any, error) {
	if _, e := bound.JSON(body, most); e != nil {
		line, column := bound.Place(body, e.At)
		return nil, fmt.Errorf("line %d, column %d: %s", line, column, e.Msg)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber() // as the library wants its numbers
	var doc any
	if err := d.Decode(&doc); err != nil || len(bytes.Trim(body[d.InputOffset():], " \t\r\n")) > 0 {
		return nil, notJSON(body)
	}
	if hasHugeNumber(body) {
		return nil, errors.New("a number with more than 400 digits, or with an exponent above 999, is out of every range")
	}
	return doc, nil
}

// notJSON says where a body stops being JSON.
func notJSON(body []byte) error {
	var doc any
	err := json.Unmarshal(body, &doc)
	syntax, is := errors.AsType[*json.SyntaxError](err)
	if !is {
		return fmt.Errorf("not JSON: %w", err)
	}
	line, column := bound.Place(body, max(int(syntax.Offset)-1, 0))
	return fmt.Errorf("not JSON: line %d, column %d: %w", line, column, syntax)
}

// hasHugeNumber says whether there is a number in a text of JSON that would keep the library busy: it turns each
// one into an exact fraction, and 1e999999999 has a billion digits.
func hasHugeNumber(text []byte) bool {
	for r := (reader{text: text}); r.at < len(text); {
		switch text[r.at] {
		case '"':
			r.quoted()
		case '{', '}', '[', ']', ',', ':', ' ', '\t', '\n', '\r':
			r.at++
		default:
			word := r.word()
			e := bytes.IndexAny(word, "eE")
			if len(word) > 400 || e >= 0 && len(bytes.TrimLeft(word[e+1:], "+-0")) > 3 {
				return true
			}
		}
	}
	return false
}

// Count is how many items the list of a field has in a text of JSON. Of a field that is there twice the longer
// one counts: both are decoded.
func Count(text []byte, field string) (most int) {
	r := reader{text: text}
	if !r.next('{') {
		return 0
	}
	for !r.next('}') {
		key := r.key()
		r.next(':')
		if key != field || !r.next('[') {
			r.skip()
			r.next(',')
			continue
		}
		n := 0
		for ; !r.next(']'); n++ {
			r.skip()
			r.next(',')
		}
		most = max(most, n)
		r.next(',')
	}
	return most
}
