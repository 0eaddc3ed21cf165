package sim_test

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/scheduler"
	"tsim/internal/sim"

	"pgregory.net/rapid"
)

// slow is a sandbox whose downloads take ten minutes.
func slow(t testing.TB) *world {
	t.Helper()
	cfg := newConfig()
	fixed(&cfg, euicc.OpDownload, 10*minute)
	return start(t, cfg)
}

func TestAdvanceBy(t *testing.T) {
	w := slow(t)
	r := w.request(euicc.OpDownload, byLocal(1))
	report := w.advance(sim.Goal{By: 10*minute - 1})
	if len(w.told(r)) != 0 || report.Ran != 0 || report.Pending != 1 || report.Idle || report.Now.Sub(report.From) != 10*minute-1 {
		t.Fatalf("report %+v", report)
	}
	report = w.advance(sim.Goal{By: 1}) // what is due at the goal is done
	if report.Delivered != 1 || report.Pending != 0 || !report.Idle || w.since() != 10*minute {
		t.Fatalf("report %+v", report)
	}
	w.advance(sim.Goal{By: time.Hour}) // by an hour, whether or not there is something to do
	if w.since() != time.Hour+10*minute {
		t.Fatalf("it is %s", w.since())
	}
}

func TestAdvanceTo(t *testing.T) {
	w := slow(t)
	r := w.request(euicc.OpDownload, byLocal(1))
	w.advance(sim.Goal{To: on(0, 30)})
	w.expectTold(r, "LOCAL ACTIVE, delivered")
	if w.Clock().Now != on(0, 30) || w.callbacks(r)[0].Due != on(0, 10) {
		t.Fatalf("it is %s", w.since())
	}
	for _, back := range []sim.Goal{{To: on(0, 29)}, {By: -1}, {Idle: true, Limit: -1}} {
		_, err := w.Advance(context.Background(), back)
		expectKind(t, err, sim.Invalid)
	}
	w.advance(sim.Goal{To: on(0, 30)})
	if w.Clock().Now != on(0, 30) {
		t.Fatalf("it is %s", w.since())
	}
}

func TestAdvanceUntilIdle(t *testing.T) {
	w := slow(t)
	w.answer = func(posted) sim.Answer { return err500 }
	r := w.request(euicc.OpDownload, byLocal(1))
	report := w.advance(sim.Goal{Idle: true, Limit: 12 * minute})
	if report.Idle || report.Pending != 1 || w.since() != 12*minute {
		t.Fatalf("report %+v", report)
	}
	report = w.advance(sim.Goal{Idle: true})
	w.expectTold(r, "LOCAL ACTIVE, archived")
	if !report.Idle || w.since() != 25*minute || report.Failed != 3 {
		t.Fatalf("report %+v", report)
	}
	if again := w.advance(sim.Goal{Idle: true}); !again.Idle || again.Ran != 0 || again.Now != report.Now {
		t.Fatalf("report %+v", again)
	}
}

// TestDefaultLimit ends an advance until idle after a day.
func TestDefaultLimit(t *testing.T) {
	cfg := newConfig()
	fixed(&cfg, euicc.OpDownload, 25*time.Hour)
	w := start(t, cfg)
	w.request(euicc.OpDownload, byLocal(1))
	if report := w.advance(sim.Goal{Idle: true}); report.Idle || w.since() != sim.DefaultLimit {
		t.Fatalf("report %+v after %s", report, w.since())
	}
}

// TestAdvanceForever does not overflow.
func TestAdvanceForever(t *testing.T) {
	w := slow(t)
	r := w.request(euicc.OpDownload, byLocal(1))
	w.advance(sim.Goal{By: math.MaxInt64})
	w.expectTold(r, "LOCAL ACTIVE, delivered")
	if now := w.Clock().Now; now != scheduler.Never-1 {
		t.Fatalf("it is %s", now.Time())
	}
}

func TestAdvanceOneAtATime(t *testing.T) {
	arrived := make(chan struct{})
	w := hooked(t, func(sim.Message) { close(arrived) })
	w.request(euicc.OpProfileSuspend, byLocal(1))
	ended := make(chan error)
	go func() {
		_, err := w.Advance(context.Background(), sim.Goal{By: minute})
		ended <- err
	}()
	<-arrived
	_, err := w.Advance(context.Background(), sim.Goal{By: minute})
	expectKind(t, err, sim.Conflict)
	w.Answered(w.take()[0].id, ok200)
	if err := <-ended; err != nil || w.since() != minute {
		t.Fatalf("%v, it is %s", err, w.since())
	}
}

// hooked is a silent sandbox that calls f for every attempt, once it is noted.
func hooked(t rapid.TB, f func(sim.Message)) *world {
	t.Helper()
	h := &world{TB: t, silent: true}
	s, err := sim.New(newConfig(), sim.Env{Send: func(url string, id sim.AttemptID) {
		a, _ := h.Message(id)
		h.send(url, id)
		f(a)
	}})
	if err != nil {
		t.Fatalf("new sandbox: %v", err)
	}
	h.Sim = s
	return h
}

