package sim_test

import (
	"context"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/sim"
)

func TestEarly(t *testing.T) {
	w := ruledWorld(t, message(rule.Callback{Early: true}))
	r := w.submit(euicc.OpDeviceSuspend, "", byEID(1), byEID(2))
	w.Early(t.Context(), r)
	expectList(t, "sent before the reply", w.sentSince(), "0s 1/1", "0s 1/1", "0s 2/1", "0s 2/1")
	w.expectTold(r, "LEAD SUSPENDED, delivered", "device SUSPENDED, delivered", "LEAD SUSPENDED, delivered", "device SUSPENDED, delivered")
	w.Replied(r)
	if left := w.idle(); left.Now != left.From || !left.Idle {
		t.Errorf("%+v", left)
	}
}

// TestEarlyForSome: what no such rule strikes waits for the reply, though it was decided before.
func TestEarlyForSome(t *testing.T) {
	early := message(rule.Callback{Early: true})
	early.When.EID = eid(2)
	w := ruledWorld(t, early)
	r := w.submit(euicc.OpDownload, "", byLocal(1), byLocal(2))
	w.Early(t.Context(), r)
	expectList(t, "sent before the reply", w.sentSince(), "0s 2/1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Advance(ctx, sim.Goal{By: minute}); err != context.Canceled {
		t.Errorf("time passed: %v", err)
	}
	expectList(t, "sent before the reply", w.sentSince())
	w.Replied(r)
	w.idle()
	expectList(t, "sent", w.sentSince(), "0s 1/1")
}

func TestNotEarly(t *testing.T) {
	cfg := newConfig()
	fixed(&cfg, euicc.OpDownload, 2*time.Second)
	cfg.Rules = []rule.Rule{message(rule.Callback{Early: true})}
	cfg.Rules[0].Name = "early"
	w := start(t, cfg)
	late := w.submit(euicc.OpDownload, "", byLocal(1))
	w.Early(t.Context(), late)
	behind := w.submit(euicc.OpServicePlan, "", byLocal(1))
	w.Early(t.Context(), behind)
	expectList(t, "sent", w.sentSince())
	w.Replied(late)
	w.Replied(behind)
	w.idle()
	expectList(t, "events", w.ruleEvents(),
		"rule.skipped early: not early, because the execution was due 2s after the call",
		"rule.skipped early: not early, because the execution was due 2s after the call")
	if r := w.Rules()[0]; r.Skipped != 2 || r.Hits != 0 {
		t.Errorf("%+v", r)
	}
	w.take()
	// At the same instant, two for one card: the second comes after the first, and that is owed.
	first := w.submit(euicc.OpServicePlan, "", byLocal(2))
	second := w.submit(euicc.OpServicePlan, "", byLocal(2))
	w.Early(t.Context(), second)
	expectList(t, "sent", w.sentSince())
	w.Replied(first)
	w.Replied(second)
	w.idle()
	if all := w.ruleEvents(); all[len(all)-1] != "rule.skipped early: not early, because something else was owed to the card before" {
		t.Errorf("%q", all)
	}
}

// TestNotEarlyBehindAnother callback of its card that is still to be sent.
func TestNotEarlyBehindAnother(t *testing.T) {
	delay, early := message(rule.Callback{Delay: minute}), message(rule.Callback{Early: true})
	delay.When.First, early.Name = 1, "early"
	w := ruledWorld(t, delay, early)
	w.request(euicc.OpDownload, byLocal(1))
	w.pass(0)
	r := w.submit(euicc.OpServicePlan, "", byLocal(1))
	w.Early(t.Context(), r)
	expectList(t, "sent before the reply", w.sentSince())
	w.Replied(r)
	w.idle()
	expectList(t, "sent", w.sentSince(), "1m0s 1/1", "1m0s 1/1")
	expectList(t, "events", w.ruleEvents(), "rule.applied rule-1: delay 1m0s",
		"rule.applied early: early", "rule.skipped early: not early, because callback 1 of the same card comes before it")
	if u, err := w.Rule("early"); err != nil || u.Hits != 0 || u.Skipped != 1 {
		t.Errorf("%+v, %v", u, err)
	}
}

