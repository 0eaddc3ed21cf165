package sim_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/scheduler"
	"tsim/internal/sim"

	"pgregory.net/rapid"
)

const (
	account  = "0000123456-00001"
	usPlan   = "US plan"
	global   = "Global plan"
	hook     = "http://127.0.0.1:8080/hook"
	appKey   = "key"
	secret   = "secret"
	username = "user"
	password = "password"
	minute   = time.Minute
)

func eid(n int) string   { return fmt.Sprintf("89001012%024d", n) }
func lead(n int) string  { return fmt.Sprintf("8914800000%010d", n) }
func local(n int) string { return fmt.Sprintf("8944500000%010d", n) }

// card is a powered card with a LEAD in use and a LOCAL that is still to come.
func card(n int) euicc.Card {
	return euicc.Card{EID: eid(n), IMEI: fmt.Sprintf("35%013d", n), Powered: true, Connected: true, Profiles: []euicc.Profile{
		{ICCID: lead(n), Network: euicc.US, Role: euicc.Lead, Service: euicc.Active, Status: euicc.StatusEnable, MDN: fmt.Sprintf("303666%04d", n)},
		{ICCID: local(n), Network: euicc.Global, Role: euicc.Local},
	}}
}

// newConfig is a manual sandbox of one account with three cards and a listener.
func newConfig() config.Config {
	c := config.Defaults()
	c.Name, c.Clock = "test", config.Manual
	c.Credentials = []config.Credential{{AppKey: appKey, AppSecret: secret, Username: username, Password: password}}
	c.Accounts = []config.Account{{
		Name:  account,
		Plans: []config.Plan{{Name: usPlan, Network: euicc.US}, {Name: global, Network: euicc.Global}},
		Cards: []euicc.Card{card(1), card(2), card(3)},
	}}
	c.Listeners = []config.Listener{{Account: account, Service: config.ProfileService, URL: hook, Username: "hook user", Password: "hook password"}}
	return c
}

var (
	ok200  = sim.Answer{Result: sim.Replied, Status: 200}
	err500 = sim.Answer{Result: sim.Replied, Status: 500}
)

// posted is an attempt as it was when it was sent.
type posted struct {
	sim.Message
	id sim.AttemptID
	at sim.Instant
}

// world is a sandbox and its listener.
type world struct {
	rapid.TB
	*sim.Sim
	mu     sync.Mutex
	sent   []posted
	answer func(posted) sim.Answer // nil: every attempt is answered with 200
	silent bool                    // nothing is answered but by hand
}

func start(t rapid.TB, cfg config.Config) *world {
	t.Helper()
	return startWith(t, cfg, nil)
}

func startWith(t rapid.TB, cfg config.Config, wall func() time.Duration) *world {
	t.Helper()
	w := &world{TB: t}
	s, err := sim.New(cfg, sim.Env{Send: w.send, Wall: wall})
	if err != nil {
		t.Fatalf("new sandbox: %v", err)
	}
	w.Sim = s
	return w
}

func (w *world) send(url string, id sim.AttemptID) {
	a, ok := w.Message(id)
	if !ok || a.URL != url {
		w.Errorf("attempt %+v, for %s: %+v", id, url, a)
	}
	p := posted{a, id, w.Clock().Now}
	w.mu.Lock()
	w.sent = append(w.sent, p)
	answer, silent := ok200, w.silent
	if w.answer != nil && !silent {
		answer = w.answer(p)
	}
	w.mu.Unlock()
	if !silent {
		w.Answered(id, answer)
	}
}

// take is what was sent since the last take.
func (w *world) take() []posted {
	w.mu.Lock()
	defer w.mu.Unlock()
	sent := w.sent
	w.sent = nil
	return sent
}

// submit accepts a request and leaves its gate closed.
func (w *world) submit(op euicc.Op, plan string, devices ...euicc.IDs) sim.Request {
	w.Helper()
	r, err := w.Submit(sim.Request{Account: account, Op: op, Plan: plan, Devices: sim.ListOf(devices...)})
	if err != nil {
		w.Fatalf("submit %s: %v", op, err)
	}
	return r
}

// request accepts a request and replies to it.
func (w *world) request(op euicc.Op, devices ...euicc.IDs) sim.Request {
	w.Helper()
	r := w.submit(op, "", devices...)
	w.Replied(r)
	return r
}

func (w *world) advance(g sim.Goal) sim.Advanced {
	w.Helper()
	r, err := w.Advance(context.Background(), g)
	if err != nil {
		w.Fatalf("advance %+v: %v", g, err)
	}
	return r
}

func (w *world) idle() sim.Advanced {
	w.Helper()
	return w.advance(sim.Goal{Idle: true, Limit: 10_000 * time.Hour})
}

