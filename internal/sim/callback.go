package sim

import (
	"slices"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
)

// Facts are what a callback tells, as it was when it was decided.
type Facts struct {
	ID      uint64 // its number, from 1
	Request Request
	Card    Identity
	Outcome euicc.Outcome
	Told    *rule.Fault // what a rule tells in place of a fault; nil if none does
	// Listener is who was to be told at that time: its username and password are those of the callback. It is
	// empty when there was none.
	Listener config.Listener
	Findings *Findings // the answer of a query; nil for an operation
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
	Held       // back, until it is released, fired or dropped
	Delivered  // acknowledged with a 2xx
	Archived   // every attempt failed; kept 30 days by ThingSpace
	NoListener // there was none when it was to be sent
	Dropped    // on request, and never sent again
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
	State         CallbackState
	Entry         int              // which device of the request, from 0
	CallbackCount int              // the callbackCount of the latest attempt, or of the first one to come
	Due           Instant          // of the next attempt; of the last one when there is none to come
	SentTo        *config.Listener // by the last attempt; nil before the first
	Attempts      []Attempt
	Cause         uint64         // the event that decided it
	Guard         *CardContext   // what the guards saw of the card, when one of them refused
	Effect        *rule.Callback // what a rule does to the latest attempt, or to the first one to come; nil for nothing
}

// Attempt is one attempt to deliver a callback.
type Attempt struct {
	At     Instant
	Answer Answer // zero while it is in flight
}

// callback is the record of a callback. There may be a million of them that wait for a listener, so every
// 8 bytes are 8 MB; a test holds the size. It refers to everything by number; what it points to is a value that never changes.
type callback struct {
	id       uint64
	request  uint64
	card     *Identity
	outcome  euicc.Outcome
	listener *config.Listener // see Facts; nobody for none
	guard    *CardContext
	attempts []Attempt        // the attempts that were answered
	sentTo   *config.Listener // by the last attempt; nil before the first
	due      Instant
	cause    uint64 // the event that decided it
	latest   uint64 // its latest event
	// The callbacks of one card leave in order: prev goes first, then this one, then next; 0 is none. Whoever
	// is finished, or was steered, is taken out of the chain.
	prev, next uint64
	device     int32  // whose chain that is; 0 for none
	shift      int32  // from the number of its attempts to that which its listener is told
	hold       uint32 // that it belongs to while it is held
	events     int32  // in the journal that tell of it
	entry      uint16 // which device of the request, from 0
	state      CallbackState
	blocked    bool // it was due before prev was done with, and has no job until then
}

// sent is how many attempts there were, the one in flight included.
func (c *callback) sent() int {
	n := len(c.attempts)
	if c.underway() {
		n++
	}
	return n
}

// underway says whether an attempt was sent that is not answered.
func (c *callback) underway() bool { return c.state == InFlight || c.state == InMailbox }

// final says whether nothing more comes of it by itself.
func (c *callback) final() bool { return c.state >= Delivered }

// callbackCount is that of the latest attempt, or of the first one to come.
func (c *callback) callbackCount() int {
	shift := int(c.shift)
	return max(c.sent()+shift, 1+max(shift, 0))
}

// facts are what a callback tells.
func (s *Sim) facts(c *callback) Facts {
	r := s.request(c.request)
	return Facts{ID: c.id, Request: r.Request, Card: *c.card, Outcome: c.outcome, Told: s.told(c), Listener: *c.listener, Findings: r.findings}
}

func (s *Sim) view(c *callback) Callback {
	v := Callback{
		Facts: s.facts(c), State: c.state, Entry: int(c.entry), CallbackCount: c.callbackCount(), Due: c.due, SentTo: c.sentTo,
		Attempts: slices.Clone(c.attempts), Cause: c.cause, Guard: c.guard, Effect: s.effect(c),
	}
	if c.underway() {
		v.Attempts = append(v.Attempts, Attempt{At: c.due})
	}
	return v
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

// CallbackFilter chooses callbacks; zero fields choose all.
type CallbackFilter struct {
	Request string
	State   *CallbackState
}

// Callbacks lists up to limit callbacks with an ID above after, oldest first, as they are now.
func (s *Sim) Callbacks(f CallbackFilter, after uint64, limit int) []Callback {
	s.lock()
	defer s.mu.Unlock()
	all := s.callbacks.after(after)
	if f.Request != "" {
		r := s.requestByID(f.Request)
		if r == nil {
			return nil
		}
		all = s.callbacksOf(r, after)
	}
	var page []Callback
	for _, c := range all {
		if len(page) >= limit {
			break
		}
		if f.State == nil || c.state == *f.State {
			page = append(page, s.view(c))
		}
	}
	return page
}
