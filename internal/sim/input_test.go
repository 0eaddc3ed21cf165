package sim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/sim"

	"pgregory.net/rapid"
)

// recorded is an input as it may be kept, with what came of it.
type recorded struct {
	Number  uint64
	At      sim.Instant
	Wall    time.Duration
	Refused []int
	Kind    string
	Do      json.RawMessage
	came    string
}

func recordOf(t rapid.TB, c *sim.Change) recorded {
	t.Helper()
	do, err := json.Marshal(c.Do)
	if err != nil {
		t.Fatal(err)
	}
	return recorded{c.Number, c.At, c.Wall, c.Refused, sim.InputKind(c.Do), do, cameOf(c)}
}

// cameOf is all that came of an input.
func cameOf(c *sim.Change) string {
	var b bytes.Buffer
	fmt.Fprintln(&b, c.Told)
	for e := range c.Events() {
		fmt.Fprintf(&b, "%+v\n", e)
	}
	if m, ok := c.Message(); ok {
		text, err := json.Marshal([]any{m.Facts, m.CallbackCount, m.URL, m.Rule, m.Effect})
		fmt.Fprintf(&b, "%s %v\n", text, err)
	}
	return b.String()
}

// applyAll applies what was recorded, and compares what comes of it.
func applyAll(t rapid.TB, s *sim.Sim, all []recorded) {
	t.Helper()
	var came string
	defer s.Watch(func(c *sim.Change) { came = cameOf(c) })()
	for _, r := range all {
		do := sim.NewCommand(r.Kind)
		if err := json.Unmarshal(r.Do, do); err != nil {
			t.Fatalf("input %d, %s %s: %v", r.Number, r.Kind, r.Do, err)
		}
		if err := s.Apply(sim.Input{Number: r.Number, At: r.At, Wall: r.Wall, Refused: r.Refused, Do: do}); err != nil {
			t.Fatalf("input %d, %s %s: %v", r.Number, r.Kind, r.Do, err)
		}
		if came != r.came {
			t.Fatalf("input %d, %s %s\ncame to  %s\nand then %s", r.Number, r.Kind, r.Do, r.came, came)
		}
	}
}

// TestInputsAreAll: whatever happens to a sandbox, its inputs alone lead to the same journal.
func TestInputsAreAll(t *testing.T) {
	often(t, 3, func(t *rapid.T) {
		cfg, deeds, mood := drawZoo(t), rapid.SliceOfN(drawDeed, 10, 60).Draw(t, "deeds"), rapid.IntRange(0, 99).Draw(t, "mood")
		cfg.Rules = drawRules(t, 5)
		budgets := sim.NewBudgets()
		budgets.Limit(sim.BudgetPending, rapid.SampledFrom([]int{5_000_000, 5_000_000, 40}).Draw(t, "pending"))
		w := newRuled(t, cfg, budgets, mood)
		var all []recorded
		w.Watch(func(c *sim.Change) { all = append(all, recordOf(t, c)) })
		w.play(deeds)
		again, err := sim.New(cfg, sim.Env{})
		if err != nil {
			t.Fatal(err)
		}
		applyAll(t, again, all)
		if got, want := dump(&world{TB: t, Sim: again}), dump(w.world); got != want {
			t.Fatalf("the journal was\n%s\nand is now\n%s", want, got)
		}
	})
}

