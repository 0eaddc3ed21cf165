package scenario

import (
	"time"

	"tsim/internal/bound"
	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
)

// The tables of rules: when something goes wrong, and what. rule.Rule says what each of it means.

// oneRule is a rule that could be, by itself: one that was not read as a whole is not judged as one.
var oneRule = value[rule.Rule]{ruleKeys.value().form, func(r *reader, n *node, to *rule.Rule) {
	before := len(r.problems)
	ruleKeys.read(r, n, to)
	if len(r.problems) > before {
		return
	}
	for _, p := range config.RuleProblems(to) {
		_, near := n.find(p.Pointer)
		r.problems = kept(r.problems, func() Problem { return Problem{near.line, near.column, p.Msg, near} })
	}
}, ruleKeys.write}

var ruleKeys = table[rule.Rule]{
	what: "a rule",
	fields: []field[rule.Rule]{
		need("name", func(u *rule.Rule) *string { return &u.Name }, ruleName),
		may("about", func(u *rule.Rule) *string { return &u.About }, anyText),
		may("when", func(u *rule.Rule) *rule.When { return &u.When }, when.value()),
		may("reply", func(u *rule.Rule) **rule.Reply { return &u.Reply }, given(reply.value())),
		may("outcome", func(u *rule.Rule) **rule.Outcome { return &u.Outcome }, given(outcome.value())),
		may("callback", func(u *rule.Rule) **rule.Callback { return &u.Callback }, given(callback.value())),
	},
}

// ruleName is what a rule is called: a rule of a named set has the set's name and a dot before its own.
var ruleName = sandboxName

var when = table[rule.When]{
	what: "a condition",
	fields: []field[rule.When]{
		may("operation", func(w *rule.When) *[]string { return &w.Operations }, operationsOf),
		may("method", func(w *rule.When) *string { return &w.Method }, matching(`^[A-Z]+$`, "a method in capitals, such as POST,")),
		may("path", func(w *rule.When) *string { return &w.Path }, someText),
		may("account", func(w *rule.When) *string { return &w.Account }, someText),
		may("eid", func(w *rule.When) *string { return &w.EID }, someDigits("an EID", "32")),
		may("iccid", func(w *rule.When) *string { return &w.ICCID }, someDigits("an ICCID", "19,20")),
		may("imei", func(w *rule.When) *string { return &w.IMEI }, someDigits("an IMEI", "15")),
		may("role", func(w *rule.When) *string { return &w.Role }, word(euicc.Words[euicc.Role]()...)),
		may("level", func(w *rule.When) *string { return &w.Level }, word(rule.Profile, rule.Device)),
		may("result", func(w *rule.When) *string { return &w.Result }, word(rule.Success, rule.Failed, rule.Warning)),
		may("attempt", func(w *rule.When) *int { return &w.Attempt }, fromOne),
		may("first", func(w *rule.When) *int { return &w.First }, fromOne),
		may("nth", func(w *rule.When) *int { return &w.Nth }, fromOne),
		may("every", func(w *rule.When) *int { return &w.Every }, fromOne),
		may("after", func(w *rule.When) *int { return &w.After }, fromOne),
		may("times", func(w *rule.When) *int { return &w.Times }, fromOne),
		may("per", func(w *rule.When) *rule.Per { return &w.Per }, choice(rule.PerWords(), rule.ParsePer)),
		may("chance", func(w *rule.When) *float64 { return &w.Chance }, aboveZero(1)),
		may("from", func(w *rule.When) *rule.Moment { return &w.From }, moment),
		may("until", func(w *rule.When) *rule.Moment { return &w.Until }, moment),
		may("ttl", func(w *rule.When) *time.Duration { return &w.TTL }, period),
	},
}

// operationsOf is one operation or a list of them; which of them a rule can be about depends on its place.
var operationsOf = func() value[[]string] {
	one := word(config.Operations(rule.AtReply)...)
	several := listOf(one)
	return value[[]string]{form{either: []form{one.form, several.form}}, func(r *reader, n *node, to *[]string) {
		switch {
		case n.kind == list && len(n.items) == 0:
			r.wrong(n, "at least one operation belongs here; a rule for all of them goes without the key")
		case n.kind == list:
			several.read(r, n, to)
		case n.scalar():
			*to = make([]string, 1)
			one.read(r, n, &(*to)[0])
		default:
			r.expected(n, "an operation or a list of them")
		}
	}, func(all, _ *[]string) *node {
		switch len(*all) {
		case 0:
			return nil
		case 1:
			return one.write(&(*all)[0], nil)
		}
		return several.write(all, nil)
	}}
}()

