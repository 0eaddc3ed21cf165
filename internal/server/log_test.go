package server

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/sim"
)

// TestCallbacksAreLogged with what they are about, and what they say of it.
func TestCallbacksAreLogged(t *testing.T) {
	const global, nobody = "89445000000000000019", "89999999999999999999999999999999"
	var heard atomic.Int32
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if heard.Add(1) == 2 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer listener.Close()
	cfg := byDefault(t)
	cfg.Clock = config.Manual
	cfg.Listeners = []config.Listener{{
		Account: defaultAccount, Service: config.ProfileService, URL: listener.URL, Username: "opensesame", Password: "opensesame",
	}}
	var log bytes.Buffer
	s := Serve(t, Options{Config: cfg, Log: slog.New(slog.NewTextHandler(&log, nil))})
	box, err := s.registry.Sandbox(sim.Default)
	if err != nil {
		t.Fatal(err)
	}
	one := func(op euicc.Op, ids euicc.IDs) sim.Request {
		return sim.Request{Account: defaultAccount, Op: op, Devices: sim.ListOf(ids)}
	}
	all := ""
	// run makes a request, and is the lines of the log that come of it.
	run := func(r sim.Request) string {
		t.Helper()
		accept := box.Submit
		if r.Query != nil {
			accept = box.Submit
		}
		r, err := accept(r)
		if err != nil {
			t.Fatal(err)
		}
		box.Replied(r)
		if _, err := box.Advance(t.Context(), sim.Goal{Idle: true}); err != nil {
			t.Fatal(err)
		}
		lines := regexp.MustCompile(`(?m)^time=\S+ | took=\S+$`).ReplaceAllString(log.String(), "")
		log.Reset()
		all += lines
		return strings.NewReplacer("request_id="+r.ID, "REQUEST", "to="+listener.URL, "TO").Replace(lines)
	}
	expect := func(r sim.Request, want ...string) {
		t.Helper()
		if got := run(r); got != strings.Join(want, "\n")+"\n" {
			t.Errorf("got\n%swant\n%s", got, strings.Join(want, "\n"))
		}
	}
	profile, device := euicc.IDs{ICCID: global}, euicc.IDs{EID: defaultEID}
	expect(one(euicc.OpProfileSuspend, profile), "level=INFO msg=callback REQUEST operation=profile_suspend iccid="+global+" outcome=SUCCESS callback=1 attempt=1 TO status=200")
	expect(one(euicc.OpProfileSuspend, profile),
		"level=WARN msg=callback REQUEST operation=profile_suspend iccid="+global+" outcome=Failed callback=2 attempt=1 TO status=503",
		"level=INFO msg=callback REQUEST operation=profile_suspend iccid="+global+" outcome=Failed callback=2 attempt=2 TO status=200")
	expect(one(euicc.OpDeviceSuspend, device),
		"level=INFO msg=callback REQUEST operation=device_suspend iccid=89148000000000000019 outcome=SUCCESS callback=3 attempt=1 TO status=200",
		"level=INFO msg=callback REQUEST operation=device_suspend iccid="+global+" outcome=Failed callback=4 attempt=1 TO status=200",
		"level=INFO msg=callback REQUEST operation=device_suspend eid="+defaultEID+" outcome=SUCCESS callback=5 attempt=1 TO status=200")
	expect(one(euicc.OpDeviceResume, euicc.IDs{EID: nobody}), "level=INFO msg=callback REQUEST operation=device_resume eid="+nobody+" outcome=Failed callback=6 attempt=1 TO status=200")
	expect(one(euicc.OpActivate, euicc.IDs{EID: nobody}), "level=INFO msg=callback REQUEST operation=activate eid="+nobody+" outcome=Failed callback=7 attempt=1 TO status=200")

	// A rule that interferes is named.
	if err := box.AddRules([]rule.Rule{{Name: "twice", When: rule.When{Times: 1}, Callback: &rule.Callback{Duplicate: 1}}}); err != nil {
		t.Fatal(err)
	}
	expect(one(euicc.OpActivate, euicc.IDs{EID: nobody}),
		"level=INFO msg=callback REQUEST operation=activate eid="+nobody+" outcome=Failed callback=8 attempt=1 TO rule=twice status=200",
		"level=INFO msg=callback REQUEST operation=activate eid="+nobody+" outcome=Failed callback=9 attempt=1 TO rule=twice status=200")

	// A list is about no device; and now there is no listener at its address.
	listener.Close()
	got := run(sim.Request{Account: defaultAccount, Query: &sim.Query{Lines: &sim.LineFilter{Account: defaultAccount}}})
	if want := `level=WARN msg=callback REQUEST operation=list outcome=SUCCESS callback=10 attempt=1 TO error="dial tcp `; !strings.HasPrefix(got, want) {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if strings.Contains(all, "opensesame") {
		t.Errorf("the log tells the password of the listener:\n%s", all)
	}
}
