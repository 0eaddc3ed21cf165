package sim_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// silentWorld is a sandbox in real time with a request in flight: the first attempt of card 1 is on its way, that of card 2 was
// answered with an error, card 3 waits for the reply to its call.
func silentWorld(t *testing.T) *world {
	t.Helper()
	cfg := newConfig()
	cfg.Clock = config.Real
	w := startWith(t, cfg, func() time.Duration { return 0 })
	w.silent = true
	w.request(euicc.OpServicePlan, byLocal(1), byLocal(2))
	w.Drive()
	w.Answered(w.take()[1].id, err500)
	w.submit(euicc.OpServicePlan, "", byLocal(3))
	w.expectStates("inflight", "retrying")
	return w
}

// adopt is a world of a sandbox that somebody else has made.
func adopt(t *testing.T, make func(sim.Env) (*sim.Sim, error)) *world {
	t.Helper()
	w := &world{TB: t}
	s, err := make(sim.Env{Send: w.send})
	if err != nil {
		t.Fatal(err)
	}
	w.Sim = s
	return w
}

// counts are the callbackCounts of what was sent, by callback.
func counts(sent []posted) (all []string) {
	for _, a := range sent {
		all = append(all, a.Card.EID[len(a.Card.EID)-1:]+":"+string(rune('0'+a.CallbackCount)))
	}
	slices.Sort(all)
	return all
}

func TestFork(t *testing.T) {
	w := silentWorld(t)
	if _, err := w.Login(username, password); err != nil {
		t.Fatal(err)
	}
	st, _ := w.Export()
	before := st.Digest()
	fresh := []config.Credential{{AppKey: "other key", AppSecret: "other", Username: "other user", Password: "other"}}
	fork := adopt(t, func(env sim.Env) (*sim.Sim, error) { return sim.Import(st.Fork("fork", fresh, 7), env) })
	if info := fork.Info(); info.Name != "fork" || info.Clock.Epoch != 7 || info.Credentials[0] != fresh[0] || info.Requests != 2 {
		t.Fatalf("%+v", info)
	}
	if known, _ := fork.Tokens(); known != 0 {
		t.Fatalf("%d tokens", known)
	}
	fork.expectStates("scheduled", "retrying")
	fork.SetClock(config.Manual, 1)
	fork.idle()
	if got := counts(fork.take()); !slices.Equal(got, []string{"1:1", "2:2", "3:1"}) {
		t.Fatalf("sent %q", got)
	}
	fork.expectStates("delivered", "delivered", "delivered")
	// Neither the original nor the State has changed.
	w.expectStates("inflight", "retrying")
	if st.Digest() != before {
		t.Fatal("the state has changed")
	}
	again := adopt(t, func(env sim.Env) (*sim.Sim, error) { return sim.Import(st.Fork("fork", fresh, 7), env) })
	again.SetClock(config.Manual, 1)
	again.idle()
	if dump(again) != dump(fork) {
		t.Fatalf("two forks end with\n%s\nand\n%s", dump(fork), dump(again))
	}
	// A new request has another requestId than in the original.
	if a, b := fork.request(euicc.OpServicePlan, byLocal(1)), w.request(euicc.OpServicePlan, byLocal(1)); a.ID == b.ID {
		t.Fatalf("both are %s", a.ID)
	}
}

func TestRewind(t *testing.T) {
	w := silentWorld(t)
	snap := w.save("silent")
	session, err := w.Login(username, password)
	if err != nil {
		t.Fatal(err)
	}
	bearer, _ := w.issue()
	inFlight := sim.AttemptID{Epoch: 1, Callback: 1}
	m, _ := w.Message(inFlight)
	w.SetClock(config.Manual, 1)
	w.power(2, false)
	w.rewind("silent")
	select {
	case <-m.Over:
	default:
		t.Error("whoever waits for an answer is not told that it is over")
	}
	if clock := w.Clock(); clock.Epoch != 2 || clock.Mode != config.Real || clock.Now != snap.State.Now {
		t.Fatalf("%+v", clock)
	}
	if err := w.Authenticate(bearer, session); err != nil {
		t.Fatal(err)
	}
	w.Answered(inFlight, ok200) // of the epoch that is over
	w.expectStates("scheduled", "retrying")
	if d, err := w.Device(eid(2)); err != nil || !d.Powered {
		t.Fatalf("%+v, %v", d, err)
	}
	if !strings.Contains(dump(w), "sandbox.rewound") {
		t.Fatal(dump(w))
	}
	w.SetClock(config.Manual, 1)
	w.silent = false
	w.idle()
	w.expectStates("delivered", "delivered", "delivered")
}

