package sim_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/sim"
)

// ruledWorld is a sandbox with rules.
func ruledWorld(t *testing.T, rules ...rule.Rule) *world {
	t.Helper()
	cfg := newConfig()
	for i := range rules {
		if rules[i].Name == "" {
			rules[i].Name = fmt.Sprintf("rule-%d", i+1)
		}
	}
	cfg.Rules = rules
	return start(t, cfg)
}

// outcome and message are rules that always match.
func outcome(o rule.Outcome) rule.Rule {
	r := rule.Rule{Outcome: &o}
	if o.Warn || o.Expire {
		r.When.Operations = []string{"download", "enable"}
	}
	return r
}

func message(c rule.Callback) rule.Rule { return rule.Rule{Callback: &c} }

// sentSince lists what was sent since the last time, each with the minute, whom it is about and its callbackCount.
func (w *world) sentSince() (all []string) {
	for _, p := range w.take() {
		all = append(all, fmt.Sprintf("%s %s/%d", p.at.Sub(w.Info().Start), p.Outcome.Profile.ICCID[len(p.Outcome.Profile.ICCID)-1:], p.CallbackCount))
	}
	return all
}

func expectList(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s: %q\nwant %q", what, got, want)
	}
}

// ruleEvents are what rules did, as events.
func (w *world) ruleEvents() (all []string) {
	for _, e := range w.events() {
		if e.Kind == sim.RuleApplied || e.Kind == sim.RuleSkipped {
			all = append(all, e.Kind.String()+" "+e.Detail)
		}
	}
	return all
}

