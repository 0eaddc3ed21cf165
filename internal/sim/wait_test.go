package sim_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// What the callbacks of an operation on a LOCAL say when its device cannot be reached.
const (
	waits   = "LOCAL PRE_ACTIVE (waits), delivered"
	done    = "LOCAL ACTIVE, delivered"
	expired = "LOCAL expired, delivered"
	busy    = "LOCAL update in progress, delivered"
)

// validity is how long each operation waits for its device.
var validity = map[euicc.Op]time.Duration{
	euicc.OpDownload:        3 * minute,
	euicc.OpDownloadDisable: 3 * minute,
	euicc.OpDownloadEnable:  18 * minute,
	euicc.OpEnable:          15 * minute,
	euicc.OpDisable:         15 * minute,
	euicc.OpDelete:          3 * minute,
	euicc.OpSetFallback:     3 * minute,
}

// ready is a sandbox with one card whose device is off, on which op could be carried out otherwise.
func ready(t testing.TB, op euicc.Op) *world {
	t.Helper()
	cfg := newConfig()
	c := &cfg.Accounts[0].Cards[0]
	c.Powered = false
	p := &c.Profiles[1]
	switch op {
	case euicc.OpEnable, euicc.OpDelete, euicc.OpSetFallback:
		p.Service, p.Status = euicc.Active, euicc.StatusDownloadDisable
	case euicc.OpDisable:
		p.Service, p.Status = euicc.Active, euicc.StatusEnable
		c.Profiles[0].Status = euicc.StatusDisable
	}
	return start(t, cfg)
}

// toldAt is when the callbacks of a request were decided, since the start of the sandbox.
func (w *world) toldAt(r sim.Request) []time.Duration {
	var at []time.Duration
	for _, e := range w.events() {
		switch e.Kind {
		case sim.OperationSucceeded, sim.OperationRefused, sim.OperationWarned:
			if e.RequestID == r.ID {
				at = append(at, e.At.Sub(w.Info().Start))
			}
		}
	}
	return at
}

func (w *world) expectToldAt(r sim.Request, want ...time.Duration) {
	w.Helper()
	if got := w.toldAt(r); !slices.Equal(got, want) {
		w.Fatalf("%s was told at %s, want %s", r.Op, got, want)
	}
}

func (w *world) card(n int) string {
	d, err := w.Device(eid(n))
	if err != nil {
		w.Fatalf("card %d: %v", n, err)
	}
	return fmt.Sprintf("%+v", d)
}

// TestExpires: a device that is off for the whole validity period. The listener is warned after a
// quarter of it, and nothing is changed.
func TestExpires(t *testing.T) {
	for op, period := range validity {
		w := ready(t, op)
		before := w.card(1)
		r := w.request(op, byLocal(1))
		w.advance(sim.Goal{By: period/4 - 1})
		if len(w.told(r)) > 0 {
			t.Fatalf("%s: warned early: %q", op, w.told(r))
		}
		w.pass(1)
		if told := w.callbacks(r); len(told) != 1 || told[0].Outcome.Warning != euicc.Unreachable {
			t.Fatalf("%s: told %q after a quarter", op, w.told(r))
		}
		w.advance(sim.Goal{By: period - period/4 - 1})
		if len(w.told(r)) != 1 {
			t.Fatalf("%s: expired early: %q", op, w.told(r))
		}
		w.pass(1)
		told := w.callbacks(r)
		if len(told) != 2 || told[1].Outcome.Fault != euicc.Expired {
			t.Fatalf("%s: told %q after the validity period", op, w.told(r))
		}
		w.expectToldAt(r, period/4, period)
		if after := w.card(1); after != before {
			t.Fatalf("%s expired and changed\n%s\nto\n%s", op, before, after)
		}
		for _, c := range told {
			if p := w.profile(local(1)); c.Outcome.Profile != p || c.Outcome.State != p.State() || c.Card.EID != eid(1) || c.Card.IMEI == "" {
				t.Fatalf("%s told of %+v", op, c.Facts)
			}
		}
		w.power(1, true)
		if report := w.idle(); report.Delivered != 0 || len(w.told(r)) != 2 {
			t.Fatalf("%s came back: %q", op, w.told(r))
		}
		if next := w.requestIdle(op, byLocal(1)); w.callbacks(next)[0].Outcome.Fault != euicc.OK {
			t.Fatalf("%s afterwards: %q", op, w.told(next))
		}
		checkHistory(t, w)
	}
}

