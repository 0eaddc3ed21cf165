package rule

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Problem is something that is wrong with a rule. At is its place there, as a JSON pointer in the spelling of scenarios.
type Problem struct{ At, Msg string }

// MaxRules is how many rules a sandbox has at the most: each is asked in its place.
const MaxRules = 1000

// MaxWritten is how many bytes the bodies and merges of all rules of a sandbox have at the most, those of all other texts
// being short.
const MaxWritten = 2 << 20

// Written is how many bytes the rule has of them.
func (r *Rule) Written() (n int) {
	if r.Reply != nil {
		n += len(r.Reply.Body)
	}
	if r.Callback != nil {
		n += len(r.Callback.Merge)
	}
	return n
}

// Bounds of what a rule does.
const (
	maxCopies  = 100
	maxPace    = 1 << 30 // bytes a second
	maxRepeats = 1000    // placeholders of a body
)

// MaxRepeated is how many bytes of a part of a call one placeholder repeats at the most. A client chooses how long its account
// or its path is, and must not make a reply of gigabytes of it.
const MaxRepeated = 1 << 10

// Placeholders are the fields of a call that the Body of a Reply may repeat, each written as in ${account}. What the call does
// not have is left empty; requestId is a new one, and now the simulated time.
var Placeholders = []string{"method", "path", "account", "eid", "iccid", "imei", "mdn", "requestId", "now"}

// Placeholder finds them.
var Placeholder = regexp.MustCompile(`\$\{([^}]*)\}`)

// Problems is all that is wrong with the rule by itself. Whether the operations that it names exist is not known here.
func (r *Rule) Problems() []Problem {
	k := &check{}
	places := 0
	for _, is := range []bool{r.Reply != nil, r.Outcome != nil, r.Callback != nil} {
		if is {
			places++
		}
	}
	if places != 1 {
		k.wrong("", "a rule has exactly one of reply, outcome and callback, not %d of them", places)
		return k.found
	}
	if r.Name == "restart" {
		k.wrong("/name", "restart is what control is asked where the name of a rule stands; take another one")
	}
	if r.Does() == "" {
		k.wrong("/"+r.Place().String(), "nothing happens here; say what the rule does")
	}
	k.when(r)
	switch {
	case r.Reply != nil:
		k.reply(r)
	case r.Outcome != nil:
		k.outcome(r.Outcome)
	default:
		k.callback(r)
	}
	return k.found
}

type check struct{ found []Problem }

func (k *check) wrong(at, format string, args ...any) {
	k.found = append(k.found, Problem{at, fmt.Sprintf(format, args...)})
}

// option is something that a rule may say.
type option struct {
	key   string
	given bool
}

// without refuses what is given of some options.
func (k *check) without(at, why string, options ...option) {
	for _, o := range options {
		if o.given {
			k.wrong(at+"/"+o.key, "%s: %s", o.key, why)
		}
	}
}

// exclusive refuses all but the first of some options that are given.
func (k *check) exclusive(at string, options ...option) {
	first := slices.IndexFunc(options, func(o option) bool { return o.given })
	for i, o := range options {
		if i != first && o.given {
			k.wrong(at+"/"+o.key, "%s and %s do not go together", options[first].key, o.key)
		}
	}
}

func (k *check) when(r *Rule) {
	w := &r.When
	const at = "/when"
	devices := []option{{"account", w.Account != ""}, {"eid", w.EID != ""}, {"iccid", w.ICCID != ""}, {"imei", w.IMEI != ""}, {"role", w.Role != ""}}
	address := []option{{"method", w.Method != ""}, {"path", w.Path != ""}}
	told := []option{{"level", w.Level != ""}, {"result", w.Result != ""}, {"attempt", w.Attempt != 0}}
	switch r.Place() {
	case AtReply:
		k.without(at, "only a message to a listener has one, in a rule with callback", told...)
		k.without(at, "a call is no request yet; count per rule, card or account", option{"per", w.Per == PerRequest})
		if r.Reply.Cut == CutBefore {
			const unseen = "the connection ends before the call is looked at; by then only its operation, or method and path, are known"
			k.without(at, unseen, append(devices, option{"per", w.Per != PerRule})...)
		}
		if len(w.Operations) > 0 {
			k.without(at, "give the operation, or else method and path", address...)
		}
		switch {
		case strings.Contains(w.Path, "?"):
			k.wrong(at+"/path", "a path ends before the ?; what follows is not looked at")
		case strings.HasPrefix(w.Path, "/tsim/"):
			k.wrong(at+"/path", "below /tsim is tsim's own surface, which no rule interferes with")
		}
		if strings.Contains(w.Path, "//") {
			k.wrong(at+"/path", "write it with single slashes; calls are matched in both spellings")
		}
		if w.Path != "" && !strings.HasPrefix(w.Path, "/") && !strings.HasPrefix(w.Path, "*") {
			k.wrong(at+"/path", "a path begins with / or *")
		}
	case AtOutcome:
		k.without(at, "only a message to a listener has one, in a rule with callback", told...)
		k.without(at, "only a call has one, in a rule with reply", address...)
	default:
		k.without(at, "only a call has one, in a rule with reply", address...)
	}
	k.exclusive(at, option{"first", w.First != 0}, option{"nth", w.Nth != 0}, option{"every", w.Every != 0})
	if w.From.Given && w.Until.Given && w.From.At.IsZero() == w.Until.At.IsZero() && w.Until.After <= w.From.After && !w.Until.At.After(w.From.At) {
		k.wrong(at+"/until", "it ends before it begins")
	}
}

