package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tsim/internal/bound"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/spell"
)

// otherOperations are the operationIds of the calls that are no operation on a device, as the OpenAPI description has them;
// what has several paths is here once. A test of internal/thingspace holds the two together.
var otherOperations = []string{
	"token", "revoke", "login", "logout", "password", "register", "listeners", "deregister", "account", "plans", "account_details",
	"plan_details", "status", "status_v2", "list", "add", "history", "list_v2", "history_v2",
}

// answeredLater are those of them that a callback answers.
var answeredLater = []string{"list_v2", "history_v2"}

// Operations are what a rule may be about in a place.
func Operations(in rule.Place) []string {
	all := euicc.Words[euicc.Op]()
	if in == rule.AtReply {
		all = append(all, otherOperations...)
	}
	return all
}

// Rules looks for what is wrong with rules, which stand in a list at a JSON pointer. accounts are those that there are.
func (k *Checker) Rules(at string, rules []rule.Rule, accounts map[string]bool) {
	if n := len(rules); n > rule.MaxRules {
		k.alone(at, "a sandbox has at most %d rules, not %d", rule.MaxRules, n)
		return
	}
	names := map[string]bool{}
	for i := range rules {
		at := fmt.Sprintf("%s/%d", at, i)
		k.once(names, at+"/name", "rule", rules[i].Name)
		k.rule(at, &rules[i])
		if name := rules[i].When.Account; name != "" && !strings.Contains(name, "*") && !accounts[name] {
			k.Add(at+"/when/account", "no account %q in this scenario", bound.Short(name))
		}
	}
}

// RuleProblems is what is wrong with a rule whatever the others are, at JSON pointers in it. Each is Alone.
func RuleProblems(r *rule.Rule) []Problem {
	k := NewChecker(Compat{})
	k.rule("", r)
	return k.found
}

func (k *Checker) rule(at string, r *rule.Rule) {
	for _, p := range r.Problems() {
		k.alone(at+p.At, "%s", p.Msg)
	}
	switch o := r.Outcome; {
	case r.Reply != nil && r.Reply.Accept:
		k.operations(at, r, "accept is for calls that a callback answers", append(euicc.Words[euicc.Op](), answeredLater...))
	case o != nil && (o.Warn || o.Expire):
		k.operations(at, r, "warn and expire are for operations of the SM-SR", smsrOperations())
	default:
		known := Operations(r.Place())
		for i, op := range r.When.Operations {
			if !slices.Contains(known, op) {
				k.alone(fmt.Sprintf("%s/when/operation/%d", at, i), "a rule with %s has no operation %q%s", r.Place(), bound.Short(op), spell.DidYouMean(op, known))
			}
		}
	}
	if r.Place() == rule.AtReply {
		k.reach(at, r)
	}
	if r.Outcome != nil {
		k.fault(at+"/outcome/fault", r.Outcome.Fault)
	}
}

// fault looks whether ThingSpace has one of that sentence.
func (k *Checker) fault(at string, f *rule.Fault) {
	if f == nil || f.Code != "" {
		return
	}
	if _, ok := euicc.ParseSentence(f.Message); !ok {
		hint := cmp.Or(spell.DidYouMean(f.Message, Sentences()), "; a text of your own is {code: …, message: …}")
		k.alone(at, "ThingSpace has no fault %q%s", bound.Short(f.Message), hint)
	}
}

// reach looks whether the calls that a rule for replies names can fit the rest of its condition.
func (k *Checker) reach(at string, r *rule.Rule) {
	w := &r.When
	ofDevice := w.EID != "" || w.ICCID != "" || w.IMEI != "" || w.Role != "" || w.Per == rule.PerCard
	for i, op := range w.Operations {
		at := fmt.Sprintf("%s/when/operation/%d", at, i)
		switch _, action := euicc.Parse[euicc.Op](op); {
		case (op == "token" || op == "revoke") && w.Account != "":
			k.alone(at, "of a call for a bearer, no account is known")
		case ofDevice && !action && !slices.Contains(naming, op):
			k.alone(at, "%s names no device, so no condition about one ever holds", bound.Short(op))
		}
	}
}

// naming are the calls that may name devices, beside the operations on them.
var naming = []string{"list", "list_v2", "history", "history_v2", "add"}

// operations looks whether a rule is about some operations only.
func (k *Checker) operations(at string, r *rule.Rule, why string, only []string) {
	if len(r.When.Operations) == 0 {
		k.alone(at+"/when", "operation is missing: %s (%s)", why, strings.Join(only, ", "))
	}
	for i, op := range r.When.Operations {
		if !slices.Contains(only, op) {
			k.alone(fmt.Sprintf("%s/when/operation/%d", at, i), "%s (%s), not %q", why, strings.Join(only, ", "), bound.Short(op))
		}
	}
}

// smsrOperations are those that the SM-SR carries out.
func smsrOperations() (words []string) {
	for _, op := range euicc.Ops() {
		if op.SMSR() {
			words = append(words, op.String())
		}
	}
	return words
}

// Sentences are what ThingSpace says of faults, each once.
func Sentences() (all []string) {
	for _, f := range euicc.Faults() {
		if !slices.Contains(all, f.Sentence()) {
			all = append(all, f.Sentence())
		}
	}
	return all
}

// HiddenRule is a rule that never strikes, because the rule By comes first and takes all that it would match.
type HiddenRule struct{ Name, By string }

func (h HiddenRule) String() string {
	return fmt.Sprintf("the rule %s never strikes: %s comes first, and takes all that it would match", h.Name, h.By)
}

// HiddenRules are the rules that never strike.
func (c *Config) HiddenRules() (all []HiddenRule) {
	table := rule.NewTable(c.Rules, 0)
	for _, r := range table.All() {
		if first := table.Before(r); first != nil {
			all = append(all, HiddenRule{r.Name, first.Name})
		}
	}
	return all
}
