package sim_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/scheduler"
	"tsim/internal/sim"
)

var yes, no = true, false

func power(at time.Duration, n int, on *bool) config.TimelineEvent {
	return config.TimelineEvent{At: at, EID: eid(n), Powered: on}
}

func radio(at time.Duration, n int, on *bool) config.TimelineEvent {
	return config.TimelineEvent{At: at, EID: eid(n), Connected: on}
}

// happened is when which device changed, and to what.
func happened(w *world) []string {
	var lines []string
	for _, e := range w.events() {
		if e.Kind == sim.DeviceChanged {
			lines = append(lines, e.EID[31:]+" at "+e.At.Sub(w.Info().Start).String()+": "+e.Detail)
		}
	}
	return lines
}

// TestTimeline happens when time passes it, in the order of its instants.
func TestTimeline(t *testing.T) {
	cfg := newConfig()
	cfg.Timeline = []config.TimelineEvent{
		power(2*minute, 1, &no), radio(minute, 2, &no), {At: 2 * minute, EID: eid(3), Powered: &no, Connected: &no},
		power(2*minute, 1, &yes), {At: 3 * minute, EID: eid(3)},
	}
	w := start(t, cfg)
	want := []string{
		"2 at 1m0s: powered yes, connected no",
		"1 at 2m0s: powered no, connected yes",
		"3 at 2m0s: powered no, connected no",
		"1 at 2m0s: powered yes, connected yes",
		"3 at 3m0s: powered no, connected no",
	}
	for i, step := range []struct {
		by   time.Duration
		want int
	}{{minute - 1, 0}, {1, 1}, {minute - 1, 1}, {1, 4}, {time.Hour, 5}} {
		w.pass(step.by)
		if got := happened(w); !slices.Equal(got, want[:step.want]) {
			t.Fatalf("after step %d: %q", i, got)
		}
	}
	w.Reset(sim.ResetOptions{})
	w.pass(time.Hour)
	if got := happened(w); !slices.Equal(got, want) {
		t.Fatalf("after a reset: %q", got)
	}
	for n := range 3 {
		if d, _ := w.Device(eid(n + 1)); d.Powered != (n < 2) || d.Connected != (n == 0) {
			t.Fatalf("device %d: %+v", n+1, d)
		}
	}
}

// TestNobodyWaitsForTheTimeline: it is not owed, so until idle ends before it and auto time does not
// jump to it; but both let it happen on their way.
func TestNobodyWaitsForTheTimeline(t *testing.T) {
	cfg := newConfig()
	fixed(&cfg, euicc.OpActivate, 10*minute)
	cfg.Timeline = []config.TimelineEvent{power(5*minute, 1, &no), power(15*minute, 1, &yes)}
	for _, mode := range []config.Mode{config.Manual, config.Auto} {
		cfg.Clock = mode
		w := start(t, cfg)
		idle := func() {
			if mode == config.Auto {
				drive(w)
				return
			}
			if report := w.advance(sim.Goal{Idle: true}); !report.Idle || report.Pending != 0 {
				t.Fatalf("report %+v", report)
			}
		}
		if idle(); w.since() != 0 || len(happened(w)) > 0 || w.Clock().NextDue != w.Info().Start.Add(5*minute) {
			t.Fatalf("%s: it is %s, %q", mode, w.since(), happened(w))
		}
		w.request(euicc.OpActivate, byLocal(2))
		if idle(); w.since() != 10*minute || !slices.Equal(happened(w), []string{"1 at 5m0s: powered no, connected yes"}) {
			t.Fatalf("%s: it is %s, %q", mode, w.since(), happened(w))
		}
		// What waits for the device keeps time going, and the timeline ends it.
		r := w.request(euicc.OpDownloadEnable, byLocal(1))
		idle()
		w.expectTold(r, "LOCAL PRE_ACTIVE (waits), delivered", done)
		if w.since() != 15*minute || w.Clock().NextDue != scheduler.Never {
			t.Fatalf("%s: it is %s", mode, w.since())
		}
	}
}

// TestTimelineAtTheSameInstant: what happens by itself was there first, so it goes first.
func TestTimelineAtTheSameInstant(t *testing.T) {
	for _, test := range []struct {
		name     string
		timeline []config.TimelineEvent
		told     []string
		at       []time.Duration
	}{
		{"off when it is carried out", []config.TimelineEvent{power(minute, 1, &no)}, []string{waits, expired}, []time.Duration{105 * time.Second, 4 * minute}},
		{"off and on", []config.TimelineEvent{power(minute, 1, &no), power(minute, 1, &yes)}, []string{done}, []time.Duration{minute}},
		{"back when the warning is due", []config.TimelineEvent{power(0, 1, &no), power(105*time.Second, 1, &yes)},
			[]string{done}, []time.Duration{105 * time.Second}},
		{"and gone again", []config.TimelineEvent{power(0, 1, &no), power(105*time.Second, 1, &yes), power(105*time.Second, 1, &no)},
			[]string{waits, expired}, []time.Duration{105 * time.Second, 4 * minute}},
		{"back when the period ends", []config.TimelineEvent{power(0, 1, &no), power(4*minute, 1, &yes)},
			[]string{waits, done}, []time.Duration{105 * time.Second, 4 * minute}},
		{"and gone again in the end", []config.TimelineEvent{power(0, 1, &no), power(4*minute, 1, &yes), power(4*minute, 1, &no)},
			[]string{waits, expired}, []time.Duration{105 * time.Second, 4 * minute}},
	} {
		cfg := newConfig()
		fixed(&cfg, euicc.OpDownload, minute)
		cfg.Timeline = test.timeline
		w := start(t, cfg)
		r := w.requestIdle(euicc.OpDownload, byLocal(1))
		if told := w.told(r); !slices.Equal(told, test.told) || !slices.Equal(w.toldAt(r), test.at) {
			t.Errorf("%s: told %q at %s", test.name, told, w.toldAt(r))
		}
	}
}