// moment is a duration from the start of the sandbox, or an instant.
var moment = value[rule.Moment]{form{either: []form{duration.form, instant.form}}, func(r *reader, n *node, to *rule.Moment) {
	if to.Given = true; n.kind == text && durationFits.MatchString(n.text) {
		duration.read(r, n, &to.After)
		return
	}
	readTime(r, n, &to.At, "a duration from the start such as 5m, or a time such as 2030-01-01T00:00:00Z,")
}, func(m, _ *rule.Moment) *node {
	switch {
	case !m.Given:
		return nil
	case m.At.IsZero():
		return duration.write(&m.After, nil)
	}
	return instant.write(&m.At, nil)
}}

var reply = table[rule.Reply]{
	what: "a reply",
	fields: []field[rule.Reply]{
		may("status", func(p *rule.Reply) *int { return &p.Status }, fromOne),
		may("error", func(p *rule.Reply) **rule.Refusal { return &p.Error }, given(refusal.value())),
		may("contentType", func(p *rule.Reply) *string { return &p.ContentType }, matching(`^[!-~]+/[ -~]+$`, "a content type such as text/html")),
		{key{name: "body", form: form{open: true}}, readBody, writeBody}, // whose contentType is known by now
		may("retryAfter", func(p *rule.Reply) *time.Duration { return &p.RetryAfter }, seconds),
		{key{name: "delay", form: form{either: []form{period.form, afterwards.value().form}}}, readDelay, writeDelay},
		may("pace", func(p *rule.Reply) *int { return &p.Pace }, fromOne),
		may("cut", func(p *rule.Reply) *rule.Cut { return &p.Cut }, choice(rule.CutWords(), rule.ParseCut)),
		may("accept", func(p *rule.Reply) *bool { return &p.Accept }, yesNo),
		may("expire", func(p *rule.Reply) *rule.Expire { return &p.Expire }, choice(rule.ExpireWords(), rule.ParseExpire)),
	},
}

var refusal = table[rule.Refusal]{
	what: "an error",
	fields: []field[rule.Refusal]{
		need("code", func(e *rule.Refusal) *string { return &e.Code }, someText),
		need("message", func(e *rule.Refusal) *string { return &e.Message }, someText),
	},
}

// readBody takes any value as JSON, and text as it is where a contentType says that it is no JSON.
func readBody(r *reader, n *node, p *rule.Reply) {
	switch {
	case p.JSON():
		p.Body = r.compact(n)
	case !n.scalar():
		r.wrong(n, "text belongs here, because the contentType is %s, not %s", bound.Short(p.ContentType), n)
	case r.mayWrite(n, len(n.text)):
		p.Body = n.text
	}
}

func writeBody(p, _ *rule.Reply) *node {
	switch {
	case p.Body == "":
		return nil
	case p.JSON():
		return ofJSON(p.Body)
	}
	return letters(p.Body)
}

// seconds is a duration as HTTP tells it.
var seconds = value[time.Duration]{period.form, func(r *reader, n *node, to *time.Duration) {
	if period.read(r, n, to); *to%time.Second != 0 {
		r.expected(n, "a duration of whole seconds")
	}
}, period.write}

var afterwards = table[rule.Reply]{
	what:   "a delay",
	fields: []field[rule.Reply]{need("after", func(p *rule.Reply) *time.Duration { return &p.After }, period)},
}

// readDelay takes a delay before the call is looked at, or after that.
func readDelay(r *reader, n *node, p *rule.Reply) {
	switch {
	case n.kind == object:
		afterwards.read(r, n, p)
	case n.scalar():
		period.read(r, n, &p.Delay)
	default:
		r.expected(n, "a duration such as 5s, or {after: 5s}")
	}
}

func writeDelay(p, _ *rule.Reply) *node {
	switch {
	case p.After > 0:
		return afterwards.write(p, new(rule.Reply))
	case p.Delay > 0:
		return period.write(&p.Delay, nil)
	}
	return nil
}

