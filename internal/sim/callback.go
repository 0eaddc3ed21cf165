package sim

import (
	"slices"
	"sync/atomic"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/scheduler"
)

// Facts are what a callback tells, as it was when it was decided; they do not change, so whoever
// sends the callback may read them without a lock.
type Facts struct {
	ID      uint64
	Request *Request
	Card    *Identity // never nil
	Outcome euicc.Outcome
	// Listener is who was to be told at that time: its username and password are those of the callback.
	// It is never nil.
	Listener *config.Listener
}

// Identity is what a card is called, as far as that is known. It does not change: a card that gets
// another name gets another Identity.
type Identity struct{ EID, IMEI string }

// nobody is the listener of an account that has none.
var nobody = &config.Listener{}

// CallbackState is how far the delivery of a callback has come.
type CallbackState uint8

// The states of a callback. The last four are final.
const (
	Scheduled CallbackState = iota
	InFlight
	InMailbox // an attempt lies in a mailbox, or was taken from there, and is not answered
	Retrying
	Held      // back, until it is released, fired or dropped
	Delivered // acknowledged with a 2xx
	Archived  // every attempt failed; kept 30 days by ThingSpace
	Unheard   // there was no listener when it was to be sent
	Dropped   // on request, and never sent again
	numCallbackStates
)

var callbackWords = [numCallbackStates]string{"scheduled", "inflight", "mailbox", "retrying", "held", "delivered", "archived", "unheard", "dropped"}

func (s CallbackState) String() string { return callbackWords[s] }

// CallbackStates lists the states of a callback.
func CallbackStates() []CallbackState {
	all := make([]CallbackState, numCallbackStates)
	for i := range all {
		all[i] = CallbackState(i)
	}
	return all
}

// Callback is one message to a listener, with the attempts to deliver it, as it was when it was asked
// for.
type Callback struct {
	Facts
	State    CallbackState
	Entry    int              // which device of the request, from 0
	Number   int              // of the latest attempt as the listener counts, or of the first one to come
	Due      Instant          // of the next attempt; of the last one when there is none to come
	SentTo   *config.Listener // by the last attempt; nil before the first
	Attempts []Try
	Cause    uint64 // the event that decided it
	Seen     *Seen  // what the guards saw of the card, when one of them refused
}

// callback is the record of a callback. There may be a million of them that wait for a listener, so
// each of its words counts.
type callback struct {
	Facts
	state  CallbackState
	stand  stand
	entry  uint16 // which device of the request, from 0
	events int32  // in the journal that tell of it
	due    Instant
	more   atomic.Pointer[extra] // see extra and ownExtra
	cause  uint64                // the event that decided it
	follow uint64                // its latest event
}

// stand is where a callback stands in the chain of its card.
type stand uint8

const (
	linked stand = iota
	waits        // for prev
	loose        // it has stepped out of the chain, see Steer
)

// extra is what few callbacks have, or not at first: it is kept beside the record. While an attempt is
// under way only the links change, so what an Attempt says of it may be read without a lock.
type extra struct {
	seen   *Seen
	tries  []Try            // those that were answered
	shift  int32            // from the number of its attempts to that which its listener is told
	hold   uint32           // see belongsTo
	sentTo *config.Listener // by the last attempt; nil for the Listener of the facts
	// The callbacks of one card leave in order: prev goes first, and when next waits it is woken. A
	// finished one is taken out of the chain, unless it is the last: another may follow.
	prev, next *callback
}

// noExtra is that of a callback that has none.
var noExtra extra

// extra is that of the callback, to be read.
func (c *callback) extra() *extra {
	if e := c.more.Load(); e != nil {
		return e
	}
	return &noExtra
}

// ownExtra is that of the callback, to be written to.
func (c *callback) ownExtra() *extra {
	e := c.more.Load()
	if e == nil {
		e = &extra{}
		c.more.Store(e)
	}
	return e
}

// sent is how many attempts there were, the one in flight included.
func (c *callback) sent() int {
	n := len(c.extra().tries)
	if c.underway() {
		n++
	}
	return n
}

// sentTo is the listener of the last attempt, or nil.
func (c *callback) sentTo() *config.Listener {
	switch to := c.extra().sentTo; {
	case to != nil:
		return to
	case c.sent() > 0:
		return c.Listener
	}
	return nil
}

// underway says whether an attempt was sent that is not answered.
func (c *callback) underway() bool { return c.state == InFlight || c.state == InMailbox }