// TestAdvanceCancelled ends while an attempt is in flight; its answer counts when time goes on.
func TestAdvanceCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	w := hooked(t, func(sim.Message) { cancel() })
	r := w.request(euicc.OpProfileSuspend, byLocal(1))
	report, err := w.Advance(ctx, sim.Goal{By: minute})
	if err != context.Canceled || report.Idle || w.since() != 0 {
		t.Fatalf("%v, report %+v", err, report)
	}
	w.expectTold(r, "LOCAL not active, inflight")
	w.Answered(w.take()[0].id, ok200)
	w.advance(sim.Goal{By: minute})
	w.expectTold(r, "LOCAL not active, delivered")
	if at := w.callbacks(r)[0].Attempts; len(at) != 1 || w.since() != minute {
		t.Fatalf("attempts %+v, it is %s", at, w.since())
	}
	if _, err := w.Advance(ctx, sim.Goal{By: minute}); err != context.Canceled {
		t.Fatalf("with an ended context: %v", err)
	}
	checkHistory(t, w)
}

// TestManual: nothing happens by itself, not even what is due now.
func TestManual(t *testing.T) {
	w := start(t, newConfig())
	r := w.request(euicc.OpDeviceSuspend, byEID(1))
	for range 3 {
		if wait := w.Drive(); wait != config.Forever {
			t.Fatalf("the driver is to wait %s", wait)
		}
	}
	if len(w.told(r)) > 0 || w.since() != 0 || w.Clock().NextDue != w.Clock().Now {
		t.Fatalf("clock %+v, told %q", w.Clock(), w.told(r))
	}
}

// TestAuto jumps from due to due, and stands still in between.
func TestAuto(t *testing.T) {
	cfg := newConfig()
	cfg.Clock = config.Auto
	fixed(&cfg, euicc.OpDownload, 10*minute)
	w := start(t, cfg)
	w.answer = func(a posted) sim.Answer {
		if a.CallbackCount < 3 {
			return err500
		}
		return ok200
	}
	r := w.request(euicc.OpDownload, byLocal(1))
	drive(w)
	if at := attempts(w, w.callbacks(r)[0]); !slices.Equal(at, []time.Duration{10 * minute, 15 * minute, 20 * minute}) {
		t.Fatalf("sent at %s", at)
	}
	if drive(w); w.since() != 20*minute {
		t.Fatalf("idle time passed: it is %s", w.since())
	}
}

// TestAutoByDriver has a goroutine that drives, as a server has.
func TestAutoByDriver(t *testing.T) {
	cfg := newConfig()
	cfg.Clock = config.Auto
	fixed(&cfg, euicc.OpDownload, 10*minute)
	delivered := make(chan uint64, 10)
	w := &world{TB: t}
	s, err := sim.New(cfg, sim.Env{Send: func(_ string, id sim.AttemptID) {
		go func() {
			w.Answered(id, ok200)
			delivered <- id.Callback
		}()
	}})
	if err != nil {
		t.Fatal(err)
	}
	w.Sim = s
	stop, stopped := make(chan struct{}), make(chan struct{})
	go driver(w, stop, stopped)
	for n := 1; n <= 3; n++ {
		w.request(euicc.OpDownload, byLocal(n))
		if id := <-delivered; id != uint64(n) {
			t.Fatalf("callback %d, want %d", id, n)
		}
	}
	close(stop)
	<-stopped
	drive(w)
	if info := w.Info(); info.Callbacks != 0 || info.Requests != 0 || w.since() != 30*minute {
		t.Fatalf("info %+v", info)
	}
	checkHistory(t, w)
}

// driver is the driver of a sandbox in auto mode.
func driver(w *world, stop, stopped chan struct{}) {
	defer close(stopped)
	for {
		wake := w.Wake()
		if w.Drive() == 0 {
			continue
		}
		select {
		case <-wake:
		case <-stop:
			return
		}
	}
}

func TestSetClock(t *testing.T) {
	w := start(t, newConfig())
	for _, speed := range []float64{0, -1, math.NaN(), math.Inf(1), 1e6 + 1} {
		_, err := w.SetClock(config.Real, speed)
		expectKind(t, err, sim.Invalid)
	}
	c, err := w.SetClock(config.Auto, 1e6)
	if err != nil || c.Mode != config.Auto || c.Speed != 1e6 || c.NextDue != scheduler.Never || c != w.Clock() {
		t.Fatalf("%+v, %v", c, err)
	}
	for i, word := range config.ModeWords() {
		if m, ok := config.ParseMode(word); !ok || int(m) != i || m.String() != word {
			t.Errorf("%q is %v, %v", word, m, ok)
		}
	}
	if _, ok := config.ParseMode("virtual"); ok {
		t.Error("an unknown mode is one")
	}
}
