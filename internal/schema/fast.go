package schema

import (
	"math"
	"slices"
)

// Extract names what the fast path takes out of a body: of each item of a list, two texts of each item of a list
// within. A schema without these lists has no fast path.
type Extract struct {
	List   string // field of the body, its long list: of objects
	Within string // field of each of those: a list of objects, too
	First  string // field of each of those: a string, required
	Second string // another one
}

// fastPath is a schema as a matcher of bytes.
type fastPath struct {
	root          *rule // nil for none
	first, second int   // keys of what is extracted
}

// rule is what the schema says of one place in a body; nil is a place that is left to the validator.
type rule struct {
	kind       string // the one type: object, array, string or boolean
	keys       []string
	values     []*rule
	required   uint64 // keys, by their bits
	conditions []condition
	contains   []keyPattern
	items      *rule
	min        int // items, or characters
	max        int // characters
	patterns   []pattern

	isItem bool // an item of the list that is extracted from
	isPair bool // an item of the list within, of which two texts are taken
}

// maxKeys is how many keys an object can have in a rule: their bits are one word.
const maxKeys = 32

// keyPattern asks for a pattern in the string of a key.
type keyPattern struct {
	key     int
	pattern pattern
}

// condition is an if: one string is asked for a pattern when another one has a pattern.
type condition struct {
	when  keyPattern
	then  keyPattern
	other int // how many conditions follow in its chain of else
}

// compileFast makes the fast path of a schema.
func (s *Set) compileFast(doc map[string]any, long longList) fastPath {
	want := s.options.Extract
	root, ok := s.compileRule([]map[string]any{doc})
	if !ok || root.kind != "object" || want.List != long.field {
		return fastPath{}
	}
	item := root.itemsAt(want.List)
	if item == nil {
		return fastPath{}
	}
	pair := item.itemsAt(want.Within)
	if pair == nil {
		return fastPath{}
	}
	f := fastPath{root, slices.Index(pair.keys, want.First), slices.Index(pair.keys, want.Second)}
	if f.first < 0 || f.second < 0 {
		return fastPath{}
	}
	item.isItem, pair.isPair = true, true
	return f
}

// itemsAt is what is said of the items of the list at a key, or nil.
func (r *rule) itemsAt(key string) *rule {
	i := slices.Index(r.keys, key)
	if i < 0 || r.values[i] == nil {
		return nil
	}
	return r.values[i].items
}

// ruleParts are what the schemas that all hold at a place say, word by word.
type ruleParts struct {
	rule
	nodes                 []map[string]any // that are still to be looked at
	properties            map[string][]map[string]any
	requires              map[string]bool
	itemSchemas           []map[string]any
	conditions, contained []map[string]any
}

// compileRule makes one rule of the schemas that all hold at a place.
func (s *Set) compileRule(nodes []map[string]any) (*rule, bool) {
	p := ruleParts{
		rule: rule{max: math.MaxInt}, nodes: nodes, properties: map[string][]map[string]any{}, requires: map[string]bool{},
	}
	for len(p.nodes) > 0 {
		n := p.nodes[0]
		p.nodes = p.nodes[1:]
		for word, v := range n {
			if !s.addWord(&p, n, word, v) {
				return nil, false
			}
		}
	}
	r := p.rule
	return &r, s.compileKeys(&r, p.properties, p.requires) && s.compileItems(&r, p.itemSchemas, p.contained) && s.compileConditions(&r, p.conditions)
}

