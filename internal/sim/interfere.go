package sim

import (
	"fmt"

	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/scheduler"
)

// What rules do to executions and to callbacks. Of each thing that a rule has struck, the sandbox remembers what the rule
// says: it is carried out even if the rule is removed meanwhile.

// outcomeRule is what a rule does to the execution for one device of a request.
type outcomeRule struct {
	name  string
	what  *rule.Outcome
	event uint64 // rule.applied
	// skipped says that some of it could not be done, which is recorded.
	skipped bool
}

// askOutcome finds the rule for the execution of an entry, when its request is accepted: a delay must not let it pass other
// operations of its card.
func (s *Sim) askOutcome(r *request, entry int, d *device, ids euicc.IDs) *outcomeRule {
	facts := rule.Facts{
		Now: int64(s.jobs.Now()), Operation: r.Op.String(), Account: r.Account, AccountKey: s.accountKey(r.Account), Request: r.Number,
		Devices: func() []rule.Card { return []rule.Card{ruleCard(d, ids)} },
		Draw:    func(name string) float64 { return uniform(s.cfg.Seed, "rule "+name, r.Number, uint64(entry)) },
	}
	hit := s.rules.Ask(rule.AtOutcome, &facts)
	if hit == nil {
		return nil
	}
	card := ruleCard(d, ids)
	o := &outcomeRule{name: hit.Name, what: hit.Outcome}
	o.event = s.noteApplied(hit, Event{Cause: r.accepted, Request: r.Number, EID: card.EID, ICCID: card.ICCID}, int32(entry))
	s.outcomeRules[entryKey{r.Number, int32(entry)}] = o
	return o
}

// delayByRule asks the rules for an execution that is due at some instant, and says when it is due then. The warning that one
// of them asks for comes when it would have been due.
func (s *Sim) delayByRule(r *request, j job, d *device, ids euicc.IDs, due Instant) Instant {
	o := s.askOutcome(r, int(j.entry), d, ids)
	if o == nil {
		return due
	}
	if o.what.Warn {
		s.schedule(r, due, job{kind: forewarning, about: r.Number, entry: j.entry})
	}
	return due.Add(o.what.Delay)
}

// forewarn makes the warning that a rule asks for before an execution, if there is a profile to warn of.
func (s *Sim) forewarn(j job) {
	r := s.request(j.about)
	ids := r.Devices.At(int(j.entry))
	if d, _ := s.ofAccount(r.Account, ids); d != nil {
		if iccid, fault := d.Target(ids); fault == euicc.OK && d.Profile(iccid) != nil {
			out := d.Wait(iccid)
			s.newCallback(j, r, d, d.name(), &out)
			return
		}
	}
	s.skipForOutcome(s.outcomeRules[entryKey{j.about, j.entry}], j, "no warning, because there is no such profile")
}

// skipForOutcome records that what a rule is to do to an execution cannot be done, the first time that it is so.
func (s *Sim) skipForOutcome(o *outcomeRule, j job, whyNot string) {
	if o.skipped {
		return
	}
	o.skipped = true
	r := s.request(j.about)
	ids := r.Devices.At(int(j.entry))
	d, _ := s.ofAccount(r.Account, ids)
	card := ruleCard(d, ids)
	s.noteSkipped(o.name, whyNot, Event{Cause: o.event, Request: r.Number, EID: card.EID, ICCID: card.ICCID}, j.entry)
}

// noteUndone records that a fault is in the way of what a rule says: of an end after the validity period, or of what is to be
// done whatever is told.
func (s *Sim) noteUndone(o *outcomeRule, j job, found euicc.Fault) {
	switch {
	case found == euicc.OK:
	case o.what.Expire:
		s.skipForOutcome(o, j, "it did not expire, because it failed at once: "+found.String())
	case o.what.Applied != nil && *o.what.Applied:
		s.skipForOutcome(o, j, "it was not done, because it failed: "+found.String())
	}
}

