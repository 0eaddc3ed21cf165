package sim_test

import (
	"context"
	"sync"
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// TestManyAtOnce: callers, listeners, a driver and resets side by side; in the end every entry that
// was accepted since the last reset has its callbacks.
func TestManyAtOnce(t *testing.T) {
	cfg := newConfig()
	cfg.Clock = config.Auto
	cfg.Accounts[0].Cards = nil
	const cards, entries = 20, 3
	for n := range cards {
		cfg.Accounts[0].Cards = append(cfg.Accounts[0].Cards, card(n))
	}
	w := &world{TB: t}
	s, err := sim.New(cfg, sim.Env{Send: func(_ string, id sim.AttemptID) {
		go func() {
			if a, _ := w.Message(id); (a.ID+uint64(a.CallbackCount))%4 == 0 {
				w.Answered(id, err500)
				return
			}
			w.Answered(id, ok200)
		}()
	}})
	if err != nil {
		t.Fatal(err)
	}
	w.Sim = s
	stop, stopped := make(chan struct{}), make(chan struct{})
	go driver(w, stop, stopped)

	var all sync.WaitGroup
	side := func(times int, f func(i int)) {
		all.Go(func() {
			for i := range times {
				f(i)
			}
		})
	}
	for g := range 4 {
		side(50, func(i int) {
			n := (g*13 + i) % (cards - entries)
			r, err := w.Submit(sim.Request{
				Account: account, Op: euicc.Ops()[i%int(euicc.NumOps)], Devices: sim.ListOf(byLocal(n), byEID(n+1), byLocal(n+2)),
			})
			if err != nil {
				t.Error(err)
				return
			}
			w.Replied(r)
		})
	}
	side(100, func(int) {
		b, _, err := w.Issue(appKey, secret)
		session, err2 := w.Login(username, password)
		if err != nil || err2 != nil {
			t.Error(err, err2)
		}
		w.Authenticate(b.Token, session) // either may be gone already
	})
	side(100, func(i int) {
		w.Devices("", 5)
		w.Events(uint64(i), 10)
		w.Callbacks(sim.CallbackFilter{}, uint64(i), 10)
		w.Info()
		up := i%2 == 0
		w.SetDevice(eid(i%cards), &up, nil)
	})
	side(20, func(i int) {
		if _, err := w.Advance(context.Background(), sim.Goal{By: minute}); err != nil {
			expectKind(t, err, sim.Conflict)
		}
	})
	side(5, func(int) { w.Reset(sim.ResetOptions{}) })
	side(5, func(int) { w.Advance(context.Background(), sim.Goal{Idle: true}) })
	all.Wait()
	close(stop)
	<-stopped
	w.idle()

	if info := w.Info(); info.Requests != 0 || info.Callbacks != 0 {
		t.Fatalf("info %+v", info)
	}
	checkHistory(t, w)
	for _, e := range w.events() {
		if e.Kind != sim.RequestAccepted {
			continue
		}
		promised := 0
		for _, c := range w.callbacks(e.request) {
			if c.Outcome.Device == e.request.Op.WholeDevice() && c.Outcome.Warning != euicc.Unreachable {
				promised++
			}
		}
		if promised != entries {
			t.Errorf("%s of %d entries has %q", e.request.Op, entries, w.told(e.request))
		}
	}
}

// TestListenerCallsBack: a listener asks for the next operation from within its handler, while time
// is being advanced.
func TestListenerCallsBack(t *testing.T) {
	w := &world{TB: t}
	next := map[euicc.Op]euicc.Op{euicc.OpActivate: euicc.OpDownload, euicc.OpDownload: euicc.OpEnable, euicc.OpEnable: euicc.OpProfileSuspend}
	s, err := sim.New(newConfig(), sim.Env{Send: func(_ string, id sim.AttemptID) {
		go func() {
			a, _ := w.Message(id)
			if op, more := next[a.Request.Op]; more {
				r, err := w.Submit(sim.Request{Account: account, Op: op, Devices: sim.ListOf(euicc.IDs{EID: a.Card.EID, ICCID: a.Outcome.Profile.ICCID})})
				if err != nil {
					t.Error(err)
				}
				w.Replied(r)
			}
			w.Answered(id, ok200)
		}()
	}})
	if err != nil {
		t.Fatal(err)
	}
	w.Sim = s
	w.request(euicc.OpActivate, byLocal(1), byLocal(2), byLocal(3))
	if report := w.idle(); report.Delivered != 12 || !report.Idle || report.Now != report.From {
		t.Fatalf("report %+v", report)
	}
	for n := 1; n <= 3; n++ {
		if p := w.profile(local(n)); p.Suspended != euicc.ByProfile || p.Status != euicc.StatusEnable {
			t.Fatalf("profile %+v", p)
		}
	}
	checkHistory(t, w)
}
