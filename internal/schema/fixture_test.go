package schema

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"tsim/internal/bound"
	"tsim/schemas"
)

var testLimits = bound.Limits{Values: 300_000, Wide: 100, Keys: 100}

// testSet is the schemas of the simulated calls.
var testSet = sync.OnceValue(func() *Set {
	shared, err := schemas.Files.ReadFile("common.json")
	if err != nil {
		panic(err)
	}
	set, err := NewSet(shared, Options{
		Limits: testLimits, LongLists: []string{"devices", "devicesToAdd", "deviceFilter"},
		Extract: Extract{List: "devices", Within: "deviceIds", First: "kind", Second: "id"},
		Formats: map[string]func(string) bool{"thingspace-time": func(text string) bool {
			_, err := time.Parse(time.RFC3339, text)
			return err == nil
		}},
	})
	if err != nil {
		panic(err)
	}
	return set
})

// load compiles the schema of a simulated call.
func load(t testing.TB, name string) *Schema {
	t.Helper()
	text, err := schemas.Files.ReadFile(name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	s, err := testSet().Compile(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return s
}

// schemasOfActions are those with devices, by name.
func schemasOfActions(t testing.TB) map[string]*Schema {
	t.Helper()
	files, err := schemas.Files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*Schema{}
	for _, f := range files {
		name, isSchema := strings.CutSuffix(f.Name(), ".json")
		if !isSchema || name == "common" || name == "scenario" || name == "misfortune" {
			continue
		}
		if s := load(t, name); s.long.field == "devices" {
			all[name] = s
		}
	}
	if len(all) < 10 {
		t.Fatalf("only %d schemas of actions", len(all))
	}
	return all
}

// refused is what is said of a body, "" when it is accepted.
func refused(s *Schema, body string) string {
	doc, err := Parse([]byte(body), testLimits)
	if err != nil {
		return err.Error()
	}
	return refusalOf(s, []byte(body), doc)
}

// refusalOf is what Check says, "" when it accepts.
func refusalOf(s *Schema, body []byte, doc any) string {
	v, err := s.Check(body, doc)
	return say(v, err)
}

func say(v *Violation, err error) string {
	switch {
	case err != nil:
		return err.Error()
	case v != nil:
		return v.Code + " " + v.Error()
	}
	return ""
}

// reading is what the fast path takes out of a body.
type reading struct {
	texts Texts
	items [][][2]string
	stop  Stop
	sure  bool
}

func readFast(s *Schema, body string) (r reading) {
	var pairs [][2]string
	r.texts, r.stop, r.sure = s.FastPath(body, &Handlers{
		Pair:    func(first, second string) { pairs = append(pairs, [2]string{first, second}) },
		ItemEnd: func() { r.items, pairs = append(r.items, pairs), nil },
	})
	return r
}

// text is the string of a field.
func text(doc any, field string) string {
	fields, _ := doc.(map[string]any)
	s, _ := fields[field].(string)
	return s
}

func decode(t testing.TB, body string) any {
	t.Helper()
	var doc any
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}
