package sim_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// mailed is a sandbox whose listener is a mailbox.
func mailed(t *testing.T) *world {
	t.Helper()
	cfg := newConfig()
	cfg.Listeners = []config.Listener{{Account: account, Service: config.ProfileService, URL: config.Mailbox, Username: "", Password: ""}}
	w := start(t, cfg)
	w.answer = func(a posted) sim.Answer {
		t.Errorf("attempt %d of callback %d was posted to %s", a.CallbackCount, a.ID, a.URL)
		return ok200
	}
	return w
}

// mail takes what is there now: a callback and the number of its attempt, or 0.
func (w *world) mail() (id uint64, attempt int) {
	w.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c, err := w.Take(ctx, account, config.ProfileService)
	if err != nil && !errors.Is(err, context.Canceled) {
		w.Fatal(err)
	}
	return c.ID, len(c.Attempts)
}

func (w *world) answerMail(id uint64, status int) sim.Callback {
	w.Helper()
	c, err := w.AnswerMail(account, config.ProfileService, id, status)
	if err != nil {
		w.Fatal(err)
	}
	return c
}

func TestMailboxKeepsAttempts(t *testing.T) {
	w := mailed(t)
	first := w.request(euicc.OpActivate, byLocal(1))
	second := w.request(euicc.OpActivate, byLocal(2))
	if r := w.idle(); !r.Idle || r.Pending != 0 || r.Delivered+r.Failed != 0 {
		t.Fatalf("time waits for a mailbox: %+v", r)
	}
	w.pass(24 * time.Hour) // nobody takes it, and it stays there
	if id, n := w.mail(); id != w.callbacks(first)[0].ID || n != 1 {
		t.Fatalf("taken: attempt %d of callback %d", n, id)
	}
	if id, _ := w.mail(); id != w.callbacks(second)[0].ID {
		t.Fatalf("then callback %d", id)
	}
	if id, _ := w.mail(); id != 0 {
		t.Fatalf("callback %d was taken twice", id)
	}
	c := w.answerMail(w.callbacks(second)[0].ID, 204)
	if c.State != sim.Delivered || c.Attempts[0].Answer.Status != 204 {
		t.Fatalf("%+v", c)
	}
	if c := w.callbacks(first)[0]; c.State != sim.InMailbox {
		t.Fatalf("the one that is not answered is %s", c.State)
	}
	w.answerMail(w.callbacks(first)[0].ID, 200)
	if info := w.Info(); info.Requests+info.Callbacks != 0 {
		t.Fatalf("something is open: %+v", info)
	}
}

// A refused attempt comes again: the interval after it was sent, or at once when that is over.
func TestMailboxRefused(t *testing.T) {
	w := mailed(t)
	r := w.request(euicc.OpActivate, byLocal(1))
	w.idle()
	sent := w.since()
	id, _ := w.mail()
	if c := w.answerMail(id, 503); c.State != sim.Retrying {
		t.Fatalf("it is %s", c.State)
	}
	_, err := w.AnswerMail(account, config.ProfileService, id, 200)
	expectKind(t, err, sim.Conflict) // not yet again
	w.idle()
	if again, n := w.mail(); again != id || n != 2 || w.since() != sent+5*minute {
		t.Fatalf("attempt %d of callback %d, %s later", n, again, w.since()-sent)
	}
	w.pass(time.Hour)
	w.answerMail(id, 503)
	w.idle()
	third := w.since()
	w.answerMail(id, 503) // without being taken
	w.idle()
	if third != sent+65*minute || w.since() != third+5*minute {
		t.Fatalf("the third attempt came %s and the fourth %s after the first", third-sent, w.since()-sent)
	}
	w.answerMail(id, 503)
	if c := w.callbacks(r)[0]; c.State != sim.Archived || len(c.Attempts) != 4 {
		t.Fatalf("%s after %d attempts", c.State, len(c.Attempts))
	}
	if id, _ := w.mail(); id != 0 {
		t.Fatalf("callback %d is still there", id)
	}
}

// The callbacks of one card come one after the other, in auto mode without more ado.
func TestMailboxKeepsTheOrder(t *testing.T) {
	w := mailed(t)
	if _, err := w.SetClock(config.Auto, 1); err != nil {
		t.Fatal(err)
	}
	w.request(euicc.OpDeviceSuspend, byEID(1))
	var all []uint64
	for {
		for w.Drive() == 0 {
		}
		id, _ := w.mail()
		if id == 0 {
			break
		}
		if other, _ := w.mail(); other != 0 {
			t.Fatalf("callback %d overtakes %d", other, id)
		}
		all = append(all, id)
		w.answerMail(id, 200)
	}
	if !slices.Equal(all, []uint64{1, 2}) {
		t.Fatalf("taken %v", all)
	}
}

func TestTakeWaits(t *testing.T) {
	w := mailed(t)
	taken := make(chan uint64)
	go func() {
		c, err := w.Take(context.Background(), account, config.ProfileService)
		if err != nil {
			t.Error(err)
		}
		taken <- c.ID
	}()
	w.request(euicc.OpActivate, byLocal(1))
	w.idle()
	if id := <-taken; id != 1 {
		t.Fatalf("taken: callback %d", id)
	}
}