// TestEarlyEnds with ctx and with a reset; what is not answered then is, later.
func TestEarlyEnds(t *testing.T) {
	w := ruledWorld(t, message(rule.Callback{Early: true}))
	w.silent = true
	r := w.submit(euicc.OpDeviceSuspend, "", byEID(1))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		w.Early(ctx, r)
		close(done)
	}()
	var sent []posted
	for len(sent) == 0 {
		sent = w.take()
	}
	select {
	case <-done:
		t.Fatal("it waits for no answer")
	default:
	}
	cancel()
	<-done
	w.Replied(r)
	w.mu.Lock()
	w.silent = false
	w.mu.Unlock()
	w.Answered(sent[0].id, ok200)
	w.idle()
	w.expectTold(r, "LEAD SUSPENDED, delivered", "device SUSPENDED, delivered")
	expectList(t, "events", w.ruleEvents(), "rule.applied rule-1: early", "rule.applied rule-1: early",
		"rule.skipped rule-1: not early, because the call ended before its turn came")

	w.silent = true
	r = w.submit(euicc.OpDeviceResume, "", byEID(1))
	done = make(chan struct{})
	go func() {
		w.Early(t.Context(), r)
		close(done)
	}()
	for sent = nil; len(sent) == 0; {
		sent = w.take()
	}
	w.Reset(sim.ResetOptions{})
	<-done
	w.Replied(r)
	w.Answered(sent[0].id, ok200)
	if info := w.Info(); info.Requests != 0 || info.Callbacks != 0 {
		t.Errorf("%+v", info)
	}
}

// TestEarlyKeepsNobodyElseWaiting: in real mode, time goes on while a listener takes its time for what comes early. The rest of
// that request waits for the reply, and what others are owed does not.
func TestEarlyKeepsNobodyElseWaiting(t *testing.T) {
	early := message(rule.Callback{Early: true})
	early.When.Level = rule.Profile
	cfg := newConfig()
	cfg.Clock, cfg.Speed, cfg.Rules = config.Real, 1, []rule.Rule{early}
	cfg.Rules[0].Name = "early"
	fixed(&cfg, euicc.OpDeviceResume, time.Second)
	clock := &wall{}
	w := startWith(t, cfg, clock.read)
	w.silent = true
	// Entry 2 is of the same card, and waits for the reply.
	r := w.submit(euicc.OpDeviceSuspend, "", byEID(1), byEID(1))
	done := make(chan struct{})
	go func() {
		w.Early(t.Context(), r)
		close(done)
	}()
	var sent []posted
	for len(sent) == 0 {
		sent = w.take()
	}
	other := w.request(euicc.OpDeviceResume, byEID(2))
	clock.pass(time.Second)
	for wait := time.Duration(0); wait == 0; {
		wait = w.Drive()
	}
	for _, p := range w.take() {
		if p.Request.Number != other.Number {
			t.Errorf("%+v comes before the reply", p)
		}
		w.Answered(p.id, ok200)
	}
	drive(w)
	for _, p := range w.take() {
		w.Answered(p.id, ok200)
	}
	drive(w)
	w.expectTold(other, "LEAD already resumed, delivered", "device already resumed, delivered")
	w.expectTold(r, "LEAD SUSPENDED, inflight", "device SUSPENDED, scheduled")
	if all := w.Pending(r.ID, 10); len(all) != 3 || all[0].Why != all[2].Why || all[0].Why != "the reply to the call has not been written yet" {
		t.Errorf("pending %+v", all)
	}
	w.Answered(sent[0].id, ok200)
	<-done
	drive(w)
	if early := w.take(); len(early) > 0 {
		t.Errorf("%+v comes before the reply", early)
	}
	w.silent = false
	w.Replied(r)
	drive(w)
	w.expectTold(r, "LEAD SUSPENDED, delivered", "device SUSPENDED, delivered", "LEAD already suspended, delivered", "device already suspended, delivered")
}

// TestEarlyAfterItsWarning: what a rule warns of first is not carried out before that, even if there is no such device.
func TestEarlyAfterItsWarning(t *testing.T) {
	w := ruledWorld(t, message(rule.Callback{Early: true}), rule.Rule{
		Name: "warned", When: rule.When{Operations: []string{"download"}}, Outcome: &rule.Outcome{Warn: true},
	})
	r := w.submit(euicc.OpDownload, "", byEID(4))
	w.Early(t.Context(), r)
	w.Replied(r)
	w.idle()
	expectList(t, "events", w.ruleEvents(), "rule.applied warned: warning first", "rule.skipped warned: no warning, because there is no such profile",
		"rule.skipped rule-1: not early, because something else was owed to the card before")
}
