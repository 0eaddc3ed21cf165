package sim_test

import (
	"context"
	"slices"
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// TestReset puts everything back to the start.
func TestReset(t *testing.T) {
	w := start(t, newConfig())
	bearer, _ := w.issue()
	session := w.login()
	w.Deregister(account, config.ProfileService)
	w.Register(config.Listener{Account: account, Service: "CarrierService", URL: hook, Username: "", Password: ""})
	w.requestIdle(euicc.OpDownload, byLocal(1))
	pending := w.request(euicc.OpDeviceSuspend, byEID(1))
	w.SetClock(config.Auto, 7)
	w.advance(sim.Goal{By: minute})
	w.Reset(sim.ResetOptions{})
	info := w.Info()
	if info.Requests+info.Callbacks != 0 || info.Events != 1 || info.Listeners != 1 || info.Clock != (sim.Clock{info.Start, config.Manual, 1, info.Clock.NextDue, 2}) {
		t.Fatalf("info %+v", info)
	}
	if p := w.profile(local(1)); p.Status != euicc.StatusNotDownloaded || p.MDN != "" {
		t.Fatalf("profile %+v", p)
	}
	expectKind(t, w.CheckBearer(bearer), sim.BearerInvalid)
	again, _ := w.issue()
	expectKind(t, w.Authenticate(again, session), sim.SessionInvalid)
	w.Replied(pending)
	if all, err := w.Listeners(account); err != nil || len(all) != 1 || all[0].Service != config.ProfileService {
		t.Fatalf("listeners %+v, %v", all, err)
	}
	if w.profile(lead(1)).Suspended != euicc.NotSuspended || len(w.callbacks(pending)) != 0 {
		t.Fatal("a request survived")
	}
}

// TestResetKeeps listeners and tokens on demand; kept tokens count as issued at that moment.
func TestResetKeeps(t *testing.T) {
	w := start(t, newConfig())
	w.Register(config.Listener{Account: account, Service: config.ProfileService, URL: "http://other", Username: "", Password: ""})
	w.advance(sim.Goal{By: 50 * minute})
	open, gone := w.login(), w.login()
	bearer, _ := w.issue()
	w.Logout(gone)
	w.advance(sim.Goal{By: 10 * minute})
	w.Reset(sim.ResetOptions{Listeners: true, Tokens: true})
	if all, _ := w.Listeners(account); len(all) != 1 || all[0].URL != "http://other" {
		t.Fatalf("listeners %+v", all)
	}
	if again, left := w.issue(); again != bearer || left != 3600 {
		t.Fatalf("%q with %d seconds left", again, left)
	}
	w.advance(sim.Goal{By: 20*minute - 1})
	if err := w.Authenticate(bearer, open); err != nil {
		t.Fatal(err)
	}
	if err := w.Authenticate(bearer, gone); err == nil {
		t.Fatal("a session that was logged out is back")
	}
	if fresh := w.login(); fresh == open || fresh == gone {
		t.Fatal("a token was issued twice")
	}
}

// TestResetForgetsAttempts that are in flight.
func TestResetForgetsAttempts(t *testing.T) {
	for _, mode := range []config.Mode{config.Auto, config.Real} {
		cfg := newConfig()
		cfg.Clock = mode
		w := start(t, cfg)
		w.silent = true
		w.request(euicc.OpActivate, byLocal(1))
		drive(w)
		old := w.take()[0]
		w.Reset(sim.ResetOptions{})
		r := w.request(euicc.OpActivate, byLocal(1))
		drive(w)
		w.Answered(old.id, err500)
		drive(w)
		w.expectTold(r, "LOCAL ACTIVE, inflight")
		w.Answered(w.take()[0].id, ok200)
		drive(w)
		w.expectTold(r, "LOCAL ACTIVE, delivered")
		if info := w.Info(); info.Requests != 0 || w.since() != 0 {
			t.Fatalf("%s: info %+v", mode, info)
		}
	}
}

// TestResetOpensGates: a reply of before is of no interest after.
func TestResetOpensGates(t *testing.T) {
	cfg := newConfig()
	cfg.Clock = config.Auto
	w := start(t, cfg)
	old := w.submit(euicc.OpActivate, "", byLocal(1))
	w.Reset(sim.ResetOptions{})
	if drive(w); len(w.events()) != 1 {
		t.Fatalf("something of before is left:\n%s", dump(w))
	}
	r := w.submit(euicc.OpActivate, "", byLocal(2))
	w.Replied(old)
	if wait := w.Drive(); wait != config.Forever {
		t.Fatalf("the driver is to wait %s", wait)
	}
	w.Replied(r)
	drive(w)
	w.expectTold(r, "LOCAL ACTIVE, delivered")
}

// TestResetEndsAdvance that waits for an answer, or for a reply.
func TestResetEndsAdvance(t *testing.T) {
	arrived := make(chan struct{})
	w := hooked(t, func(sim.Message) { close(arrived) })
	w.request(euicc.OpActivate, byLocal(1))
	ended := make(chan error)
	advance := func() {
		_, err := w.Advance(context.Background(), sim.Goal{By: minute})
		ended <- err
	}
	go advance()
	<-arrived
	w.Reset(sim.ResetOptions{})
	if err := <-ended; err != nil || w.since() != 0 {
		t.Fatalf("%v, it is %s", err, w.since())
	}
	w.submit(euicc.OpActivate, "", byLocal(1))
	go advance()
	w.Reset(sim.ResetOptions{})
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if _, err := w.Advance(context.Background(), sim.Goal{By: minute}); err != nil {
		t.Fatal(err)
	}
}

// TestRequestIDsAreNeverRepeated, by another sandbox with the same seed or after a reset; one of the same
// name that starts afresh gives the same ones.
func TestRequestIDsAreNeverRepeated(t *testing.T) {
	told := func(name string) (ids []string) {
		cfg := newConfig()
		cfg.Name = name
		w := start(t, cfg)
		for epoch := uint64(1); epoch <= 3; epoch++ {
			for range 3 {
				ids = append(ids, w.requestIdle(euicc.OpDeviceResume, byEID(1)).ID)
			}
			clock, events := w.Clock(), w.events()
			if last := events[len(events)-1]; clock.Epoch != epoch || events[0].Epoch != epoch || last.Epoch != epoch || events[0].Seq != 1 {
				t.Fatalf("epoch %d: the clock says %d, the first event %+v, the last one %+v", epoch, clock.Epoch, events[0], last)
			}
			w.Reset(sim.ResetOptions{})
		}
		return ids
	}
	one, other := told("one"), told("other")
	seen := map[string]bool{}
	for _, id := range slices.Concat(one, other) {
		if seen[id] {
			t.Errorf("%s is there twice", id)
		}
		seen[id] = true
	}
	if again := told("one"); !slices.Equal(again, one) {
		t.Errorf("afresh, the requests are %v, not %v", again, one)
	}
}

// TestResetWhileFiring: the callback is told as it was, and nobody hangs.
func TestResetWhileFiring(t *testing.T) {
	sent := make(chan sim.Message, 1)
	w := hooked(t, func(m sim.Message) { sent <- m })
	if _, err := w.HoldAll(sim.HoldFilter{}); err != nil {
		t.Fatal(err)
	}
	w.request(euicc.OpActivate, byLocal(1))
	w.pass(0)
	fired := make(chan sim.Callback)
	go func() {
		c, err := w.Fire(t.Context(), 1)
		if err != nil {
			t.Error(err)
		}
		fired <- c
	}()
	first := <-sent
	w.Reset(sim.ResetOptions{})
	if c := <-fired; c.State != sim.InFlight || c.Request != first.Request {
		t.Errorf("fired %+v", c)
	}
}

// another is a configuration with a device, a listener and a clock of its own.
func another() config.Config {
	cfg := newConfig()
	cfg.Name, cfg.Scenario, cfg.Seed, cfg.Start, cfg.Clock = "elsewhere", "another", 9, cfg.Start.AddDate(1, 0, 0), config.Auto
	cfg.Credentials = []config.Credential{{AppKey: "other", AppSecret: "other", Username: "other", Password: "other"}}
	cfg.Accounts = []config.Account{{Name: "other", Cards: []euicc.Card{card(7)}}, {Name: account}}
	cfg.Listeners = []config.Listener{{Account: "other", Service: config.ProfileService, URL: "http://elsewhere"}}
	cfg.Latency[euicc.OpActivate] = config.Lognormal(minute, 2*minute)
	cfg.Compat.Set(config.Ports, "verizon")
	return cfg
}

// TestResetTo begins another configuration, in the sandbox that it was: with its name, its clients, and an epoch that is new.
func TestResetTo(t *testing.T) {
	w := start(t, newConfig())
	var inputs []recorded
	w.Watch(func(c *sim.Change) { inputs = append(inputs, recordOf(t, c)) })
	bearer, _ := w.issue()
	session, before := w.login(), w.Info()
	w.request(euicc.OpActivate, byLocal(1))
	if err := w.ResetTo(another(), sim.ResetOptions{Tokens: true}); err != nil {
		t.Fatal(err)
	}
	info := w.Info()
	if info.Name != before.Name || !slices.Equal(info.Credentials, before.Credentials) || w.Sim.Name() != before.Name {
		t.Errorf("name and credentials are %+v, and were %+v", info, before)
	}
	if want := (sim.Clock{info.Start, config.Auto, 1, info.Clock.NextDue, 2}); info.Scenario != "another" || info.Seed != 9 || info.Clock != want ||
		info.Devices != 1 || info.Requests != 0 || info.Events != 1 || !slices.Equal(info.Accounts, []string{"other", account}) {
		t.Errorf("it is %+v", info)
	}
	if w.Compat().Value(config.Ports) != "verizon" || w.Delivery() != another().Delivery || w.Config().Seed != 9 {
		t.Errorf("it is %+v", w.Config())
	}
	if err := w.Authenticate(bearer, session); err != nil {
		t.Errorf("what was to be kept: %v", err)
	}
	if e := w.events(); len(e) != 1 || e[0].Kind != sim.SandboxReset || e[0].Detail != "scenario another" {
		t.Errorf("events %+v", e)
	}
	if all, err := w.Listeners("other"); err != nil || len(all) != 1 {
		t.Errorf("listeners %v, %v", all, err)
	}
	if _, err := w.SetDevice(eid(7), &no, nil); err != nil {
		t.Error(err)
	}
	if w.Reset(sim.ResetOptions{}); w.Info().Scenario != "another" || w.Info().Clock.Epoch != 3 {
		t.Errorf("after one more reset: %+v", w.Info())
	}
	again, err := sim.New(newConfig(), sim.Env{})
	if err != nil {
		t.Fatal(err)
	}
	applyAll(t, again, inputs)
	if got, want := dump(&world{TB: t, Sim: again}), dump(w); got != want || again.Info().Seed != 9 {
		t.Errorf("applied again:\n%s\nwant\n%s", got, want)
	}
}

// TestResetToKeepsListeners of the accounts that are still there, in place of those of the configuration.
func TestResetToKeepsListeners(t *testing.T) {
	cfg := newConfig()
	cfg.Accounts = append(cfg.Accounts, config.Account{Name: "gone"})
	cfg.Listeners = append(cfg.Listeners, config.Listener{Account: "gone", Service: config.ProfileService, URL: hook})
	w := start(t, cfg)
	if err := w.ResetTo(another(), sim.ResetOptions{Listeners: true}); err != nil {
		t.Fatal(err)
	}
	if all, err := w.Listeners(account); err != nil || len(all) != 1 || w.Info().Listeners != 1 {
		t.Errorf("%d listeners, %v, %v", w.Info().Listeners, all, err)
	}
}

// TestResetToWhatCannotBe changes nothing.
func TestResetToWhatCannotBe(t *testing.T) {
	budgets := sim.NewBudgets()
	budgets.Limit(sim.BudgetDevices, 20)
	w := budgeted(t, "one", budgets)
	n := w.Info().Devices
	w.request(euicc.OpActivate, byLocal(1))
	before, journal := w.Info(), dump(w)
	large, wrong := another(), another()
	large.Accounts[0].Fleets = []config.Fleet{{Count: 30}}
	wrong.Accounts[1].Name = "other"
	expectSpent(t, w.ResetTo(large, sim.ResetOptions{}), "this needs 28 of the budget devices, and 3 of its 20 are in use in all sandboxes; remove devices or sandboxes that are done with, or start tsim with --budget devices= and more than that")
	expectKind(t, w.ResetTo(wrong, sim.ResetOptions{}), sim.Invalid)
	expectUsed(t, "after refusals", budgets, used{1, n, 1, 0, 0, 0, 0, 0})
	if got := w.Info(); got.Clock != before.Clock || got.Scenario != before.Scenario || got.Requests != 1 || dump(w) != journal {
		t.Errorf("it is %+v, and was %+v", got, before)
	}
	large.Accounts[0].Fleets[0].Count = 19
	if err := w.ResetTo(large, sim.ResetOptions{}); err != nil {
		t.Fatal(err)
	}
	expectUsed(t, "with a fleet", budgets, used{1, 20, 0, 0, 0, 0, 0, 0})
	if err := w.ResetTo(another(), sim.ResetOptions{}); err != nil {
		t.Fatal(err)
	}
	expectUsed(t, "without one", budgets, used{1, 1, 0, 0, 0, 0, 0, 0})
}
