package thingspace

import (
	"math"
	"slices"
	"strings"
)

// quick is the schema of an action as a matcher of bytes. It says only "surely valid", and takes the
// fields and identifiers out on the way; whatever it does not understand, in the schema or in the
// body, is left to the schema library, which is the judge. That costs 35 times as much for ten
// thousand devices, see BenchmarkBulk.
type quick struct{ root *rule }

// rule is what the schema says of one place; nil is a place that needs the judge.
type rule struct {
	kind     string // the one type: object, array, string or boolean
	keys     []string
	values   []*rule
	required uint64 // keys, by their bits
	when     []when
	contains []presence
	items    *rule
	min      int // items, or characters
	max      int // characters
	patterns []pattern
	device   bool // an item of devices
	id       bool // an item of deviceIds
}

// when asks for a pattern in one string when another one has a pattern.
type when struct {
	key   int
	is    pattern
	then  int
	wants pattern
	other int // how many follow for when it has not
}

// presence asks for an item in which a string has a pattern.
type presence struct {
	key int
	is  pattern
}

// compileQuick makes a matcher of a schema; one without root matches nothing.
func compileQuick(doc map[string]any) quick {
	root, ok := compileRule([]map[string]any{doc})
	if !ok || root.kind != "object" {
		return quick{}
	}
	if devices := root.value("devices"); devices != nil && devices.items != nil {
		if list := devices.items.value("deviceIds"); list != nil && list.items != nil {
			devices.items.device, list.items.id = true, true
			return quick{root}
		}
	}
	return quick{}
}

func (r *rule) value(key string) *rule {
	if i := slices.Index(r.keys, key); i >= 0 {
		return r.values[i]
	}
	return nil
}

// compileRule makes one rule of the schemas that all hold at a place.
func compileRule(nodes []map[string]any) (*rule, bool) {
	r := &rule{max: math.MaxInt}
	var items []map[string]any
	properties, required := map[string][]map[string]any{}, map[string]bool{}
	var conditions, contained []map[string]any
	for len(nodes) > 0 {
		n := nodes[0]
		nodes = nodes[1:]
		for word, v := range n {
			switch word {
			case "$schema", "$id", "$comment", "title", "description", "code", "definitions":
			case "maxItems": // devices are counted before and after
			case "$ref":
				ref := v.(string)
				nodes = append(nodes, sharedDefinition(ref[strings.LastIndexByte(ref, '/')+1:]))
			case "allOf":
				for _, part := range v.([]any) {
					nodes = append(nodes, part.(map[string]any))
				}
			case "type":
				kind, one := v.(string)
				if !one || r.kind != "" && r.kind != kind {
					return nil, false
				}
				r.kind = kind
			case "properties":
				for key, p := range v.(map[string]any) {
					properties[key] = append(properties[key], p.(map[string]any))
				}
			case "items":
				items = append(items, v.(map[string]any))
			case "if":
				conditions = append(conditions, n)
			case "then", "else":
			case "contains":
				contained = append(contained, v.(map[string]any))
			case "minItems", "minLength":
				r.min = max(r.min, int(v.(float64)))
			case "maxLength":
				r.max = min(r.max, int(v.(float64)))
			case "pattern":
				p, ok := compilePattern(v.(string))
				if !ok {
					return nil, false
				}
				r.patterns = append(r.patterns, p)
			case "required":
				for _, key := range v.([]any) {
					required[key.(string)] = true
				}
			default:
				return nil, false
			}
		}
	}
	return r, r.keysOf(properties, required) && r.itemsOf(items, contained) && r.conditionsOf(conditions)
}

// keysOf compiles the properties of an object.
func (r *rule) keysOf(properties map[string][]map[string]any, required map[string]bool) bool {
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
		if v, ok := compileRule(properties[key]); ok && v.kind != "" {
			r.values[i] = v
		}
	}
	return len(r.keys) <= maxKeys
}

// itemsOf compiles what an array says of its items.
func (r *rule) itemsOf(items, contained []map[string]any) bool {
	if len(items) > 0 {
		var ok bool
		if r.items, ok = compileRule(items); !ok {
			return false
		}
	}
	for _, c := range contained {
		key, is, ok := stringPattern(c)
		if !ok || r.items == nil || slices.Index(r.items.keys, key) < 0 {
			return false
		}
		r.contains = append(r.contains, presence{slices.Index(r.items.keys, key), is})
	}
	return len(r.contains) <= 8
}

// conditionsOf compiles the if and then of an object, and what stands in a chain of else.
func (r *rule) conditionsOf(nodes []map[string]any) bool {
	for _, n := range nodes {
		chain := len(r.when)
		for n != nil {
			condition, _ := n["if"].(map[string]any)
			then, _ := n["then"].(map[string]any)
			key, is, known := stringPattern(condition)
			other, wants, understood := stringPattern(then)
			i, j := slices.Index(r.keys, key), slices.Index(r.keys, other)
			if !known || !understood || i < 0 || j < 0 {
				return false
			}
			r.when = append(r.when, when{i, is, j, wants, 0})
			otherwise, has := n["else"]
			if n, _ = otherwise.(map[string]any); has && n["if"] == nil {
				return false
			}
		}
		for i := chain; i < len(r.when); i++ {
			r.when[i].other = len(r.when) - 1 - i
		}
	}
	return true
}

// resolved follows a $ref.
func resolved(n map[string]any) map[string]any {
	if ref, ok := n["$ref"].(string); ok {
		return sharedDefinition(ref[strings.LastIndexByte(ref, '/')+1:])
	}
	return n
}

// stringPattern understands a schema that asks for a pattern in one property, a string, and for nothing
// else.
func stringPattern(n map[string]any) (key string, is pattern, ok bool) {
	n = resolved(n)
	for word := range n {
		if word != "properties" && word != "required" {
			return "", nil, false
		}
	}
	properties, _ := n["properties"].(map[string]any)
	if len(properties) != 1 {
		return "", nil, false
	}
	for k, p := range properties {
		p := resolved(p.(map[string]any))
		for word := range p {
			if !slices.Contains([]string{"type", "pattern", "description", "code"}, word) {
				return "", nil, false
			}
		}
		text, _ := p["pattern"].(string)
		is, ok = compilePattern(text)
		key = k
	}
	return key, is, ok
}