func (w *world) power(n int, on bool) {
	w.Helper()
	w.outside(n, &on, nil)
}

func (w *world) network(on bool) {
	w.Helper()
	w.outside(1, nil, &on)
}

func (w *world) outside(n int, powered, connected *bool) {
	w.Helper()
	if _, err := w.SetDevice(eid(n), powered, connected); err != nil {
		w.Fatalf("device %d: %v", n, err)
	}
}

func (w *world) profile(iccid string) euicc.Profile {
	w.Helper()
	for _, d := range w.Devices("", 1_000_000) {
		if p := d.Profile(iccid); p != nil {
			return *p
		}
	}
	w.Fatalf("no profile %s", iccid)
	return euicc.Profile{}
}

func (w *world) callbacks(r sim.Request) []sim.Callback {
	return w.Callbacks(sim.CallbackFilter{Request: r.ID}, 0, 1_000_000)
}

// told is what the callbacks of a request say, and how their delivery ended.
func (w *world) told(r sim.Request) []string {
	var words []string
	for _, c := range w.callbacks(r) {
		words = append(words, fmt.Sprintf("%s %s, %s", who(c.Facts), what(c.Outcome), c.State))
	}
	return words
}

// who a callback is about: the role of the profile, or the device.
func who(f sim.Facts) string {
	if f.Outcome.Device {
		return "device"
	}
	return f.Outcome.Profile.Role.String()
}

func what(o euicc.Outcome) string {
	switch {
	case o.Fault != euicc.OK:
		return o.Fault.String()
	case o.Warning == euicc.Unreachable:
		return o.State.String() + " (waits)"
	case o.Warning == euicc.NotEnabled:
		return o.State.String() + " (not enabled)"
	}
	return o.State.String()
}

func (w *world) expectTold(r sim.Request, want ...string) {
	w.Helper()
	if got := w.told(r); !slices.Equal(got, want) {
		w.Fatalf("told %q\nwant %q", got, want)
	}
}

// attempts are the times of the attempts of a callback, since the start of the sandbox.
func attempts(w *world, c sim.Callback) []time.Duration {
	var at []time.Duration
	for _, try := range c.Attempts {
		at = append(at, try.At.Sub(w.Info().Start))
	}
	return at
}

// pass lets time pass.
func (w *world) pass(d time.Duration) {
	w.Helper()
	w.advance(sim.Goal{By: d})
}

func (w *world) since() time.Duration { return w.Clock().Now.Sub(w.Info().Start) }

// event is an event of the journal with what it is about.
type event struct {
	sim.EventReport
	request  sim.Request   // none has the number 0
	callback *sim.Callback // nil for none
}

func (w *world) events() []event {
	requests, callbacks := map[uint64]sim.Request{}, map[uint64]*sim.Callback{}
	for _, r := range w.Requests(0, 1_000_000) {
		requests[r.Request.Number] = r.Request
	}
	for _, c := range w.Callbacks(sim.CallbackFilter{}, 0, 1_000_000) {
		callbacks[c.ID] = &c
	}
	var all []event
	for _, e := range w.Events(0, 1_000_000) {
		all = append(all, event{e, requests[e.Request], callbacks[e.Callback]})
	}
	return all
}

// dump is the journal as text.
func dump(w *world) string {
	var b strings.Builder
	for _, e := range w.events() {
		fmt.Fprintf(&b, "%d %s %s <-%d", e.Seq, e.At.Time().Format(time.RFC3339Nano), e.Kind, e.Cause)
		if e.Request != 0 {
			fmt.Fprintf(&b, " request %s", e.RequestID)
		}
		if e.Callback != 0 {
			fmt.Fprintf(&b, " callback %d", e.Callback)
		}
		fmt.Fprintf(&b, " %s %s %s\n", e.EID, e.ICCID, e.Detail)
	}
	return b.String()
}

func expectKind(t rapid.TB, err error, want sim.Kind) {
	t.Helper()
	if e, ok := err.(*sim.Error); !ok || e.Kind != want {
		t.Fatalf("error %v, want one of kind %d", err, want)
	}
}

func fixed(c *config.Config, op euicc.Op, d time.Duration) { c.Latency[op] = config.Fixed(d) }

// on is a time of the first day.
func on(hour, min int) sim.Instant {
	return scheduler.At(time.Date(2030, 1, 1, hour, min, 0, 0, time.UTC))
}

func byEID(n int) euicc.IDs   { return euicc.IDs{EID: eid(n)} }
func byLocal(n int) euicc.IDs { return euicc.IDs{EID: eid(n), ICCID: local(n)} }

var _ rapid.TB = testing.TB(nil)