func (k *check) reply(r *Rule) {
	p := r.Reply
	const at = "/reply"
	answers := []option{{"status", p.Status != 0}, {"accept", p.Accept}, {"expire", p.Expire != ExpireNothing}}
	k.exclusive(at, append(answers, option{"cut", p.Cut == CutBefore})...)
	k.exclusive(at, option{"error", p.Error != nil}, option{"body", p.Body != ""})
	if p.Status == 0 {
		const needs = "it needs a status beside it"
		k.without(at, needs, option{"error", p.Error != nil}, option{"body", p.Body != ""}, option{"retryAfter", p.RetryAfter > 0})
	}
	if p.Body == "" {
		k.without(at, "it needs a body beside it", option{"contentType", p.ContentType != ""})
	}
	if p.Error != nil && p.Status != 0 && p.Status < 400 {
		k.wrong(at+"/error", "an error has a status from 400 on, not %d", p.Status)
	}
	if p.Status != 0 && (p.Status < 200 || p.Status > 599) {
		k.wrong(at+"/status", "a status is 200 to 599, not %d", p.Status)
	}
	if p.Status == 204 || p.Status == 205 || p.Status == 304 {
		k.without(at, fmt.Sprintf("a reply with the status %d has no body", p.Status), option{"body", p.Body != ""}, option{"pace", p.Pace > 0})
	}
	if p.After > 0 && (p.Status != 0 || p.Expire != ExpireNothing || p.Cut == CutBefore) {
		k.wrong(at+"/delay", "after is once the call was accepted, and this rule keeps it from being so")
	}
	if p.Cut == CutBefore || p.Cut == CutAfter {
		k.without(at, "it belongs to a reply, and this cut lets no byte of one out", option{"pace", p.Pace > 0}, option{"status", p.Status != 0 && p.Cut == CutAfter})
	}
	if p.Pace < 0 || p.Pace > maxPace {
		k.wrong(at+"/pace", "a pace is 1 to %d bytes a second, not %d", maxPace, p.Pace)
	}
	repeats := Placeholder.FindAllStringSubmatch(p.Body, -1)
	if n := len(repeats); n > maxRepeats {
		k.wrong(at+"/body", "a body repeats the call in at most %d places, not %d", maxRepeats, n)
		return
	}
	for _, found := range repeats {
		if !slices.Contains(Placeholders, found[1]) {
			k.wrong(at+"/body", "there is no ${%s}; there are ${%s}", short(found[1]), strings.Join(Placeholders, "}, ${"))
		}
	}
}

func (k *check) outcome(o *Outcome) {
	const at = "/outcome"
	k.exclusive(at, option{"expire", o.Expire}, option{"fault", o.Fault != nil})
	if o.Expire {
		k.without(at, "what expires was not done", option{"applied", o.Applied != nil})
	}
	if o.Silent {
		k.without(at, "a silent outcome tells nobody of it", option{"fault", o.Fault != nil}, option{"warn", o.Warn}, option{"expire", o.Expire})
	}
	if o.Applied != nil && *o.Applied == (o.Fault == nil) && !o.Silent {
		k.wrong(at+"/applied", "that is what happens anyway; applied is false for what is told as done, true beside a fault")
	}
}

func (k *check) callback(r *Rule) {
	c := r.Callback
	const at = "/callback"
	shape := []option{{"merge", c.Merge != ""}, {"truncate", c.Truncates}, {"pace", c.Pace > 0}, {"cut", c.Cut}}
	if c.Drop {
		k.without(at, "what is dropped is never sent", append(shape, option{"delay", c.Delay > 0})...)
	}
	k.exclusive(at, option{"drop", c.Drop}, option{"hold", c.Hold}, option{"early", c.Early}, option{"swap", c.Swap}, option{"duplicate", c.Duplicate > 0})
	if c.Hold || c.Early {
		k.without(at, "it does not go with hold or early", option{"delay", c.Delay > 0})
	}
	if r.When.Attempt > 0 {
		k.without(at, "that is decided with the callback, before any attempt", option{"early", c.Early}, option{"swap", c.Swap})
	}
	if c.Duplicate < 0 || c.Duplicate > maxCopies {
		k.wrong(at+"/duplicate", "1 to %d copies belong here, not %d", maxCopies, c.Duplicate)
	}
	if c.Pace < 0 || c.Pace > maxPace {
		k.wrong(at+"/pace", "a pace is 1 to %d bytes a second, not %d", maxPace, c.Pace)
	}
	if c.Truncate < 0 {
		k.wrong(at+"/truncate", "0 or more bytes are left of a body, not %d", c.Truncate)
	}
	k.exclusive(at, option{"truncate", c.Truncates}, option{"cut", c.Cut})
}

// short is the beginning of a text that somebody has sent, longer than any sentence of ThingSpace.
func short(text string) string {
	const most = 80
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…" // and not half a letter
	}
	return text
}