// number is that of the latest attempt as the listener counts, or of the first one to come.
func (c *callback) number() int {
	shift := int(c.extra().shift)
	return max(c.sent()+shift, 1+max(shift, 0))
}

func (c *callback) view() Callback {
	e := c.extra()
	v := Callback{
		Facts: c.Facts, State: c.state, Entry: int(c.entry), Number: c.number(), Due: c.due, SentTo: c.sentTo(),
		Attempts: slices.Clone(e.tries), Cause: c.cause, Seen: e.seen,
	}
	if c.underway() {
		v.Attempts = append(v.Attempts, Try{At: c.due})
	}
	return v
}

// Try is one attempt to deliver a callback.
type Try struct {
	At     Instant
	Answer Answer // zero while it is in flight
}

// Answer is what came of an attempt. Result, and Status with it, are simulated facts; Took and Err
// are for people.
type Answer struct {
	Result Result
	Status int           // of the HTTP reply, when there was one
	Took   time.Duration // wall-clock time
	Err    string
}

// Acknowledged says whether the listener took the callback: any 2xx ("About callback services").
func (a Answer) Acknowledged() bool { return a.Result == Replied && a.Status/100 == 2 }

// Result is how an attempt ended.
type Result uint8

// The results of an attempt.
const (
	Pending Result = iota
	Replied        // with an HTTP status
	Timeout
	Refused
	Reset
	TLS
	Other
)

var resultWords = []string{"pending", "replied", "timeout", "refused", "reset", "tls", "other"}

func (r Result) String() string { return resultWords[r] }

// Attempt is one message on its way: what Env.Send is given, and what Answered takes back. Until then
// what it says does not change, and may be read without a lock.
type Attempt struct{ cb *callback }

// Facts are what it tells.
func (a Attempt) Facts() *Facts { return &a.cb.Facts }

// Number is the callbackCount that the listener is told, from 1.
func (a Attempt) Number() int { return a.cb.number() }

// URL is where it goes.
func (a Attempt) URL() string { return a.cb.sentTo().URL }

// mayGo says whether the next attempt of a callback does not overtake the one before it.
func (c *callback) mayGo() bool {
	p := c.extra().prev
	return p == nil || c.stand == loose || p.state == Retrying && p.sent() > c.sent()
}

// decide makes the callback of an outcome and owes its delivery, now.
func (s *Sim) decide(j job, r *Request, d *device, card *Identity, out *euicc.Outcome) {
	c, id := s.callbacks.put()
	c.Facts = Facts{ID: id, Request: r, Card: card, Outcome: *out}
	c.entry = uint16(j.entry)
	if out.Fault != euicc.OK {
		c.ownExtra().seen = seen(d, j.busy)
	}
	kind, detail := OperationSucceeded, r.Op.String()
	switch {
	case out.Fault != euicc.OK:
		kind, detail = OperationRefused, detail+": "+out.Fault.String()
	case out.Warning == euicc.Unreachable:
		kind = OperationWarned
	}
	if d != nil {
		if d.last != nil {
			c.goesAfter(d.last)
		}
		d.last = c
	}
	s.announce(c, kind, detail)
}

// announce notes a callback that is decided, and owes its delivery, now.
func (s *Sim) announce(c *callback, kind EventKind, detail string) {
	r := c.Request
	c.Listener = nobody
	if l := s.listeners[listenerKey{r.Account, config.ProfileService}]; l != nil {
		c.Listener = l
	}
	c.due = s.jobs.Now()
	s.tellOf(c)
	c.cause = s.record(Event{
		Kind: kind, Cause: r.caused, Request: r, EID: c.Card.EID, ICCID: c.Outcome.Profile.ICCID, about: c, Detail: detail,
	})
	c.follow = c.cause
	if hold := s.holder(c); hold != byItself {
		s.park([]*callback{c}, hold)
		return
	}
	s.owe(c)
}

// tellOf makes a callback one of its request, and one that is still to come.
func (s *Sim) tellOf(c *callback) {
	r := c.Request
	if r.told == nil {
		r.told = make([]uint64, 0, max(r.Devices.Len(), 1)) // mostly one for each device
	}
	r.told = append(r.told, c.ID)
	s.stillToCome(r, 0, 1)
}

// setState notes how far a callback has come. To be held is holdBy's to note.
func (s *Sim) setState(c *callback, to CallbackState) {
	if c.state == Held {
		s.countHeld(c.heldBy(), -1)
	}
	c.state = to
}

