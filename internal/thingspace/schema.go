package thingspace

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/xeipuuv/gojsonschema"

	"tsim/internal/bound"
	"tsim/internal/sim"
	"tsim/schemas"
)

// schema is one file of schemas/, compiled once, when it is first needed.
type schema struct {
	file  string
	once  sync.Once
	judge *gojsonschema.Schema
	words map[string]wording // pattern -> what it asks for
	doc   map[string]any
	quick quick // for the bodies of actions
	crowd crowd // its list of devices
}

// wording is what the schema says beside a rule, for people.
type wording struct{ expected, code string }

// The library words each of its errors with a template, those of branches that did not fit included,
// and most of the price of a refusal is that. Nobody reads these texts: violation has its own.
func init() {
	gojsonschema.Locale = terse{}
	gojsonschema.FormatCheckers.Add("thingspace-time", timeFormat{})
}

type terse struct{ gojsonschema.DefaultLocale }

func (terse) ArrayContains() string       { return "contains" }
func (terse) ConditionElse() string       { return "else" }
func (terse) ConditionThen() string       { return "then" }
func (terse) DoesNotMatchPattern() string { return "pattern" }
func (terse) InvalidType() string         { return "type" }
func (terse) NumberAllOf() string         { return "allOf" }
func (terse) Required() string            { return "required" }

// sharedSchema is the file that the others refer to.
const sharedSchema = "common.json"

func (s *schema) compile() {
	s.once.Do(func() {
		loader := gojsonschema.NewSchemaLoader()
		loader.Draft = gojsonschema.Draft7
		loader.AutoDetect = false
		shared, own := mustRead(sharedSchema), mustRead(s.file)
		if err := loader.AddSchemas(gojsonschema.NewBytesLoader(shared)); err != nil {
			panic(fmt.Sprintf("schemas/%s: %v", sharedSchema, err)) // embedded: a test compiles them all
		}
		judge, err := loader.Compile(gojsonschema.NewBytesLoader(own))
		if err != nil {
			panic(fmt.Sprintf("schemas/%s: %v", s.file, err))
		}
		s.judge, s.words = judge, map[string]wording{}
		for _, text := range [][]byte{shared, own} {
			var doc map[string]any
			if err := json.Unmarshal(text, &doc); err != nil {
				panic(err)
			}
			collectPatterns(doc, s.words)
			s.doc = doc
		}
		s.quick, s.crowd = compileQuick(s.doc), s.crowdOf()
	})
}

