package control

import (
	"fmt"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

func TestCallbacks(t *testing.T) {
	ok := sim.Answer{Result: sim.Replied, Status: 200, Took: 1500 * time.Microsecond}
	f := newFixture(t,
		sim.Answer{Result: sim.Replied, Status: 503, Took: 2 * time.Millisecond}, ok, ok,
		sim.Answer{Result: sim.Timeout, Took: 10 * time.Second, Err: "no answer within 10s"},
	)
	f.submit(euicc.OpDeviceSuspend, euicc.IDs{EID: eid1})
	f.want("GET", base+"/callbacks", "", 200, `{"callbacks":[]}`)
	f.want("POST", base+"/clock/advance", `{"by":"6m"}`, 200,
		`{"from":"2030-01-01T00:00:00Z","now":"2030-01-01T00:06:00Z","ran":5,"delivered":2,"failed":2,"pending":1,"held":0,"idle":false}`)
	const rest = `"account":"0000123456-00001","service":"DeviceProfileService","operation":"device_suspend","eid":"89001012012341234012345678901224",`
	one := `{"id":1,"request":"` + request1 + `",` + rest + `"iccid":"89148000000000000019","level":"profile","url":"` + hook + `",` +
		`"status":"SUCCESS","state":"retrying","due":"2030-01-01T00:10:30Z","cause":2,"attempts":[` +
		`{"n":1,"at":"2030-01-01T00:00:30Z","status":503,"ms":2},` +
		`{"n":2,"at":"2030-01-01T00:05:30Z","ms":10000,"error":"timeout","detail":"no answer within 10s"}],` +
		`"body":{"sandbox":"default","callback":1,"attempt":2,"of":4}}`
	two := `{"id":2,"request":"` + request1 + `",` + rest + `"iccid":"89445000000000000019","level":"profile","url":"` + hook + `",` +
		`"status":"Failed","state":"delivered","due":"2030-01-01T00:00:30Z","cause":3,"attempts":[` +
		`{"n":1,"at":"2030-01-01T00:00:30Z","status":200,"ms":1.5}],` +
		`"body":{"sandbox":"default","callback":2,"attempt":1,"of":4}}`
	three := `{"id":3,"request":"` + request1 + `",` + rest + `"iccid":"89148000000000000019","level":"device","url":"` + hook + `",` +
		`"status":"SUCCESS","state":"delivered","due":"2030-01-01T00:00:30Z","cause":4,"attempts":[` +
		`{"n":1,"at":"2030-01-01T00:00:30Z","status":200,"ms":1.5}],` +
		`"body":{"sandbox":"default","callback":3,"attempt":1,"of":4}}`
	f.want("GET", base+"/callbacks", "", 200, `{"callbacks":[`+one+`,`+two+`,`+three+`]}`)
	f.want("GET", base+"/callbacks?limit=2", "", 200, `{"callbacks":[`+one+`,`+two+`],"next":"2"}`)
	f.want("GET", base+"/callbacks?limit=2&after=2", "", 200, `{"callbacks":[`+three+`]}`)
	f.want("GET", base+"/callbacks?after=3", "", 200, `{"callbacks":[]}`)
	f.want("GET", base+"/callbacks?state=delivered&limit=1", "", 200, `{"callbacks":[`+two+`],"next":"2"}`)
	f.want("GET", base+"/callbacks?state=archived", "", 200, `{"callbacks":[]}`)
	f.want("GET", base+"/callbacks?request="+request1+"&state=retrying", "", 200, `{"callbacks":[`+one+`]}`)
	f.want("GET", base+"/callbacks?request=another", "", 200, `{"callbacks":[]}`)
	f.want("GET", base+"/callbacks/3", "", 200, three)
	for _, id := range []string{"0", "4", "x", "-1", "18446744073709551615"} {
		f.want("GET", base+"/callbacks/"+id, "", 404,
			fmt.Sprintf(`{"error":"no callback \"%s\"","hint":"it has not been decided yet, or it is forgotten"}`, id))
	}
}

func TestCallbackInFlight(t *testing.T) {
	f := newFixture(t)
	sent := make(chan sim.AttemptID, 1)
	f.send = func(a sim.AttemptID) { sent <- a }
	f.submit(euicc.OpActivate, euicc.IDs{EID: eid2})
	done := make(chan int)
	go func() { done <- f.ask("POST", base+"/clock/advance", `{"until":"idle"}`).Code }()
	a := <-sent
	f.want("GET", base+"/callbacks/1", "", 200, `{"id":1,"request":"`+request1+`","account":"0000123456-00001",`+
		`"service":"DeviceProfileService","operation":"activate","eid":"`+eid2+`","iccid":"`+lead2+`","level":"profile","url":"`+hook+`",`+
		`"status":"SUCCESS","state":"inflight","due":"2030-01-01T00:00:30Z","cause":2,"attempts":[{"n":1,"at":"2030-01-01T00:00:30Z","ms":0}],`+
		`"body":{"sandbox":"default","callback":1,"attempt":1,"of":4}}`)
	f.box.Answered(a, sim.Answer{Result: sim.Replied, Status: 204})
	if code := <-done; code != 200 {
		t.Errorf("advance: %d", code)
	}
}

func TestUnheardCallback(t *testing.T) {
	f := newFixture(t)
	if err := f.box.Deregister(account, config.ProfileService); err != nil {
		t.Fatal(err)
	}
	f.submit(euicc.OpActivate, euicc.IDs{EID: eid2})
	f.ask("POST", base+"/clock/advance", `{"until":"idle"}`)
	f.want("GET", base+"/callbacks/1", "", 200, `{"id":1,"request":"`+request1+`","account":"0000123456-00001",`+
		`"service":"DeviceProfileService","operation":"activate","eid":"`+eid2+`","iccid":"`+lead2+`","level":"profile",`+
		`"status":"SUCCESS","state":"unheard","due":"2030-01-01T00:00:30Z","cause":3,"attempts":[],`+
		`"body":{"sandbox":"default","callback":1,"attempt":1,"of":4}}`)
}

func TestEvents(t *testing.T) {
	f := newFixture(t, sim.Answer{Result: sim.Replied, Status: 503})
	f.submit(euicc.OpActivate, euicc.IDs{EID: eid2})
	f.ask("POST", base+"/clock/advance", `{"until":"idle"}`)
	about := `"request":"` + request1 + `","eid":"` + eid2 + `","iccid":"` + lead2 + `","callback":1`
	events := []string{
		`{"epoch":1,"seq":1,"at":"2030-01-01T00:00:00Z","kind":"request.accepted","request":"` + request1 + `"}`,
		`{"epoch":1,"seq":2,"at":"2030-01-01T00:00:30Z","kind":"operation.succeeded","cause":1,` + about + `,"detail":"activate"}`,
		`{"epoch":1,"seq":3,"at":"2030-01-01T00:00:30Z","kind":"attempt.sent","cause":2,` + about + `}`,
		`{"epoch":1,"seq":4,"at":"2030-01-01T00:00:30Z","kind":"attempt.failed","cause":3,` + about + `,"detail":"503"}`,
		`{"epoch":1,"seq":5,"at":"2030-01-01T00:05:30Z","kind":"attempt.sent","cause":4,` + about + `}`,
		`{"epoch":1,"seq":6,"at":"2030-01-01T00:05:30Z","kind":"attempt.acknowledged","cause":5,` + about + `,"detail":"200"}`,
	}
	f.want("GET", base+"/events?limit=2", "", 200, `{"epoch":1,"events":[`+events[0]+`,`+events[1]+`],"next":"2"}`)
	f.want("GET", base+"/events?after=2&limit=3", "", 200, `{"epoch":1,"events":[`+events[2]+`,`+events[3]+`,`+events[4]+`],"next":"5"}`)
	f.want("GET", base+"/events?after=5", "", 200, `{"epoch":1,"events":[`+events[5]+`]}`)
	f.want("GET", base+"/events?after=6", "", 200, `{"epoch":1,"events":[]}`)
	f.ask("POST", base+"/reset", "")
	f.want("GET", base+"/events?after=6", "", 200, `{"epoch":2,"events":[]}`) // whoever follows notices the reset
}

// A query is named for what it asks, in the list of requests as in that of callbacks.
func TestQueryAmongTheRequests(t *testing.T) {
	f := newFixture(t)
	r, err := f.box.Submit(sim.Request{Account: account, Query: &sim.Query{Lines: &sim.LineFilter{Account: account}}})
	if err != nil {
		t.Fatal(err)
	}
	f.box.Replied(r)
	pending := `"pending":[{"request":"` + r.ID + `","entry":0,"operation":"list",` // no entry: a query has none
	f.do(t, "POST", "/wait", `{"for":"idle","timeout":"1ms"}`, 408, pending+`"due":`)
	f.do(t, "POST", "/holds", "", 201, "")
	f.do(t, "POST", "/clock/advance", `{"until":"idle"}`, 200, `"idle":true`)
	f.do(t, "POST", "/wait", `{"for":{"request":"`+r.ID+`"},"timeout":"1ms"}`, 408, pending+`"callback":1,`)
	f.do(t, "DELETE", "/holds", "", 200, "")
	f.do(t, "POST", "/clock/advance", `{"until":"idle"}`, 200, `"idle":true`)
	f.do(t, "GET", "/requests", "", 200, `"operation":"list"`)
	f.do(t, "GET", "/callbacks", "", 200, `"operation":"list"`)
}

// TestListEndsWithItsEpoch: a reset in the middle of a list takes the rest of it away; nothing of after is in it.
func TestListEndsWithItsEpoch(t *testing.T) {
	f := newFixture(t)
	fetched := 0
	fetch := func(after, limit int) (part []int) {
		if fetched++; fetched == 2 {
			f.box.Reset(sim.ResetOptions{})
		}
		for n := after + 1; n <= after+limit; n++ {
			part = append(part, n)
		}
		return part
	}
	l := pages(f.box, "numbers", 0, 500, fetch, func(n *int) int { return *n }, nil, func(n *int) any { return *n })
	count := 0
	for range l.items {
		count++
	}
	if count != 100 || l.next() != "" {
		t.Errorf("%d items, next %q", count, l.next())
	}
}