// TestRewindNeedsNoOtherRoom: a sandbox that fills the budgets can be taken back, and what is used in the end is what is there.
func TestRewindNeedsNoOtherRoom(t *testing.T) {
	budgets := sim.NewBudgets()
	budgets.Limit(sim.BudgetPending, 2)
	budgets.Limit(sim.BudgetDevices, 3)
	budgets.Limit(sim.BudgetHolds, 1)
	s, err := sim.New(newConfig(), sim.Env{Budgets: budgets})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Submit(sim.Request{Account: account, Op: euicc.OpServicePlan, Devices: sim.ListOf(byLocal(1), byLocal(2))}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.HoldAll(sim.HoldFilter{}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Save("full"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Rewind("full"); err != nil {
			t.Fatal(err)
		}
	}
	used := map[string]int{}
	for _, b := range budgets.Use() {
		used[b.Name] = b.Used
	}
	if used["pending"] != 2 || used["devices"] != 3 || used["holds"] != 1 || used["sandboxes"] != 1 || used["snapshots"] == 0 {
		t.Fatalf("%v", used)
	}
	st, _ := s.Export()
	if _, err := sim.Import(st, sim.Env{Budgets: budgets}); err == nil {
		t.Fatal("there is room for a second one")
	}
	s.Close()
	for _, b := range budgets.Use() {
		if b.Used != 0 {
			t.Errorf("%d of %s are used by nobody", b.Used, b.Name)
		}
	}
}

// TestRecover: attempts in flight count as unanswered. Each comes again after the interval, with the next number.
func TestRecover(t *testing.T) {
	w := silentWorld(t)
	st, _ := w.Export()
	again := adopt(t, func(env sim.Env) (*sim.Sim, error) { return sim.Import(st, env) })
	again.Recover(0)
	again.expectStates("retrying", "retrying")
	c := again.Callbacks(sim.CallbackFilter{}, 0, 1)[0]
	if len(c.Attempts) != 1 || c.Attempts[0].Answer != (sim.Answer{Result: sim.Other, Err: "tsim was restarted"}) || again.Clock().Epoch != 1 {
		t.Fatalf("%+v", c)
	}
	again.SetClock(config.Manual, 1)
	again.advance(sim.Goal{By: 5*minute - 1})
	if got := counts(again.take()); !slices.Equal(got, []string{"3:1"}) {
		t.Fatalf("sent %q before the interval has passed", got)
	}
	again.idle()
	if got := counts(again.take()); !slices.Equal(got, []string{"1:2", "2:2"}) {
		t.Fatalf("sent %q", got)
	}
}

// TestMailStays: what lies in a mailbox, or was taken from there, stays so in a fork.
func TestMailStays(t *testing.T) {
	cfg := newConfig()
	cfg.Listeners[0].URL = config.Mailbox
	w := start(t, cfg)
	w.request(euicc.OpServicePlan, byLocal(1), byLocal(2))
	w.idle()
	if _, err := w.Take(t.Context(), account, config.ProfileService); err != nil {
		t.Fatal(err)
	}
	st, _ := w.Export()
	fork := adopt(t, func(env sim.Env) (*sim.Sim, error) { return sim.Import(st.Fork("fork", cfg.Credentials, 1), env) })
	fork.expectStates("mailbox", "mailbox")
	if c, err := fork.Take(t.Context(), account, config.ProfileService); err != nil || c.ID != 2 {
		t.Fatalf("%+v, %v", c, err)
	}
	for id := range uint64(2) {
		if _, err := fork.AnswerMail(account, config.ProfileService, id+1, 200); err != nil {
			t.Fatal(err)
		}
	}
	fork.idle()
	fork.expectStates("delivered", "delivered")
}

// TestAdvancing: an import is in the middle of what the original is in the middle of, until somebody says that nobody is at it.
func TestAdvancing(t *testing.T) {
	w := start(t, newConfig())
	var st sim.State
	w.answer = func(posted) sim.Answer {
		st, _ = w.Export()
		return ok200
	}
	w.requestIdle(euicc.OpServicePlan, byLocal(1))
	if !st.Advancing {
		t.Fatal("no advance is running")
	}
	again := adopt(t, func(env sim.Env) (*sim.Sim, error) { return sim.Import(st, env) })
	_, err := again.Advance(t.Context(), sim.Goal{})
	expectKind(t, err, sim.Conflict)
	again.Recover(st.Now)
	again.idle()
	again.expectStates("delivered")
	fork := adopt(t, func(env sim.Env) (*sim.Sim, error) { return sim.Import(st.Fork("fork", st.Config.Credentials, 1), env) })
	fork.idle()
	fork.expectStates("delivered")
}
