package control

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"tsim/internal/heavy"
	"tsim/internal/scenario"
	"tsim/internal/sim"
)

// perByte is how many bytes a call may allocate for one of its body, whatever is in it.
const perByte = 500

// bodies are seeds: what each call takes, or nearly.
var bodies = []string{
	``, `{}`, `null`, `[]`, `{"name":"a","scenario":"two-networks","seed":9,"clock":"manual","compat":{"errors":"platform"},"ttl":"1s"}`,
	`{"keep":["listeners","tokens"]}`, `{"mode":"manual","speed":2}`, `{"by":"15m"}`, `{"to":"2030-01-02T00:00:00Z"}`, `{"until":"idle","limit":"24h"}`,
	`{"eid":"` + unknown + `","profiles":[{"iccid":"89148000000000000035","network":"us","service":"active","status":"enable"}]}`,
	`[{"account":"` + account + `","eid":"` + unknown + `"}]`, `{"powered":false,"connected":true}`,
	`{"imei":"490154203237518","memory":2,"profiles":[{"iccid":"` + global1 + `","mdn":"5415550199","pol1":["no-delete"]}]}`,
	`{"request":"` + request1 + `","operation":"enable","level":"device"}`, `{"status":200}`, `{"wait":"1s"}`,
	twice, fullRules, `{"with":["duplicates"]}`, `{"rules":[{"name":"x","callback":{"drop":true}}],"with":["duplicates"]}`, `{"when":{"chance":0.5},"outcome":{"silent":true}}`,
	`{"for":"idle"}`, `{"for":{"kind":"attempt.failed"},"timeout":"1ms"}`, `{"for":{"request":"` + request1 + `","callbacks":1,"state":"delivered"}}`,
}

// attempt is one call, with what a refusal may cost and say.
func (f *fixture) attempt(method, target, body string) {
	f.t.Helper()
	ctx, cancel := context.WithCancel(f.t.Context())
	if strings.HasSuffix(target, "/wait") || strings.Contains(target, "/mailbox/") {
		cancel() // nobody waits here
	}
	defer cancel()
	w := httptest.NewRecorder()
	r := newRequest(ctx, method, target, body)
	cost := heavy.Allocated(func() { f.handler.ServeHTTP(w, r) })
	if w.Code < 400 {
		return
	}
	if w.Code == 500 || w.Body.Len() > 64<<10 || !json.Valid(w.Body.Bytes()) {
		f.t.Errorf("%s %s: %d, %d bytes: %.200s", method, target, w.Code, w.Body.Len(), w.Body)
	}
	const once = 64 << 20 // aliases can repeat a lot
	if cost > uint64(2*perByte*len(body))+once {
		f.t.Errorf("%s %s: a body of %d bytes is refused for %d", method, target, len(body), cost)
	}
}

// fresh is the fixture of the input before, with a new sandbox as its only one: to make a handler takes longer
// than most calls.
func (f *fixture) fresh(t *testing.T) *fixture {
	if f == nil {
		return newFixture(t)
	}
	f.t = t
	for _, box := range f.registry.List("", 1<<20) {
		f.registry.Remove(box)
		box.Close()
	}
	var err error
	if f.box, err = sim.New(newConfig(), sim.Env{Send: func(_ string, id sim.AttemptID) { f.send(id) }, Budgets: f.budgets}); err != nil {
		t.Fatal(err)
	}
	if err := f.registry.Add(f.box); err != nil {
		t.Fatal(err)
	}
	return f
}

// FuzzCalls: whatever the body, every call is answered, and a refusal costs and says little.
func FuzzCalls(f *testing.F) {
	table := routes()
	for i, r := range table {
		if r.method == "GET" || r.method == "DELETE" {
			f.Add(uint8(i), "")
			continue
		}
		for _, body := range bodies {
			f.Add(uint8(i), body)
		}
	}
	for _, s := range heavy.JSON {
		f.Add(uint8(1), s.Text(200))
	}
	var last *fixture
	f.Fuzz(func(t *testing.T, row uint8, body string) {
		r := table[int(row)%len(table)]
		last = last.fresh(t)
		last.attempt(r.method, target(r), body)
	})
}

// FuzzScenario: whatever the scenario, as a text and as JSON, it is taken or refused, and a refusal costs and
// says little.
func FuzzScenario(f *testing.F) {
	for _, name := range scenario.Names() {
		src, err := scenario.Builtin(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(src))
	}
	for _, s := range append(heavy.JSON, heavy.YAML...) {
		f.Add(s.Text(200))
	}
	f.Add(`{"name":"x","credentials":[{"appKey":"k","appSecret":"s","username":"u","password":"p"}],"accounts":[{"name":"a","devices":[{"eid":"` + unknown + `"}]}]}`)
	var last *fixture
	f.Fuzz(func(t *testing.T, src string) {
		last = last.fresh(t)
		text, err := json.Marshal("\n" + src)
		if err != nil {
			t.Fatal(err)
		}
		last.attempt("POST", sandboxes, `{"scenario":`+string(text)+`}`)
		last.attempt("POST", sandboxes, `{"scenario":`+src+`}`)
		last.attempt("POST", sandboxes, `{"compat":`+src+`}`)
	})
}

// target is a path that a row of the table serves.
func target(r route) string {
	return strings.NewReplacer("{name}", "default", "{eid}", eid1, "{id}", "1", "{account}", account, "{service}", "DeviceProfileService",
		"{callback}", "1", "{rule}", "twice", "{request}", request1).Replace(r.pattern)
}
