package sim_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/scheduler"
	"tsim/internal/sim"
)

// wall is a wall clock that moves when it is told to.
type wall struct{ now atomic.Int64 }

func (c *wall) read() time.Duration  { return time.Duration(c.now.Load()) }
func (c *wall) pass(d time.Duration) { c.now.Add(int64(d)) }

// realWorld is a sandbox in real mode; what takes time takes ten minutes of it.
func realWorld(t testing.TB, speed float64) (*world, *wall) {
	t.Helper()
	cfg := newConfig()
	cfg.Clock, cfg.Speed = config.Real, speed
	fixed(&cfg, euicc.OpDownload, 10*minute)
	clock := &wall{}
	clock.pass(99 * time.Hour)
	return startWith(t, cfg, clock.read), clock
}

func TestRealTimeFollowsTheWall(t *testing.T) {
	w, clock := realWorld(t, 60)
	r := w.request(euicc.OpDownload, byLocal(1))
	if wait := w.Drive(); wait != 10*time.Second {
		t.Fatalf("the driver is to wait %s", wait)
	}
	clock.pass(9 * time.Second)
	if wait := w.Drive(); wait != time.Second || len(w.told(r)) > 0 || w.since() != 9*minute {
		t.Fatalf("the driver is to wait %s, it is %s", wait, w.since())
	}
	clock.pass(time.Second)
	drive(w)
	w.expectTold(r, "LOCAL ACTIVE, delivered")
	if wait := w.Drive(); wait != config.Forever {
		t.Fatalf("the driver is to wait %s", wait)
	}
	if _, err := w.SetClock(config.Real, 1); err != nil {
		t.Fatal(err)
	}
	clock.pass(time.Second)
	if w.since() != 10*minute+time.Second {
		t.Fatalf("it is %s after a change of speed", w.since())
	}
}

// TestRealTimeNeverRunsBackwards: at the highest speed, hours of the wall are more than simulated time has. It
// stops at its end.
func TestRealTimeNeverRunsBackwards(t *testing.T) {
	w, clock := realWorld(t, config.MaxSpeed)
	last := w.Clock().Now
	for range 8 {
		clock.pass(time.Hour) // two do not reach the end yet, and three are too many nanoseconds from one anchor
		now := w.Clock().Now
		if now < last {
			t.Fatalf("it is %s, and was %s", now.Time(), last.Time())
		}
		last = now
	}
	if last != scheduler.Never-1 {
		t.Fatalf("in the end it is %s", last.Time())
	}
}

// TestRealTimeGoesOnFromWhereItIs: what an advance has skipped stays skipped, and looking at the clock now and
// then loses nothing.
func TestRealTimeGoesOnFromWhereItIs(t *testing.T) {
	w, clock := realWorld(t, 3)
	for range 7 {
		clock.pass(2*minute + time.Millisecond)
		w.Clock()
	}
	w.advance(sim.Goal{By: time.Hour})
	clock.pass(time.Second)
	if want := 7*3*(2*minute+time.Millisecond) + time.Hour + 3*time.Second; w.since() != want {
		t.Fatalf("it is %s, want %s", w.since(), want)
	}
}

// TestFireInRealTime: time stands until the answer is there, which is recorded when Fire returns, and goes on then.
func TestFireInRealTime(t *testing.T) {
	w, clock := realWorld(t, 1)
	w.HoldAll(sim.HoldFilter{})
	w.request(euicc.OpProfileSuspend, byLocal(1))
	drive(w)
	w.answer = func(posted) sim.Answer {
		clock.pass(7 * time.Second)
		return ok200
	}
	c, err := w.Fire(t.Context(), 1)
	if err != nil || c.State != sim.Delivered || len(c.Attempts) != 1 || c.Attempts[0].Answer.Status != 200 {
		t.Fatalf("fired: %+v, %v", c, err)
	}
	if idle, err := w.Await(t.Context(), sim.Condition{Idle: true}); err != nil {
		t.Fatal(idle, err)
	}
	clock.pass(time.Minute)
	if w.since() != time.Minute {
		t.Fatalf("it is %s after a minute", w.since())
	}
}

// TestLadderCountsFromSending: five minutes from one attempt to the next, however late the answer.
func TestLadderCountsFromSending(t *testing.T) {
	w, clock := realWorld(t, 1)
	w.silent = true
	r := w.request(euicc.OpProfileSuspend, byLocal(1))
	for i, late := range []time.Duration{3 * minute, 7 * minute, 0, minute} {
		drive(w)
		sent := w.take()
		if len(sent) != 1 || sent[0].CallbackCount != i+1 {
			t.Fatalf("sent %+v", sent)
		}
		clock.pass(late)
		w.Answered(sent[0].id, sim.Answer{Result: sim.Timeout})
		drive(w)
		if more := w.take(); late < 5*minute && len(more) > 0 {
			t.Fatalf("sent %+v early", more)
		} else if late >= 5*minute {
			w.sent = more
			continue
		}
		clock.pass(5*minute - late)
	}
	w.expectTold(r, "LOCAL not active, archived")
	want := []time.Duration{0, 5 * minute, 12 * minute, 17 * minute}
	if at := attempts(w, w.callbacks(r)[0]); !slices.Equal(at, want) {
		t.Fatalf("sent at %s, want %s", at, want)
	}
	checkHistory(t, w)
}