// expires says whether a rule keeps the SM-SR from reaching the device of an operation that nothing else is in the way of.
func (o *outcomeRule) expires(d *device, order *euicc.Order) bool {
	p := d.Profile(order.ICCID)
	return o.what.Expire && p != nil && d.Check(p, order) == euicc.OK
}

// applyByRule carries an operation out as a rule says: what is told and what is done may differ.
func (s *Sim) applyByRule(o *outcomeRule, j job, d *device, order *euicc.Order) {
	expired := o.expires(d, order)
	fault, done := euicc.OK, !expired
	switch {
	case expired:
		fault = euicc.Expired
	case o.what.Fault != nil:
		fault, done = euicc.ByRule, false
	}
	if o.what.Applied != nil {
		done = *o.what.Applied
	}
	if done {
		s.carryOut(d, order)
	} else {
		card := d.Clone()
		s.outcomes = card.Apply(order, s.outcomes)
	}
	if !expired {
		s.noteUndone(o, j, s.outcomes[len(s.outcomes)-1].Fault)
	}
	if fault == euicc.OK {
		return
	}
	for i := range s.outcomes {
		out := &s.outcomes[i]
		out.Fault, out.Warning = fault, euicc.NoWarning
		if p := d.Profile(out.Profile.ICCID); p != nil {
			out.Profile = *p // as it is, and not as it would be
		} else {
			out.Profile.ICCID = "" // nobody has it
		}
		if out.State = out.Profile.State(); out.Device {
			out.State = d.State()
		}
	}
}

// callbackRule is what rules do to a callback.
type callbackRule struct {
	by     string         // the name of the rule that the next two are of
	told   *rule.Fault    // what it tells in place of a fault
	effect *rule.Callback // on all its attempts
	// A rule that asks for an attempt has its effect on that one only:
	attempt   int            // its callbackCount; 0 for none
	atAttempt *rule.Callback // nil if no rule matched
	attemptBy string         // its name
	// When an attempt of it is answered, there come:
	copies   *rule.Callback // so many, after a delay
	copiesBy string         // the name of the rule that asks for them
	letsGo   uint64         // the callback that was swapped with it
	// What it is itself:
	isCopy     bool
	awaitsNext bool   // it is to come after the next callback of its account, which is not decided yet
	waitsFor   uint64 // that callback, once it is decided
	earlyBy    string // the rule by which it is to be sent before the reply; "" when there is none, or somebody has steered it since
}

// callbackRuleOf is what rules do to a callback, to be changed.
func (s *Sim) callbackRuleOf(c *callback) *callbackRule {
	if s.callbackRules[c.id] == nil {
		s.callbackRules[c.id] = &callbackRule{}
	}
	return s.callbackRules[c.id]
}

// told is what a rule tells in place of the fault of a callback; nil if none does.
func (s *Sim) told(c *callback) *rule.Fault {
	if c.outcome.Fault != euicc.ByRule {
		return nil
	}
	return s.callbackRules[c.id].told
}

// ruleOf is the name of the rule that the latest attempt of a callback owes something to; "" for none.
func (s *Sim) ruleOf(c *callback) string {
	u := s.callbackRules[c.id]
	switch {
	case u == nil:
		return ""
	case u.atAttempt != nil && u.attempt == c.callbackCount():
		return u.attemptBy
	}
	return u.by
}

// effect is what a rule does to the latest attempt of a callback, or to the first one to come; nil for nothing.
func (s *Sim) effect(c *callback) *rule.Callback {
	u := s.callbackRules[c.id]
	switch {
	case u == nil:
		return nil
	case u.atAttempt != nil && u.attempt == c.callbackCount():
		return u.atAttempt
	}
	return u.effect
}

