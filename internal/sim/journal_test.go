package sim_test

import (
	"math"
	"strings"
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/sim"
)

const full = 100_000 // events

// fill records events until none of the earlier ones is left.
func fill(w *world) {
	w.Helper()
	for range full {
		if _, err := w.SetDevice(eid(3), nil, nil); err != nil {
			w.Fatalf("fill: %v", err)
		}
	}
}

// TestJournalForgets the oldest events, and what is finished with the last event that tells of it.
func TestJournalForgets(t *testing.T) {
	w := start(t, newConfig())
	done := w.requestIdle(euicc.OpActivate, byLocal(1), byLocal(2))
	w.answer = func(posted) sim.Answer { return err500 }
	pending := w.request(euicc.OpDeviceSuspend, byEID(1))
	w.advance(sim.Goal{})
	waiting := w.request(euicc.OpDeviceResume, byEID(2))
	if len(w.callbacks(done)) != 2 {
		t.Fatalf("told %q", w.told(done))
	}
	fill(w)
	if n := len(w.callbacks(done)); n != 0 {
		t.Fatalf("%d finished callbacks are remembered", n)
	}
	w.expectTold(pending, "LEAD SUSPENDED, retrying", "LOCAL SUSPENDED, retrying", "device SUSPENDED, retrying")
	if info := w.Info(); info.Requests != 2 || info.Callbacks != 3 || info.Events != full {
		t.Fatalf("info %+v", info)
	}
	events := w.events()
	if len(events) != full || events[0].Kind != sim.DeviceChanged || events[0].Seq != events[full-1].Seq-full+1 {
		t.Fatalf("%d events from %d on", len(events), events[0].Seq)
	}
	w.answer = nil
	w.idle()
	w.expectTold(pending, "LEAD SUSPENDED, delivered", "LOCAL SUSPENDED, delivered", "device SUSPENDED, delivered")
	if len(w.told(waiting)) != 3 {
		t.Fatalf("told %q", w.told(waiting))
	}
	fill(w)
	if all := w.Callbacks(sim.CallbackFilter{}, 0, full); len(all) > 0 || w.Info().Requests != 0 {
		t.Fatalf("remembered: %+v", all)
	}
	r := w.requestIdle(euicc.OpActivate, byLocal(3))
	w.expectTold(r, "LOCAL ACTIVE, delivered")
}

func TestEventsInPages(t *testing.T) {
	w := start(t, newConfig())
	w.requestIdle(euicc.OpDeviceSuspend, byEID(1), byEID(2))
	want := dump(w)
	n := uint64(len(w.events()))
	for limit := 1; limit < 5; limit++ {
		after := uint64(0)
		for range n {
			for _, e := range w.Events(after, limit) {
				if e.Seq != after+1 {
					t.Fatalf("event %d after %d", e.Seq, after)
				}
				after = e.Seq
			}
		}
		if after != n {
			t.Fatalf("pages of %d end at %d of %d", limit, after, n)
		}
	}
	for _, after := range []uint64{n, n + 1, math.MaxInt64, 1 << 63, math.MaxUint64} {
		if len(w.Events(after, 10))+len(w.Callbacks(sim.CallbackFilter{}, after, 10)) > 0 {
			t.Fatalf("there is something after %d", after)
		}
	}
	if strings.Count(want, "\n") != int(n) {
		t.Fatal(want)
	}
}

// TestCallbacksInPages, by request and by state.
func TestCallbacksInPages(t *testing.T) {
	w := start(t, newConfig())
	first := w.requestIdle(euicc.OpDeviceSuspend, byEID(1), byEID(2))
	w.answer = func(posted) sim.Answer { return err500 }
	second := w.request(euicc.OpDeviceResume, byEID(1))
	w.advance(sim.Goal{})
	count := func(f sim.CallbackFilter) int {
		n, after := 0, uint64(0)
		for range 100 {
			page := w.Callbacks(f, after, 1)
			if len(page) == 0 {
				return n
			}
			if page[0].ID <= after {
				t.Fatalf("callback %d after %d", page[0].ID, after)
			}
			n, after = n+1, page[0].ID
		}
		return n
	}
	delivered, retrying, archived := sim.Delivered, sim.Retrying, sim.Archived
	for _, test := range []struct {
		filter sim.CallbackFilter
		want   int
	}{
		{sim.CallbackFilter{}, 6},
		{sim.CallbackFilter{Request: first.ID}, 4},
		{sim.CallbackFilter{Request: second.ID}, 2},
		{sim.CallbackFilter{Request: "nothing"}, 0},
		{sim.CallbackFilter{State: &delivered}, 4},
		{sim.CallbackFilter{State: &retrying}, 2},
		{sim.CallbackFilter{State: &archived}, 0},
		{sim.CallbackFilter{Request: first.ID, State: &retrying}, 0},
	} {
		if got := count(test.filter); got != test.want {
			t.Errorf("%+v: %d callbacks, want %d", test.filter, got, test.want)
		}
	}
}

