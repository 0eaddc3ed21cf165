package scenario

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// schema is as much of a JSON Schema as the scenario's uses.
type schema struct {
	Ref                  string             `json:"$ref"`
	Type                 string             `json:"type"`
	Enum                 []string           `json:"enum"`
	Pattern              string             `json:"pattern"`
	Description          string             `json:"description"`
	Default              json.RawMessage    `json:"default"`
	Required             []string           `json:"required"`
	AdditionalProperties *bool              `json:"additionalProperties"`
	Properties           map[string]*schema `json:"properties"`
	Items                *schema            `json:"items"`
	AnyOf                []*schema          `json:"anyOf"`
	Definitions          map[string]*schema `json:"definitions"`
}

// readSchema reads a schema that stands beside those of the calls. Its definitions are known by their file, too.
func readSchema(t testing.TB, file string, defined map[string]*schema) *schema {
	t.Helper()
	src, err := os.ReadFile("../../schemas/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var s schema
	if err := json.Unmarshal(src, &s); err != nil {
		t.Fatal(err)
	}
	for name, d := range s.Definitions {
		if defined[name] != nil {
			t.Fatalf("both schemas define %q", name)
		}
		defined[name] = d
	}
	return &s
}

// TestSchema holds the decoder's tables and the schemas together, in both directions.
func TestSchema(t *testing.T) {
	w := newWalker(t)
	w.same("", scenario.value().form, w.scenario)
	w.same("set:", set.value().form, w.set)
	for name := range w.defined {
		if !w.used[name] {
			t.Errorf("nothing uses the schema's definition %q", name)
		}
	}
}

type walker struct {
	testing.TB
	scenario, set *schema
	defined       map[string]*schema // what either schema defines
	used          map[string]bool
}

func newWalker(t testing.TB) walker {
	w := walker{TB: t, defined: map[string]*schema{}, used: map[string]bool{}}
	w.scenario = readSchema(t, "scenario.json", w.defined)
	w.set = readSchema(t, "misfortune.json", w.defined)
	return w
}

func (w walker) resolve(s *schema) *schema {
	name, ok := strings.CutPrefix(strings.TrimPrefix(s.Ref, "scenario.json"), "#/definitions/")
	if !ok {
		return s
	}
	w.used[name] = true
	d := w.defined[name]
	if d == nil {
		w.Fatalf("the schema has no definition %q", name)
	}
	return w.resolve(d)
}

func (w walker) same(at string, f form, s *schema) {
	s = w.resolve(s)
	if s.Type != f.kind || s.Pattern != f.pattern {
		w.Errorf("%s: decoder has %q %q, schema %q %q", at, f.kind, f.pattern, s.Type, s.Pattern)
	}
	if !slices.Equal(s.Enum, f.words) {
		w.Errorf("%s: decoder has the words %v, schema %v", at, f.words, s.Enum)
	}
	if (f.item == nil) != (s.Items == nil) {
		w.Errorf("%s: items in one of decoder and schema only", at)
	} else if f.item != nil {
		w.same(at+"[]", *f.item, s.Items)
	}
	if len(f.either) != len(s.AnyOf) {
		w.Fatalf("%s: decoder has %d alternatives, schema %d", at, len(f.either), len(s.AnyOf))
	}
	for i := range f.either {
		w.same(fmt.Sprintf("%s|%d", at, i), f.either[i], s.AnyOf[i])
	}
	w.sameKeys(at, f, s)
}

func (w walker) sameKeys(at string, f form, s *schema) {
	if f.kind == "object" && (s.AdditionalProperties == nil || *s.AdditionalProperties) != f.open {
		w.Errorf("%s: decoder says that it may have unknown keys: %t, and the schema says otherwise", at, f.open)
	}
	known := map[string]bool{}
	for _, k := range f.keys {
		known[k.name] = true
		p := s.Properties[k.name]
		if p == nil {
			w.Errorf("%s.%s: not in the schema", at, k.name)
			continue
		}
		if p.Description == "" {
			w.Errorf("%s.%s: no description in the schema", at, k.name)
		}
		if slices.Contains(s.Required, k.name) != k.need {
			w.Errorf("%s.%s: decoder says required %t, schema %t", at, k.name, k.need, !k.need)
		}
		w.same(at+"."+k.name, k.form, p)
	}
	for name := range s.Properties {
		if !known[name] {
			w.Errorf("%s.%s: in the schema only", at, name)
		}
	}
	for _, name := range s.Required {
		if !known[name] {
			w.Errorf("%s.%s: required by the schema only", at, name)
		}
	}
}

// TestSchemaDefaults spells every default of the schema out, which must change nothing.
func TestSchemaDefaults(t *testing.T) {
	plain := map[string]any{
		"name":        "x",
		"credentials": []any{map[string]any{"appKey": "k", "appSecret": "s", "username": "u", "password": "p"}},
		"delivery":    map[string]any{},
		"limits":      map[string]any{},
		"compat":      map[string]any{},
		"accounts": []any{map[string]any{"name": "a", "devices": []any{map[string]any{
			"eid": "89001012012341234012345678901224",
			"profiles": []any{map[string]any{
				"iccid": "89148000000000000019", "network": "us", "service": "active", "status": "ENABLE",
			}},
		}}}},
		"rules": []any{map[string]any{
			"name": "r", "when": map[string]any{"operation": "list"}, "reply": map[string]any{"status": 200, "body": "x"},
		}},
	}
	load := func() string {
		src, err := json.Marshal(plain)
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := Load("x", src, time.Time{})
		if err != nil {
			t.Fatalf("%v\n%s", err, src)
		}
		reply := *cfg.Rules[0].Reply
		reply.ContentType, cfg.Rules[0].Reply = "", nil // "" is another word for the default
		return fmt.Sprintf("%+v %+v", cfg, reply)
	}
	want := load()
	w := newWalker(t)
	if n := w.spell(plain, w.scenario); n < 10 {
		t.Errorf("the schema has %d defaults, and had more", n)
	}
	if got := load(); got != want {
		t.Errorf("with the defaults spelt out:\n%s\nwithout:\n%s", got, want)
	}
}

// spell writes the defaults of s into v, and says how many there were.
func (w walker) spell(v any, s *schema) (n int) {
	s = w.resolve(s)
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			n += w.spell(item, s.Items)
		}
	case map[string]any:
		for name, p := range s.Properties {
			if p.Default != nil {
				v[name] = p.Default
				n++
			} else if v[name] != nil {
				n += w.spell(v[name], p)
			}
		}
	}
	return n
}