// TestValidityAndWarning: a scenario says how long the SM-SR tries, and when it warns.
func TestValidityAndWarning(t *testing.T) {
	for name, test := range map[string]struct {
		validity, warning time.Duration
		told              []time.Duration
	}{
		"its own quarter":   {8 * minute, 0, []time.Duration{2 * minute, 8 * minute}},
		"soon":              {8 * minute, time.Second, []time.Duration{time.Second, 8 * minute}},
		"at the last":       {8 * minute, 8*minute - 1, []time.Duration{8*minute - 1, 8 * minute}},
		"not before it end": {8 * minute, 8 * minute, []time.Duration{8 * minute}},
		"never":             {8 * minute, config.Forever, []time.Duration{8 * minute}},
	} {
		cfg := newConfig()
		c := &cfg.Accounts[0].Cards[0]
		c.Powered = false
		cfg.SMSR.Validity[euicc.OpDownload], cfg.SMSR.Warning = test.validity, test.warning
		w := start(t, cfg)
		r := w.requestIdle(euicc.OpDownload, byLocal(1))
		if got := w.toldAt(r); !slices.Equal(got, test.told) {
			t.Errorf("%s: told at %s, want %s", name, got, test.told)
		}
	}
}

// TestNobodyElseWaits: what the SM-SR does not do needs no device.
func TestNobodyElseWaits(t *testing.T) {
	for _, op := range euicc.Ops() {
		if _, ok := validity[op]; ok != op.SMSR() {
			t.Errorf("%s: a validity period: %v", op, ok)
		}
		if op.SMSR() {
			continue
		}
		w := ready(t, euicc.OpEnable)
		if w.requestIdle(op, byLocal(1)); w.since() != 0 {
			t.Errorf("%s waited %s for its device", op, w.since())
		}
	}
}

// TestWaiting is a download whose device comes and goes: what is told, and when.
func TestWaiting(t *testing.T) {
	const sec = time.Second
	type toggle struct {
		at        time.Duration
		power, on bool
	}
	power := func(at time.Duration, on bool) toggle { return toggle{at, true, on} }
	radio := func(at time.Duration, on bool) toggle { return toggle{at, false, on} }
	for _, test := range []struct {
		name    string
		toggles []toggle // the device is off in the beginning
		told    []string
		at      []time.Duration
	}{
		{"back at once", []toggle{power(0, true)}, []string{done}, []time.Duration{0}},
		{"back before the warning", []toggle{power(44*sec, true)}, []string{done}, []time.Duration{44 * sec}},
		{"back after the warning", []toggle{power(46*sec, true)}, []string{waits, done}, []time.Duration{45 * sec, 46 * sec}},
		{"back in the last moment", []toggle{power(3*minute-1, true)}, []string{waits, done}, []time.Duration{45 * sec, 3*minute - 1}},
		{"back too late", []toggle{power(3*minute+1, true)}, []string{waits, expired}, []time.Duration{45 * sec, 3 * minute}},
		{"off again at the same instant", []toggle{power(10*sec, true), power(10*sec, false)},
			[]string{waits, expired}, []time.Duration{45 * sec, 3 * minute}},
		{"and on once more", []toggle{power(10*sec, true), power(10*sec, false), power(10*sec, true)},
			[]string{done}, []time.Duration{10 * sec}},
		{"off again at the same instant, after the warning", []toggle{power(minute, true), power(minute, false), power(2*minute, true)},
			[]string{waits, done}, []time.Duration{45 * sec, 2 * minute}},
		{"on without a network", []toggle{radio(5*sec, false), power(10*sec, true)},
			[]string{waits, expired}, []time.Duration{45 * sec, 3 * minute}},
		{"on, and then the network", []toggle{radio(5*sec, false), power(10*sec, true), radio(20*sec, true)},
			[]string{done}, []time.Duration{20 * sec}},
		{"a network without power", []toggle{radio(5*sec, false), radio(10*sec, true)},
			[]string{waits, expired}, []time.Duration{45 * sec, 3 * minute}},
		{"off for good after all", []toggle{power(20*sec, true), power(21*sec, false)}, []string{done}, []time.Duration{20 * sec}},
		{"on although it is on", []toggle{power(50*sec, true), power(50*sec, true)},
			[]string{waits, done}, []time.Duration{45 * sec, 50 * sec}},
	} {
		for _, byTimeline := range []bool{false, true} {
			cfg := newConfig()
			cfg.Accounts[0].Cards[0].Powered = false
			if byTimeline {
				for _, e := range test.toggles {
					o := config.TimelineEvent{At: e.at, EID: eid(1)}
					if e.power {
						o.Powered = &e.on
					} else {
						o.Connected = &e.on
					}
					cfg.Timeline = append(cfg.Timeline, o)
				}
			}
			w := start(t, cfg)
			r := w.request(euicc.OpDownload, byLocal(1))
			if !byTimeline {
				last := time.Duration(0)
				w.advance(sim.Goal{})
				for _, e := range test.toggles {
					if e.at > last {
						w.pass(e.at - last)
					}
					if last = e.at; e.power {
						w.power(1, e.on)
					} else {
						w.network(e.on)
					}
				}
			}
			w.idle()
			if told := w.told(r); !slices.Equal(told, test.told) || !slices.Equal(w.toldAt(r), test.at) {
				t.Errorf("%s (timeline: %v): told %q at %s", test.name, byTimeline, told, w.toldAt(r))
			}
			want := euicc.StatusNotDownloaded
			if test.told[len(test.told)-1] == done {
				want = euicc.StatusDownloadDisable
			}
			if p := w.profile(local(1)); p.Status != want {
				t.Errorf("%s: the profile is %s", test.name, p.Status)
			}
			checkHistory(t, w)
		}
	}
}

