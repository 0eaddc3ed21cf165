package control

import (
	"context"
	"net/http/httptest"
	"testing"

	"tsim/internal/euicc"
	"tsim/internal/sim"
)

func TestClock(t *testing.T) {
	f := newFixture(t)
	const now = `{"now":"2030-01-01T00:00:00Z","epoch":1,`
	f.want("GET", base+"/clock", "", 200, now+`"mode":"manual","speed":1}`)
	f.submit(euicc.OpActivate, euicc.IDs{EID: eid2})
	f.want("GET", base+"/clock", "", 200, now+`"mode":"manual","speed":1,"nextDue":"2030-01-01T00:00:30Z"}`)
	f.want("PUT", base+"/clock", `{"speed":2.5}`, 200, now+`"mode":"manual","speed":2.5,"nextDue":"2030-01-01T00:00:30Z"}`)
	f.want("PUT", base+"/clock", `{"mode":"auto"}`, 200, now+`"mode":"auto","speed":2.5,"nextDue":"2030-01-01T00:00:30Z"}`)
	f.want("PUT", base+"/clock", `{"mode":"real","speed":60}`, 200, now+`"mode":"real","speed":60,"nextDue":"2030-01-01T00:00:30Z"}`)
	f.want("PUT", base+"/clock", `{}`, 200, now+`"mode":"real","speed":60,"nextDue":"2030-01-01T00:00:30Z"}`)
	if n := f.box.Info().Events; n != 4 {
		t.Errorf("%d events, want 4: what asks for nothing changes nothing", n)
	}
	for body, reply := range map[string]string{
		``:                  `{"error":"the body is empty; it has to be a JSON object","hint":"fields: mode, speed"}`,
		`{"mode":"manuel"}`: `{"error":"unknown mode \"manuel\"","hint":"did you mean manual? known modes: real, manual, auto"}`,
		`{"mode":""}`:       `{"error":"unknown mode \"\"","hint":"known modes: real, manual, auto"}`,
		`{"speed":0}`:       `{"error":"speed is above 0 and at most 1e+06, not 0"}`,
		`{"speed":-1}`:      `{"error":"speed is above 0 and at most 1e+06, not -1"}`,
		`{"speed":"fast"}`:  `{"error":"field \"speed\" is a number, not a string"}`,
		`{"speed":1e999}`:   `{"error":"field \"speed\" is a number, not the number 1e999"}`,
		`{"sped":1}`:        `{"error":"unknown field \"sped\"","hint":"did you mean speed? known fields: mode, speed"}`,
	} {
		f.want("PUT", base+"/clock", body, 400, reply)
	}
}

func TestAdvance(t *testing.T) {
	for _, c := range []struct{ body, reply string }{
		{`{"by":"0s"}`, `"now":"2030-01-01T00:00:00Z","ran":0,"delivered":0,"failed":0,"pending":1,"held":0,"idle":false}`},
		{`{"by":"29.5s"}`, `"now":"2030-01-01T00:00:29.5Z","ran":0,"delivered":0,"failed":0,"pending":1,"held":0,"idle":false}`},
		{`{"by":"30s"}`, `"now":"2030-01-01T00:00:30Z","ran":2,"delivered":0,"failed":1,"pending":1,"held":0,"idle":false}`},
		{`{"by":"15m"}`, `"now":"2030-01-01T00:15:00Z","ran":3,"delivered":1,"failed":1,"pending":0,"held":0,"idle":true}`},
		{`{"to":"2030-01-01T01:00:00+01:00"}`, `"now":"2030-01-01T00:00:00Z","ran":0,"delivered":0,"failed":0,"pending":1,"held":0,"idle":false}`},
		{`{"to":"2030-01-01T12:00:00Z"}`, `"now":"2030-01-01T12:00:00Z","ran":3,"delivered":1,"failed":1,"pending":0,"held":0,"idle":true}`},
		{`{"until":"idle"}`, `"now":"2030-01-01T00:05:30Z","ran":3,"delivered":1,"failed":1,"pending":0,"held":0,"idle":true}`},
		{`{"until":"idle","limit":"1m"}`, `"now":"2030-01-01T00:01:00Z","ran":2,"delivered":0,"failed":1,"pending":1,"held":0,"idle":false}`},
	} {
		f := newFixture(t, sim.Answer{Result: sim.Refused})
		f.submit(euicc.OpActivate, euicc.IDs{EID: eid2})
		f.want("POST", base+"/clock/advance", c.body, 200, `{"from":"2030-01-01T00:00:00Z",`+c.reply)
	}
}

