package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"tsim/internal/bound"
)

// How the library's errors become violations.
//
// The library tells of one mistake in many errors. Take an identifier {"kind": "eid", "id": "1"} in a list that
// has to contain an ICCID. There is an error for the pattern of an EID, and that is the mistake. But there is
// also one for each branch that was tried on the way: the pattern that the if for ICCIDs asks of the kind, the
// same pattern again where "contains" looked for an ICCID; and one for each rule around it, an else, a then, an
// allOf, that did not hold because something within it did not. And each one is worded by the library, in terms
// of JSON Schema, which are not those of somebody who sends a body.
//
// So what is told does not come from the library but from the schema, where a rule has a "description" of what
// is expected, and perhaps a "code", beside it. An error of which the schema says nothing is not told, and that
// sorts the branches out:
//
//   - A pattern in an identifier has a description of its own, and all patterns of one text mean the same. The
//     patterns of conditions (if and contains) have none. The library says which pattern it was, so these are
//     found by their text: the pointer to the value would not do, because conditions look at the same value.
//   - For all others, the description is that of the value's place: the one nearest to it when the pointer to the
//     value is followed through the schema. Where the place has none, the error comes from a condition, too.
//   - Errors that only wrap others are left out, whatever the schema says. So is that a list is too long: the
//     caller counts before the body is read.
//
// What is missing is told of the place where it should be, and it is missing in the value around it.

// wording is what the schema says beside a rule.
type wording struct{ expected, code string }

func wordingOf(node map[string]any) wording {
	expected, _ := node["description"].(string)
	code, _ := node["code"].(string)
	return wording{expected, code}
}

// collectPatterns notes the wording beside each pattern of a schema.
func collectPatterns(node any, into map[string]wording) {
	switch n := node.(type) {
	case map[string]any:
		if p, ok := n["pattern"].(string); ok {
			if w := wordingOf(n); w.expected != "" {
				into[p] = w
			}
		}
		for _, child := range n {
			collectPatterns(child, into)
		}
	case []any:
		for _, child := range n {
			collectPatterns(child, into)
		}
	}
}

// validate is what the validator says of a document, in the words of the schema.
func (s *Schema) validate(doc any) (found []Violation, err error) {
	err = s.validator.validate(doc, func(f failure) {
		if v, ok := s.violation(f, doc); ok {
			found = append(found, v)
		}
	})
	return found, err
}

// ends are the errors of the library that tell of what is not there: one finds that out at the end of an object
// or list. With not, a list says what its items may not all lack.
var ends = map[string]bool{
	"required": true, "contains": true, "array_min_items": true, "number_any_of": true, "number_not": true,
}

// violation words an error of the library, if it is one that is told.
func (s *Schema) violation(f failure, doc any) (v Violation, ok bool) {
	kind := f.kind()
	var w wording
	switch kind {
	case "condition_then", "condition_else", "number_all_of", "array_max_items":
		return v, false
	case "pattern":
		// Most errors are of this kind: those of conditions go before anything is made of them.
		if w = s.words[f.pattern()]; w.expected == "" {
			return v, false
		}
	}
	pointer := f.pointer()
	v = Violation{Pointer: pointer, within: pointer, missing: ends[kind]}
	switch kind {
	case "required":
		v.Pointer = pointer + "/" + f.property()
		v.Found = "nothing"
	case "string_lte":
		// Not the string itself: what is too long is mostly a password here.
		v.Found = fmt.Sprintf("a string of %d characters", utf8.RuneCountInString(lookUp(doc, pointer).(string)))
	default:
		v.Found = describe(lookUp(doc, pointer), s.set.options.Contents)
	}
	if kind != "pattern" {
		w = s.wordingAt(v.Pointer)
	}
	v.Expected, v.Code = w.expected, w.code
	return v, w.expected != ""
}

// wordingAt is what the schema says about the place that a pointer names.
func (s *Schema) wordingAt(pointer string) wording {
	nodes := []map[string]any{s.doc}
	for _, step := range strings.Split(pointer, "/")[1:] {
		nodes = s.set.descend(nodes, step)
	}
	for _, n := range s.set.expand(nodes) {
		if w := wordingOf(n); w.expected != "" {
			return w
		}
	}
	return wording{}
}

// descend goes one step of a pointer down, in every node that has a say there.
func (s *Set) descend(nodes []map[string]any, step string) []map[string]any {
	var below []map[string]any
	for _, n := range s.expand(nodes) {
		if _, err := strconv.Atoi(step); err == nil {
			if items, ok := n["items"].(map[string]any); ok {
				below = append(below, items)
			}
		}
		if properties, ok := n["properties"].(map[string]any); ok {
			if p, ok := properties[step].(map[string]any); ok {
				below = append(below, p)
			}
		}
	}
	return below
}

// expand adds what the nodes refer to, nearest first.
func (s *Set) expand(nodes []map[string]any) []map[string]any {
	var all []map[string]any
	for len(nodes) > 0 {
		all = append(all, nodes...)
		var next []map[string]any
		for _, n := range nodes {
			if ref, ok := n["$ref"]; ok {
				next = append(next, s.definition(ref))
			}
			if parts, ok := n["allOf"].([]any); ok {
				for _, p := range parts {
					next = append(next, p.(map[string]any))
				}
			}
			for _, branch := range []string{"then", "else"} {
				if b, ok := n[branch].(map[string]any); ok {
					next = append(next, b)
				}
			}
		}
		nodes = next
	}
	return all
}

// lookUp is the value that a pointer names.
func lookUp(doc any, pointer string) any {
	for _, step := range strings.Split(pointer, "/")[1:] {
		switch d := doc.(type) {
		case map[string]any:
			doc = d[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(d) {
				return nil
			}
			doc = d[i]
		}
	}
	return doc
}

// describe says what was found, in a few words; contents may know more of a list than how long it is.
func describe(value any, contents func([]any) string) string {
	switch v := value.(type) {
	case map[string]any:
		if len(v) == 0 {
			return "an empty object"
		}
		return "an object"
	case []any:
		if len(v) == 0 {
			return "an empty list"
		}
		if contents != nil {
			if what := contents(v); what != "" {
				return "a list of " + what
			}
		}
		return "a list of " + strconv.Itoa(len(v))
	case string:
		return quoted(bound.Short(v))
	}
	text, _ := json.Marshal(value)
	return bound.Short(string(text))
}

// quoted is a string as JSON writes it, < and > included.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always can be
	return strings.TrimSuffix(b.String(), "\n")
}
