package sim_test

import (
	"fmt"
	"slices"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/scheduler"

	"pgregory.net/rapid"
)

// drawRule is any rule that a scenario may have, about the sandbox of drawZoo.
func drawRule(t *rapid.T) rule.Rule {
	r := rule.Rule{Name: fmt.Sprintf("rule %d", rapid.IntRange(0, 9).Draw(t, "name"))}
	if rapid.IntRange(0, 3).Draw(t, "in a set") == 0 {
		r.Set = "a set"
	}
	switch rapid.IntRange(0, 3).Draw(t, "place") {
	case 0:
		r.Reply = drawReply(t)
	case 1:
		r.Outcome = drawOutcome(t)
	default:
		r.Callback = drawCallback(t)
	}
	drawWhen(t, &r)
	return r
}

// checkRule: what drawRule draws is a rule, by the words of those who look at rules.
func checkRule(t rapid.TB, r rule.Rule) {
	t.Helper()
	k := config.NewChecker(newConfig().Compat)
	k.Rules("", []rule.Rule{r}, map[string]bool{account: true})
	if found := k.Problems(); len(found) > 0 {
		t.Fatalf("%+v: %+v", r, found)
	}
}

func maybe(t *rapid.T, label string) bool { return rapid.IntRange(0, 3).Draw(t, label) == 0 }

func oneOf(t *rapid.T, label string, words ...string) string {
	return rapid.SampledFrom(words).Draw(t, label)
}

func drawWhen(t *rapid.T, r *rule.Rule) {
	w := &r.When
	ops := euicc.Words[euicc.Op]()
	switch p := r.Reply; {
	case p != nil && p.Accept, r.Outcome != nil && (r.Outcome.Warn || r.Outcome.Expire):
		ops = smsr()
		w.Operations = ops[rapid.IntRange(0, len(ops)-1).Draw(t, "first operation"):]
	case rapid.Bool().Draw(t, "operations"):
		w.Operations = rapid.SliceOfNDistinct(rapid.SampledFrom(ops), 1, 6, rapid.ID[string]).Draw(t, "operation")
	case p != nil:
		w.Method, w.Path = oneOf(t, "method", "", "POST", "GET"), oneOf(t, "path", "", "", "/api/*", "*/actions/*", "*/history")
	}
	if r.Reply == nil || r.Reply.Cut != rule.CutBefore {
		w.Account = oneOf(t, "account", "", "", "", account, "0*", "*", "no*")
		w.EID = oneOf(t, "eid", "", "", "", eid(1), "*2", "89*", "no*")
		w.ICCID = oneOf(t, "iccid", "", "", "", lead(1), "8944*", "*1", "no*")
		w.IMEI = oneOf(t, "imei", "", "", "", card(1).IMEI, "35*", "*2", "no*")
		w.Role = oneOf(t, "role", "", "", "", "", "LEAD", "LOCAL")
		w.Per = rapid.SampledFrom([]rule.Per{rule.PerRule, rule.PerRule, rule.PerCard, rule.PerAccount}).Draw(t, "per")
		if r.Reply == nil && maybe(t, "per request") {
			w.Per = rule.PerRequest
		}
	}
	if c := r.Callback; c != nil {
		w.Level = oneOf(t, "level", "", "", "", rule.Profile, rule.Device)
		w.Result = oneOf(t, "result", "", "", "", rule.Success, rule.Failed, rule.Warning)
		if !c.Early && !c.Swap && maybe(t, "of an attempt") {
			w.Attempt = rapid.IntRange(1, 4).Draw(t, "attempt")
		}
	}
	n := rapid.IntRange(1, 4).Draw(t, "count")
	switch rapid.IntRange(0, 7).Draw(t, "which") {
	case 0:
		w.First = n
	case 1:
		w.Nth = n
	case 2:
		w.Every = n
	}
	if maybe(t, "after") {
		w.After = rapid.IntRange(1, 2).Draw(t, "so many")
	}
	if maybe(t, "times") {
		w.Times = rapid.IntRange(1, 3).Draw(t, "so often")
	}
	if maybe(t, "chance") {
		w.Chance = rapid.SampledFrom([]float64{0.2, 0.5, 0.8, 1}).Draw(t, "of")
	}
	drawTimes(t, w)
}

func drawTimes(t *rapid.T, w *rule.When) {
	from := time.Duration(rapid.IntRange(0, 20).Draw(t, "from")) * minute
	moment := func(d time.Duration) rule.Moment {
		if rapid.Bool().Draw(t, "an instant") {
			return rule.Moment{At: scheduler.At(newConfig().Start).Add(d).Time(), Given: true}
		}
		return rule.Moment{After: d, Given: true}
	}
	if maybe(t, "from when") {
		w.From = moment(from)
	}
	if maybe(t, "until when") {
		w.Until = moment(from + time.Duration(rapid.IntRange(1, 60).Draw(t, "until"))*minute)
	}
	if maybe(t, "for a time") {
		w.TTL = time.Duration(rapid.IntRange(1, 30).Draw(t, "ttl")) * minute
	}
}

