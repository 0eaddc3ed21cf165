package thingspace

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"tsim/internal/euicc"
	"tsim/internal/sim"
	"tsim/schemas"
)

func TestEverySchemaCompilesAndIsUsed(t *testing.T) {
	used := map[string]bool{sharedSchema + ".json": true, "scenario.json": true, "misfortune.json": true} // the latter two are for editors
	for _, e := range endpoints {
		for _, s := range []*bodySchema{e.schema, e.legacy} {
			if s != nil {
				s.compiled()
				used[s.name+".json"] = true
			}
		}
	}
	files, err := fs.Glob(schemas.Files, "*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no schemas (%v)", err)
	}
	for _, f := range files {
		if !used[f] {
			t.Errorf("schemas/%s is used by no endpoint", f)
		}
	}
}

func TestEveryEndpointHasAGoldenCase(t *testing.T) {
	var cases strings.Builder
	files, _ := filepath.Glob("testdata/golden/*.txtar")
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		cases.Write(text)
	}
	for _, e := range endpoints {
		// The path with one slash or two after the version, and with anything for its variables.
		path := regexp.MustCompile(`\\\{[a-z]+\\\}`).ReplaceAllString(regexp.QuoteMeta(e.path), "[^/\\s]+")
		path = strings.Replace(path, "/v1/", "/v1//?", 1)
		if !regexp.MustCompile(`(?m)^` + e.method + " " + path + "$").MatchString(cases.String()) {
			t.Errorf("no golden case calls %s %s", e.method, e.path)
		}
	}
}

func TestEveryOperationHasAnEndpoint(t *testing.T) {
	for _, op := range euicc.Ops() {
		switch row := actionOf[op]; {
		case row == nil:
			t.Errorf("no endpoint carries out %s", op)
		case row.callback == nil || len(row.callback.ids) == 0:
			t.Errorf("the callbacks of %s have no shape", op)
		case row.event == "":
			t.Errorf("%s has no eventType for the history", op)
		}
	}
	for _, row := range actions {
		if same := actionOf[row.op]; row.event != same.event || !reflect.DeepEqual(row.callback, same.callback) {
			t.Errorf("the rows of %s differ in what they say of callbacks and history", row.op)
		}
	}
}

func TestEveryFactHasASpelling(t *testing.T) {
	for _, f := range euicc.Faults() {
		w := wireErrors[sim.FaultKind(f)]
		if w.code == "" || f.Sentence() == "" {
			t.Errorf("fault %q has no code or text", f)
		}
	}
	for kind := sim.BearerMissing; kind < sim.Invalid; kind++ {
		if w, ok := wireErrors[kind]; !ok || w.status < 400 {
			t.Errorf("kind %d has no HTTP status", kind)
		}
	}
}

// Rows of one path ask for the same credentials: those are looked at before the method.
func TestRowsOfOnePathAgree(t *testing.T) {
	need := map[string]auth{}
	for _, e := range endpoints {
		if first, ok := need[e.path]; ok && first != e.auth {
			t.Errorf("the rows of %s ask for different credentials", e.path)
		}
		need[e.path] = e.auth
	}
}
