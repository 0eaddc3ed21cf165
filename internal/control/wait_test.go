package control

import (
	"strings"
	"testing"
	"testing/synctest"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// A wait returns as soon as it holds, while others move time.
func TestWait(t *testing.T) {
	for _, what := range []string{
		`"idle"`,
		`{"request":"` + request1 + `"}`,
		`{"request":"` + request1 + `","state":"delivered"}`,
		`{"request":"` + request1 + `","callbacks":3}`,
		`{"kind":"attempt.acknowledged","callback":3}`,
	} {
		f := newFixture(t)
		f.submit(euicc.OpDeviceSuspend, euicc.IDs{EID: eid1})
		answered := make(chan string)
		go func() { answered <- f.ask("POST", base+"/wait", `{"for":`+what+`,"timeout":"1m"}`).Body.String() }()
		if _, err := f.box.Advance(t.Context(), sim.Goal{Idle: true}); err != nil {
			t.Fatal(err)
		}
		if got := <-answered; !strings.HasPrefix(got, `{"now":"2030-01-01T00:00:30Z"`) {
			t.Errorf("%s: %s", what, got)
		}
	}
}

func TestWaitInVain(t *testing.T) {
	f := newFixture(t)
	f.submit(euicc.OpActivate, euicc.IDs{EID: eid2})
	f.want("POST", base+"/wait", `{"for":{"request":"`+request1+`","callbacks":1},"timeout":"0s"}`, 408,
		`{"error":"it has not come true within 0s","hint":"it is carried out at 2030-01-01T00:00:30Z, and the clock is in manual mode: it stands at 2030-01-01T00:00:00Z until it is advanced",`+
			`"happened":[{"epoch":1,"seq":1,"at":"2030-01-01T00:00:00Z","kind":"request.accepted","request":"`+request1+`"}],`+
			`"pending":[{"request":"`+request1+`","entry":1,"operation":"activate","eid":"`+eid2+`","due":"2030-01-01T00:00:30Z",`+
			`"why":"it is carried out at 2030-01-01T00:00:30Z, and the clock is in manual mode: it stands at 2030-01-01T00:00:00Z until it is advanced"}]}`)
	for _, c := range []struct {
		body   string
		status int
		part   string
	}{
		{`{"for":{"request":"nope"}}`, 404, `no request \"nope\"`},
		{`{"for":"busy"}`, 400, `the only word is \"idle\"`},
		{`{}`, 400, `something to wait for`},
		{`{"for":{}}`, 400, `neither a request nor the kind`},
		{`{"for":{"kind":"attempt.send"}}`, 400, `did you mean attempt.sent?`},
		{`{"for":{"kind":"attempt.sent","callbacks":1}}`, 400, `go with a request`},
		{`{"for":{"request":"x","after":1}}`, 400, `go with the kind`},
		{`{"for":{"request":"x","state":"lost"}}`, 400, `no callback has the state`},
		{`{"for":"idle","timeout":"1h"}`, 400, `above 10m0s`},
	} {
		if w := f.ask("POST", base+"/wait", c.body); w.Code != c.status || !strings.Contains(w.Body.String(), c.part) {
			t.Errorf("%s: %d %s, want %d with %s", c.body, w.Code, w.Body, c.status, c.part)
		}
	}
}

// The sandbox may go while somebody waits.
func TestWaitEndsWithItsSandbox(t *testing.T) {
	f := newFixture(t)
	f.submit(euicc.OpActivate, euicc.IDs{EID: eid2})
	answered := make(chan string)
	go func() { answered <- f.ask("POST", base+"/wait", `{"for":"idle","timeout":"1m"}`).Body.String() }()
	f.box.Close()
	if got := <-answered; !strings.Contains(got, "was removed") {
		t.Error(got)
	}
}

// What is waited for is of before the reset.
func TestWaitEndsWithAReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		var err error
		go func() { _, err = f.box.Await(t.Context(), sim.Condition{Event: &sim.EventFilter{EID: "none"}}) }()
		synctest.Wait() // it waits now
		f.box.Reset(sim.ResetOptions{})
		synctest.Wait()
		if err == nil || err.Error() != "the sandbox was reset meanwhile" {
			t.Errorf("the wait ended with %v", err)
		}
	})
}

