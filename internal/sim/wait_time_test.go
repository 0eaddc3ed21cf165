package sim_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/scheduler"
	"tsim/internal/sim"
)

// TestUntilIdleWaits: the validity period is owed, and a limit may fall into it.
func TestUntilIdleWaits(t *testing.T) {
	w := ready(t, euicc.OpEnable)
	r := w.request(euicc.OpEnable, byLocal(1))
	w.advance(sim.Goal{})
	if next := w.Clock().NextDue.Sub(w.Info().Start); next != 15*minute/4 {
		t.Fatalf("the next thing is due at %s", next)
	}
	for _, limit := range []time.Duration{minute, 2*minute + 45*time.Second - 1, 1, minute, 10*minute + 15*time.Second - 1} {
		report := w.advance(sim.Goal{Idle: true, Limit: limit})
		if report.Idle || report.Pending == 0 || report.Now.Sub(report.From) != limit {
			t.Fatalf("report %+v", report)
		}
	}
	w.expectTold(r, "LOCAL ACTIVE (waits), delivered")
	if report := w.advance(sim.Goal{Idle: true, Limit: 1}); !report.Idle || w.since() != 15*minute {
		t.Fatalf("report %+v", report)
	}
	w.expectTold(r, "LOCAL ACTIVE (waits), delivered", expired)
	w.expectToldAt(r, 15*minute/4, 15*minute)
}

// TestUntilIdleInOneGo ends with the validity period, and leaves nothing behind.
func TestUntilIdleInOneGo(t *testing.T) {
	w := ready(t, euicc.OpDownloadEnable)
	w.request(euicc.OpDownloadEnable, byLocal(1))
	if info := w.Info(); info.Requests != 1 || info.Callbacks != 0 {
		t.Fatalf("info %+v", info)
	}
	report := w.advance(sim.Goal{Idle: true})
	if !report.Idle || report.Delivered != 2 || w.since() != 18*minute {
		t.Fatalf("report %+v", report)
	}
	if info := w.Info(); info.Requests != 0 || info.Callbacks != 0 || info.Clock.NextDue != scheduler.Never {
		t.Fatalf("info %+v", info)
	}
}

// TestNothingIsLeftOfWhatWasWoken, so that idle is reached at the instant of the wake.
func TestNothingIsLeftOfWhatWasWoken(t *testing.T) {
	for _, after := range []time.Duration{10 * time.Second, minute} {
		w := start(t, newConfig())
		w.power(1, false)
		w.power(2, false)
		r := w.request(euicc.OpDownload, byLocal(1))
		w.pass(after)
		w.power(1, true)
		report := w.advance(sim.Goal{Idle: true})
		if !report.Idle || w.since() != after || w.Clock().NextDue != scheduler.Never {
			t.Fatalf("report %+v at %s", report, w.since())
		}
		if last := w.callbacks(r); last[len(last)-1].Outcome.Fault != euicc.OK {
			t.Fatalf("told %q", w.told(r))
		}
	}
}

// TestAutoWaits: auto time goes through warning and end by itself.
func TestAutoWaits(t *testing.T) {
	cfg := newConfig()
	cfg.Clock = config.Auto
	cfg.Accounts[0].Cards[0].Powered = false
	w := start(t, cfg)
	r := w.request(euicc.OpDownload, byLocal(1))
	if wait := w.Drive(); wait != 0 || w.since() != 0 {
		t.Fatalf("the driver is to wait %s", wait)
	}
	drive(w)
	w.expectTold(r, waits, expired)
	w.expectToldAt(r, 45*time.Second, 3*minute)
	if drive(w); w.since() != 3*minute {
		t.Fatalf("it is %s", w.since())
	}
}

// TestRealTimeWaits as long as the wall clock says.
func TestRealTimeWaits(t *testing.T) {
	for _, back := range []bool{false, true} {
		w, clock := realWorld(t, 1)
		w.power(1, false)
		r := w.request(euicc.OpDownloadDisable, byLocal(1))
		drive(w)
		if wait := w.Drive(); wait != 45*time.Second {
			t.Fatalf("the driver is to wait %s", wait)
		}
		clock.pass(45 * time.Second)
		drive(w)
		w.expectTold(r, waits)
		clock.pass(minute)
		end := expired
		if back {
			w.power(1, true)
			end = done
		}
		drive(w)
		clock.pass(75 * time.Second)
		drive(w)
		w.expectTold(r, waits, end)
		if wait := w.Drive(); wait != config.Forever {
			t.Fatalf("the driver is to wait %s", wait)
		}
	}
}

