package sim

// EventKind says what happened. The list is closed, and documented in docs/control.md.
type EventKind uint8

// The kinds of event.
const (
	SandboxReset EventKind = iota
	ClockChanged
	TokenIssued
	TokenRevoked
	SessionOpened
	SessionClosed
	UserLockedOut
	ListenerRegistered
	ListenerDeregistered
	DeviceChanged
	RequestAccepted
	OperationSucceeded
	OperationRefused
	OperationWaiting
	OperationWarned
	ProfileFellBack
	AttemptSent
	AttemptTaken
	AttemptAcknowledged
	AttemptFailed
	CallbackArchived
	CallbackUnheard
	CallbackHeld
	CallbackReleased
	CallbackDropped
	CallbackDuplicated
	CallbackResent
	numEventKinds
)

var eventWords = [numEventKinds]string{
	"sandbox.reset", "clock.changed", "token.issued", "token.revoked", "session.opened", "session.closed", "user.locked",
	"listener.registered", "listener.deregistered", "device.changed", "request.accepted",
	"operation.succeeded", "operation.refused", "operation.waiting", "operation.warned", "profile.fellback",
	"attempt.sent", "attempt.taken", "attempt.acknowledged", "attempt.failed",
	"callback.archived", "callback.unheard",
	"callback.held", "callback.released", "callback.dropped", "callback.duplicated", "callback.resent",
}

func (k EventKind) String() string { return eventWords[k] }

// EventKinds lists the kinds of event.
func EventKinds() []EventKind {
	all := make([]EventKind, numEventKinds)
	for i := range all {
		all[i] = EventKind(i)
	}
	return all
}

// Event is one thing that happened in a sandbox: simulated facts only, so that the same history has
// the same journal.
type Event struct {
	Epoch   uint64 // of the sandbox; each has events from 1 on
	Seq     uint64
	At      Instant
	Kind    EventKind
	Cause   uint64 // the event that this one follows from; 0 for none
	Request *Request
	EID     string
	ICCID   string
	Detail  string
	about   *callback
}

// Callback is what is told of the callback that the event is about; nil for none.
func (e *Event) Callback() *Facts {
	if e.about == nil {
		return nil
	}
	return &e.about.Facts
}

// maxEvents is how much of the past the journal of a sandbox remembers. What is pending is kept beyond that.
const maxEvents = 100_000

// record notes an event, and forgets the oldest one when the journal is full. A finished request or
// callback goes when the last event that tells of it goes.
func (s *Sim) record(e Event) uint64 {
	s.changed()
	e.Epoch, e.Seq, e.At = s.epoch, s.journal.count+1, s.jobs.Now()
	if e.Request != nil {
		e.Request.events++
	}
	if e.about != nil {
		e.about.events++
	}
	place, full := s.journal.place()
	c, r := place.about, place.Request // of the oldest event, which is forgotten
	*place = e
	if !full {
		return e.Seq
	}
	if c != nil {
		c.events--
		s.forget(c)
	}
	if r != nil {
		r.events--
		s.forgetRequest(r)
	}
	return e.Seq
}

// Events lists up to limit events that come after the given Seq, oldest first.
func (s *Sim) Events(after uint64, limit int) []Event {
	s.lock()
	defer s.mu.Unlock()
	var page []Event
	for e := range s.journal.from(after) {
		if len(page) >= limit {
			break
		}
		page = append(page, *e)
	}
	return page
}