func report(t *testing.T, w *world, r sim.Request) sim.RequestReport {
	t.Helper()
	report, err := w.RequestReport(r.ID, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestCallbackDelayDropHold(t *testing.T) {
	delay, drop, hold := message(rule.Callback{Delay: 2 * minute}), message(rule.Callback{Drop: true}), message(rule.Callback{Hold: true})
	delay.When.EID, drop.When.EID, hold.When.EID = eid(1), "*2", "*3"
	w := ruledWorld(t, delay, drop, hold)
	r := w.requestIdle(euicc.OpDownload, byLocal(1), byLocal(2), byLocal(3))
	w.expectTold(r, "LOCAL ACTIVE, delivered", "LOCAL ACTIVE, dropped", "LOCAL ACTIVE, held")
	expectList(t, "sent", w.sentSince(), "2m0s 1/1")
	expectList(t, "events", w.ruleEvents(), "rule.applied rule-1: delay 2m0s", "rule.applied rule-2: drop", "rule.applied rule-3: hold")
	if w.ReleaseAll() != 1 {
		t.Error("nothing was held")
	}
	w.idle()
	expectList(t, "sent", w.sentSince(), "2m0s 3/1")
	if got := report(t, w, r).Entries[2].Callbacks[0].Rules; len(got) != 1 || got[0] != (sim.Applied{Rule: "rule-3", Did: "hold"}) {
		t.Errorf("%+v", got)
	}
}

// TestCallbackDuplicate: the copies come after the attempt that they repeat, and are not repeated themselves.
func TestCallbackDuplicate(t *testing.T) {
	w := ruledWorld(t, message(rule.Callback{Duplicate: 2, Delay: minute}))
	r := w.requestIdle(euicc.OpDownload, byLocal(1))
	expectList(t, "sent", w.sentSince(), "0s 1/1", "1m0s 1/1", "1m0s 1/1")
	for i, c := range report(t, w, r).Entries[0].Callbacks {
		if want := (sim.Applied{Rule: "rule-1", Did: "copy of callback 1"}); i > 0 && (len(c.Rules) != 1 || c.Rules[0] != want) {
			t.Errorf("callback %d: %+v", c.ID, c.Rules)
		}
	}

	w = ruledWorld(t, rule.Rule{When: rule.When{Attempt: 2}, Callback: &rule.Callback{Duplicate: 1}})
	w.answer = func(p posted) sim.Answer {
		if p.CallbackCount == 2 {
			return ok200
		}
		return err500
	}
	w.requestIdle(euicc.OpDownload, byLocal(1))
	expectList(t, "sent", w.sentSince(), "0s 1/1", "5m0s 1/2", "5m0s 1/2")
	fault := &rule.Fault{Message: "Insufficient memory"}
	w = ruledWorld(t, message(rule.Callback{Duplicate: 1}), outcome(rule.Outcome{Fault: fault}))
	r = w.requestIdle(euicc.OpDownload, byLocal(1))
	if all := w.callbacks(r); len(all) != 2 || all[1].Told != fault {
		t.Errorf("%+v", all)
	}
}

// TestFewerCopies than a rule asks for, when there is no room for more.
func TestFewerCopies(t *testing.T) {
	budgets := sim.NewBudgets()
	budgets.Limit(sim.BudgetPending, 2)
	w := budgeted(t, "one", budgets)
	copies := message(rule.Callback{Duplicate: 3})
	copies.Name = "copies"
	must(t, w.AddRules([]rule.Rule{copies}))
	w.requestIdle(euicc.OpDownload, byLocal(1))
	expectList(t, "sent", w.sentSince(), "0s 1/1", "0s 1/1", "0s 1/1")
	expectList(t, "events", w.ruleEvents(),
		"rule.applied copies: duplicate 3", "rule.skipped copies: 2 of 3 copies, because the budget of what is pending is spent")
}

// TestNobodyListens: rules for callbacks strike nothing then.
func TestNobodyListens(t *testing.T) {
	second := message(rule.Callback{Drop: true})
	second.When.Attempt = 1
	w := ruledWorld(t, message(rule.Callback{Duplicate: 1}), second)
	must(t, w.Deregister(account, config.ProfileService))
	r := w.requestIdle(euicc.OpDownload, byLocal(1))
	w.expectTold(r, "LOCAL ACTIVE, unheard")
	for _, hit := range w.Rules() {
		if hit.Occasions != 0 || hit.Hits != 0 {
			t.Errorf("%s: %d of %d", hit.Name, hit.Hits, hit.Occasions)
		}
	}
}

// TestHoldAndRule of one callback: it is held, and what the rule says holds when it goes.
func TestHoldAndRule(t *testing.T) {
	for _, does := range []rule.Callback{{Duplicate: 1}, {Swap: true}, {Delay: minute}, {Early: true}} {
		w := ruledWorld(t, message(does))
		hold, err := w.HoldAll(sim.HoldFilter{})
		must(t, err)
		r := w.submit(euicc.OpDownload, "", byLocal(1))
		w.Early(t.Context(), r)
		w.Replied(r)
		w.idle()
		w.expectTold(r, "LOCAL ACTIVE, held")
		if n, err := w.Lift(hold.ID); n != 1 || err != nil {
			t.Errorf("%d released, %v", n, err)
		}
		w.idle()
		if n := len(w.take()); n != 1+does.Duplicate {
			t.Errorf("%+v: %d sent", does, n)
		}
	}
}

// TestCallbackSwap: each comes after the next one of its account, or alone.
func TestCallbackSwap(t *testing.T) {
	w := ruledWorld(t, message(rule.Callback{Swap: true}))
	w.requestIdle(euicc.OpDownload, byLocal(1), byLocal(2), byLocal(3))
	expectList(t, "sent", w.sentSince(), "0s 2/1", "0s 1/1", "1m0s 3/1")
	if at := w.since(); at != minute {
		t.Errorf("it is %s", at)
	}

	swap := message(rule.Callback{Swap: true, Delay: 10 * minute})
	swap.When.First = 1
	w = ruledWorld(t, swap)
	first := w.request(euicc.OpDownload, byLocal(1))
	w.pass(9 * minute)
	if why := report(t, w, first).Entries[0].Callbacks[0].Why; !strings.Contains(why, "after the next callback of the account") {
		t.Error(why)
	}
	w.answer = func(posted) sim.Answer { return err500 }
	w.request(euicc.OpDownload, byLocal(2))
	w.pass(0)
	expectList(t, "sent", w.sentSince(), "9m0s 2/1", "9m0s 1/1")
}

// TestSwapEndsWithEither of the two: whoever is steered, or never sent, keeps nobody waiting.
func TestSwapEndsWithEither(t *testing.T) {
	first := message(rule.Callback{Swap: true})
	first.When.First = 1
	for name, test := range map[string]struct {
		second rule.Callback
		steer  func(w *world, first, second uint64)
		want   []string
	}{
		"second dropped": {rule.Callback{Drop: true}, nil, []string{"0s 1/1"}},
		"second held":    {rule.Callback{Hold: true}, nil, []string{"0s 1/1"}},
		"second late":    {rule.Callback{Delay: minute}, nil, []string{"1m0s 2/1", "1m0s 1/1"}},
		"first dropped": {rule.Callback{Delay: minute}, func(w *world, first, _ uint64) {
			w.Steer(first, sim.Drop)
		}, []string{"1m0s 2/1"}},
		"first held": {rule.Callback{Delay: minute}, func(w *world, first, _ uint64) {
			w.Steer(first, sim.Hold)
		}, []string{"1m0s 2/1"}},
		"first fired": {rule.Callback{Delay: minute}, func(w *world, first, _ uint64) {
			w.Fire(context.Background(), first)
		}, []string{"0s 1/1", "1m0s 2/1"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := ruledWorld(t, first, message(test.second))
			r := w.request(euicc.OpDownload, byLocal(1), byLocal(2))
			fixedTime := w.Clock()
			if test.steer != nil {
				w.pass(0)
				all := w.callbacks(r)
				test.steer(w, all[0].ID, all[1].ID)
			}
			w.idle()
			expectList(t, "sent", w.sentSince(), test.want...)
			if fixedTime.Now != w.Info().Start {
				t.Error("time passed")
			}
		})
	}
}

// TestShapeOfAMessage is handed out with it: for all of its attempts, or for one.
func TestShapeOfAMessage(t *testing.T) {
	once := rule.Rule{When: rule.When{Attempt: 2}, Callback: &rule.Callback{Truncate: 7, Truncates: true}}
	always := message(rule.Callback{Merge: `{"status":null}`})
	w := ruledWorld(t, once, always)
	w.answer = func(p posted) sim.Answer {
		if p.CallbackCount < 3 {
			return err500
		}
		return ok200
	}
	r := w.requestIdle(euicc.OpDownload, byLocal(1))
	var got []string
	for _, p := range w.take() {
		got = append(got, fmt.Sprintf("%d %s %t", p.CallbackCount, p.Effect.Merge, p.Effect.Truncates))
	}
	expectList(t, "sent", got, `1 {"status":null} false`, "2  true", `3 {"status":null} false`)
	if c := w.callbacks(r)[0]; c.Effect != always.Callback {
		t.Errorf("%+v", c.Effect)
	}
}

// TestAttemptRules are asked when their attempt is due, once each.
func TestAttemptRules(t *testing.T) {
	second := func(c rule.Callback) rule.Rule { return rule.Rule{When: rule.When{Attempt: 2}, Callback: &c} }
	for name, test := range map[string]struct {
		rule rule.Rule
		want []string
		told string
	}{
		"drop":  {second(rule.Callback{Drop: true}), []string{"0s 1/1"}, "LOCAL ACTIVE, dropped"},
		"hold":  {second(rule.Callback{Hold: true}), []string{"0s 1/1"}, "LOCAL ACTIVE, held"},
		"delay": {second(rule.Callback{Delay: minute}), []string{"0s 1/1", "6m0s 1/2", "11m0s 1/3", "16m0s 1/4"}, "LOCAL ACTIVE, archived"},
	} {
		t.Run(name, func(t *testing.T) {
			w := ruledWorld(t, test.rule)
			w.answer = func(posted) sim.Answer { return err500 }
			r := w.requestIdle(euicc.OpDownload, byLocal(1))
			w.expectTold(r, test.told)
			expectList(t, "sent", w.sentSince(), test.want...)
			if hits := w.Rules()[0].Hits; hits != 1 {
				t.Errorf("%d hits", hits)
			}
		})
	}
}

// TestLateReply: the jobs of its request are kept aside, and nobody else waits.
func TestLateReply(t *testing.T) {
	w := ruledWorld(t)
	late, err := w.Submit(sim.Request{Account: account, Op: euicc.OpDownload, Devices: sim.ListOf(byLocal(1)), Rule: "slow", RuleDid: "delay 5s after it", Late: true})
	if err != nil {
		t.Fatal(err)
	}
	other := w.request(euicc.OpDownload, byLocal(2))
	if left := w.idle(); left.Pending != 0 {
		t.Errorf("%+v", left)
	}
	w.expectTold(other, "LOCAL ACTIVE, delivered")
	w.expectTold(late)
	if pending := w.Pending("", 10); len(pending) != 1 || pending[0].Why != "the rule slow keeps the reply to the call back, and what it asks for with it" {
		t.Errorf("%+v", pending)
	}
	w.pass(minute)
	w.Replying(late) // whoever reads the reply now finds something owed
	if pending := w.Pending("", 10); len(pending) != 1 || pending[0].Why != "the reply to the call has not been written yet" {
		t.Errorf("%+v", pending)
	}
	if clock := w.Clock(); clock.NextDue > clock.Now {
		t.Errorf("%+v", clock)
	}
	w.Replied(late)
	w.idle()
	w.expectTold(late, "LOCAL ACTIVE, delivered")
	if got := report(t, w, late).Rules; len(got) != 1 || got[0] != (sim.Applied{Rule: "slow", Did: "delay 5s after it"}) {
		t.Errorf("%+v", got)
	}
}

// TestLostRequest is accepted, and nothing ever comes of it.
func TestLostRequest(t *testing.T) {
	w := ruledWorld(t)
	r, err := w.Submit(sim.Request{Account: account, Op: euicc.OpDownload, Devices: sim.ListOf(byLocal(1)), Rule: "lost", RuleDid: "accept only", Lost: true})
	if err != nil {
		t.Fatal(err)
	}
	w.Replied(r)
	w.idle()
	w.expectTold(r)
	if status, _ := w.Status(account, r.ID); status.Progress != sim.Undecided || status.Entries[0].Progress != sim.Undecided {
		t.Errorf("%+v", status)
	}
	if why := report(t, w, r).Entries[0].Why; why != "the rule lost lets the call be accepted, and nothing come of it" {
		t.Error(why)
	}
	if p := w.profile(local(1)); p.Status != euicc.StatusNotDownloaded || w.Info().Requests != 0 {
		t.Errorf("%+v", p)
	}
}

// TestRulesOfQueries: a list is a callback, too, of no device and no level.
func TestRulesOfQueries(t *testing.T) {
	profiles := message(rule.Callback{Drop: true})
	profiles.When.Level = rule.Profile
	w := ruledWorld(t, profiles, message(rule.Callback{Duplicate: 1}))
	r, err := w.Submit(sim.Request{Account: account, Query: &sim.Query{Lines: &sim.LineFilter{Account: account}}})
	if err != nil {
		t.Fatal(err)
	}
	w.Replied(r)
	w.idle()
	if n := len(w.take()); n != 2 {
		t.Errorf("%d were sent", n)
	}
}
