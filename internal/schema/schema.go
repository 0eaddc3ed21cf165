// Package schema holds bodies of JSON to their JSON Schemas (draft-07). Of a body that does not fit it says which
// mistake somebody finds first who reads it from the front, in words that stand in the schema beside the rule.
//
// Two look at a body. The validator is a schema library, and what it says counts. The fast path is compiled from
// the same schema to a matcher of bytes, which says only "surely valid" and takes out of the body what the caller
// wants of it; whatever it does not understand, in a schema or in a body, is left to the validator. A body that
// is large and right is so read in a fraction of the time, and a fuzz test holds the two together.
package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tsim/internal/bound"
)

// Options are what the schemas of a set have in common besides their shared definitions.
type Options struct {
	// Limits are what a body may have at the most. Lists right below the top have no more items than Limits.Wide
	// either, but for long ones.
	Limits bound.Limits
	// LongLists are the fields of a body whose list may have more: a schema knows one of them at most.
	LongLists []string
	Extract   Extract
	Formats   map[string]func(string) bool // what the schemas' own formats ask for; the names are the program's
	Contents  func(list []any) string      // says of a list in an error what it has in it, "" for how many
}

// Set is schemas that share definitions.
type Set struct {
	shared      []byte
	definitions map[string]any
	options     Options
}

// NewSet is a set that shares the definitions of a schema. It fails when that is none.
func NewSet(shared []byte, o Options) (*Set, error) {
	var doc struct {
		Definitions map[string]any `json:"definitions"`
	}
	if err := json.Unmarshal(shared, &doc); err != nil {
		return nil, fmt.Errorf("the shared definitions: %w", err)
	}
	return &Set{shared, doc.Definitions, o}, nil
}

// Definitions are what the schemas of the set share, by name.
func (s *Set) Definitions() map[string]any { return s.definitions }

// definition is what a $ref leads to: one of the shared definitions, always.
func (s *Set) definition(ref any) map[string]any {
	name := ref.(string)
	return s.definitions[name[strings.LastIndexByte(name, '/')+1:]].(map[string]any)
}

// Schema is one schema of a set, compiled.
type Schema struct {
	set       *Set
	doc       map[string]any
	validator validator
	fast      fastPath
	words     map[string]wording // by pattern
	long      longList
}

// Compile compiles a schema. It fails when the text is none.
func (s *Set) Compile(text []byte) (*Schema, error) {
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	validator, err := newValidator(s, text)
	if err != nil {
		return nil, err
	}
	c := &Schema{set: s, doc: doc, validator: validator, words: map[string]wording{}}
	collectPatterns(s.definitions, c.words)
	collectPatterns(doc, c.words)
	c.long = c.longList()
	c.fast = s.compileFast(doc, c.long)
	return c, nil
}

// Title is the title of the schema.
func (s *Schema) Title() string {
	title, _ := s.doc["title"].(string)
	return title
}

// Properties are the fields that the schema knows, with what it says of them.
func (s *Schema) Properties() map[string]any {
	properties, _ := s.doc["properties"].(map[string]any)
	return properties
}

// Violation is one way in which a body does not fit.
type Violation struct {
	Pointer         string // of what is wrong or missing
	Found, Expected string
	Code            string // what the schema has beside the rule under "code"

	within  string // pointer of the value that is wrong, or that something is missing in
	missing bool
}

// Wrong is a violation that is not the schema's: a value that the caller does not take.
func Wrong(pointer string, value any, expected, code string) Violation {
	return Violation{Pointer: pointer, Found: describe(value, nil), Expected: expected, Code: code, within: pointer}
}

// Error says where something was found, what that is, and what was expected.
func (v *Violation) Error() string {
	at := v.Pointer
	if at == "" {
		at = "the body"
	}
	return fmt.Sprintf("%s: found %s, expected %s", at, v.Found, v.Expected)
}

// Check finds the first violation of a body, or nil; there may be more than those of the schema. The document is
// what Parse made of the body. An error says that the library could not look at it.
func (s *Schema) Check(body []byte, doc any, more ...Violation) (*Violation, error) {
	if v := s.tooWide(doc); v != nil {
		return v, nil
	}
	found, err := s.violations(doc)
	if err != nil {
		return nil, err
	}
	return earliest(body, doc, append(found, more...)), nil
}

// tooWide finds a list that is longer than those of its kind can be, among the fields that the schema knows;
// bound looks at those further down.
func (s *Schema) tooWide(doc any) *Violation {
	most := s.set.options.Limits.Wide
	fields, _ := doc.(map[string]any)
	known := s.Properties()
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		list, _ := fields[name].([]any)
		if known[name] == nil || len(list) <= most || name == s.long.field && !s.long.isOne(list) {
			continue
		}
		return &Violation{
			Pointer: "/" + name, Found: describe(list, s.set.options.Contents), Expected: "a list of at most " + strconv.Itoa(most),
		}
	}
	return nil
}