// TestPowerFailsMeanwhile: between acceptance and execution. The validity period begins when the
// operation is carried out.
func TestPowerFailsMeanwhile(t *testing.T) {
	cfg := newConfig()
	fixed(&cfg, euicc.OpDownload, minute)
	w := start(t, cfg)
	r := w.request(euicc.OpDownload, byLocal(1))
	w.pass(30 * time.Second)
	w.power(1, false)
	w.idle()
	w.expectTold(r, waits, expired)
	w.expectToldAt(r, minute+45*time.Second, 4*minute)
}

// TestOthersGoOn: while an operation waits, the SM-SR refuses a second one, everything else goes on,
// and other devices wait for themselves.
func TestOthersGoOn(t *testing.T) {
	w := start(t, newConfig())
	w.power(1, false)
	w.power(2, false)
	first := w.request(euicc.OpDownload, byLocal(1))
	w.pass(30 * time.Second)
	other := w.request(euicc.OpDownload, byLocal(2))
	w.pass(30 * time.Second)
	second := w.request(euicc.OpDownload, byLocal(1))
	third := w.request(euicc.OpDownloadEnable, byLocal(1), byLocal(3))
	suspend := w.request(euicc.OpDeviceSuspend, byEID(1))
	resume := w.request(euicc.OpDeviceResume, byEID(1))
	activate := w.request(euicc.OpActivate, byLocal(2))
	w.advance(sim.Goal{})
	w.expectTold(second, busy)
	w.expectTold(third, busy, done)
	w.expectTold(suspend, "LEAD SUSPENDED, delivered", "device SUSPENDED, delivered")
	w.expectTold(resume, "LEAD ACTIVE, delivered", "device ACTIVE, delivered")
	w.expectTold(activate, done)
	w.pass(30 * time.Second)
	fourth := w.requestIdle(euicc.OpDownload, byLocal(1)) // after all those that were refused
	w.expectTold(fourth, busy)
	w.expectTold(first, waits, expired)
	w.expectToldAt(first, 45*time.Second, 3*minute)
	w.expectTold(other, "LOCAL ACTIVE (waits), delivered", expired)
	w.expectToldAt(other, 75*time.Second, 210*time.Second)
	w.power(1, true)
	w.expectTold(w.requestIdle(euicc.OpDownload, byLocal(1)), done)
	checkHistory(t, w)
}

// TestTwoDevicesWait independently of each other, although one request asked for both.
func TestTwoDevicesWait(t *testing.T) {
	w := start(t, newConfig())
	for n := 1; n <= 3; n++ {
		w.power(n, false)
	}
	r := w.request(euicc.OpDownload, byLocal(1), byLocal(2), byLocal(3))
	w.pass(30 * time.Second)
	w.power(2, true)
	w.pass(30 * time.Second)
	w.power(3, true)
	w.idle()
	told := map[string][]string{}
	for _, c := range w.callbacks(r) {
		told[c.Card.EID] = append(told[c.Card.EID], fmt.Sprintf("%s at %s", what(c.Outcome), c.Due.Sub(w.Info().Start)))
	}
	for n, want := range map[int][]string{
		1: {"PRE_ACTIVE (waits) at 45s", "expired at 3m0s"},
		2: {"ACTIVE at 30s"},
		3: {"PRE_ACTIVE (waits) at 45s", "ACTIVE at 1m0s"},
	} {
		if !slices.Equal(told[eid(n)], want) {
			t.Errorf("device %d: told %q, want %q", n, told[eid(n)], want)
		}
	}
}

func TestNewIMEIIsTold(t *testing.T) {
	w := start(t, newConfig())
	const imei = "351234567890123"
	w.requestIdle(euicc.OpProfileSuspend, byLocal(1))
	if _, err := w.ChangeDevice(eid(1), "", func(c *euicc.Card) error { c.IMEI = imei; return nil }); err != nil {
		t.Fatal(err)
	}
	r := w.requestIdle(euicc.OpProfileSuspend, byLocal(1))
	if c := w.callbacks(r)[0]; c.Card.IMEI != imei {
		t.Fatalf("the callback tells of %+v", c.Card)
	}
}