// TestTimelineOfNobody is found when the sandbox is made.
func TestTimelineOfNobody(t *testing.T) {
	cfg := newConfig()
	cfg.Timeline = []config.TimelineEvent{power(0, 1, &no), power(0, 77, &no)}
	if found := cfg.Problems(); len(found) != 1 || found[0].Pointer != "/timeline/1/eid" || !strings.Contains(found[0].Msg, eid(77)) {
		t.Fatalf("found %+v", found)
	}
}

// roaming is a card that lives on its LOCAL and would fall back to its LEAD.
func roaming(n int) euicc.Card {
	c := card(n)
	c.Fallback = lead(n)
	c.Profiles[0].Status = euicc.StatusDisable
	p := &c.Profiles[1]
	p.Service, p.Status, p.MDN = euicc.Active, euicc.StatusEnable, "4155550100"
	return c
}

// TestFallsBack: an eUICC that loses its network enables the profile with the fallback attribute on
// its own, whatever its policies say (SGP.02).
func TestFallsBack(t *testing.T) {
	for _, test := range []struct {
		name string
		sets func(*euicc.Card)
		off  bool // it loses its power at the same time
		back bool // it falls back
	}{
		{"as usual", func(*euicc.Card) {}, false, true},
		{"against its policies", func(c *euicc.Card) { c.Profiles[1].POL1 = euicc.DisableNotAllowed }, false, true},
		{"to a suspended one", func(c *euicc.Card) { c.Profiles[0].Suspended = euicc.ByDevice }, false, true},
		{"without the attribute", func(c *euicc.Card) { c.Fallback = "" }, false, false},
		{"the attribute is in use", func(c *euicc.Card) { c.Fallback = local(1) }, false, false},
		{"to one that is not active", func(c *euicc.Card) { c.Profiles[0].Service = euicc.Deactive }, false, false},
		{"was off before", func(c *euicc.Card) { c.Powered = false }, false, false},
		{"is off then", func(*euicc.Card) {}, true, false},
		{"had no network before", func(c *euicc.Card) { c.Connected = false }, false, false},
	} {
		cfg := newConfig()
		c := roaming(1)
		test.sets(&c)
		cfg.Accounts[0].Cards[0] = c
		w := start(t, cfg)
		var powered *bool
		if test.off {
			powered = &no
		}
		w.outside(1, powered, &no)
		events := w.events()
		fell := len(events) > 1
		if fell != test.back || fell && (events[1].Kind != sim.ProfileFellBack || events[1].Cause != events[0].Seq || events[1].EID != eid(1) || events[1].ICCID != lead(1)) {
			t.Errorf("%s:\n%s", test.name, dump(w))
		}
		if got, was := w.profile(lead(1)).Status, c.Profiles[0].Status; test.back != (got == euicc.StatusEnable) || !test.back && got != was {
			t.Errorf("%s: the LEAD is %s", test.name, got)
		}
		if got := w.profile(local(1)).Status; test.back != (got == euicc.StatusDisable) {
			t.Errorf("%s: the LOCAL is %s", test.name, got)
		}
		w.network(true)
		w.network(true)
		if n := len(w.events()); n != len(events)+2 {
			t.Errorf("%s: a network that is back\n%s", test.name, dump(w))
		}
		if len(w.Callbacks(sim.CallbackFilter{}, 0, 10)) > 0 {
			t.Errorf("%s: nobody asked for a callback", test.name)
		}
	}
}

// TestFallsBackWhileWaiting: an operation that waits meets the card as it is then.
func TestFallsBackWhileWaiting(t *testing.T) {
	cfg := newConfig()
	cfg.Accounts[0].Cards[0] = roaming(1)
	cfg.Timeline = []config.TimelineEvent{radio(minute, 1, &no), radio(2*minute, 1, &yes)}
	w := start(t, cfg)
	w.pass(minute)
	disable := w.requestNow(euicc.OpDisable, byLocal(1)) // too late: it fell back
	w.expectTold(disable, "LOCAL already disabled, delivered")
	enable := w.request(euicc.OpEnable, byLocal(1))
	w.idle()
	w.expectTold(enable, done)
	w.expectToldAt(enable, 2*minute)

	w = start(t, cfg)
	w.power(1, false)
	enable = w.request(euicc.OpEnable, euicc.IDs{EID: eid(1), ICCID: lead(1)})
	w.pass(30 * time.Second)
	w.power(1, true)
	w.outside(1, nil, &no) // within the same instant
	w.pass(time.Second)
	w.expectTold(enable, "LEAD already enabled, delivered")
}

// TestTimelineOfARemovedDevice: what was to happen to it happens to nobody.
func TestTimelineOfARemovedDevice(t *testing.T) {
	cfg := newConfig()
	off := false
	cfg.Timeline = []config.TimelineEvent{{At: minute, EID: eid(1), Powered: &off}}
	w := start(t, cfg)
	if err := w.RemoveDevice(eid(1)); err != nil {
		t.Fatal(err)
	}
	events := len(w.events())
	if w.pass(2 * minute); len(w.events()) != events || w.since() != 2*minute {
		t.Errorf("after %s:\n%s", w.since(), dump(w))
	}
}
