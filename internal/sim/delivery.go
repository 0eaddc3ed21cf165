package sim

import (
	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/scheduler"
)

// The way of a callback, from top to bottom:
//
//	newCallback       an operation was carried out: what came of it is to be told
//	enqueue           who is told; the first attempt is due now, unless a hold keeps the callback back
//	scheduleDelivery  a job for the next attempt
//	dispatch          the job is due: an attempt is sent, or the callback is blocked by the one before it
//	Message           the attempt's turn has come: what it says is handed out, and posted
//	Answered          what came of the post; outside real mode it is kept until the instant is over
//	answered          acknowledged, or another attempt, or the archive
//	finish            nothing more comes of it: the next callback of the card may go
//
// Steering (steer.go), holds (hold.go) and mailboxes (mailbox.go) step in from the side.

// newCallback makes the callback of an outcome, behind the one of the same card that was made before it.
func (s *Sim) newCallback(j job, r *request, d *device, card *Identity, out *euicc.Outcome) {
	c, id := s.callbacks.insert()
	c.id, c.request, c.card, c.outcome, c.entry = id, r.Number, card, *out, uint16(j.entry)
	if d != nil {
		s.linkAfter(c, d)
		if out.Fault != euicc.OK {
			c.guard = cardContext(d, j.busy)
		}
	}
	cause := r.accepted
	if o := s.outcomeRules[entryKey{r.Number, j.entry}]; o != nil {
		if cause = o.event; out.Fault == euicc.ByRule {
			u := s.callbackRuleOf(c)
			u.by, u.told = o.name, o.what.Fault
		}
	}
	kind, detail := OperationSucceeded, r.Op.String()
	switch {
	case out.Fault == euicc.ByRule:
		kind, detail = OperationRefused, detail+": "+s.callbackRuleOf(c).told.Message
	case out.Fault != euicc.OK:
		kind, detail = OperationRefused, detail+": "+out.Fault.String()
	case out.Warning == euicc.Unreachable:
		kind = OperationWarned
	}
	s.enqueue(c, r, cause, kind, detail)
}

// enqueue chooses the listener of a new callback, records the event that decided it, and schedules its first
// attempt for now, unless a rule says otherwise or a hold keeps it back.
func (s *Sim) enqueue(c *callback, r *request, cause uint64, kind EventKind, detail string) {
	c.listener = nobody
	if l := s.profileListener(r.Account); l != nil {
		c.listener = l
	}
	c.due = s.jobs.Now()
	s.addCallback(r, c)
	c.cause = s.record(Event{
		Kind: kind, Cause: cause, Request: r.Number, EID: c.card.EID, ICCID: c.outcome.Profile.ICCID, Callback: c.id, Detail: detail,
	})
	c.latest = c.cause
	// Rules have no say where nobody listens: they would strike nothing.
	if c.listener != nobody && (s.rules.Has(rule.AtCallback) || len(s.swaps) > 0) && s.interfere(c, r) {
		if hold := s.holder(c); hold != byItself && c.state == Scheduled {
			s.hold([]*callback{c}, hold)
		}
		return
	}
	if hold := s.holder(c); hold != byItself {
		s.holdNew(c, hold)
		return
	}
	s.scheduleDelivery(c)
}

// scheduleDelivery adds the job of the next attempt, or leaves that to Replied.
func (s *Sim) scheduleDelivery(c *callback) {
	if s.waitsForReply(c) {
		c.blocked = true
		return
	}
	s.jobs.Add(c.due, scheduler.Owed, job{kind: delivery, about: c.id})
}

// dispatch sends the next attempt of a callback, unless the one before it in the chain has to go first.
func (s *Sim) dispatch(c *callback) {
	if !s.mayGo(c) {
		c.blocked = true
		return
	}
	s.count.ran++
	r := s.request(c.request)
	if u := s.callbackRules[c.id]; u != nil {
		s.stopSwapping(c, u)
	}
	l := s.profileListener(r.Account)
	if l == nil {
		s.note(c, CallbackNoListener, "")
		s.finish(c, NoListener)
		return
	}
	if s.rules.Has(rule.AtCallback) && s.interfereAt(c, r) {
		return
	}
	s.setState(c, InFlight)
	c.due, c.sentTo = s.jobs.Now(), l
	if l.URL == config.Mailbox {
		s.putIntoMailbox(c)
		s.note(c, AttemptSent, InMailbox.String())
		return
	}
	s.note(c, AttemptSent, "")
	s.inFlight++
	if s.outbox == nil && s.jobs.Len(scheduler.Owed) > batch {
		s.outbox = make([]outgoing, 0, batch)
	}
	s.outbox = append(s.outbox, outgoing{l.URL, AttemptID{s.epoch, c.id}})
}

// outgoing is an attempt for Env.Send.
type outgoing struct {
	url string
	AttemptID
}

func (s *Sim) send(out []outgoing) {
	for _, o := range out {
		s.env.Send(o.url, o.AttemptID)
	}
}

// AttemptID names an attempt that is in flight: that of a callback, in an epoch of its sandbox.
type AttemptID struct{ Epoch, Callback uint64 }

// Message is what an attempt says: a value of its own, which nothing that happens in the sandbox changes.
type Message struct {
	Facts
	CallbackCount int             // the callbackCount that the listener is told, from 1
	URL           string          // where it goes
	Rule          string          // the name of the rule that interferes with it; "" for none
	Effect        *rule.Callback  // what a rule does to it; nil for nothing
	Over          <-chan struct{} // closed by a reset, and when the sandbox is closed: nobody is waiting for the answer then
}