func TestAdvanceThatCannotBe(t *testing.T) {
	const right = `"hint":"{\"by\":\"15m\"}, {\"to\":\"2030-01-01T12:00:00Z\"} or {\"until\":\"idle\",\"limit\":\"24h\"}"}`
	const like = `"hint":"hours, minutes and seconds with their letters, like \"15m\", \"1h30m\" or \"0.5s\""}`
	f := newFixture(t)
	for body, reply := range map[string]string{
		``:                                `{"error":"the body is empty; it has to be a JSON object","hint":"fields: by, to, until, limit"}`,
		`{}`:                              `{"error":"an advance has exactly one of by, to and until; here are 0",` + right,
		`{"limit":"1h"}`:                  `{"error":"an advance has exactly one of by, to and until; here are 0",` + right,
		`{"by":"1m","until":"idle"}`:      `{"error":"an advance has exactly one of by, to and until; here are 2",` + right,
		`{"by":"1m","limit":"1h"}`:        `{"error":"limit goes with until only",` + right,
		`{"until":"bored"}`:               `{"error":"until is \"bored\"; it can only be \"idle\"",` + right,
		`{"by":"15 minutes"}`:             `{"error":"by \"15 minutes\" is not a duration",` + like,
		`{"by":"15"}`:                     `{"error":"by \"15\" is not a duration",` + like,
		`{"by":15}`:                       `{"error":"field \"by\" is a string, not a number"}`,
		`{"by":"-15m"}`:                   `{"error":"by \"-15m\" is negative","hint":"time runs forwards: \"15m\""}`,
		`{"until":"idle","limit":"long"}`: `{"error":"limit \"long\" is not a duration",` + like,
		`{"until":"idle","limit":"-1h"}`:  `{"error":"limit \"-1h\" is negative","hint":"time runs forwards: \"15m\""}`,
		`{"until":"idle","limit":"0s"}`:   `{"error":"a limit of 0 is no time at all","hint":"leave it out for 24h"}`,
		`{"to":"noon"}`:                   `{"error":"to \"noon\" is not an instant of RFC 3339, like \"2030-01-01T12:00:00Z\""}`,
		`{"to":"2029-12-31T23:59:59Z"}`:   `{"error":"time does not run backwards: it is 2030-01-01T00:00:00Z already"}`,
		`{"to":"1970-01-01T00:00:00Z"}`:   `{"error":"time does not run backwards: it is 2030-01-01T00:00:00Z already"}`,
		`{"to":"2999-01-01T00:00:00Z"}`:   `{"error":"to \"2999-01-01T00:00:00Z\" is out of range: simulated time ends in the year 2262"}`,
		`{"to":"0001-01-01T00:00:00Z"}`:   `{"error":"to \"0001-01-01T00:00:00Z\" is out of range: simulated time ends in the year 2262"}`,
		`{"for":"15m"}`:                   `{"error":"unknown field \"for\"","hint":"known fields: by, to, until, limit"}`,
	} {
		f.want("POST", base+"/clock/advance", body, 400, reply)
	}
}

func TestOneAdvanceAtATime(t *testing.T) {
	f := newFixture(t)
	sent := make(chan sim.AttemptID, 1)
	f.send = func(a sim.AttemptID) { sent <- a }
	f.submit(euicc.OpActivate, euicc.IDs{EID: eid2})
	first := make(chan string)
	go func() { first <- f.ask("POST", base+"/clock/advance", `{"by":"1h"}`).Body.String() }()
	a := <-sent
	f.want("POST", base+"/clock/advance", `{"by":"1h"}`, 409, `{"error":"time is being advanced already; wait for that to end"}`)
	f.box.Answered(a, sim.Answer{Result: sim.Replied, Status: 200})
	want := `{"from":"2030-01-01T00:00:00Z","now":"2030-01-01T01:00:00Z","ran":2,"delivered":1,"failed":0,"pending":0,"held":0,"idle":true}` + "\n"
	if got := <-first; got != want {
		t.Errorf("the first one: %s", got)
	}
}

func TestAdvanceEndsWithItsCaller(t *testing.T) {
	f := newFixture(t)
	sent := make(chan sim.AttemptID, 1)
	f.send = func(a sim.AttemptID) { sent <- a }
	f.submit(euicc.OpActivate, euicc.IDs{EID: eid2})
	ctx, cancel := context.WithCancel(t.Context())
	w, done := httptest.NewRecorder(), make(chan struct{})
	go func() {
		f.handler.ServeHTTP(w, newRequest(ctx, "POST", base+"/clock/advance", `{"by":"1h"}`))
		close(done)
	}()
	a := <-sent
	cancel()
	<-done
	want := `{"error":"the advance was stopped at 2030-01-01T00:00:30Z","hint":"advance again to go on"}` + "\n"
	if w.Code != 503 || w.Body.String() != want {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	f.box.Answered(a, sim.Answer{Result: sim.Replied, Status: 200})
	f.want("POST", base+"/clock/advance", `{"until":"idle"}`, 200,
		`{"from":"2030-01-01T00:00:30Z","now":"2030-01-01T00:00:30Z","ran":0,"delivered":1,"failed":0,"pending":0,"held":0,"idle":true}`)
}