func TestStory(t *testing.T) {
	f := newFixture(t, sim.Answer{Result: sim.Timeout, Err: "no answer within 10s"})
	f.submit(euicc.OpProfileSuspend, euicc.IDs{ICCID: global1})
	story := func() string { return f.ask("GET", base+"/requests/"+request1+"?format=text", "").Body.String() }
	head := "request " + request1 + ": profile_suspend of 1 device(s), account " + account + ", accepted at 2030-01-01T00:00:00Z\n" +
		"the seed is 7, the clock is in manual mode at "
	if got, want := story(), head+"2030-01-01T00:00:00Z; 1 execution(s) and 0 callback(s) are still to come\n"+
		"- entry 1 iccid "+global1+"\n"+
		"  - still to come: it is carried out at 2030-01-01T00:00:30Z, and the clock is in manual mode: it stands at 2030-01-01T00:00:00Z until it is advanced\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	f.ask("POST", base+"/clock/advance", `{"by":"1m"}`)
	if got, want := story(), head+"2030-01-01T00:01:00Z; 0 execution(s) and 1 callback(s) are still to come\n"+
		"- entry 1 iccid "+global1+"\n"+
		"  - refused for the profile "+global1+": already suspended\n"+
		"    saw service active, status DISABLE, suspended profile; LEAD ACTIVE, in use "+lead1+"; powered true, connected true, busy false\n"+
		"    - callback 1 is Failed, retrying: attempt 1 failed with timeout, the next one is due at 2030-01-01T00:05:30Z, and the clock is in manual mode: it stands at 2030-01-01T00:01:00Z until it is advanced\n"+
		"      - attempt 1 at 2030-01-01T00:00:30Z to "+hook+": timeout (no answer within 10s)\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if err := f.box.Deregister(account, config.ProfileService); err != nil {
		t.Fatal(err)
	}
	f.ask("POST", base+"/clock/advance", `{"until":"idle"}`)
	if want := "callback 1 is Failed, unheard: there was no listener for DeviceProfileService of the account " + account; !strings.Contains(story(), want) {
		t.Errorf("want %s in\n%s", want, story())
	}
	list := f.ask("GET", base+"/requests", "").Body.String()
	if want := `{"requests":[{"id":"` + request1 + `","at":"2030-01-01T00:00:00Z","account":"` + account + `","operation":"profile_suspend","devices":1,"left":0,"open":0}]}` + "\n"; list != want {
		t.Errorf("the list is %s", list)
	}
}

// The story of a bulk comes in pages.
func TestStoryInPages(t *testing.T) {
	f := newFixture(t)
	r, err := f.box.Submit(sim.Request{Account: account, Op: euicc.OpDownload, Devices: sim.ListOf(euicc.IDs{EID: unknown}, euicc.IDs{EID: eid1, ICCID: global1}, euicc.IDs{EID: unknown})})
	if err != nil {
		t.Fatal(err)
	}
	at := base + "/requests/" + r.ID
	if w := f.ask("GET", at+"?limit=1", ""); !strings.Contains(w.Body.String(), `"why":"the reply to the call has not been written yet"`) ||
		!strings.HasSuffix(w.Body.String(), `"next":"1"}`+"\n") {
		t.Errorf("%s", w.Body)
	}
	f.box.Replied(r)
	if w := f.ask("GET", at+"?limit=1&after=2", ""); strings.Contains(w.Body.String(), "next") || !strings.Contains(w.Body.String(), `"n":3`) {
		t.Errorf("%s", w.Body)
	}
}
