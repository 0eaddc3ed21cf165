package control

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"tsim/internal/config"
	"tsim/internal/sim"
)

// The list of what there is ends with the budgets.
func TestIndexListsBudgets(t *testing.T) {
	f := newFixture(t)
	f.want("POST", base+"/holds", "", 201, `{"id":1,"callbacks":0,"note":"it has no condition: it holds every callback, those to come included"}`)
	want := `"budgets":[{"name":"sandboxes","limit":1000,"used":1},{"name":"devices","limit":2000000,"used":2},` +
		`{"name":"pending","limit":5000000,"used":0},{"name":"holds","limit":10000,"used":1},{"name":"waits","limit":10000,"used":0},{"name":"calls","limit":536870912,"used":0},` +
		`{"name":"snapshots","limit":2000000,"used":0},{"name":"streams","limit":1000,"used":0}]}` + "\n"
	text := f.ask("GET", "/tsim/v1", "").Body.String()
	if at := strings.Index(text, `"budgets"`); at < 0 || text[at:] != want {
		t.Errorf("it is %s\nwant, in the end, %s", text, want)
	}
}

// What is above a budget is refused with 503.
func TestBudgetsAreRefused(t *testing.T) {
	f := newFixture(t)
	for b := range sim.Budget(len(sim.BudgetNames())) {
		f.budgets.Limit(b, 0)
	}
	refused := func(path, body, says string) {
		t.Helper()
		f.want("POST", path, body, 503, `{"error":"this needs 1 of the budget `+says+` and more than that"}`)
	}
	refused(sandboxes, "", "sandboxes, and 1 of its 0 are in use in all sandboxes; delete those that are done with, or give them a ttl, or start tsim with --budget sandboxes=")
	refused(base+"/devices", `{"eid":"`+unknown+`"}`, "devices, and 2 of its 0 are in use in all sandboxes; remove devices or sandboxes that are done with, or start tsim with --budget devices=")
	refused(base+"/holds", "", "holds, and 0 of its 0 are in use in all sandboxes; lift holds that are done with, or start tsim with --budget holds=")
	refused(base+"/wait", `{"for":{"kind":"attempt.failed"}}`, "waits, and 0 of its 0 are in use in all sandboxes; wait for less at one time, or start tsim with --budget waits=")
	f.want("POST", base+"/wait", `{"for":"idle"}`, 200, `{"now":"2030-01-01T00:00:00Z"}`)
}

// A client that gives a wait up takes everything of it along: the call ends, and nothing is counted.
func TestWaitsThatAreGivenUp(t *testing.T) {
	f := newFixture(t)
	if err := f.box.Register(config.Listener{Account: account, Service: config.ProfileService, URL: config.Mailbox}); err != nil {
		t.Fatal(err)
	}
	const many = 200
	arrived := make(chan struct{}, many)
	var handled sync.WaitGroup
	handled.Add(many)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer handled.Done()
		arrived <- struct{}{}
		f.handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	ctx, giveUp := context.WithCancel(t.Context())
	var asked sync.WaitGroup
	for n := range many {
		path, body := "/wait", `{"for":{"kind":"attempt.failed"},"timeout":"10m"}`
		if n%2 == 0 {
			path, body = "/mailbox/"+account+"/"+config.ProfileService, `{"wait":"10m"}`
		}
		asked.Go(func() {
			r, err := http.NewRequestWithContext(ctx, "POST", server.URL+base+path, strings.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			if res, err := server.Client().Do(r); err == nil {
				res.Body.Close()
				t.Errorf("a wait that was given up is answered with %d", res.StatusCode)
			}
		})
	}
	for range many {
		<-arrived
	}
	giveUp()
	asked.Wait()
	handled.Wait()
	if used := f.budgets.Use()[sim.BudgetWaits].Used; used != 0 {
		t.Errorf("%d waits are counted when all are given up", used)
	}
}