// dispatch begins an attempt, or lets the callback wait for the one before it.
func (s *Sim) dispatch(c *callback) {
	if !c.mayGo() {
		c.stand = waits
		return
	}
	s.count.ran++
	l := s.listeners[listenerKey{c.Request.Account, config.ProfileService}]
	if l == nil {
		s.finish(c, Unheard, CallbackUnheard)
		return
	}
	s.setState(c, InFlight)
	c.due = s.jobs.Now()
	if l != c.Listener {
		c.ownExtra().sentTo = l
	}
	if l.URL == config.Mailbox {
		s.keep(c)
		s.note(c, AttemptSent, InMailbox.String())
		return
	}
	s.note(c, AttemptSent, "")
	s.inflight++
	if s.outbox == nil && s.jobs.Len(scheduler.Owed) > stretch {
		s.outbox = make([]Attempt, 0, stretch)
	}
	s.outbox = append(s.outbox, Attempt{c})
}

// answered records what came of an attempt: acknowledged, or another attempt, or the archive.
func (s *Sim) answered(a Attempt, answer Answer) {
	c := a.cb
	e := c.ownExtra()
	e.tries = append(e.tries, Try{c.due, answer})
	s.setState(c, Retrying)
	detail := answer.String()
	switch {
	case answer.Acknowledged():
		s.count.delivered++
		s.note(c, AttemptAcknowledged, detail)
		s.finish(c, Delivered, numEventKinds)
	case c.number() >= s.cfg.Delivery.Attempts:
		s.count.failed++
		s.note(c, AttemptFailed, detail)
		s.finish(c, Archived, CallbackArchived)
	default:
		s.count.failed++
		s.note(c, AttemptFailed, detail)
		// ThingSpace counts the five minutes from the sending, not from the answer.
		c.due = c.due.Add(s.cfg.Delivery.Interval)
		s.owe(c)
		s.wake(e.next)
	}
}

// finish ends the delivery of a callback, with an event of its own unless the latest one says it.
func (s *Sim) finish(c *callback, state CallbackState, kind EventKind) {
	s.setState(c, state)
	if kind != numEventKinds {
		s.note(c, kind, "")
	}
	s.stillToCome(c.Request, 0, -1)
	if n := c.extra().next; n != nil {
		n.goesAfter(c)
		s.wake(n)
	}
}

// goesAfter puts c behind p in the chain, or where p was when p is finished.
func (c *callback) goesAfter(p *callback) {
	before := p
	if p.state >= Delivered || p.stand == loose {
		before = p.extra().prev
		if before != nil || p.extra().next != nil {
			e := p.ownExtra()
			e.prev, e.next = nil, nil
		}
	}
	if before != nil {
		before.ownExtra().next = c
	}
	if before != c.extra().prev {
		c.ownExtra().prev = before
	}
}

// wake lets a callback try again that may wait for the one before it.
func (s *Sim) wake(c *callback) {
	if c != nil && c.stand == waits {
		c.stand = linked
		s.owe(c)
	}
}

// note records an event of a callback, caused by the latest one of the same callback.
func (s *Sim) note(c *callback, kind EventKind, detail string) {
	c.follow = s.record(Event{
		Kind: kind, Cause: c.follow, Request: c.Request, EID: c.Card.EID, ICCID: c.Outcome.Profile.ICCID, about: c, Detail: detail,
	})
}

// forget drops a finished callback that no event tells of any more.
func (s *Sim) forget(c *callback) {
	if c.events == 0 && c.state >= Delivered {
		s.callbacks.take(c.ID)
	}
}

// CallbackFilter chooses callbacks; zero fields choose all.
type CallbackFilter struct {
	Request string
	State   *CallbackState
}

// Callbacks lists up to limit callbacks with an ID above after, oldest first, as they are now.
func (s *Sim) Callbacks(f CallbackFilter, after uint64, limit int) []Callback {
	s.lock()
	defer s.mu.Unlock()
	all := s.callbacks.above(after)
	if f.Request != "" {
		r := s.byRequestID[f.Request]
		if r == nil {
			return nil
		}
		all = s.callbacksOf(r, after)
	}
	var page []Callback
	for c := range all {
		if len(page) >= limit {
			break
		}
		if f.State == nil || c.state == *f.State {
			page = append(page, c.view())
		}
	}
	return page
}
