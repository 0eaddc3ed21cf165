package bdd

import (
	"context"
	"errors"
	"slices"
	"strings"

	"tsim/internal/scenario"
	"tsim/internal/spell"
	"tsim/tsimbox"
	"tsim/tsimclient"
)

// The tags that exempt a scenario, each with a reason behind it, in one word.
const (
	onlyUndisturbed = "@only-undisturbed"
	notUnder        = "@not-under"
	allOfThem       = "" // under all misfortunes
)

// exemptions reads the tags of test cases that exempt them from misfortunes: the reasons, by misfortune. A scenario that has a
// misfortune by itself cannot have it once more.
func exemptions(cases []*testCase) (map[*testCase]map[string]string, error) {
	all := map[*testCase]map[string]string{}
	for _, c := range cases {
		all[c] = map[string]string{}
		for _, tag := range c.tags {
			kind, rest, _ := strings.Cut(tag, ":")
			switch {
			case kind == onlyUndisturbed && rest == "":
				return nil, usage("%s: %s says why, as in %s:counts-callbacks", c.place(), tag, onlyUndisturbed)
			case kind == onlyUndisturbed:
				all[c][allOfThem] = rest
			case kind == notUnder:
				name, reason, _ := strings.Cut(rest, ":")
				if known := scenario.Sets(); !slices.Contains(known, name) {
					return nil, usage("%s: %s: there is no misfortune %q%s", c.place(), tag, name, spell.DidYouMean(name, known))
				}
				if reason == "" {
					return nil, usage("%s: %s says why, as in %s:%s:counts-callbacks", c.place(), tag, notUnder, name)
				}
				all[c][name] = reason
			}
		}
		for _, s := range c.steps {
			if name, ok := strings.CutPrefix(s.text, `the misfortune "`); ok {
				all[c][strings.TrimSuffix(name, `"`)] = "has-it-anyway"
			}
		}
	}
	return all, nil
}

// exemptFrom is why a test case does not run under a misfortune; "" when it does.
func (o *suite) exemptFrom(c *testCase, name string) string {
	if reason := o.exempt[c][allOfThem]; reason != "" {
		return reason
	}
	return o.exempt[c][name]
}

// under runs the test cases under a misfortune.
func (o *suite) under(ctx context.Context, name string) error {
	p := &pass{under: name}
	for _, c := range o.cases {
		if reason := o.exemptFrom(c, name); reason != "" {
			o.tell(&result{testCase: c, under: name, verdict: exempt, reason: reason})
			continue
		}
		p.cases = append(p.cases, c)
	}
	if o.Sweep {
		return o.sweep(ctx, name, p.cases)
	}
	return o.pass(ctx, p)
}

// most is how many things a sweep strikes at the most in a scenario, one after the other.
const most = 1000

// sweep runs test cases again and again: the misfortune strikes the first thing, then only the second one, until there was nothing
// left to strike. A scenario that has been broken goes on, because all places are wanted.
func (o *suite) sweep(ctx context.Context, name string, cases []*testCase) error {
	rules, err := o.oneByOne(ctx, name)
	if err != nil {
		return err
	}
	first := max(o.SweepAt, 1)
	for nth := first; len(cases) > 0 && nth <= most && (o.SweepAt == 0 || nth == o.SweepAt); nth++ {
		p := &pass{cases: cases, under: name, nth: nth}
		for _, r := range rules {
			r.When.Nth = nth
			p.rules = append(p.rules, r)
		}
		if err := o.pass(ctx, p); err != nil {
			return err
		}
		cases = nil
		for _, c := range p.cases {
			switch r := p.done[c]; {
			case r == nil:
			case r.verdict == neverStruck && nth == first: // it is told, and there is nothing further to strike
				r.nth = 0
				o.tell(r)
			case r.occasions >= nth:
				cases = append(cases, c)
			}
		}
	}
	return nil
}

// oneByOne is the rules of a misfortune without what says how often and with what luck they strike. A sandbox knows how clients
// spell them.
func (o *suite) oneByOne(ctx context.Context, name string) (rules []tsimclient.Rule, err error) {
	options := append(o.control(), tsimbox.With(name))
	var box *tsimbox.Sandbox
	if o.Server == "" {
		box, err = tsimbox.Start(ctx, options...)
	} else {
		box, err = tsimbox.Connect(ctx, o.Server, options...)
	}
	if err != nil {
		return nil, err
	}
	all, err := box.Rules(ctx)
	for i := range all {
		if all[i].Set != name {
			continue
		}
		w := &all[i].When
		w.First, w.Nth, w.Every, w.After, w.Times, w.Per, w.Chance = 0, 0, 0, 0, 0, "", 0
		rules = append(rules, all[i].Rule)
	}
	return rules, errors.Join(err, box.Close(context.WithoutCancel(ctx)))
}
