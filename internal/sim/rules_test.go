package sim_test

import (
	"slices"
	"strings"
	"testing"

	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/sim"
)

func reply(name string, w rule.When) rule.Rule {
	return rule.Rule{Name: name, When: w, Reply: &rule.Reply{Status: 503}}
}

func names(w *world) (all []string) {
	for _, r := range w.Rules() {
		all = append(all, r.Name)
	}
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestOrderOfRules: what is added comes first, what replaces stays where it was, and a reset takes back the configuration's.
func TestOrderOfRules(t *testing.T) {
	w := ruledWorld(t, reply("a", rule.When{}), reply("b", rule.When{}))
	must(t, w.AddRules([]rule.Rule{reply("c", rule.When{}), reply("d", rule.When{})}))
	isNew, err := w.PutRule(reply("b", rule.When{Times: 1}))
	if must(t, err); isNew {
		t.Error("b is new")
	}
	isNew, err = w.PutRule(reply("e", rule.When{}))
	if must(t, err); !isNew {
		t.Error("e is not new")
	}
	expectList(t, "rules", names(w), "e", "c", "d", "a", "b")
	must(t, w.RemoveRule("c"))
	expectKind(t, w.RemoveRule("c"), sim.NotFound)
	expectList(t, "rules", names(w), "e", "d", "a", "b")
	of := reply("set/x", rule.When{})
	of.Set = "set"
	must(t, w.AddRules([]rule.Rule{of}))
	if n := w.RemoveRules("set"); n != 1 {
		t.Errorf("%d removed", n)
	}
	if n := w.RemoveRules(""); n != 4 || len(w.Rules()) != 0 {
		t.Errorf("%d removed, %q left", n, names(w))
	}
	must(t, w.SetRules([]rule.Rule{of}))
	expectList(t, "rules", names(w), "set/x")
	w.Reset(sim.ResetOptions{})
	expectList(t, "rules", names(w), "a", "b")
}

// TestSetTwice says what is there, and how it goes.
func TestSetTwice(t *testing.T) {
	of := reply("set.x", rule.When{})
	of.Set = "set"
	w := ruledWorld(t, of)
	err := w.AddRules([]rule.Rule{of})
	if expectKind(t, err, sim.Conflict); err.Error() != "the rules of set are there already; DELETE …/rules?with=set removes them" {
		t.Error(err)
	}
}

// TestRulesThatCannotBe change nothing.
func TestRulesThatCannotBe(t *testing.T) {
	w := ruledWorld(t, reply("a", rule.When{}))
	expectKind(t, w.AddRules([]rule.Rule{reply("b", rule.When{}), reply("a", rule.When{})}), sim.Conflict)
	expectKind(t, w.AddRules([]rule.Rule{reply("b", rule.When{}), {Name: "c"}}), sim.Invalid)
	expectKind(t, w.AddRules([]rule.Rule{reply("b", rule.When{}), reply("b", rule.When{})}), sim.Invalid)
	expectKind(t, w.SetRules([]rule.Rule{{Name: "c"}}), sim.Invalid)
	for _, name := range []string{"a", "new"} {
		_, err := w.PutRule(rule.Rule{Name: name})
		expectKind(t, err, sim.Invalid)
	}
	if err := w.AddRules([]rule.Rule{reply("b", rule.When{Operations: []string{"logn"}})}); err == nil ||
		!strings.Contains(err.Error(), `/0/when/operation/0: a rule with reply has no operation "logn"; did you mean "login"?`) {
		t.Error(err)
	}
	many := slices.Repeat([]rule.Rule{reply("x", rule.When{})}, rule.MaxRules)
	for i := range many {
		many[i].Name += strings.Repeat("y", i)
	}
	expectKind(t, w.AddRules(many), sim.Conflict)
	_, err := w.Rule("b")
	expectKind(t, err, sim.NotFound)
	expectKind(t, w.RestartRule("b"), sim.NotFound)
	expectList(t, "rules", names(w), "a")
}

// TestCountsOfRules stand in the list, and can be put to 0.
func TestCountsOfRules(t *testing.T) {
	second := message(rule.Callback{Duplicate: 1})
	second.When.Nth, second.When.Per = 2, rule.PerCard
	w := ruledWorld(t, second, message(rule.Callback{Delay: minute}))
	for range 2 {
		w.requestIdle(euicc.OpServicePlan, byLocal(1), byLocal(2))
	}
	one, err := w.Rule("rule-1")
	if must(t, err); one.Occasions != 4 || one.Hits != 2 || one.Last.Sub(w.Info().Start) != minute || one.Does != "duplicate 1" {
		t.Errorf("%+v", one)
	}
	if two := w.Rules()[1]; two.Occasions != 2 || two.Hits != 2 || two.Over || two.Behind != "" {
		t.Errorf("%+v", two)
	}
	must(t, w.RestartRule("rule-1"))
	if one, _ := w.Rule("rule-1"); one.Occasions != 0 || one.Hits != 0 || one.Last != 0 {
		t.Errorf("%+v", one)
	}
	must(t, w.RestartRule(""))
	if two := w.Rules()[1]; two.Hits != 0 {
		t.Errorf("%+v", two)
	}
	w.requestIdle(euicc.OpServicePlan, byLocal(1))
	if one, _ := w.Rule("rule-1"); one.Occasions != 1 || one.Hits != 0 {
		t.Errorf("counts of before go on: %+v", one)
	}
	w.Reset(sim.ResetOptions{})
	if one, _ := w.Rule("rule-1"); one.Occasions != 0 {
		t.Errorf("%+v", one)
	}
}

// TestRuleInTime: from, until and ttl are simulated time; an earlier rule that takes everything is named.
func TestRuleInTime(t *testing.T) {
	window := message(rule.Callback{Drop: true})
	window.When.From, window.When.Until = rule.Moment{Given: true, After: minute}, rule.Moment{Given: true, At: on(0, 2).Time()}
	w := ruledWorld(t, window)
	dropped := func() bool {
		t.Helper()
		r := w.requestIdle(euicc.OpServicePlan, byLocal(1))
		return w.callbacks(r)[0].State == sim.Dropped
	}
	for i, want := range []bool{false, true, false} {
		if dropped() != want {
			t.Errorf("minute %d: dropped %t", i, !want)
		}
		w.pass(minute)
	}
	if !w.Rules()[0].Over {
		t.Error("it is not over")
	}
	short := message(rule.Callback{Drop: true})
	short.Name, short.When.TTL = "short", minute
	must(t, w.AddRules([]rule.Rule{short}))
	if !dropped() {
		t.Error("not dropped")
	}
	if w.pass(minute); dropped() {
		t.Error("dropped")
	}
	all := message(rule.Callback{Hold: true})
	all.Name = "all"
	must(t, w.AddRules([]rule.Rule{all}))
	if r, _ := w.Rule("short"); r.Behind != "all" {
		t.Errorf("%+v", r)
	}
}

func TestAskReply(t *testing.T) {
	w := ruledWorld(t,
		reply("card", rule.When{EID: "*3", Operations: []string{"download"}}),
		reply("login", rule.When{Operations: []string{"login"}, Every: 2}),
		reply("stub", rule.When{Method: "GET", Path: "/api/*/usage"}))
	ask := func(c sim.CallFacts) string {
		c.Account = account
		hit := w.AskReply(c)
		return hit.Name
	}
	if got := ask(sim.CallFacts{Operation: "download", Devices: sim.ListOf(byLocal(1), euicc.IDs{ICCID: local(3)})}); got != "card" {
		t.Errorf("%q: the card is known by its ICCID", got)
	}
	if got := ask(sim.CallFacts{Operation: "download", Devices: sim.ListOf(byLocal(1))}); got != "" {
		t.Errorf("%q", got)
	}
	for i, want := range []string{"", "login", "", "login"} {
		if got := ask(sim.CallFacts{Operation: "login"}); got != want {
			t.Errorf("login %d: %q", i+1, got)
		}
	}
	if !w.MayStub("GET", "/api/x/usage") || w.MayStub("POST", "/api/x/usage") || w.MayStub("GET", "/api/x") {
		t.Error("it may stub something else")
	}
	if got := ask(sim.CallFacts{Method: "GET", Path: "/api/x/usage"}); got != "stub" {
		t.Errorf("%q", got)
	}
	hit := w.AskReply(sim.CallFacts{Method: "GET", Path: "/api/x/usage"})
	if hit.Reply.Status != 503 || hit.Did != "status 503" || hit.Event == 0 {
		t.Errorf("%+v", hit)
	}
	select {
	case <-hit.Over:
		t.Error("it is over")
	default:
	}
	w.Reset(sim.ResetOptions{})
	<-hit.Over
	hit = w.AskReply(sim.CallFacts{Method: "GET", Path: "/api/x/usage"})
	w.Close()
	<-hit.Over
	if hit := w.AskReply(sim.CallFacts{Method: "GET", Path: "/api/x/usage"}); hit.Reply != nil {
		t.Error("a sandbox that is closed has rules")
	}
}

// TestExpireByRule ends what a call carries, and nothing else. The refusal is no call more.
func TestExpireByRule(t *testing.T) {
	cfg := newConfig()
	cfg.Limits.CallsPerSecond = 4
	w := start(t, cfg)
	expire := func(what rule.Expire, bearer, session string) error {
		return w.Expire(sim.ReplyRule{Name: "gone", Reply: &rule.Reply{Expire: what}}, bearer, session)
	}
	bearer, _ := w.issue()
	session, other := w.login(), w.login()
	must(t, w.Authenticate(bearer, session))
	expectKind(t, expire(rule.ExpireSession, bearer, session), sim.SessionExpired)
	expectKind(t, w.Authenticate(bearer, session), sim.SessionExpired)
	must(t, w.Authenticate(bearer, other))
	expectKind(t, expire(rule.ExpireBearer, bearer, other), sim.BearerInvalid)
	for _, what := range []rule.Expire{rule.ExpireBearer, rule.ExpireSession} { // of which there is none any more
		must(t, expire(what, bearer, bearer))
	}
	expectList(t, "events", w.ruleEvents(),
		"rule.skipped gone: the call has no bearer that could expire", "rule.skipped gone: the call has no session that could expire")
	expectKind(t, w.Authenticate(bearer, other), sim.BearerInvalid)
	fresh, _ := w.issue()
	if fresh == bearer {
		t.Error("the bearer is issued again")
	}
	must(t, w.Authenticate(fresh, other))
	expectKind(t, w.Authenticate(fresh, other), sim.Throttled)
}

// TestRuleOutlivesItsRemoval where it has struck already.
func TestRuleOutlivesItsRemoval(t *testing.T) {
	w := ruledWorld(t, outcome(rule.Outcome{Fault: &rule.Fault{Message: "Insufficient memory"}, Delay: minute}), message(rule.Callback{Duplicate: 1, Delay: minute}))
	r := w.request(euicc.OpDownload, byLocal(1))
	w.RemoveRules("")
	w.idle()
	w.expectTold(r, "LOCAL by a rule, delivered")
	r = w.requestIdle(euicc.OpDownload, byLocal(1))
	w.expectTold(r, "LOCAL ACTIVE, delivered")
}

func TestConfigRefusesRules(t *testing.T) {
	cfg := newConfig()
	cfg.Rules = []rule.Rule{{Name: "a", When: rule.When{Account: "nobody"}, Callback: &rule.Callback{Drop: true}}}
	var found []string
	for _, p := range cfg.Problems() {
		found = append(found, p.String())
	}
	expectList(t, "problems", found, `/rules/0/when/account: no account "nobody" in this scenario`)
}
