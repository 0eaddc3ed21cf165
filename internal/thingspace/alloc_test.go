package thingspace_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
	"tsim/internal/thingspace"
)

// The allocations of the hot paths are held where they are: one more for each device of a bulk, or for
// each call, is not seen in a test otherwise. The bounds leave room for the race detector.
func TestAllocations(t *testing.T) {
	_, handler, header := thingspace.Serve(t, config.Account{Name: "0000123456-00001"})
	call := func(devices int) float64 {
		body := []byte(suspendBody(devices))
		reader := bytes.NewReader(body)
		r := httptest.NewRequest(http.MethodPost, suspend, reader)
		r.Header, r.ContentLength = header, int64(len(body))
		return testing.AllocsPerRun(50, func() {
			reader.Reset(body)
			r.Body = io.NopCloser(reader)
			handler.ServeHTTP(discard{http.Header{}}, r)
		})
	}
	if n := call(1); n > 30 {
		t.Errorf("a call with one device allocates %g times", n)
	}
	if n := call(2000); n > 100 {
		t.Errorf("a call with 2,000 devices allocates %g times; nothing should be for each device", n)
	}
	facts := &sim.Facts{
		Request: sim.Request{ID: "d1f08526-5443-4054-9a29-4456490ea9f8", Op: euicc.OpProfileSuspend},
		Card:    sim.Identity{EID: "89001012012341234012345678901224", IMEI: "490154203237518"},
		Outcome: euicc.Outcome{Profile: euicc.Profile{ICCID: "89445000000000000019", MDN: "5415550101"}},
	}
	if n := testing.AllocsPerRun(50, func() { thingspace.Encode(config.Compat{}, facts, 1, 4, nil) }); n > 18 {
		t.Errorf("a callback's body allocates %g times", n)
	}
}

// A device that is suspended or resumed, with a callback that nobody hears, costs a few allocations.
func TestAllocationsOfCallbacks(t *testing.T) {
	const devices = 1000
	cfg := config.Defaults()
	cfg.Name, cfg.Clock = sim.Default, config.Manual
	cfg.Credentials = []config.Credential{{AppKey: "key", AppSecret: "secret", Username: "user", Password: "pass"}}
	cfg.Accounts = []config.Account{{Name: "a", Fleets: []config.Fleet{{Count: devices, Card: euicc.Card{
		Profiles: []euicc.Profile{{Network: euicc.Global, Role: euicc.Local, Service: euicc.Active, Status: euicc.StatusDisable}},
	}}}}}
	s, err := sim.New(cfg, sim.Env{Send: func(string, sim.AttemptID) {}})
	if err != nil {
		t.Fatal(err)
	}
	var all []euicc.IDs
	for _, d := range s.Devices("", devices) {
		all = append(all, euicc.IDs{ICCID: d.Profiles[0].ICCID})
	}
	op := euicc.OpProfileSuspend
	n := testing.AllocsPerRun(10, func() {
		r, err := s.Submit(sim.Request{Account: "a", Op: op, Devices: sim.ListOf(all...)})
		if err != nil {
			t.Fatal(err)
		}
		s.Replied(r)
		if _, err := s.Advance(context.Background(), sim.Goal{Idle: true}); err != nil {
			t.Fatal(err)
		}
		op = euicc.OpProfileSuspend + euicc.OpProfileResume - op
	})
	if n > 4*devices {
		t.Errorf("each device allocates %g times", n/devices)
	}
}

// What a body takes grows with what has arrived: one that is announced and does not come takes little.
func TestAnnouncedBodyTakesNothing(t *testing.T) {
	_, handler, header := thingspace.Serve(t, config.Account{Name: "0000123456-00001"})
	r := httptest.NewRequest(http.MethodPost, suspend, nil)
	r.Header, r.ContentLength = header, 16<<20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const calls = 20
	for range calls {
		r.Body = io.NopCloser(strings.NewReader(`{"devices"`))
		handler.ServeHTTP(discard{http.Header{}}, r)
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / calls; each > 256<<10 {
		t.Errorf("a call that announces 16 MiB and sends 10 bytes allocates %d bytes", each)
	}
}
