package control

import (
	"slices"
	"strings"
	"testing"

	"tsim/internal/euicc"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

// steered is a sandbox with three callbacks of one card that are due, none of them sent.
func steered(t *testing.T, answers ...sim.Answer) (*fixture, *[]uint64) {
	f := newFixture(t, answers...)
	var sent []uint64
	answer := f.send
	f.send = func(a sim.AttemptID) {
		sent = append(sent, a.Callback)
		answer(a)
	}
	f.ask("POST", base+"/holds", `{}`)
	f.submit(euicc.OpDeviceSuspend, euicc.IDs{EID: eid1})
	f.do(t, "POST", "/clock/advance", `{"until":"idle"}`, 200, `"pending":0,"held":3,"idle":true`)
	if len(sent) > 0 {
		t.Errorf("%v were sent, although they are held", sent)
	}
	return f, &sent
}

func (f *fixture) do(t *testing.T, method, path, body string, status int, part string) {
	t.Helper()
	if w := f.ask(method, base+path, body); w.Code != status || !strings.Contains(w.Body.String(), part) {
		t.Errorf("%s %s: %d %s, want %d with %s", method, path, w.Code, w.Body, status, part)
	}
}

func TestSteer(t *testing.T) {
	f, sent := steered(t)
	f.do(t, "POST", "/callbacks/1/duplicate", "", 200, `"id":4,`)
	f.do(t, "POST", "/callbacks/2/fire", "", 200, `"state":"delivered"`)
	f.do(t, "POST", "/callbacks/2/fire", "", 409, `callback 2 is delivered; fire applies to`)
	f.do(t, "POST", "/callbacks/3/drop", "", 200, `"state":"dropped"`)
	f.do(t, "POST", "/callbacks/3/release", "", 409, `callback 3 is dropped; release applies to one that is held`)
	f.do(t, "POST", "/callbacks/1/release", "", 200, `"state":"scheduled"`)
	f.do(t, "POST", "/callbacks/1/hold", "", 200, `"state":"held"`)
	f.do(t, "POST", "/clock/advance", `{"until":"idle"}`, 200, `"held":1,"idle":true`)
	f.do(t, "POST", "/callbacks/1/release", "", 200, `"state":"scheduled"`)
	f.do(t, "POST", "/clock/advance", `{"until":"idle"}`, 200, `"held":0,"idle":true`)
	f.do(t, "POST", "/callbacks/9/hold", "", 404, `no callback 9`)
	f.do(t, "POST", "/callbacks/x/hold", "", 404, `no callback \"x\"`)
	if want := []uint64{2, 4, 1}; !slices.Equal(*sent, want) {
		t.Errorf("sent %v, want %v", *sent, want)
	}
}

// Those that are not held go on, in their order.
func TestHoldSome(t *testing.T) {
	f := newFixture(t)
	f.submit(euicc.OpDeviceSuspend, euicc.IDs{EID: eid1})
	f.do(t, "POST", "/holds", `{"operation":"device_suspend","level":"profile","iccid":"`+lead1+`"}`, 201, `"callbacks":0}`)
	f.do(t, "POST", "/clock/advance", `{"until":"idle"}`, 200, `"delivered":2,"failed":0,"pending":0,"held":1`)
	f.do(t, "GET", "/callbacks?state=held", "", 200, `"id":1,`)
	f.do(t, "DELETE", "/holds", "", 200, `{"callbacks":1}`)
	f.do(t, "POST", "/clock/advance", `{"until":"idle"}`, 200, `"delivered":1,"failed":0,"pending":0,"held":0`)
	f.do(t, "POST", "/holds", `{"operation":"resume"}`, 400, `no operation`)
	f.do(t, "POST", "/holds", `{"level":"card"}`, 400, `no level`)
}

// Holds are numbered, listed with what they were given, and lifted one by one.
func TestHolds(t *testing.T) {
	const (
		all  = `"request":"` + request1 + `","account":"` + account + `","operation":"device_suspend","eid":"` + eid1 + `","iccid":"` + lead1 + `","level":"device"`
		note = `,"note":"it has no condition: it holds every callback, those to come included"}`
	)
	f := newFixture(t)
	f.want("GET", base+"/holds", "", 200, `{"holds":[]}`)
	f.want("POST", base+"/holds", `{"level":"profile"}`, 201, `{"id":1,"level":"profile","callbacks":0}`)
	f.submit(euicc.OpDeviceSuspend, euicc.IDs{EID: eid1})
	f.do(t, "POST", "/clock/advance", `{"by":"30s"}`, 200, `"delivered":1,"failed":0,"pending":0,"held":2`)
	f.want("POST", base+"/holds", `{`+all+`}`, 201, `{"id":2,`+all+`,"callbacks":0}`)
	f.want("POST", base+"/holds", "", 201, `{"id":3,"callbacks":0`+note)
	f.want("GET", base+"/holds", "", 200, `{"holds":[{"id":1,"level":"profile","callbacks":2},{"id":2,`+all+`,"callbacks":0},{"id":3,"callbacks":0`+note+`]}`)
	f.want("GET", base+"/holds?limit=1&after=1", "", 200, `{"holds":[{"id":2,`+all+`,"callbacks":0}],"next":"2"}`)

	f.want("DELETE", base+"/holds/1", "", 200, `{"callbacks":0}`)
	f.want("GET", base+"/holds?after=2", "", 200, `{"holds":[{"id":3,"callbacks":2`+note+`]}`)
	f.want("DELETE", base+"/holds/3", "", 200, `{"callbacks":2}`)
	f.want("DELETE", base+"/holds/3", "", 404, `{"error":"no hold 3"}`)
	f.want("DELETE", base+"/holds/x", "", 404, `{"error":"no hold \"x\"","hint":"holds are numbered from 1"}`)
	f.want("DELETE", base+"/holds", "", 200, `{"callbacks":0}`)
	f.want("POST", base+"/holds", `{"level":"device"}`, 201, `{"id":4,"level":"device","callbacks":0}`)
	f.ask("POST", base+"/reset", "")
	f.want("POST", base+"/holds", `{"level":"device"}`, 201, `{"id":1,"level":"device","callbacks":0}`)

	for _, path := range []string{"/callbacks/hold", "/callbacks/1"} {
		f.want("POST", base+path, "", 405, `{"error":"POST does not apply to `+base+path+`","hint":"allowed: GET"}`)
	}
}

func TestHoldsFromGo(t *testing.T) {
	f := newFixture(t)
	_, c := f.server()
	f.submit(euicc.OpActivate, euicc.IDs{EID: eid2})
	h, err := c.HoldAll(t.Context(), tsimclient.HoldFilter{Operation: "activate"})
	if want := (tsimclient.Hold{ID: 1, HoldFilter: tsimclient.HoldFilter{Operation: "activate"}}); err != nil || h != want {
		t.Errorf("%+v, %v", h, err)
	}
	f.do(t, "POST", "/clock/advance", `{"until":"idle"}`, 200, `"held":1`)
	list, err := c.Holds(t.Context(), tsimclient.Page{})
	if want := (tsimclient.Hold{ID: 1, HoldFilter: tsimclient.HoldFilter{Operation: "activate"}, Callbacks: 1}); err != nil || len(list.Holds) != 1 || list.Holds[0] != want {
		t.Errorf("%+v, %v", list, err)
	}
	if r, err := c.LiftHold(t.Context(), 1); err != nil || r.Callbacks != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := c.ReleaseAll(t.Context()); err != nil || r.Callbacks != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestResend(t *testing.T) {
	no := sim.Answer{Result: sim.Replied, Status: 500}
	f := newFixture(t, no, no, no, no, no)
	f.submit(euicc.OpActivate, euicc.IDs{EID: eid2})
	f.do(t, "POST", "/clock/advance", `{"until":"idle"}`, 200, `"failed":4`)
	f.do(t, "POST", "/callbacks/1/resend", "", 200, `"state":"scheduled"`)
	f.do(t, "POST", "/clock/advance", `{"until":"idle"}`, 200, `"delivered":1,"failed":1`)
	f.do(t, "GET", "/callbacks/1", "", 200, `"attempt":2,"of":4}`)
	f.do(t, "POST", "/callbacks/1/resend", "", 409, `applies to one that is archived`)
	f.do(t, "POST", "/callbacks/1/duplicate", "", 200, `"attempt":2,"of":4}`)
}

// Held while it waited for another attempt, a callback goes on with the next one.
func TestHoldBetweenAttempts(t *testing.T) {
	f := newFixture(t, sim.Answer{Result: sim.Refused})
	f.submit(euicc.OpActivate, euicc.IDs{EID: eid2})
	f.do(t, "POST", "/clock/advance", `{"by":"1m"}`, 200, `"failed":1`)
	f.do(t, "POST", "/callbacks/1/hold", "", 200, `"state":"held"`)
	f.do(t, "POST", "/clock/advance", `{"by":"1h"}`, 200, `"held":1`)
	f.do(t, "POST", "/callbacks/1/release", "", 200, `"state":"retrying","due":"2030-01-01T01:01:00Z"`)
	f.do(t, "POST", "/clock/advance", `{"until":"idle"}`, 200, `"delivered":1`)
}

// The same steering of the same history gives the same journal.
func TestSteeringIsDeterministic(t *testing.T) {
	journal := func() string {
		f, _ := steered(t, sim.Answer{Result: sim.Replied, Status: 500})
		for _, what := range []string{"1/duplicate", "2/fire", "3/drop", "1/release"} {
			f.do(t, "POST", "/callbacks/"+what, "", 200, "")
		}
		f.do(t, "POST", "/clock/advance", `{"until":"idle"}`, 200, `"idle":true`)
		return f.ask("GET", base+"/events", "").Body.String()
	}
	first := journal()
	if second := journal(); first != second {
		t.Errorf("first\n%s\nthen\n%s", first, second)
	}
	for _, kind := range []string{"held", "released", "dropped", "duplicated"} {
		if !strings.Contains(first, `"callback.`+kind+`"`) {
			t.Errorf("no callback.%s in %s", kind, first)
		}
	}
}
