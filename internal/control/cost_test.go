// The race detector makes pools forget, so that all costs more.

//go:build !race

package control

import (
	"encoding/json"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"tsim/internal/heavy"
	"tsim/internal/sim"
)

// cost is how many bytes a call allocates.
func (f *fixture) cost(method, target, body string) uint64 {
	f.t.Helper()
	r := newRequest(f.t.Context(), method, target, body)
	w := httptest.NewRecorder()
	n := heavy.Allocated(func() { f.handler.ServeHTTP(w, r) })
	if w.Code == http.StatusInternalServerError {
		f.t.Errorf("%s %s: %s", method, target, w.Body)
	}
	if size := w.Body.Len(); w.Code >= 400 && size > 32<<10 {
		f.t.Errorf("%s %s: the refusal of %.30q… has %d bytes", method, target, body, size)
	}
	return n
}

func (f *fixture) judge(r route, name string, text func(int) string) {
	f.t.Helper()
	small, large := f.cost(r.method, target(r), text(heavy.Small)), f.cost(r.method, target(r), text(heavy.Large))
	if wrong := heavy.Judge(small, large, perByte, 2<<20); wrong != "" {
		f.t.Errorf("%s %s, %s: %s", r.method, r.pattern, name, wrong)
	}
}

// Every call, with every heavy text as its body, and as the value of each of its fields.
func TestCostOfBodies(t *testing.T) {
	fields := map[string][]string{
		sandboxes:                                {"name", "scenario", "seed", "clock", "compat", "ttl", "rules", "with"},
		sandbox + "/reset":                       {"keep"},
		sandbox + "/clock":                       {"mode", "speed"},
		sandbox + "/clock/advance":               {"by", "to", "limit"},
		sandbox + "/devices/{eid}":               {"powered", "imei", "memory", "profiles", "fallback"},
		sandbox + "/holds":                       {"request", "operation"},
		sandbox + "/rules":                       {"name", "when", "reply", "outcome", "callback", "with"},
		sandbox + "/rules/{rule}":                {"about", "when", "callback"},
		sandbox + "/wait":                        {"for", "timeout"},
		sandbox + "/mailbox/{account}/{service}": {"wait"},
	}
	for _, r := range routes() {
		if r.method == "DELETE" && r.pattern == sandbox {
			continue // takes no body, and there is but one sandbox
		}
		f := newFixture(t)
		for _, s := range heavy.JSON {
			f.judge(r, s.Name, s.Text)
			if r.method == "GET" || r.method == "DELETE" {
				continue
			}
			for _, field := range fields[r.pattern] {
				f.judge(r, field+" of "+s.Name, func(size int) string { return `{"` + field + `":` + s.Text(size) + `}` })
			}
		}
	}
}

// A scenario that is sent as a text of YAML.
func TestCostOfScenarios(t *testing.T) {
	f := newFixture(t)
	for _, s := range append(heavy.JSON, heavy.YAML...) {
		for _, spot := range [][2]string{{"", ""}, {`{"accounts":`, "}"}, {`{"accounts":[{"name":"a","devices":[{"profiles":`, "}]}]}"}} {
			f.judge(route{method: "POST", pattern: sandboxes}, "YAML, "+spot[0]+s.Name, func(size int) string {
				text, err := json.Marshal("\n" + spot[0] + s.Text(size) + spot[1])
				if err != nil {
					t.Fatal(err)
				}
				return `{"scenario":` + string(text) + `}`
			})
		}
	}
}

// A reader that stops in the middle of a list of calls keeps the bodies of a few, also after a reset.
func TestSlowReadersOfCalls(t *testing.T) {
	f := newFixture(t)
	heap := func() int {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	for _, format := range []string{"json", "har"} {
		before := heap()
		const body = 64 << 10
		for range 150 {
			f.box.RecordCall(sim.Call{Request: sim.CallBody{Text: make([]byte, body)}, Reply: sim.CallBody{Text: make([]byte, body)}})
		}
		reply, err := listCalls(&call{ctx: t.Context(), o: &Options{Registry: f.registry}, box: f.box, query: url.Values{"format": {format}}})
		if err != nil {
			t.Fatal(err)
		}
		next, stop := iter.Pull(reply.(*list).items)
		if _, ok := next(); !ok {
			t.Error("there are no calls")
		}
		f.box.Reset(sim.ResetOptions{})
		if grown := heap() - before; grown > 20*body {
			t.Errorf("%s: a reader of the first call keeps %d bytes", format, grown)
		}
		stop()
	}
}

// What an error repeats of a path or a query is short.
func TestLongWords(t *testing.T) {
	f := newFixture(t)
	f.token = ""
	long := strings.Repeat("x", 100_000)
	for _, target := range []string{
		"/tsim/" + long, "/tsim/v1/sandboxes/" + long, base + "/devices/" + long, base + "/callbacks/" + long, base + "/requests/" + long,
		base + "/mailbox/" + long + "/" + long, base + "/holds/" + long,
		base + "/rules/" + long, base + "/rules/" + long + "/restart", base + "/rules?with=" + long,
		base + "/devices?" + long + "=1", base + "/devices?limit=" + long, base + "/events?after=" + long, base + "/requests/" + request1 + "?format=" + long,
		base + "/callbacks?state=" + long, base + "/callbacks?state=" + url.QueryEscape(strings.Repeat("\x01", 10_000)),
	} {
		for _, method := range []string{"GET", "POST", "DELETE", "X" + long} {
			w := httptest.NewRecorder()
			f.handler.ServeHTTP(w, newRequest(t.Context(), method, target, ""))
			if size := w.Body.Len(); w.Code < 400 || size > 1000 {
				t.Errorf("%.5s %.60s: %d, a body of %d bytes", method, target, w.Code, size)
			}
		}
	}
}