// TestEveryKindOfInput happens in one sandbox whose time passes by itself, whose tokens are random and grow old by the clock on
// the wall, and whose server has little room. Its inputs alone lead to the same, though no secret is in them.
func TestEveryKindOfInput(t *testing.T) {
	cfg := newConfig()
	cfg.Clock, cfg.Speed, cfg.Tokens.Wall, cfg.Limits.CallsPerSecond = config.Real, 60, true, 3
	cfg.Accounts[0].Cards[2].Powered = false
	cfg.Delivery.Interval = minute
	fixed(&cfg, euicc.OpProfileSuspend, time.Second)
	budgets := sim.NewBudgets()
	budgets.Limit(sim.BudgetPending, 8)
	var wall time.Duration
	secrets := 0
	w := &world{TB: t, silent: true}
	s, err := sim.New(cfg, sim.Env{
		Send: w.send, Wall: func() time.Duration { wall += time.Microsecond; return wall }, Budgets: budgets,
		NewToken: func() string { secrets++; return fmt.Sprintf("secret text %d", secrets) },
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Sim = s
	var all []recorded
	s.Watch(func(c *sim.Change) {
		r := recordOf(t, c)
		r.Wall = c.Wall
		r.Do = regexp.MustCompile(`"secret text \d+"`).ReplaceAll(r.Do, []byte(`"`+sim.Masked+`"`))
		all = append(all, r)
	})
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	pass := func(d time.Duration) {
		wall += d / 60
		for s.Drive() == 0 {
		}
	}
	ctx := t.Context()
	answer := func(a sim.Answer) {
		pass(0)
		for _, p := range w.take() {
			s.Answered(p.id, a)
		}
		pass(0)
	}
	ask := func(op euicc.Op, ids ...euicc.IDs) { s.Replied(w.submit(op, "", ids...)) }

	bearer, _, err := s.Issue(appKey, secret)
	must(bearer, err)
	wall += 2 * time.Hour // it has died
	bearer, _, err = s.Issue(appKey, secret)
	must(bearer, err)
	must(bearer, s.Revoke(appKey, secret, bearer.Token))
	bearer, _, err = s.Issue(appKey, secret)
	must(bearer, err)
	_, _ = s.Login(username, "wrong")
	session, err := s.Login(username, password)
	must(session, err)
	changed, err := s.NewPassword(session, password)
	must(changed, err)
	second, err := s.Login(username, changed)
	must(second, err)
	for range 4 { // one too many
		_ = s.Authenticate(bearer.Token, session)
	}
	must(0, s.Logout(second))

	must(s.AddPreactive(account, []euicc.IDs{{IMEI: "350000000000099", ICCID: "89148000000000000999"}}))
	must(s.AddDevices([]config.Device{{Account: account, Card: card(7)}}))
	must(s.ChangeDevice(eid(7), "", func(c *euicc.Card) error { c.Memory = 5; return nil }))
	must(s.SetDevice(eid(7), nil, &no))
	must(0, s.RemoveDevice(eid(7)))

	must(0, s.SetRules([]rule.Rule{{Name: "expired", When: rule.When{Operations: []string{"enable"}}, Reply: &rule.Reply{Expire: rule.ExpireSession}}}))
	hit := s.AskReply(sim.CallFacts{Operation: "enable", Method: "POST", Path: "/x", Account: account})
	_ = s.Expire(hit, bearer.Token, session)
	must(s.PutRule(rule.Rule{Name: "early", Callback: &rule.Callback{Early: true}}))
	early := w.submit(euicc.OpDeviceSuspend, "", byEID(1))
	done, cancel := context.WithCancel(ctx)
	w.silent = false
	s.Early(done, early)
	w.silent = true
	cancel()
	s.Replied(early)
	given := w.submit(euicc.OpDeviceResume, "", byEID(1))
	s.Early(done, given) // which gives up at once
	s.Replied(given)
	answer(ok200)
	must(0, s.RestartRule(""))
	s.RemoveRules("")
	must(0, s.AddRules([]rule.Rule{{Name: "slow", Reply: &rule.Reply{After: time.Second}}, {Name: "copies", Callback: &rule.Callback{Duplicate: 9}}}))
	late := sim.Request{Account: account, Op: euicc.OpDeviceSuspend, Devices: sim.ListOf(byEID(2)), Late: true, Rule: "slow", RuleDid: "reply late"}
	late, err = s.Submit(late)
	must(late, err)
	s.Replying(late)
	s.Replied(late)
	pass(minute)
	answer(ok200) // and its copies, as far as there is room
	pass(minute)
	answer(ok200)
	s.RecordCall(sim.Call{Method: "POST", Path: "/x", Status: 200, Reply: sim.CallBody{Text: []byte("{}")}})
	must(0, s.RemoveRule("copies"))

	hold, err := s.HoldAll(sim.HoldFilter{})
	must(hold, err)
	ask(euicc.OpDeviceResume, byEID(2))
	pass(minute)
	must(s.Lift(hold.ID))
	s.ReleaseAll()
	answer(err500)
	retrying := sim.Retrying
	c := s.Callbacks(sim.CallbackFilter{State: &retrying}, 0, 1)[0]
	must(s.Steer(c.ID, sim.Hold))
	w.silent = false
	must(s.Fire(ctx, c.ID))
	w.silent = true
	answer(ok200)

	must(0, s.Register(config.Listener{Account: account, Service: config.ProfileService, URL: config.Mailbox}))
	ask(euicc.OpDeviceSuspend, byEID(2))
	pass(minute)
	mail, err := s.Take(ctx, account, config.ProfileService)
	must(mail, err)
	must(s.AnswerMail(account, config.ProfileService, mail.ID, 200))
	must(0, s.Deregister(account, config.ProfileService))
	must(0, s.Register(newConfig().Listeners[0]))
	ask(euicc.OpDeviceResume, byEID(2))
	w.silent = false
	must(s.SetClock(config.Manual, 1))
	must(s.Advance(ctx, sim.Goal{By: 10 * minute}))
	s.Recover(0)
	must(s.SetClock(config.Auto, 1))
	ask(euicc.OpDownload, byLocal(3))
	for s.Drive() == 0 {
	}
	w.save("here")
	s.Reset(sim.ResetOptions{Tokens: true})
	ask(euicc.OpDeviceSuspend, byEID(1))
	w.rewind("here")
	must(0, s.DeleteSnapshot("here"))
	ask(euicc.OpDeviceSuspend, byEID(1))
	w.idle()

	again, err := sim.New(cfg, sim.Env{})
	must(again, err)
	applyAll(t, again, all)
	if got, want := dump(&world{TB: t, Sim: again}), dump(w); got != want {
		t.Fatalf("the journal was\n%s\nand is now\n%s", want, got)
	}
	seen := map[string]bool{}
	for _, r := range all {
		seen[r.Kind] = true
	}
	for _, kind := range sim.InputKinds() {
		if !seen[kind] {
			t.Errorf("there was no %s", kind)
		}
	}
}