func mustRead(file string) []byte {
	text, err := schemas.Files.ReadFile(file)
	if err != nil {
		panic(err) // a row of the endpoint table names a schema that is not there
	}
	return text
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

func wordingOf(node map[string]any) wording {
	expected, _ := node["description"].(string)
	code, _ := node["code"].(string)
	return wording{expected, code}
}

// check says what is wrong with a body, which parse has read as a document, or nil: the first violation
// that somebody finds who reads it from the front, with its JSON pointer. There may be more than those of
// the schema.
func (s *schema) check(body []byte, doc any, more ...violation) error {
	v, err := s.first(body, doc, more...)
	if v == nil {
		return err
	}
	return v.error()
}

// first is the first violation, or nil.
func (s *schema) first(body []byte, doc any, more ...violation) (*violation, error) {
	found, err := s.violations(doc)
	if err != nil {
		return nil, err
	}
	var all mistakes
	for _, v := range append(found, more...) {
		all.add(v, doc)
	}
	return all.first(body), nil
}

// judged is what the library says of a document, in our words.
func (s *schema) judged(doc any) (found []violation, err error) {
	result, err := s.judge.Validate(gojsonschema.NewRawLoader(doc))
	if err != nil {
		return nil, &sim.Error{Kind: sim.SchemaViolated, Msg: "the body cannot be checked", Err: err}
	}
	for _, e := range result.Errors() {
		if v, ok := s.violation(e, doc); ok {
			found = append(found, v)
		}
	}
	return found, nil
}

// checkDevice looks for a violation in the one device in which the quick way began to doubt: all before
// it is surely valid, so it is the first. nil when there is none, or when it takes the whole body to say;
// a list of ten thousand devices would cost the judge fifty times as much. The body is within its limits.
func (s *schema) checkDevice(body []byte, where doubt) error {
	if where.device < 0 {
		return nil
	}
	// All before the device is JSON; the rest has to be so in its place.
	rest := body[where.at:]
	if !json.Valid(append([]byte(`{"":[`), rest...)) || endless(rest) {
		return nil
	}
	if bytes.Contains(rest, []byte(`"devices"`)) || bytes.IndexByte(rest, '\\') >= 0 {
		return nil // devices may be there twice, and the last one counts
	}
	r := reader{text: rest}
	r.skip()
	alone := slices.Concat([]byte(`{"devices":[`), rest[:r.at], []byte(`]}`))
	doc, refused := parse(alone)
	if refused != nil {
		return nil
	}
	v, err := s.first(alone, doc)
	if v == nil {
		return err
	}
	within, ok := strings.CutPrefix(v.pointer, "/devices/0")
	if !ok {
		return nil // the device is in order
	}
	v.pointer = "/devices/" + strconv.Itoa(where.device) + within
	return v.error()
}

func (v violation) error() error {
	at := v.pointer
	if at == "" {
		at = "the body"
	}
	return violationError{sim.Errorf(sim.SchemaViolated, "%s: found %s, expected %s", at, v.found, v.expected), v.code}
}

// violation is one way in which a document does not fit.
type violation struct {
	pointer, found, expected, code string
	within                         string // pointer of the value that is wrong, or that something is missing in
	missing                        bool
}

// violation words an error of the library. Errors that only wrap others are none, and neither is a
// list that is too long: that is counted before.
func (s *schema) violation(e gojsonschema.ResultError, doc any) (violation, bool) {
	kind := e.Type()
	var w wording
	switch kind {
	case "condition_then", "condition_else", "number_all_of", "array_max_items":
		return violation{}, false
	case "pattern":
		// The one kind that there are many of: each branch that did not fit has some.
		if w = s.words[e.Details()["pattern"].(*regexp.Regexp).String()]; w.expected == "" {
			return violation{}, false
		}
	}
	pointer := strings.TrimPrefix(e.Context().String("/"), "(root)")
	v := violation{pointer: pointer, within: pointer, missing: missing[kind]}
	switch kind {
	case "required":
		v.pointer = pointer + "/" + fmt.Sprint(e.Details()["property"])
		v.found = "nothing"
		w = s.wordingAt(v.pointer)
	case "pattern":
		v.found = describe(lookUp(doc, pointer))
	case "string_lte":
		// Not the string itself: what is too long is mostly a password here.
		v.found = fmt.Sprintf("a string of %d characters", utf8.RuneCountInString(lookUp(doc, pointer).(string)))
		w = s.wordingAt(pointer)
	default:
		v.found = describe(lookUp(doc, pointer))
		w = s.wordingAt(pointer)
	}
	if w.expected == "" {
		// An error inside "contains" only says which branch came nearest.
		return v, false
	}
	v.expected, v.code = w.expected, w.code
	return v, true
}

// missing are the errors of the library that tell of what is not there: one finds that out at the end of
// an object or list. With not, a list says what its items may not all lack.
var missing = map[string]bool{
	"required": true, "contains": true, "array_min_items": true, "number_any_of": true, "number_not": true,
}

// wordingAt is what the schema says about the place that a pointer names.
func (s *schema) wordingAt(pointer string) wording {
	nodes := []map[string]any{s.doc}
	for _, step := range strings.Split(pointer, "/")[1:] {
		nodes = s.descend(nodes, step)
	}
	for _, n := range s.expand(nodes) {
		if w := wordingOf(n); w.expected != "" {
			return w
		}
	}
	return wording{}
}

// descend goes one step of a pointer down, in every node that has a say there.
func (s *schema) descend(nodes []map[string]any, step string) []map[string]any {
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
func (s *schema) expand(nodes []map[string]any) []map[string]any {
	var all []map[string]any
	for len(nodes) > 0 {
		all = append(all, nodes...)
		var next []map[string]any
		for _, n := range nodes {
			if ref, ok := n["$ref"].(string); ok {
				next = append(next, sharedDefinition(ref[strings.LastIndexByte(ref, '/')+1:]))
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

// sharedDefinition is a definition of the shared schema: the only place that a $ref leads to.
func sharedDefinition(name string) map[string]any {
	return sharedDefinitions()[name].(map[string]any)
}

var sharedDefinitions = sync.OnceValue(func() map[string]any {
	var doc struct {
		Definitions map[string]any `json:"definitions"`
	}
	if err := json.Unmarshal(mustRead(sharedSchema), &doc); err != nil {
		panic(err)
	}
	return doc.Definitions
})

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

// describe says what was found, in a few words.
func describe(value any) string {
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
		return "a list of " + contents(v)
	case string:
		return quoted(bound.Short(v))
	}
	text, _ := json.Marshal(value)
	return bound.Short(string(text))
}

// contents says what a list holds: the kinds of its identifiers, or just how many.
func contents(list []any) string {
	var kinds []string
	for _, item := range list {
		kind := text(item, "kind")
		if !knownKind.fits(kind) || len(kinds) == 8 {
			return strconv.Itoa(len(list))
		}
		kinds = append(kinds, kind)
	}
	return strings.Join(kinds, ", ")
}

// knownKind is what a kind of identifier looks like, whether or not there is one like that.
var knownKind, _ = compilePattern("^[A-Za-z]{3,6}$")

// quoted is a string as JSON writes it, < and > included.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always can be
	return strings.TrimSuffix(b.String(), "\n")
}
