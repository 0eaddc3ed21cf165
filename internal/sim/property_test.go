package sim_test

import (
	"testing"
	"time"

	"tsim/internal/euicc"
	"tsim/internal/scheduler"
	"tsim/internal/sim"

	"pgregory.net/rapid"
)

// accepted is a request of a property test, with what is promised for it.
type accepted struct {
	*sim.Request
	op      euicc.Op
	entries int
}

// TestEveryPromiseIsKept under random requests, time, power and answers of the listener.
func TestEveryPromiseIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := config()
		for op := range cfg.Latency {
			cfg.Latency[op] = sim.Fixed(time.Duration(rapid.SampledFrom([]int{0, 0, 1, 7}).Draw(t, "latency")) * minute)
		}
		w := start(t, cfg)
		answers := []sim.Answer{ok200, {Result: sim.Replied, Status: 204}, err500, {Result: sim.Timeout}}
		w.answer = func(sim.Attempt) sim.Answer { return rapid.SampledFrom(answers).Draw(t, "answer") }
		var all []accepted
		t.Repeat(map[string]func(*rapid.T){
			"request": func(t *rapid.T) {
				op := rapid.SampledFrom(euicc.Ops()).Draw(t, "op")
				ids := rapid.SliceOfN(rapid.Custom(drawIDs), 0, 3).Draw(t, "devices")
				all = append(all, accepted{w.request(op, ids...), op, len(ids)})
			},
			"time": func(t *rapid.T) {
				w.advance(sim.Goal{By: time.Duration(rapid.IntRange(0, 12).Draw(t, "minutes")) * minute})
			},
			"power": func(t *rapid.T) {
				w.power(rapid.IntRange(1, 3).Draw(t, "card"), rapid.Bool().Draw(t, "on"))
			},
			"listener": func(t *rapid.T) {
				if w.Deregister(account, sim.ProfileService) != nil {
					w.Register(cfg.Listeners[0])
				}
			},
			"": func(t *rapid.T) { checkCards(t, w) },
		})
		report := w.idle()
		if info := w.Info(); !report.Idle || info.Requests != 0 || info.Callbacks != 0 || info.Clock.NextDue != scheduler.Never {
			t.Fatalf("info %+v", info)
		}
		checkCards(t, w)
		checkHistory(t, w)
		checkAttempts(t, w)
		for _, r := range all {
			checkPromise(t, w, r)
		}
	})
}

func drawIDs(t *rapid.T) euicc.IDs {
	n := rapid.IntRange(1, 4).Draw(t, "card") // there is no fourth
	switch rapid.IntRange(0, 3).Draw(t, "ids") {
	case 0:
		return byEID(n)
	case 1:
		return euicc.IDs{ICCID: lead(n)}
	case 2:
		return euicc.IDs{EID: eid(n), ICCID: local(1)}
	}
	return byLocal(n)
}

func checkCards(t rapid.TB, w *world) {
	t.Helper()
	for _, d := range w.Devices("", 10) {
		if found := d.Contradictions(); len(found) > 0 {
			t.Fatalf("%s: %+v", d.EID, found)
		}
	}
}

// checkAttempts: numbered from 1, another one after a failure only, and a final state that fits.
func checkAttempts(t rapid.TB, w *world) {
	t.Helper()
	number := map[uint64]int{}
	for _, a := range w.take() {
		if number[a.ID]++; a.Number != number[a.ID] || a.Number > a.Max {
			t.Fatalf("attempt %d of %d is number %d", number[a.ID], a.Max, a.Number)
		}
	}
	for _, c := range w.Callbacks(sim.CallbackFilter{}, 0, 1_000_000) {
		n := len(c.Attempts)
		if n != number[c.ID] {
			t.Fatalf("callback %d has %d attempts, %d were sent", c.ID, n, number[c.ID])
		}
		for i, try := range c.Attempts {
			if acknowledged := try.Answer.Acknowledged(); acknowledged != (c.State == sim.Delivered && i == n-1) {
				t.Fatalf("callback %d, %s: attempt %d was answered %+v", c.ID, c.State, i+1, try.Answer)
			}
			if i > 0 && try.At < c.Attempts[i-1].At.Add(5*minute) {
				t.Fatalf("callback %d: %+v", c.ID, c.Attempts)
			}
		}
		switch c.State {
		case sim.Delivered:
		case sim.Archived:
			if n != 4 {
				t.Fatalf("callback %d is archived after %d attempts", c.ID, n)
			}
		case sim.Unheard:
			if n == 4 {
				t.Fatalf("callback %d is unheard after %d attempts", c.ID, n)
			}
		default:
			t.Fatalf("callback %d is %s in the end", c.ID, c.State)
		}
	}
}

// checkPromise: one callback per entry, and for the device one per active profile before it.
func checkPromise(t rapid.TB, w *world, r accepted) {
	t.Helper()
	told, final := w.callbacks(r.Request), 0
	for _, c := range told {
		if c.Outcome.Device {
			final++
		}
	}
	switch {
	case !r.op.WholeDevice() && (len(told) != r.entries || final > 0):
		t.Fatalf("%s of %d entries: told %q", r.op, r.entries, w.told(r.Request))
	case r.op.WholeDevice() && (final != r.entries || len(told) > r.entries*3 || final > 0 && !told[len(told)-1].Outcome.Device):
		t.Fatalf("%s of %d entries: told %q", r.op, r.entries, w.told(r.Request))
	}
}