// TestCauses: each event of a story follows from the one before it.
func TestCauses(t *testing.T) {
	w := start(t, newConfig())
	w.answer = func(a posted) sim.Answer {
		if a.CallbackCount == 1 {
			return err500
		}
		return ok200
	}
	w.requestIdle(euicc.OpActivate, byLocal(1))
	want := []struct {
		kind   sim.EventKind
		detail string
	}{
		{sim.RequestAccepted, ""}, {sim.OperationSucceeded, "activate"}, {sim.AttemptSent, ""},
		{sim.AttemptFailed, "500"}, {sim.AttemptSent, ""}, {sim.AttemptAcknowledged, "200"},
	}
	events := w.events()
	if len(events) != len(want) {
		t.Fatal(dump(w))
	}
	for i, e := range events {
		if e.Kind != want[i].kind || e.Detail != want[i].detail || e.Cause != uint64(i) {
			t.Fatalf("event %d is a %s (%s) because of %d", e.Seq, e.Kind, e.Detail, e.Cause)
		}
	}
}

// TestEventKinds is a closed list, and every kind of event happens.
func TestEventKinds(t *testing.T) {
	w := start(t, newConfig())
	token, _ := w.issue()
	w.Revoke(appKey, secret, token)
	w.Logout(w.login())
	for range 5 {
		w.Login(username, "wrong")
	}
	w.SetClock(config.Manual, 1)
	w.power(1, false)
	w.requestIdle(euicc.OpDownload, byLocal(1))
	w.requestIdle(euicc.OpActivate, byLocal(1), byLocal(1))
	w.power(1, true)
	w.requestIdle(euicc.OpDownload, byLocal(1))
	w.requestIdle(euicc.OpSetFallback, byLocal(1))
	w.network(false)
	w.answer = func(posted) sim.Answer { return err500 }
	archived := w.requestIdle(euicc.OpActivate, byLocal(2))
	for _, do := range []sim.Steering{sim.Duplicate, sim.Resend, sim.Hold, sim.Release, sim.Drop} {
		if _, err := w.Steer(w.callbacks(archived)[0].ID, do); err != nil {
			t.Fatal(err)
		}
	}
	w.idle()
	w.Deregister(account, config.ProfileService)
	w.requestIdle(euicc.OpActivate, byLocal(2))
	w.Register(config.Listener{Account: account, Service: config.ProfileService, URL: config.Mailbox, Username: "", Password: ""})
	w.requestIdle(euicc.OpActivate, byLocal(2))
	w.mail()
	if err := w.AddRules([]rule.Rule{{Name: "late", Callback: &rule.Callback{Early: true}}, {Name: "lost", Outcome: &rule.Outcome{Silent: true}, When: rule.When{Times: 1}}}); err != nil {
		t.Fatal(err)
	}
	w.requestIdle(euicc.OpActivate, byLocal(2), byLocal(2))
	seen := map[sim.EventKind]bool{}
	note := func() {
		for _, e := range w.events() {
			seen[e.Kind] = true
		}
	}
	note()
	w.save("all")
	w.rewind("all")
	note()
	w.Reset(sim.ResetOptions{})
	note()
	words := map[string]bool{}
	for _, k := range sim.EventKinds() {
		if !seen[k] || words[k.String()] || strings.Count(k.String(), ".") != 1 {
			t.Errorf("%s: seen %v", k, seen[k])
		}
		words[k.String()] = true
	}
	if len(seen) != len(sim.EventKinds()) {
		t.Errorf("%d kinds happened, the list has %d", len(seen), len(sim.EventKinds()))
	}
}