// Message hands out an attempt that Env.Send was given, when its turn has come. It is not to be made any more
// if a reset has forgotten it meanwhile; nobody is owed an Answered then.
func (s *Sim) Message(id AttemptID) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id.Epoch != s.epoch {
		return Message{}, false
	}
	return s.message(s.callbacks.get(id.Callback)), true
}

func (s *Sim) message(c *callback) Message {
	return Message{s.facts(c), c.callbackCount(), c.sentTo.URL, s.ruleOf(c), s.effect(c), s.over}
}

// messageForSinks is what an attempt says that is being answered, if anybody asks.
func (s *Sim) messageForSinks(c *callback) *Message {
	if len(s.sinks) == 0 {
		return nil
	}
	m := s.message(c)
	return &m
}

// Answered takes what came of an attempt that Env.Send was given, exactly once each.
func (s *Sim) Answered(id AttemptID, answer Answer) {
	s.lock()
	c := &s.usual.answer
	*c = answerAttempt{Attempt: id, Answer: answer}
	s.apply(c)
	c.message = nil
	s.mu.Unlock()
	s.notify()
}

type answerAttempt struct {
	Attempt AttemptID
	Answer  Answer
	result
}

func (a *answerAttempt) apply(s *Sim) {
	c := s.callbacks.get(a.Attempt.Callback)
	if a.none = a.Attempt.Epoch != s.epoch || c == nil || c.state != InFlight || s.closed; a.none {
		return
	}
	a.message = s.messageForSinks(c)
	s.inFlight--
	if s.stepping() {
		// The answers of one instant are recorded together when the instant is over, so that the
		// journal does not depend on which listener was faster.
		s.answers = append(s.answers, attemptAnswer{c.id, a.Answer})
		if s.earlyRequests > 0 {
			s.changes.send() // for Early, which waits for it
		}
	} else {
		s.answered(c, a.Answer)
	}
}

// answered records what came of an attempt: acknowledged, or another attempt, or the archive.
func (s *Sim) answered(c *callback, answer Answer) {
	c.attempts = append(c.attempts, Attempt{c.due, answer})
	s.setState(c, Retrying)
	defer s.afterAttempt(c)
	if answer.Acknowledged() {
		s.count.delivered++
		s.note(c, AttemptAcknowledged, answer.String())
		s.finish(c, Delivered)
		return
	}
	s.count.failed++
	s.note(c, AttemptFailed, answer.String())
	if c.callbackCount() >= s.cfg.Delivery.Attempts {
		s.note(c, CallbackArchived, "")
		s.finish(c, Archived)
		return
	}
	// ThingSpace counts the five minutes from the sending, not from the answer.
	c.due = c.due.Add(s.cfg.Delivery.Interval)
	s.scheduleDelivery(c)
	s.unblock(c.next)
}

// finish ends the delivery of a callback, in a final state.
func (s *Sim) finish(c *callback, state CallbackState) {
	s.setState(c, state)
	s.addPending(s.request(c.request), 0, -1)
	s.unlink(c)
}

// setState notes how far a callback has come. To be held is holdBy's to note.
func (s *Sim) setState(c *callback, to CallbackState) {
	if c.state == Held {
		s.countHeld(uint64(c.hold), -1)
	}
	c.state = to
}

// note records an event of a callback, caused by the latest one of the same callback.
func (s *Sim) note(c *callback, kind EventKind, detail string) {
	c.latest = s.record(Event{
		Kind: kind, Cause: c.latest, Request: c.request, EID: c.card.EID, ICCID: c.outcome.Profile.ICCID, Callback: c.id, Detail: detail,
	})
}

// The chain of a card. A callback may go when the one before it is done with, or has failed one attempt more
// than this one: then both are tried again every few minutes, still in order.

func (s *Sim) mayGo(c *callback) bool {
	p := s.callbacks.get(c.prev)
	return p == nil || p.state == Retrying && p.sent() > c.sent()
}

// linkAfter puts a callback behind the last one of its card.
func (s *Sim) linkAfter(c *callback, d *device) {
	c.device, c.prev = d.number, d.last
	if p := s.callbacks.get(d.last); p != nil {
		p.next = c.id
	}
	d.last = c.id
}

// unlink takes a callback out of the chain of its card, and lets the next one go if it waits for this one.
func (s *Sim) unlink(c *callback) {
	if p := s.callbacks.get(c.prev); p != nil {
		p.next = c.next
	}
	if n := s.callbacks.get(c.next); n != nil {
		n.prev = c.prev
		s.unblock(c.next)
	} else if d := s.deviceByNumber(c.device); d != nil && d.last == c.id {
		d.last = c.prev
	}
	c.prev, c.next, c.device, c.blocked = 0, 0, 0, false
	if u := s.callbackRules[c.id]; u != nil {
		s.stopSwapping(c, u)
		s.letSwappedGo(u)
		u.earlyBy = ""
	}
}

// unblock schedules the next attempt of a callback that was due before the one before it was done with. It has had no
// job since.
func (s *Sim) unblock(id uint64) {
	if c := s.callbacks.get(id); c != nil && c.blocked && !s.waitsForReply(c) {
		c.blocked = false
		s.scheduleDelivery(c)
	}
}

// forgetCallback drops a finished callback that no event tells of any more.
func (s *Sim) forgetCallback(c *callback) {
	if c.events == 0 && c.final() {
		delete(s.callbackRules, c.id)
		s.callbacks.delete(c.id)
	}
}
