package sim_test

import (
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/scheduler"
	"tsim/internal/sim"

	"pgregory.net/rapid"
)

// TestEveryPromiseIsKept, A1 to A8: under random requests, time, devices and answers of the listener.
func TestEveryPromiseIsKept(t *testing.T) {
	often(t, 5, func(t *rapid.T) {
		cfg, steps, salt := drawZoo(t), drawSteps(t), rapid.IntRange(0, 9).Draw(t, "mood")
		if rapid.Bool().Draw(t, "without numbers") {
			steps = withoutNumbers(steps)
		}
		w := start(t, cfg)
		w.answer = moody(salt)
		all := w.play(steps)
		if info := w.Info(); info.Requests != 0 || info.Callbacks != 0 || info.Clock.NextDue != next(cfg, w) {
			t.Fatalf("info %+v", info)
		}
		checkHistory(t, w) // A7
		checkReplay(t, cfg, w, all)
		for _, r := range all {
			checkPromise(t, w, r)
		}
		before := len(w.Callbacks(sim.CallbackFilter{}, 0, 1_000_000))
		w.pass(sim.DefaultLimit)
		checkAttempts(t, w)
		if after := len(w.Callbacks(sim.CallbackFilter{}, 0, 1_000_000)); after != before {
			t.Fatalf("%d callbacks after the last", after-before)
		}
		checkFree(t, w)

		again := start(t, cfg)
		again.answer = moody(salt)
		if again.play(steps); dump(again) != dump(w)[:len(dump(again))] { // A6
			t.Fatalf("once\n%s\nagain\n%s", dump(w), dump(again))
		}
	})
}

// often checks a property more often than usual.
func often(t *testing.T, times int, property func(*rapid.T)) {
	t.Helper()
	for range times {
		rapid.Check(t, property)
	}
}

// next is the first instant of the timeline that is still to come.
func next(cfg config.Config, w *world) sim.Instant {
	next, now := scheduler.Never, w.Clock().Now
	for _, o := range cfg.Timeline {
		if at := scheduler.At(cfg.Start).Add(o.At); at > now {
			next = min(next, at)
		}
	}
	return next
}

// checkPromise is A1: one callback for each entry, and for the whole device one for each active profile
// before it, which the replay counts; besides at most one warning for each entry.
func checkPromise(t rapid.TB, w *world, r accepted) {
	t.Helper()
	ends, warnings := 0, 0
	for _, c := range w.callbacks(r.Request) {
		switch {
		case c.Outcome.Warning == euicc.Unreachable:
			warnings++
		case c.Outcome.Device == r.Op.WholeDevice():
			ends++
		}
	}
	if ends != len(r.entries) || warnings > ends || warnings > 0 && !r.Op.SMSR() {
		t.Fatalf("%s of %+v: told %q", r.Op, r.entries, w.told(r.Request))
	}
}

// checkAttempts is A5: numbered from 1, another one after a failure only, all of them with the same
// facts, and a final state that fits.
func checkAttempts(t rapid.TB, w *world) {
	t.Helper()
	number, facts := map[uint64]int{}, map[uint64]sim.Facts{}
	for _, a := range w.take() {
		if number[a.ID]++; a.CallbackCount != number[a.ID] || a.CallbackCount > w.Delivery().Attempts {
			t.Fatalf("attempt %d of %d is number %d", number[a.ID], w.Delivery().Attempts, a.CallbackCount)
		}
		if a.CallbackCount == 1 {
			facts[a.ID] = a.Facts
		}
		if facts[a.ID] != a.Facts {
			t.Fatalf("attempt %d says %+v, the first said %+v", a.CallbackCount, a.Facts, facts[a.ID])
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
		case sim.NoListener:
			if n == 4 {
				t.Fatalf("callback %d is unheard after %d attempts", c.ID, n)
			}
		default:
			t.Fatalf("callback %d is %s in the end", c.ID, c.State)
		}
	}
}

// checkFree: in the end the SM-SR is busy with nobody, and nobody waits.
func checkFree(t rapid.TB, w *world) {
	t.Helper()
	for _, d := range w.Devices("", 10) {
		before := len(w.events())
		if _, err := w.SetDevice(d.EID, &yes, &yes); err != nil {
			t.Fatalf("%v", err)
		}
		w.advance(sim.Goal{})
		if n := len(w.events()) - before; n != 1 {
			t.Fatalf("something waited for device %s:\n%s", d.EID, dump(w))
		}
		for _, p := range d.Profiles {
			r := w.requestIdle(euicc.OpSetFallback, euicc.IDs{EID: d.EID, ICCID: p.ICCID})
			if told := w.callbacks(r); len(told) != 1 || told[0].Outcome.Fault == euicc.UpdateInProgress {
				t.Fatalf("device %s is busy: %q", d.EID, w.told(r))
			}
		}
	}
}
