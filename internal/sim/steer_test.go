package sim_test

import (
	"context"
	"slices"
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// line is a sandbox whose listener has a mailbox, with three callbacks of one card: the first is in the
// mailbox, the others wait for it.
func line(t *testing.T) *world {
	t.Helper()
	cfg := newConfig()
	cfg.Listeners[0].URL = config.Mailbox
	w := start(t, cfg)
	w.request(euicc.OpProfileSuspend, byLocal(1), byLocal(1), byLocal(1))
	w.pass(0)
	w.expectStates("mailbox", "scheduled", "scheduled")
	return w
}

func (w *world) expectStates(want ...string) {
	w.Helper()
	checkHolds(w.TB, w)
	var got []string
	for _, c := range w.Callbacks(sim.CallbackFilter{}, 0, 100) {
		got = append(got, c.State.String())
	}
	if !slices.Equal(got, want) {
		w.Fatalf("the callbacks are %q, want %q", got, want)
	}
}

func (w *world) steer(id uint64, do sim.Steering) sim.Callback {
	w.Helper()
	c, err := w.Steer(id, do)
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// TestFireTheLast of a card: it waits for nobody.
func TestFireTheLast(t *testing.T) {
	w := line(t)
	if _, err := w.Fire(context.Background(), 3); err != nil {
		t.Fatal(err)
	}
	w.expectStates("mailbox", "scheduled", "mailbox")
}

// TestDropInTheMiddle: whoever came after it waits for whoever came before it.
func TestDropInTheMiddle(t *testing.T) {
	w := line(t)
	w.steer(2, sim.Hold)
	w.steer(2, sim.Drop)
	w.pass(0)
	w.expectStates("mailbox", "dropped", "scheduled")
}

// TestHoldAllOfACard: nobody who is held is woken by the one before, who is held as well.
func TestHoldAllOfACard(t *testing.T) {
	w := line(t)
	if h, err := w.HoldAll(sim.HoldFilter{}); err != nil || h.Callbacks != 2 {
		t.Fatalf("%d are held", h.Callbacks)
	}
	w.pass(minute)
	w.expectStates("mailbox", "held", "held")
	w.ReleaseAll()
	w.pass(minute)
	w.expectStates("mailbox", "mailbox", "mailbox")
	for _, c := range w.Callbacks(sim.CallbackFilter{}, 0, 100) {
		if len(c.Attempts) != 1 {
			t.Fatalf("callback %d has %d attempts", c.ID, len(c.Attempts))
		}
	}
}

// TestLift: a callback that another hold matches belongs to that one then, and one that is held by itself
// stays held.
func TestLift(t *testing.T) {
	w := start(t, newConfig())
	device, suspends, all := true, euicc.OpDeviceSuspend, sim.HoldFilter{}
	w.HoldAll(sim.HoldFilter{Device: &device})
	w.HoldAll(sim.HoldFilter{Op: &suspends})
	w.HoldAll(all)
	w.request(euicc.OpDeviceSuspend, byEID(1), byEID(2))
	w.request(euicc.OpActivate, byLocal(3))
	w.pass(0)
	w.expectStates("held", "held", "held", "held", "held")
	w.steer(3, sim.Hold) // by itself from now on
	counts := func(want ...int) {
		t.Helper()
		var got []int
		for _, h := range w.Holds(0, 10) {
			got = append(got, h.Callbacks)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("the holds have %d callbacks, want %d", got, want)
		}
	}
	lift := func(id uint64, want int) {
		t.Helper()
		if released, err := w.Lift(id); err != nil || released != want {
			t.Fatalf("lifting %d released %d, %v, want %d", id, released, err, want)
		}
	}
	counts(2, 1, 1)
	lift(3, 1)
	w.expectStates("held", "held", "held", "held", "scheduled")
	lift(1, 0)
	counts(3)
	lift(2, 3)
	w.expectStates("scheduled", "scheduled", "held", "scheduled", "scheduled")
	w.steer(2, sim.Hold)
	if h, err := w.HoldAll(all); err != nil || h.ID != 4 || h.Callbacks != 3 {
		t.Fatalf("the next hold is %+v", h)
	}
	w.steer(1, sim.Release) // what is let go by itself is no longer the hold's
	counts(2)
	lift(4, 2)
	w.expectStates("scheduled", "held", "held", "scheduled", "scheduled")
	if released := w.ReleaseAll(); released != 2 {
		t.Fatalf("%d are released", released)
	}
	_, err := w.Lift(4)
	expectKind(t, err, sim.NotFound)
}

// TestNextHolder: of the holds that are left, the oldest one that matches takes over.
func TestNextHolder(t *testing.T) {
	w := start(t, newConfig())
	for range 3 {
		w.HoldAll(sim.HoldFilter{})
	}
	w.request(euicc.OpActivate, byLocal(1))
	w.pass(0)
	for _, id := range []uint64{1, 2} {
		if released, err := w.Lift(id); err != nil || released != 0 {
			t.Fatalf("lifting %d released %d, %v", id, released, err)
		}
		if h := w.Holds(id, 1); len(h) != 1 || h[0].ID != id+1 || h[0].Callbacks != 1 {
			t.Fatalf("without %d there are %+v", id, h)
		}
	}
}

func TestHeldGoesToTheNewListener(t *testing.T) {
	w := start(t, newConfig())
	w.HoldAll(sim.HoldFilter{})
	w.request(euicc.OpActivate, byLocal(1))
	w.pass(0)
	if err := w.Register(config.Listener{Account: account, Service: config.ProfileService, URL: hook + "/2"}); err != nil {
		t.Fatal(err)
	}
	w.ReleaseAll()
	w.pass(0)
	if sent := w.take(); len(sent) != 1 || sent[0].URL != hook+"/2" {
		t.Fatalf("%+v", sent)
	}
}

// TestResendTwice: each time the listener counts from 1. A duplicate tells what the original told.
func TestResendTwice(t *testing.T) {
	cfg := newConfig()
	cfg.Delivery.Attempts = 2
	w := start(t, cfg)
	w.answer = func(posted) sim.Answer { return err500 }
	w.request(euicc.OpProfileSuspend, byLocal(1), byLocal(1))
	w.pass(20 * minute)
	for range 2 {
		w.take()
		w.steer(2, sim.Resend)
		w.steer(2, sim.Hold)
		if c := w.steer(2, sim.Release); c.State != sim.Scheduled {
			t.Fatalf("released, it is %s", c.State)
		}
		w.pass(20 * minute)
		if sent := w.take(); len(sent) != 2 || sent[0].CallbackCount != 1 || sent[1].CallbackCount != 2 {
			t.Fatalf("%+v", sent)
		}
	}
	if d := w.steer(2, sim.Duplicate); d.Entry != 1 || d.Guard == nil {
		t.Fatalf("%+v", d)
	}
}

// TestNobodyWaitsForTheResent: it has had its turn.
func TestNobodyWaitsForTheResent(t *testing.T) {
	cfg := newConfig()
	cfg.Delivery.Attempts = 1
	w := start(t, cfg)
	w.answer = func(posted) sim.Answer { return err500 }
	w.request(euicc.OpProfileSuspend, byLocal(1))
	w.pass(0)
	if err := w.Register(config.Listener{Account: account, Service: config.ProfileService, URL: config.Mailbox}); err != nil {
		t.Fatal(err)
	}
	w.steer(1, sim.Resend)
	w.request(euicc.OpProfileSuspend, byLocal(1))
	w.pass(0)
	w.expectStates("mailbox", "mailbox")
}