func TestTakeEndsWithAReset(t *testing.T) {
	w := mailed(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := w.Take(ctx, account, config.ProfileService)
		ended <- err
	}()
	for range 1_000_000 { // it may not wait yet
		w.Reset(sim.ResetOptions{Listeners: true})
		select {
		case err := <-ended:
			expectKind(t, err, sim.Conflict)
			return
		default:
			runtime.Gosched()
		}
	}
	t.Fatal("it still waits")
}

// An answer lets the next callback go, so whoever moves time has to look again.
func TestMailAnsweredWakes(t *testing.T) {
	w := mailed(t)
	w.request(euicc.OpDeviceSuspend, byEID(1))
	w.idle()
	id, _ := w.mail()
	select {
	case <-w.Wake():
	default:
	}
	w.answerMail(id, 200)
	select {
	case <-w.Wake():
	default:
		t.Fatal("nobody is woken")
	}
}

// A reset and the end of a sandbox empty its mailboxes, and send away who waits.
func TestMailboxIsEmptied(t *testing.T) {
	w := mailed(t)
	w.requestIdle(euicc.OpActivate, byLocal(1))
	w.Reset(sim.ResetOptions{Listeners: true})
	if id, _ := w.mail(); id != 0 {
		t.Fatalf("callback %d survived a reset", id)
	}
	_, err := w.AnswerMail(account, config.ProfileService, 1, 200)
	expectKind(t, err, sim.NotFound)
	w.requestIdle(euicc.OpActivate, byLocal(1))
	w.Close()
	_, err = w.Take(context.Background(), account, config.ProfileService)
	expectKind(t, err, sim.NotFound)
}

func TestMailboxRefuses(t *testing.T) {
	w := mailed(t)
	w.requestIdle(euicc.OpActivate, byLocal(1))
	answer := func(account, service string, id uint64) error {
		_, err := w.AnswerMail(account, service, id, 200)
		return err
	}
	take := func(account, service string) error {
		_, err := w.Take(context.Background(), account, service)
		return err
	}
	expectKind(t, take("nobody", config.ProfileService), sim.AccountUnknown)
	expectKind(t, take(account, "NoService"), sim.ServiceUnknown)
	expectKind(t, take(account, "CarrierService"), sim.ListenerUnknown)
	expectKind(t, answer(account, "CarrierService", 1), sim.NotFound)
	expectKind(t, answer(account, config.ProfileService, 7), sim.NotFound)
	for _, do := range []sim.Steering{sim.Hold, sim.Drop, sim.Release, sim.Resend} {
		_, err := w.Steer(1, do)
		expectKind(t, err, sim.Conflict)
	}
	_, err := w.Fire(t.Context(), 1)
	expectKind(t, err, sim.Conflict)
	w.answerMail(1, 200)
	expectKind(t, answer(account, config.ProfileService, 1), sim.Conflict)
}

// What lies in a mailbox can be taken when the listener has another URL meanwhile, or none.
func TestMailboxOutlivesItsListener(t *testing.T) {
	w := mailed(t)
	r := w.requestIdle(euicc.OpActivate, byLocal(1))
	w.Deregister(account, config.ProfileService)
	id, _ := w.mail()
	w.answerMail(id, 500)
	w.idle()
	if c := w.callbacks(r)[0]; c.State != sim.NoListener {
		t.Fatalf("the second attempt is %s", c.State)
	}
	_, err := w.Take(context.Background(), account, config.ProfileService)
	expectKind(t, err, sim.ListenerUnknown)
}

func TestMailboxIsAListener(t *testing.T) {
	for _, preset := range config.CompatPresets() {
		cfg := newConfig()
		cfg.Listeners = nil
		cfg.Compat, _ = config.CompatPreset(preset)
		w := start(t, cfg)
		if err := w.Register(config.Listener{Account: account, Service: config.ProfileService, URL: config.Mailbox, Username: "", Password: ""}); err != nil {
			t.Errorf("with %s: %v", preset, err)
		}
		if err := w.Register(config.Listener{Account: account, Service: config.ProfileService, URL: "mailbox://x", Username: "", Password: ""}); err == nil {
			t.Errorf("with %s, there are mailboxes with a host", preset)
		}
	}
}

// The same calls at the same instants have the same journal.
func TestMailboxIsDeterministic(t *testing.T) {
	run := func() string {
		w := mailed(t)
		w.request(euicc.OpDeviceSuspend, byEID(1))
		w.request(euicc.OpActivate, byLocal(2))
		for {
			w.idle()
			id, n := w.mail()
			if id == 0 {
				return dump(w)
			}
			w.answerMail(id, map[bool]int{true: 500, false: 200}[n == 1])
		}
	}
	if a, b := run(), run(); a != b {
		t.Fatalf("one run has the journal\n%s\nanother one\n%s", a, b)
	}
}
