package control

import (
	"strings"
	"testing"

	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

// bulk asks for the suspension of one profile again and again, and of one that nobody has.
func bulk(t *testing.T, answers ...sim.Answer) (f *fixture, request string) {
	f = newFixture(t, answers...)
	good, unknown := euicc.IDs{ICCID: global1}, euicc.IDs{EID: unknown}
	f.do(t, "PATCH", "/devices/"+eid1, `{"profiles":[{"iccid":"`+global1+`","suspended":"none"}]}`, 200, "")
	r, err := f.box.Submit(sim.Request{Account: account, Op: euicc.OpProfileSuspend, Devices: sim.ListOf(good, good, unknown, good)})
	if err != nil {
		t.Fatal(err)
	}
	f.box.Replied(r)
	return f, r.ID
}

// The story of a bulk has a summary of all of it, on every page of its entries.
func TestStoryHasASummary(t *testing.T) {
	f, request := bulk(t, sim.Answer{Result: sim.Replied, Status: 503})
	at := "/requests/" + request
	f.do(t, "GET", at+"?limit=1", "", 200, `"left":4,"open":0,"summary":{"callbacks":0,"status":{},"state":{}},"entries":[{"n":1,`)
	f.do(t, "GET", at+"?format=text", "", 200, "; 4 execution(s) and 0 callback(s) are still to come\n- entry 1 ")
	f.ask("POST", base+"/clock/advance", `{"by":"1m"}`)
	for _, page := range []string{"", "?limit=1", "?after=1&limit=2", "?after=3", "?after=4"} {
		f.do(t, "GET", at+page, "", 200, `"left":0,"open":1,"summary":{"callbacks":4,"status":{"Failed":3,"SUCCESS":1},"state":{"delivered":3,"retrying":1},`+
			`"failed":[{"faultstring":"Fault: already suspended","callbacks":2},{"faultstring":"Fault: device not found","callbacks":1}]}`)
	}
	const text = "; 0 execution(s) and 1 callback(s) are still to come\n" +
		"4 callback(s): 1 SUCCESS, 3 Failed; 1 retrying, 3 delivered\n" +
		"  2 Failed: Fault: already suspended\n" +
		"  1 Failed: Fault: device not found\n"
	f.do(t, "GET", at+"?format=text", "", 200, text+"- entry 1 iccid "+global1+"\n")
	f.do(t, "GET", at+"?after=2&limit=1&format=text", "", 200, text+"- entry 3 eid "+unknown+"\n")
	f.do(t, "GET", at+"?after=4&format=text", "", 200, text)
	if w := f.ask("GET", base+"/requests", ""); strings.Contains(w.Body.String(), "summary") {
		t.Errorf("the list of requests has one, too: %s", w.Body)
	}
}

// For one device, a summary says what follows, unless it does not follow.
func TestStoryOfOneDeviceNeedsNoSummary(t *testing.T) {
	f := newFixture(t)
	at := "/requests/" + f.submit(euicc.OpDeviceSuspend, euicc.IDs{EID: eid1})
	f.ask("POST", base+"/clock/advance", `{"until":"idle"}`)
	f.do(t, "GET", at+"?format=text", "", 200, "are still to come\n- entry 1 ")
	f.do(t, "GET", at+"?after=1&format=text", "", 200, "are still to come\n3 callback(s): 2 SUCCESS, 1 Failed; 3 delivered\n  1 Failed: Fault: already suspended\n")
	f.do(t, "GET", at, "", 200, `"summary":{"callbacks":3,`)

	// A question has no entries.
	r, err := f.box.Submit(sim.Request{Account: account, Query: &sim.Query{Lines: &sim.LineFilter{Account: account}}})
	if err != nil {
		t.Fatal(err)
	}
	f.box.Replied(r)
	f.ask("POST", base+"/clock/advance", `{"until":"idle"}`)
	f.do(t, "GET", "/requests/"+r.ID+"?format=text", "", 200, "are still to come\n1 callback(s): 1 SUCCESS; 1 delivered\n")
}

// A summary names the ten most frequent sentences; faults that are told with the same one count as one.
func TestSummaryNamesTenSentences(t *testing.T) {
	c := &call{o: &Options{FaultString: func(_ *sim.Sim, fault euicc.Fault, _ *rule.Fault) string {
		if fault == euicc.RefusedByPOL2 {
			fault = euicc.RefusedByPOL1
		}
		return fault.String()
	}}}
	report := sim.RequestReport{Forgotten: 2, Callbacks: map[sim.CallbackKind]int{
		{Status: euicc.Success, State: sim.Delivered}:                               850,
		{Status: euicc.Warned, State: sim.Held}:                                     1,
		{Status: euicc.Failed, Fault: euicc.RefusedByPOL1, State: sim.Delivered}:    4,
		{Status: euicc.Failed, Fault: euicc.RefusedByPOL1, State: sim.Archived}:     3,
		{Status: euicc.Failed, Fault: euicc.RefusedByPOL2, State: sim.Delivered}:    2,
		{Status: euicc.Failed, Fault: euicc.AlreadySuspended, State: sim.Delivered}: 8,
	}}
	for _, fault := range []euicc.Fault{
		euicc.Expired, euicc.NoMemory, euicc.NotActive, euicc.AlreadyActive, euicc.GlobalOnly, euicc.StillActive,
		euicc.Suspended, euicc.NoFallback, euicc.DayLimit, euicc.MonthLimit,
	} {
		report.Callbacks[sim.CallbackKind{Status: euicc.Failed, Fault: fault, State: sim.NoListener}] = 1
	}
	var b strings.Builder
	tellSummary(&b, &tsimclient.Request{Devices: 878, Summary: c.summary(&report)})
	const want = "878 callback(s): 850 SUCCESS, 27 Failed, 1 warning; 1 held, 864 delivered, 3 archived, 10 unheard; 2 more forgotten\n" +
		"  9 Failed: refused by POL1\n  8 Failed: already suspended\n  1 Failed: already active\n  1 Failed: expired\n" +
		"  1 Failed: limit of the day\n  1 Failed: limit of the month\n  1 Failed: no fallback profile\n  1 Failed: no memory left\n" +
		"  1 Failed: not active\n  1 Failed: only for Global profiles\n  and 2 others\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}

	b.Reset()
	tellSummary(&b, &tsimclient.Request{Devices: 1, Entries: make([]tsimclient.Entry, 1), Summary: c.summary(&sim.RequestReport{Forgotten: 1})})
	if want := "0 callback(s): 1 more forgotten\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}