var outcome = table[rule.Outcome]{
	what: "an outcome",
	fields: []field[rule.Outcome]{
		may("delay", func(o *rule.Outcome) *time.Duration { return &o.Delay }, period),
		may("fault", func(o *rule.Outcome) **rule.Fault { return &o.Fault }, given(fault)),
		{key{name: "euicc", form: ofSMSR.value().form}, readSMSR, writeSMSR}, // of a fault that is known by now
		may("warn", func(o *rule.Outcome) *bool { return &o.Warn }, yesNo),
		may("expire", func(o *rule.Outcome) *bool { return &o.Expire }, yesNo),
		may("applied", func(o *rule.Outcome) **bool { return &o.Applied }, given(yesNo)),
		may("silent", func(o *rule.Outcome) *bool { return &o.Silent }, yesNo),
	},
}

// fault is one of ThingSpace's sentences, or a code and a message. Whether there is such a sentence is said of the whole rule.
var fault = value[rule.Fault]{
	form{either: []form{{kind: "string", words: config.Sentences()}, ownFault.value().form}},
	func(r *reader, n *node, to *rule.Fault) {
		switch {
		case n.kind == object:
			ownFault.read(r, n, to)
		case n.scalar():
			someText.read(r, n, &to.Message)
		default:
			r.expected(n, "a sentence of ThingSpace, or {code: …, message: …}")
		}
	},
	func(f, _ *rule.Fault) *node {
		if f.Code == "" {
			return letters(f.Message)
		}
		return ownFault.write(f, new(rule.Fault))
	},
}

var ownFault = table[rule.Fault]{
	what: "a fault",
	fields: []field[rule.Fault]{
		need("code", func(f *rule.Fault) *string { return &f.Code }, someText),
		need("message", func(f *rule.Fault) *string { return &f.Message }, someText),
	},
}

var ofSMSR = table[rule.Fault]{
	what: "euicc",
	fields: []field[rule.Fault]{
		may("status", func(f *rule.Fault) *string { return &f.Status }, someText),
		may("code", func(f *rule.Fault) *string { return &f.Reason }, someText),
		may("desc", func(f *rule.Fault) *string { return &f.Describes }, someText),
	},
}

func readSMSR(r *reader, n *node, o *rule.Outcome) {
	if o.Fault == nil {
		r.wrong(n, "it says more of a fault, and needs one beside it")
		return
	}
	ofSMSR.read(r, n, o.Fault)
}

func writeSMSR(o, _ *rule.Outcome) *node {
	if o.Fault == nil {
		return nil
	}
	n := ofSMSR.write(o.Fault, new(rule.Fault))
	if len(n.entries) == 0 {
		return nil
	}
	return n
}

var callback = table[rule.Callback]{
	what: "a callback",
	fields: []field[rule.Callback]{
		may("delay", func(c *rule.Callback) *time.Duration { return &c.Delay }, period),
		may("drop", func(c *rule.Callback) *bool { return &c.Drop }, yesNo),
		may("hold", func(c *rule.Callback) *bool { return &c.Hold }, yesNo),
		may("duplicate", func(c *rule.Callback) *int { return &c.Duplicate }, fromOne),
		may("swap", func(c *rule.Callback) *bool { return &c.Swap }, yesNo),
		may("early", func(c *rule.Callback) *bool { return &c.Early }, yesNo),
		{key{name: "merge", form: form{kind: "object", open: true}}, readMerge, writeMerge},
		{key{name: "truncate", form: count.form}, func(r *reader, n *node, c *rule.Callback) {
			c.Truncates = true
			count.read(r, n, &c.Truncate)
		}, func(c, _ *rule.Callback) *node {
			if !c.Truncates {
				return nil
			}
			return count.write(&c.Truncate, nil)
		}},
		may("pace", func(c *rule.Callback) *int { return &c.Pace }, fromOne),
		may("cut", func(c *rule.Callback) *bool { return &c.Cut }, choice([]string{rule.Midway.String()},
			func(word string) (bool, bool) { return true, word == rule.Midway.String() })),
	},
}

func readMerge(r *reader, n *node, c *rule.Callback) {
	if n.kind != object {
		r.expected(n, "a map of the fields that change")
		return
	}
	c.Merge = r.compact(n)
}

func writeMerge(c, _ *rule.Callback) *node {
	if c.Merge == "" {
		return nil
	}
	return ofJSON(c.Merge)
}
