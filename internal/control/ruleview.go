package control

import (
	"bytes"
	"encoding/json"
	"time"

	"tsim/internal/rule"
	"tsim/internal/scenario"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

// A rule is told as a scenario would say it, so that what was got can be put.

func ruleReportView(r *sim.RuleReport) tsimclient.RuleReport {
	v := tsimclient.RuleReport{
		Rule: ruleView(&r.Rule), Set: r.Set, Does: r.Does, Occasions: r.Occasions, Hits: r.Hits, Skipped: r.Skipped,
		Over: r.Over, Behind: r.Behind,
	}
	if r.Last != 0 {
		v.Last = r.Last.Time()
	}
	return v
}

func ruleView(r *rule.Rule) tsimclient.Rule {
	v := tsimclient.Rule{Name: r.Name, About: r.About, When: whenView(&r.When)}
	if r.Reply != nil {
		v.Reply = replyRuleView(r.Reply)
	}
	if r.Outcome != nil {
		v.Outcome = outcomeRuleView(r.Outcome)
	}
	if r.Callback != nil {
		v.Callback = callbackRuleView(r.Callback)
	}
	return v
}

func whenView(w *rule.When) tsimclient.When {
	v := tsimclient.When{
		Method: w.Method, Path: w.Path, Account: w.Account, EID: w.EID, ICCID: w.ICCID, IMEI: w.IMEI,
		Role: tsimclient.Role(w.Role), Level: tsimclient.Level(w.Level), Result: tsimclient.Result(w.Result), Attempt: w.Attempt,
		First: w.First, Nth: w.Nth, Every: w.Every, After: w.After, Times: w.Times, Chance: w.Chance,
		From: momentText(w.From), Until: momentText(w.Until), TTL: durationText(w.TTL),
	}
	for _, op := range w.Operations {
		v.Operation = append(v.Operation, tsimclient.Operation(op))
	}
	if w.Per != rule.PerRule {
		v.Per = tsimclient.Per(w.Per.String())
	}
	return v
}

func replyRuleView(p *rule.Reply) *tsimclient.Reply {
	v := &tsimclient.Reply{
		Status: p.Status, ContentType: p.ContentType, RetryAfter: durationText(p.RetryAfter),
		Delay: tsimclient.Delay{Before: durationText(p.Delay), After: durationText(p.After)},
		Pace:  p.Pace, Cut: tsimclient.Cut(p.Cut.String()), Accept: p.Accept, Expire: tsimclient.Expire(p.Expire.String()),
	}
	if p.Error != nil {
		v.Error = &tsimclient.ReplyError{Code: p.Error.Code, Message: p.Error.Message}
	}
	switch {
	case p.Body == "":
	case p.JSON():
		v.Body = json.RawMessage(p.Body)
	default:
		text, _ := encode(p.Body) // a text always can be
		v.Body = bytes.TrimSuffix(text, []byte("\n"))
	}
	return v
}

func outcomeRuleView(o *rule.Outcome) *tsimclient.Outcome {
	v := &tsimclient.Outcome{Delay: durationText(o.Delay), Warn: o.Warn, Expire: o.Expire, Applied: o.Applied, Silent: o.Silent}
	if f := o.Fault; f != nil {
		v.Fault = faultView(f)
		if said := (tsimclient.EUICCStatus{Status: f.Status, Code: f.Reason, Desc: f.Describes}); said != (tsimclient.EUICCStatus{}) {
			v.EUICC = &said
		}
	}
	return v
}

func faultView(f *rule.Fault) tsimclient.Fault {
	return tsimclient.Fault{Code: f.Code, Message: f.Message}
}

func callbackRuleView(c *rule.Callback) *tsimclient.CallbackRule {
	v := &tsimclient.CallbackRule{
		Delay: durationText(c.Delay), Drop: c.Drop, Hold: c.Hold, Duplicate: c.Duplicate, Swap: c.Swap, Early: c.Early,
		Merge: json.RawMessage(c.Merge), Pace: c.Pace,
	}
	if c.Truncates {
		v.Truncate = &c.Truncate
	}
	if c.Cut {
		v.Cut = tsimclient.CutMidway
	}
	return v
}

// durationText is a duration as scenarios write it; "" for none.
func durationText(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return scenario.Duration(d)
}

func momentText(m rule.Moment) string {
	switch {
	case !m.Given:
		return ""
	case !m.At.IsZero():
		return m.At.UTC().Format(time.RFC3339Nano)
	}
	return scenario.Duration(m.After)
}

// appliedView is what rules did.
func appliedView(all []sim.Applied) (v []tsimclient.Applied) {
	for _, a := range all {
		v = append(v, tsimclient.Applied(a))
	}
	return v
}