// addWord takes in one word of a schema, with what it says. It is false for what the fast path does not understand.
func (s *Set) addWord(p *ruleParts, n map[string]any, word string, v any) bool {
	switch word {
	case "$schema", "$id", "$comment", "title", "description", "code", "definitions":
	case "maxItems": // the caller counts
	case "then", "else": // their "if" has them
	case "$ref":
		p.nodes = append(p.nodes, s.definition(v))
	case "allOf":
		for _, part := range v.([]any) {
			p.nodes = append(p.nodes, part.(map[string]any))
		}
	case "type":
		kind, one := v.(string)
		if !one || p.kind != "" && p.kind != kind {
			return false
		}
		p.kind = kind
	case "properties":
		for key, property := range v.(map[string]any) {
			p.properties[key] = append(p.properties[key], property.(map[string]any))
		}
	case "items":
		p.itemSchemas = append(p.itemSchemas, v.(map[string]any))
	case "if":
		p.conditions = append(p.conditions, n)
	case "contains":
		p.contained = append(p.contained, v.(map[string]any))
	case "minItems", "minLength":
		p.min = max(p.min, int(v.(float64)))
	case "maxLength":
		p.max = min(p.max, int(v.(float64)))
	case "pattern":
		compiled, ok := compilePattern(v.(string))
		if !ok {
			return false
		}
		p.patterns = append(p.patterns, compiled)
	case "required":
		for _, key := range v.([]any) {
			p.requires[key.(string)] = true
		}
	default:
		return false
	}
	return true
}

// compileKeys compiles the properties of an object.
func (s *Set) compileKeys(r *rule, properties map[string][]map[string]any, required map[string]bool) bool {
	for key := range required {
		if properties[key] == nil {
			return false
		}
	}
	for key := range properties {
		r.keys = append(r.keys, key)
	}
	slices.Sort(r.keys)
	r.values = make([]*rule, len(r.keys))
	for i, key := range r.keys {
		if required[key] {
			r.required |= 1 << i
		}
		if v, ok := s.compileRule(properties[key]); ok && v.kind != "" {
			r.values[i] = v
		}
	}
	return len(r.keys) <= maxKeys
}

// compileItems compiles what an array says of its items.
func (s *Set) compileItems(r *rule, items, contained []map[string]any) bool {
	if len(items) > 0 {
		var ok bool
		if r.items, ok = s.compileRule(items); !ok {
			return false
		}
	}
	for _, c := range contained {
		if r.items == nil {
			return false
		}
		asked, ok := s.compileKeyPattern(r.items.keys, c)
		if !ok {
			return false
		}
		r.contains = append(r.contains, asked)
	}
	return len(r.contains) <= 8
}

// compileConditions compiles the if and then of an object, and what stands in a chain of else.
func (s *Set) compileConditions(r *rule, nodes []map[string]any) bool {
	for _, n := range nodes {
		chain := len(r.conditions)
		for n != nil {
			is, _ := n["if"].(map[string]any)
			wants, _ := n["then"].(map[string]any)
			when, known := s.compileKeyPattern(r.keys, is)
			then, understood := s.compileKeyPattern(r.keys, wants)
			if !known || !understood {
				return false
			}
			r.conditions = append(r.conditions, condition{when, then, 0})
			otherwise, has := n["else"]
			if n, _ = otherwise.(map[string]any); has && n["if"] == nil {
				return false
			}
		}
		for i := chain; i < len(r.conditions); i++ {
			r.conditions[i].other = len(r.conditions) - 1 - i
		}
	}
	return true
}

// compileKeyPattern understands a schema that asks for a pattern in one of the keys, a string, and for nothing
// else.
func (s *Set) compileKeyPattern(keys []string, n map[string]any) (asked keyPattern, ok bool) {
	n = s.resolved(n)
	for word := range n {
		if word != "properties" && word != "required" {
			return asked, false
		}
	}
	properties, _ := n["properties"].(map[string]any)
	if len(properties) != 1 {
		return asked, false
	}
	for key, p := range properties {
		p := s.resolved(p.(map[string]any))
		for word := range p {
			if !slices.Contains([]string{"type", "pattern", "description", "code"}, word) {
				return asked, false
			}
		}
		text, _ := p["pattern"].(string)
		asked.pattern, ok = compilePattern(text)
		asked.key = slices.Index(keys, key)
	}
	return asked, ok && asked.key >= 0
}

// resolved follows a $ref.
func (s *Set) resolved(n map[string]any) map[string]any {
	if ref, ok := n["$ref"]; ok {
		return s.definition(ref)
	}
	return n
}