func smsr() (words []string) {
	for _, op := range waiters {
		words = append(words, op.String())
	}
	return words
}

// drawReply is not varied in what only those on the wire look at.
func drawReply(t *rapid.T) *rule.Reply {
	switch rapid.IntRange(0, 9).Draw(t, "reply") {
	case 0:
		return &rule.Reply{Status: 503, RetryAfter: time.Second}
	case 1:
		return &rule.Reply{Cut: rule.CutBefore}
	case 2:
		return &rule.Reply{Expire: rule.ExpireSession}
	case 3:
		return &rule.Reply{Cut: rule.CutAfter}
	case 4, 5:
		return &rule.Reply{Accept: true}
	}
	return &rule.Reply{After: time.Second}
}

func drawOutcome(t *rapid.T) *rule.Outcome {
	o := &rule.Outcome{}
	if maybe(t, "delay") {
		o.Delay = time.Duration(rapid.IntRange(1, 60).Draw(t, "by")) * minute / 2
	}
	switch rapid.IntRange(0, 5).Draw(t, "outcome") {
	case 0:
		o.Silent = true
		if rapid.Bool().Draw(t, "applied") {
			o.Applied = rapid.SampledFrom([]*bool{&yes, &no}).Draw(t, "is it")
		}
	case 1:
		o.Expire = true
		o.Warn = rapid.Bool().Draw(t, "warn")
	case 2:
		o.Warn = true
	case 3:
		o.Applied = &no
	default:
		o.Fault = &rule.Fault{Code: "1", Message: "no reason"}
		if rapid.Bool().Draw(t, "a sentence") {
			o.Fault = &rule.Fault{Message: rapid.SampledFrom(euicc.Faults()).Draw(t, "fault").Sentence()}
		}
		if rapid.Bool().Draw(t, "done") {
			o.Applied = &yes
		}
		o.Warn = maybe(t, "warn")
	}
	return o
}

// drawCallback is a rule that changes how things are told; drawTelling is one that does so and nothing else.
func drawCallback(t *rapid.T) *rule.Callback {
	if maybe(t, "early") {
		return &rule.Callback{Early: true, Cut: maybe(t, "cut")}
	}
	return drawTelling(t)
}

func drawTelling(t *rapid.T) *rule.Callback {
	c := &rule.Callback{}
	delay := func() {
		if rapid.Bool().Draw(t, "delay") {
			c.Delay = time.Duration(rapid.IntRange(1, 40).Draw(t, "by")) * minute / 4
		}
	}
	switch rapid.IntRange(0, 7).Draw(t, "callback") {
	case 0:
		return &rule.Callback{Drop: true}
	case 1:
		c.Hold = true
	case 2, 3:
		c.Swap = true
		delay()
	case 4, 5:
		c.Duplicate = rapid.IntRange(1, 3).Draw(t, "copies")
		delay()
	default:
		c.Delay = time.Duration(rapid.IntRange(1, 40).Draw(t, "by")) * minute / 4
	}
	if maybe(t, "merge") {
		c.Merge = `{"requestId": "another"}`
	}
	switch rapid.IntRange(0, 5).Draw(t, "body") {
	case 0:
		c.Truncates, c.Truncate = true, 3
	case 1:
		c.Cut = true
	}
	return c
}

// drawRules is some rules, no two of one name.
func drawRules(t *rapid.T, most int) []rule.Rule {
	return rapid.SliceOfNDistinct(rapid.Custom(drawRule), 0, most, func(r rule.Rule) string { return r.Name }).Draw(t, "rules")
}

// neverMatching is rules that no call, outcome or callback of the sandbox can match, each for another reason.
func neverMatching(t *rapid.T, rules []rule.Rule) []rule.Rule {
	rules = slices.Clone(rules)
	for i := range rules {
		w := &rules[i].When
		// What a rule that wants callbacks early may be about is carried out before the reply, because only then its
		// callbacks are known.
		if c := rules[i].Callback; c != nil && c.Early {
			c.Early, c.Hold = false, true
		}
		unseen := rules[i].Reply != nil && rules[i].Reply.Cut == rule.CutBefore // only its operation is known
		switch n := rapid.IntRange(0, 3).Draw(t, "why never"); {
		case n == 0 && !unseen:
			w.EID = "no*"
		case n == 1 && !unseen:
			w.Account = "*no"
		case n == 2:
			w.First, w.Every, w.Nth = 0, 0, 1<<30
		default:
			w.From, w.Until = rule.Moment{After: 100_000 * time.Hour, Given: true}, rule.Moment{}
		}
	}
	return rules
}