// TestResetWhileWaiting: nobody waits any more, and nobody is busy.
func TestResetWhileWaiting(t *testing.T) {
	w := start(t, newConfig())
	w.power(1, false)
	w.request(euicc.OpDownload, byLocal(1))
	w.pass(minute)
	w.Reset(sim.ResetOptions{})
	if report := w.advance(sim.Goal{Idle: true}); !report.Idle || w.since() != 0 || len(w.events()) != 1 {
		t.Fatalf("report %+v\n%s", report, dump(w))
	}
	w.expectTold(w.requestIdle(euicc.OpDownload, byLocal(1)), done)
	w.power(1, false)
	w.power(1, true)
	if w.idle(); w.since() != 0 {
		t.Fatalf("it is %s", w.since())
	}
}

// TestResetEndsWaiting of an advance that is on its way to the end of the validity period.
func TestResetEndsWaiting(t *testing.T) {
	arrived := make(chan struct{})
	w := hooked(t, func(sim.Message) { close(arrived) })
	w.power(1, false)
	w.request(euicc.OpDownload, byLocal(1))
	ended := make(chan sim.Advanced)
	go func() {
		r, err := w.Advance(context.Background(), sim.Goal{Idle: true})
		if err != nil {
			t.Error(err)
		}
		ended <- r
	}()
	<-arrived // the warning
	w.Reset(sim.ResetOptions{})
	if report := <-ended; report.Pending != 0 || w.since() != 0 {
		t.Fatalf("report %+v", report)
	}
	for _, a := range w.take() {
		w.Answered(a.id, ok200)
	}
	if len(w.events()) != 1 {
		t.Fatal(dump(w))
	}
}

// TestWaitingInTheJournal: what follows from what.
func TestWaitingInTheJournal(t *testing.T) {
	w := ready(t, euicc.OpEnable)
	w.request(euicc.OpEnable, byLocal(1))
	w.pass(5 * minute)
	w.power(1, true)
	w.power(1, false)
	w.pass(minute)
	w.power(1, true)
	w.idle()
	type line struct {
		kind   sim.EventKind
		cause  uint64
		detail string
	}
	var got []line
	for _, e := range w.events() {
		got = append(got, line{e.Kind, e.Cause, e.Detail})
		if e.Kind == sim.OperationWaiting && (e.EID != eid(1) || e.ICCID != local(1) || e.Callback != 0) {
			t.Fatalf("%+v", e)
		}
	}
	want := []line{
		{sim.RequestAccepted, 0, ""},
		{sim.OperationWaiting, 1, "enable"}, // once, however often it is put off
		{sim.OperationWarned, 1, "enable"},
		{sim.AttemptSent, 3, ""},
		{sim.AttemptAcknowledged, 4, "200"},
		{sim.DeviceChanged, 0, "powered yes, connected yes"},
		{sim.DeviceChanged, 0, "powered no, connected yes"},
		{sim.DeviceChanged, 0, "powered yes, connected yes"},
		{sim.OperationSucceeded, 1, "enable"},
		{sim.AttemptSent, 9, ""},
		{sim.AttemptAcknowledged, 10, "200"},
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got  %v\nwant %v", got, want)
	}
}

// TestManyWake: a bulk whose devices come back one after the other.
func TestManyWake(t *testing.T) {
	const count = 300
	cfg := newConfig()
	var devices []euicc.IDs
	for n := 10; n < 10+count; n++ {
		c := card(n)
		c.Powered = false
		cfg.Accounts[0].Cards = append(cfg.Accounts[0].Cards, c)
		devices = append(devices, byLocal(n))
	}
	w := start(t, cfg)
	r := w.request(euicc.OpDownload, devices...)
	w.pass(minute)
	for n := 10; n < 10+count; n += 2 {
		w.power(n, true)
	}
	w.idle()
	told := map[string]int{}
	for _, c := range w.callbacks(r) {
		told[what(c.Outcome)]++
	}
	if told["PRE_ACTIVE (waits)"] != count || told["ACTIVE"] != count/2 || told["expired"] != count/2 {
		t.Fatalf("told %v", told)
	}
}