// TestRealTimeAdvanced goes on from where it was taken to.
func TestRealTimeAdvanced(t *testing.T) {
	w, clock := realWorld(t, 1)
	r := w.request(euicc.OpDownload, byLocal(1))
	clock.pass(minute)
	if report := w.advance(sim.Goal{By: time.Hour}); report.Delivered != 1 || report.From.Add(time.Hour) != report.Now {
		t.Fatalf("report %+v", report)
	}
	w.expectTold(r, "LOCAL ACTIVE, delivered")
	if clock.pass(minute); w.since() != time.Hour+2*minute {
		t.Fatalf("it is %s", w.since())
	}
}

// TestAnswersOfACancelledAdvance count as soon as real time goes on.
func TestAnswersOfACancelledAdvance(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	w := hooked(t, func(a sim.Message) {
		if a.Card.EID == eid(2) {
			cancel()
		}
	})
	w.SetClock(config.Real, 1)
	r := w.request(euicc.OpActivate, byLocal(1), byLocal(2))
	w.answer, w.silent = func(posted) sim.Answer { return ok200 }, false
	if _, err := w.Advance(ctx, sim.Goal{By: minute}); err != context.Canceled {
		t.Fatal(err)
	}
	w.expectTold(r, "LOCAL ACTIVE, delivered", "LOCAL ACTIVE, delivered")
}

// TestTimeStopsWithAnswersInFlight: they count once time goes on, in whatever mode.
func TestTimeStopsWithAnswersInFlight(t *testing.T) {
	for _, then := range []config.Mode{config.Manual, config.Auto, config.Real} {
		w, clock := realWorld(t, 1)
		w.silent = true
		r := w.request(euicc.OpActivate, byLocal(1), byLocal(2))
		drive(w)
		sent := w.take()
		w.SetClock(config.Manual, 1)
		clock.pass(time.Hour)
		w.Answered(sent[1].id, err500)
		w.Answered(sent[0].id, ok200)
		w.expectTold(r, "LOCAL ACTIVE, inflight", "LOCAL ACTIVE, inflight")
		w.SetClock(then, 1)
		w.silent = false
		if then == config.Manual {
			w.advance(sim.Goal{})
		} else if then == config.Real {
			drive(w)
		}
		if then != config.Auto {
			w.expectTold(r, "LOCAL ACTIVE, delivered", "LOCAL ACTIVE, retrying")
			if w.since() != 0 {
				t.Fatalf("%s: it is %s", then, w.since())
			}
			clock.pass(5 * minute)
			w.idle()
		}
		drive(w)
		w.expectTold(r, "LOCAL ACTIVE, delivered", "LOCAL ACTIVE, delivered")
		if at := attempts(w, w.callbacks(r)[1]); !slices.Equal(at, []time.Duration{0, 5 * minute}) {
			t.Fatalf("%s: sent at %s", then, at)
		}
		checkHistory(t, w)
		answered := slices.DeleteFunc(w.events(), func(e event) bool {
			return e.Kind != sim.AttemptAcknowledged && e.Kind != sim.AttemptFailed
		})
		if answered[0].Callback != 1 || answered[1].Callback != 2 {
			t.Fatalf("%s: answers are recorded in the order they came:\n%s", then, dump(w))
		}
	}
}

// TestManyJobsAtOnce are done in stretches, and all of them.
func TestManyJobsAtOnce(t *testing.T) {
	w, _ := realWorld(t, 1)
	devices := make([]euicc.IDs, 1000)
	r := w.request(euicc.OpActivate, devices...)
	drive(w)
	if n := len(w.callbacks(r)); n != 1000 || w.Info().Callbacks != 0 {
		t.Fatalf("%d callbacks, %d of them pending", n, w.Info().Callbacks)
	}
}

// TestGateHoldsWhatIsBehindIt until its reply is written.
func TestGateHoldsWhatIsBehindIt(t *testing.T) {
	w, _ := realWorld(t, 1)
	first := w.submit(euicc.OpActivate, "", byLocal(1))
	second := w.request(euicc.OpActivate, byLocal(2))
	drive(w)
	if told := append(w.told(first), w.told(second)...); len(told) > 0 {
		t.Fatalf("told %q before the reply", told)
	}
	w.Replied(first)
	drive(w)
	w.expectTold(first, "LOCAL ACTIVE, delivered")
	w.expectTold(second, "LOCAL ACTIVE, delivered")
}
