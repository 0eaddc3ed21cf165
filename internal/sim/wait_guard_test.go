package sim_test

import (
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// TestGuardFailsMeanwhile: what an operation waited for may be there too late for it.
func TestGuardFailsMeanwhile(t *testing.T) {
	const waitsActive = "LOCAL ACTIVE (waits), delivered"
	for _, test := range []struct {
		name      string
		op        euicc.Op
		meanwhile euicc.Op
		told      string
	}{
		{"suspended", euicc.OpEnable, euicc.OpProfileSuspend, "LOCAL suspended, delivered"},
		{"suspended with its device", euicc.OpEnable, euicc.OpDeviceSuspend, "LOCAL suspended, delivered"},
		{"given up", euicc.OpSetFallback, euicc.OpDeactivate, "LOCAL not active, delivered"},
		{"in use already", euicc.OpEnable, euicc.OpActivateEnable, "LOCAL already enabled, delivered"},
		{"nothing to it", euicc.OpDelete, euicc.OpProfileSuspend, "LOCAL SUSPENDED, delivered"},
	} {
		for _, back := range []bool{true, false} {
			w := ready(t, test.op)
			r := w.request(test.op, byLocal(1))
			w.pass(validity[test.op] / 2)
			if test.meanwhile == euicc.OpActivateEnable {
				w.request(euicc.OpDeactivate, byLocal(1))
			}
			w.request(test.meanwhile, byLocal(1))
			w.advance(sim.Goal{})
			want, at := test.told, validity[test.op]
			if back {
				w.power(1, true)
				at /= 2
			} else if test.name == "nothing to it" {
				want = expired
			}
			w.idle()
			w.expectTold(r, waitsActive, want)
			w.expectToldAt(r, validity[test.op]/4, at)
			checkHistory(t, w)
		}
	}
}

// TestSuspendedBeforeTheWarning: the warning tells how it is then.
func TestSuspendedBeforeTheWarning(t *testing.T) {
	w := ready(t, euicc.OpEnable)
	r := w.request(euicc.OpEnable, byLocal(1))
	w.pass(minute)
	w.requestNow(euicc.OpProfileSuspend, byLocal(1))
	w.idle()
	w.expectTold(r, "LOCAL SUSPENDED (waits), delivered", "LOCAL suspended, delivered")
	w.expectToldAt(r, 15*minute/4, 15*minute)
}

// requestNow accepts a request and does what is due at this instant.
func (w *world) requestNow(op euicc.Op, devices ...euicc.IDs) sim.Request {
	w.Helper()
	r := w.request(op, devices...)
	w.advance(sim.Goal{})
	return r
}

// TestNumberGoneMeanwhile: a request names the profile by its number too, and the number is released
// while the operation waits. The warning is still about that profile.
func TestNumberGoneMeanwhile(t *testing.T) {
	w := ready(t, euicc.OpEnable)
	ids := byLocal(1)
	ids.MDN = w.profile(local(1)).MDN
	r := w.request(euicc.OpEnable, ids)
	w.pass(minute)
	w.requestNow(euicc.OpDeactivate, byLocal(1))
	w.idle()
	w.expectTold(r, "LOCAL DEACTIVE (waits), delivered", "LEAD identifiers do not match, delivered")
	for _, c := range w.callbacks(r) {
		if c.Outcome.Profile.ICCID != local(1) {
			t.Fatalf("told of %+v", c.Outcome.Profile)
		}
	}
	w.power(1, true)
	w.expectTold(w.requestIdle(euicc.OpActivate, byLocal(1)), done)
	w.expectTold(w.requestIdle(euicc.OpEnable, byLocal(1)), done)
}

// TestNumberThereMeanwhile: identifiers that do not belong together yet when a request is accepted
// may do so when it is carried out. The SM-SR is busy from then on.
func TestNumberThereMeanwhile(t *testing.T) {
	cfg := newConfig()
	fixed(&cfg, euicc.OpActivate, minute)
	for _, powered := range []bool{true, false} {
		w := start(t, cfg)
		w.power(1, powered)
		w.request(euicc.OpActivate, byLocal(1))
		ids := byLocal(1)
		ids.MDN = "2015550000" // what it will get
		r := w.request(euicc.OpDownload, ids)
		w.pass(minute)
		if !powered {
			w.expectTold(w.requestNow(euicc.OpDownload, byLocal(1)), busy)
			w.pass(minute)
			w.power(1, true)
		}
		w.idle()
		if powered {
			w.expectTold(r, done)
		} else {
			w.expectTold(r, "LOCAL ACTIVE (waits), delivered", done)
		}
		w.expectTold(w.requestIdle(euicc.OpEnable, byLocal(1)), done)
	}
}

// TestSecondOfTwoStrangers: two requests whose identifiers come to belong together at the same time;
// the SM-SR takes the first, which waits, and refuses the second.
func TestSecondOfTwoStrangers(t *testing.T) {
	cfg := newConfig()
	fixed(&cfg, euicc.OpActivate, minute)
	w := start(t, cfg)
	w.power(1, false)
	w.request(euicc.OpActivate, byLocal(1))
	ids := byLocal(1)
	ids.MDN = "2015550000"
	first := w.request(euicc.OpDownload, ids)
	second := w.request(euicc.OpDownload, ids)
	w.pass(2 * minute)
	w.expectTold(second, busy)
	w.power(1, true)
	w.idle()
	w.expectTold(first, "LOCAL ACTIVE (waits), delivered", done)
	w.expectToldAt(first, minute+45*time.Second, 2*minute)
}

// TestBusyDoesNotWait: one that was accepted while another was owed is refused, even when the device
// is off and the other one is through.
func TestBusyDoesNotWait(t *testing.T) {
	cfg := newConfig()
	fixed(&cfg, euicc.OpDownload, minute)
	fixed(&cfg, euicc.OpEnable, 5*minute)
	w := start(t, cfg)
	download := w.request(euicc.OpDownload, byLocal(1))
	enable := w.request(euicc.OpEnable, byLocal(1))
	w.pass(2 * minute)
	w.power(1, false)
	w.idle()
	w.expectTold(download, done)
	w.expectTold(enable, busy)
	w.expectToldAt(enable, 5*minute)
}

// TestWarningIsRetried: the final callback of an operation never overtakes its warning.
func TestWarningIsRetried(t *testing.T) {
	w := start(t, newConfig())
	w.power(1, false)
	w.answer = func(a posted) sim.Answer {
		if a.CallbackCount < 3 && a.Outcome.Warning == euicc.Unreachable {
			return err500
		}
		return ok200
	}
	r := w.request(euicc.OpDownload, byLocal(1))
	w.idle()
	w.expectTold(r, waits, expired)
	told := w.callbacks(r)
	if a, b := attempts(w, told[0]), attempts(w, told[1]); len(a) != 3 || len(b) != 1 || b[0] != 3*minute {
		t.Fatalf("the warning was sent at %s, the end at %s", a, b)
	}
	checkHistory(t, w)
}

// TestWarningIsUnheard without a listener, and the operation goes on waiting.
func TestWarningIsUnheard(t *testing.T) {
	w := start(t, newConfig())
	w.power(1, false)
	w.Deregister(account, config.ProfileService)
	r := w.request(euicc.OpDownload, byLocal(1))
	w.pass(minute)
	w.Register(newConfig().Listeners[0])
	w.power(1, true)
	w.idle()
	w.expectTold(r, "LOCAL PRE_ACTIVE (waits), unheard", done)
}

// TestICCIDMoves to another card between acceptance and execution: the SM-SR is done with the first one.
func TestICCIDMoves(t *testing.T) {
	cfg := newConfig()
	fixed(&cfg, euicc.OpDownload, 10*minute)
	w := start(t, cfg)
	w.request(euicc.OpActivate, byLocal(1))
	w.idle()
	w.request(euicc.OpDownload, euicc.IDs{ICCID: local(1)})
	var moved euicc.Profile
	for i, change := range []func(*euicc.Card) error{
		func(c *euicc.Card) error { moved = *c.Profile(local(1)); c.Profiles = c.Profiles[:1]; return nil },
		func(c *euicc.Card) error { c.Profiles = append(c.Profiles, moved); return nil },
	} {
		if _, err := w.ChangeDevice(eid(1+i), "", change); err != nil {
			t.Fatal(err)
		}
	}
	w.idle()
	r := w.request(euicc.OpDownload, euicc.IDs{EID: eid(1), ICCID: lead(1)})
	w.idle()
	if c := w.callbacks(r)[0]; c.Guard.Busy {
		t.Fatalf("%+v %+v", c.Outcome, c.Guard)
	}
}