// askCallback finds the rule for a callback, when it is decided or, with a number, at that attempt.
func (s *Sim) askCallback(c *callback, r *request, attempt int) *rule.Counted {
	out := &c.outcome
	facts := rule.Facts{
		Now: int64(s.jobs.Now()), Operation: r.Action(), Account: r.Account, AccountKey: s.accountKey(r.Account), Request: r.Number, Attempt: attempt,
		Result: resultWord[out.Status()],
		Devices: func() []rule.Card {
			card := rule.Card{Key: uint64(max(c.device, 0)), EID: c.card.EID, IMEI: c.card.IMEI, ICCID: out.Profile.ICCID}
			if !out.Device && card.ICCID != "" {
				card.Role = out.Profile.Role.String()
			}
			return []rule.Card{card}
		},
		// The key says which callback it is, and nothing of others: so none of them changes its luck.
		Draw: func(name string) float64 {
			level := uint64(0)
			if out.Device {
				level = 1
			}
			return uniform(s.cfg.Seed, "rule "+name+" "+out.Profile.ICCID, r.Number, uint64(c.entry), level, uint64(out.Warning), uint64(attempt))
		},
	}
	switch {
	case r.Query != nil:
	case out.Device:
		facts.Level = rule.Device
	default:
		facts.Level = rule.Profile
	}
	return s.rules.Ask(rule.AtCallback, &facts)
}

var resultWord = map[euicc.OutcomeStatus]string{euicc.Success: rule.Success, euicc.Failed: rule.Failed, euicc.Warned: rule.Warning}

// ruleEvent is an event of a rule and a callback.
func ruleEvent(c *callback) Event {
	return Event{Cause: c.latest, Request: c.request, EID: c.card.EID, ICCID: c.outcome.Profile.ICCID, Callback: c.id}
}

// skipForCallback records that what a rule is to do to a callback cannot be done.
func (s *Sim) skipForCallback(c *callback, name, whyNot string) {
	c.latest = s.noteSkipped(name, whyNot, ruleEvent(c), int32(c.entry))
}

// interfere lets the rules have their say about a callback that has just been decided. It says whether they have seen to its
// first attempt.
func (s *Sim) interfere(c *callback, r *request) (done bool) {
	s.completeSwap(c, r)
	hit := s.askCallback(c, r, 0)
	if hit == nil {
		return false
	}
	what := hit.Callback
	if what.Early && !r.gated {
		s.skipForCallback(c, hit.Name, s.whyNotEarly(r))
		return false
	}
	c.latest = s.noteApplied(hit, ruleEvent(c), int32(c.entry))
	u := s.callbackRuleOf(c)
	u.by, u.effect = hit.Name, what
	switch {
	case what.Early:
		u.earlyBy = hit.Name
		s.early = append(s.early, c.id)
		return true
	case what.Drop:
		s.note(c, CallbackDropped, "")
		s.finish(c, Dropped)
		return true
	case what.Hold:
		s.holdNew(c, byItself)
		return true
	case what.Duplicate > 0:
		u.copies, u.copiesBy = what, hit.Name
	case what.Swap && u.letsGo == 0:
		s.beginSwap(c, r, what)
		return true
	case what.Swap: // it comes before another one, and that is the swap
	default:
		c.due = c.due.Add(what.Delay)
	}
	return false
}

// interfereAt lets the rules have their say about the next attempt of a callback, whose turn has come. It says whether there
// is none now.
func (s *Sim) interfereAt(c *callback, r *request) (done bool) {
	next := c.sent() + int(c.shift) + 1
	if u := s.callbackRules[c.id]; u != nil && (u.isCopy || u.attempt == next) {
		return false
	}
	hit := s.askCallback(c, r, next)
	if hit == nil {
		return false
	}
	c.latest = s.noteApplied(hit, ruleEvent(c), int32(c.entry))
	u, what := s.callbackRuleOf(c), hit.Callback
	u.attempt, u.atAttempt, u.attemptBy = next, what, hit.Name
	switch {
	case what.Drop:
		s.note(c, CallbackDropped, "")
		s.finish(c, Dropped)
	case what.Hold:
		s.holdNew(c, byItself)
	case what.Duplicate > 0:
		u.copies, u.copiesBy = what, hit.Name
		return false
	case what.Delay > 0:
		if c.due = s.jobs.Now().Add(what.Delay); c.state == Held {
			s.release(c) // somebody has fired it, and it waits for its time now
		} else {
			s.scheduleDelivery(c)
		}
	default:
		return false
	}
	return true
}

