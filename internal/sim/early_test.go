package sim_test

import (
	"context"
	"testing"
	"time"

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
