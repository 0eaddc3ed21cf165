package control

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tsim/internal/sim"
	"tsim/tsimclient"
)

func reference(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/control.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// column is the words of the first column of the table with that heading.
func column(t *testing.T, doc, heading string) []string {
	t.Helper()
	_, rest, ok := strings.Cut(doc, "| "+heading+" |")
	if !ok {
		t.Fatalf("docs/control.md has no table headed %q", heading)
	}
	var words []string
	for _, line := range strings.Split(rest, "\n")[2:] {
		m := regexp.MustCompile("^\\| `([^`]+)` \\| .+ \\|$").FindStringSubmatch(line)
		if m == nil {
			break
		}
		words = append(words, m[1])
	}
	return words
}

func TestReferenceListsEventKindsAndStates(t *testing.T) {
	var kinds, states []string
	for _, k := range sim.EventKinds() {
		kinds = append(kinds, k.String())
	}
	for _, s := range sim.CallbackStates() {
		states = append(states, s.String())
	}
	doc := reference(t)
	if got := column(t, doc, "kind"); !slices.Equal(got, kinds) {
		t.Errorf("docs/control.md has the event kinds\n%v, the code has\n%v", got, kinds)
	}
	if got := column(t, doc, "state"); !slices.Equal(got, states) {
		t.Errorf("docs/control.md has the callback states\n%v, the code has\n%v", got, states)
	}
}

func TestReferenceListsBudgets(t *testing.T) {
	if got := column(t, reference(t), "budget"); !slices.Equal(got, sim.BudgetNames()) {
		t.Errorf("docs/control.md has the budgets %v, the code has %v", got, sim.BudgetNames())
	}
}

func TestReferenceListsEndpoints(t *testing.T) {
	var documented, served []string
	for _, m := range regexp.MustCompile("(?m)^\\| ([A-Z]+) \\| `([^`]+)` \\| .+ \\|$").FindAllStringSubmatch(reference(t), -1) {
		documented = append(documented, m[1]+" "+m[2])
	}
	for _, r := range routes() {
		served = append(served, r.method+" "+r.pattern)
	}
	slices.Sort(documented)
	slices.Sort(served)
	if !slices.Equal(documented, served) {
		t.Errorf("docs/control.md has the endpoints\n%v, the code has\n%v", documented, served)
	}
}

func TestIndexListsEndpoints(t *testing.T) {
	w := newFixture(t).ask("GET", "/tsim/v1", "")
	var index tsimclient.Index
	if err := json.Unmarshal(w.Body.Bytes(), &index); err != nil {
		t.Fatal(err)
	}
	if want := len(routes()) - 1; len(index.Endpoints) != want {
		t.Errorf("%d endpoints, want %d", len(index.Endpoints), want)
	}
	const health = `{"endpoints":[{"method":"GET","path":"/tsim/v1/health","about":"whether tsim is there, and its version"},`
	newFixture(t).want("GET", "/tsim/v1", "", 200, strings.TrimSuffix(w.Body.String(), "\n"))
	if !strings.HasPrefix(w.Body.String(), health) {
		t.Errorf("it begins with %.120s", w.Body)
	}
}

// The identifiers of the examples are those of the scenario that tsim serves when it is not told
// another one.
func TestReferenceUsesTheDefaultScenario(t *testing.T) {
	scenario, err := os.ReadFile("../../scenarios/default.yaml")
	if err != nil {
		t.Fatal(err)
	}
	eids := regexp.MustCompile(`\b890\d{29}\b`).FindAllString(reference(t), -1)
	if len(eids) == 0 {
		t.Error("there are no EIDs in the examples")
	}
	for _, eid := range eids {
		if !strings.Contains(string(scenario), eid) {
			t.Errorf("EID %s is not in the default scenario", eid)
		}
	}
}

func TestReferenceListsFilters(t *testing.T) {
	doc := reference(t)
	if got := column(t, doc, "kept"); !slices.Equal(got, sim.KeptWords()) {
		t.Errorf("docs/control.md has of bodies the words %v, the code has %v", got, sim.KeptWords())
	}
	_, rest, _ := strings.Cut(doc, "| filter |")
	table, _, _ := strings.Cut(rest, "\n\n")
	var listed []string
	for _, line := range strings.Split(table, "\n")[2:] {
		first, _, _ := strings.Cut(line[2:], " |")
		for word := range strings.SplitSeq(first, ", ") {
			listed = append(listed, strings.Trim(word, "`"))
		}
	}
	known := slices.Concat(
		fields(reflect.TypeFor[tsimclient.CallFilter]()), fields(reflect.TypeFor[tsimclient.RequestFilter]()), fields(reflect.TypeFor[tsimclient.CallbackFilter]()),
		fields(reflect.TypeFor[tsimclient.EventFilter]()), fields(reflect.TypeFor[tsimclient.DeviceFilter]()),
	)
	slices.Sort(known)
	if known = slices.Compact(known); !sameWords(listed, known) {
		t.Errorf("docs/control.md has the filters %v, the code has %v", listed, known)
	}
}