// afterAttempt sends what comes after an attempt of a callback that was answered: its copies, and the one that was swapped
// with it.
func (s *Sim) afterAttempt(c *callback) {
	u := s.callbackRules[c.id]
	if u == nil {
		return
	}
	if what := u.copies; what != nil {
		u.copies = nil
		for n := range what.Duplicate {
			if err := s.reserveOne(s.request(c.request)); err != nil {
				s.skipForCallback(c, u.copiesBy, fmt.Sprintf("%d of %d copies, because the budget of what is pending is spent", n, what.Duplicate))
				break
			}
			again, r := s.duplicate(c, what.Delay), s.request(c.request)
			did := Applied{Rule: u.copiesBy, Did: fmt.Sprintf("copy of callback %d", c.id)}
			r.applied = append(r.applied, applied{did, int32(c.entry), again.id})
		}
	}
	s.letSwappedGo(u)
}

// beginSwap keeps a callback back until the next one of its account was sent, or for a while.
func (s *Sim) beginSwap(c *callback, r *request, what *rule.Callback) {
	s.unlink(c)
	s.swaps[r.Account] = c.id
	s.callbackRules[c.id].awaitsNext = true
	c.due = s.jobs.Now().Add(rule.SwapWithin)
	if what.Delay > 0 {
		c.due = s.jobs.Now().Add(what.Delay)
	}
	s.jobs.AddBriefly(c.due, job{kind: delivery, about: c.id})
}

// completeSwap lets a callback go before the one of its account that waits for another one.
func (s *Sim) completeSwap(c *callback, r *request) {
	first := s.callbacks.get(s.swaps[r.Account])
	if first == nil || s.callbackRules[first.id] == nil || !s.callbackRules[first.id].awaitsNext || first.state != Scheduled {
		return
	}
	s.jobs.RemoveBrief(func(j *job) bool { return j.about == first.id })
	s.unlink(first)
	s.callbackRuleOf(first).waitsFor = c.id
	s.callbackRuleOf(c).letsGo = first.id
}

// letSwappedGo sends the callback that waits for another one, now.
func (s *Sim) letSwappedGo(u *callbackRule) {
	first := s.callbacks.get(u.letsGo)
	u.letsGo = 0
	if first == nil || s.callbackRules[first.id].waitsFor == 0 {
		return
	}
	s.callbackRules[first.id].waitsFor = 0
	first.due = s.jobs.Now()
	s.scheduleDelivery(first)
}

// stopSwapping is for a callback that waits for no other one any more.
func (s *Sim) stopSwapping(c *callback, u *callbackRule) {
	if account := s.request(c.request).Account; s.swaps[account] == c.id {
		delete(s.swaps, account)
	}
	u.awaitsNext, u.waitsFor = false, 0
}

// schedule adds a job of a request; while a rule keeps its reply back it is put aside.
func (s *Sim) schedule(r *request, due Instant, j job) {
	if r.Late {
		s.aside[r.Number] = append(s.aside[r.Number], scheduledJob{Due: due, Job: j})
		return
	}
	s.jobs.Add(due, scheduler.Owed, j)
}

// takeBack schedules what was put aside, when the reply was written.
func (s *Sim) takeBack(r *request) {
	for _, item := range s.aside[r.Number] {
		s.jobs.Add(max(item.Due, s.jobs.Now()), scheduler.Owed, item.Job)
	}
	delete(s.aside, r.Number)
}

// rulesOf are what rules did to a request: to its reply (ofReply), an entry or a callback.
func (r *request) rulesOf(entry int32, callback uint64) (all []Applied) {
	for i := range r.applied {
		if a := &r.applied[i]; a.callback == callback && (callback != 0 || a.entry == entry) {
			all = append(all, a.Applied)
		}
	}
	return all
}
