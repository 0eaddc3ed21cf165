package sim

import (
	"tsim/internal/euicc"
	"tsim/internal/rule"
)

// rules are those in force, and what they do to things that they have struck.
func (l *loader) rules() error {
	s, st := l.s, l.st
	l.effects, l.faults = map[rule.Callback]*rule.Callback{}, map[rule.Fault]*rule.Fault{}
	plain := make([]rule.Rule, len(st.Rules))
	for i := range st.Rules {
		plain[i] = st.Rules[i].Rule
	}
	if err := s.mayHave(plain, nil); err != nil {
		return err
	}
	var err error
	if s.rules, err = rule.Restore(st.Rules); err != nil {
		return bad("%v", err)
	}
	for i := range st.CallbackRules {
		u := &st.CallbackRules[i]
		if s.callbacks.get(u.Callback) == nil || s.callbackRules[u.Callback] != nil {
			return bad("callback %d, which a rule has struck, is not there, or there twice", u.Callback)
		}
		s.callbackRules[u.Callback] = &callbackRule{
			by: u.By, told: shared(l.faults, u.Told), effect: shared(l.effects, u.Effect), attempt: u.Attempt,
			atAttempt: shared(l.effects, u.AtAttempt), attemptBy: u.AttemptBy, copies: shared(l.effects, u.Copies), copiesBy: u.CopiesBy,
			letsGo: u.LetsGo, isCopy: u.IsCopy, awaitsNext: u.AwaitsNext, waitsFor: u.WaitsFor, earlyBy: u.EarlyBy,
		}
	}
	for id, c := range s.callbacks.after(0) {
		u := s.callbackRules[id]
		if c.outcome.Fault == euicc.ByRule && (u == nil || u.told == nil) {
			return bad("callback %d: no rule says what it tells", id)
		}
		if u != nil && (u.letsGo > s.callbacks.count || s.callbacks.get(u.letsGo) != nil && s.callbackRules[u.letsGo] == nil) {
			return bad("callback %d: no rule lets callback %d wait for it", id, u.letsGo)
		}
	}
	for i := range st.OutcomeRules {
		o := &st.OutcomeRules[i]
		r := s.request(o.Request)
		if r == nil || o.Entry < 0 || int(o.Entry) >= len(r.results) || o.What == nil || s.outcomeRules[entryKey{o.Request, o.Entry}] != nil {
			return bad("entry %d of request %d, which a rule has struck, is not there, or there twice", o.Entry, o.Request)
		}
		s.outcomeRules[entryKey{o.Request, o.Entry}] = &outcomeRule{o.Name, o.What, o.Event, o.Skipped}
	}
	for _, swap := range st.Swaps {
		if s.checkAccount(swap.Account) != nil || s.swaps[swap.Account] != 0 {
			return bad("account %q, of which callback %d waits for another one, is not there, or there twice", swap.Account, swap.Callback)
		}
		s.swaps[swap.Account] = swap.Callback
	}
	return nil
}

// shared is one value for all that are equal.
func shared[T comparable](all map[T]*T, v *T) *T {
	if v == nil {
		return nil
	}
	if all[*v] == nil {
		all[*v] = v
	}
	return all[*v]
}
