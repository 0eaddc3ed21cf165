package sim

// EventKind says what happened. The list is closed, and documented in docs/control.md.
type EventKind uint8

// The kinds of event.
const (
	SandboxReset EventKind = iota
	SandboxRewound
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
	CallbackNoListener
	CallbackHeld
	CallbackReleased
	CallbackDropped
	CallbackDuplicated
	CallbackResent
	RuleApplied
	RuleSkipped
	numEventKinds
)

var eventWords = [numEventKinds]string{
	"sandbox.reset", "sandbox.rewound", "clock.changed", "token.issued", "token.revoked", "session.opened", "session.closed", "user.locked",
	"listener.registered", "listener.deregistered", "device.changed", "request.accepted",
	"operation.succeeded", "operation.refused", "operation.waiting", "operation.warned", "profile.fellback",
	"attempt.sent", "attempt.taken", "attempt.acknowledged", "attempt.failed",
	"callback.archived", "callback.unheard",
	"callback.held", "callback.released", "callback.dropped", "callback.duplicated", "callback.resent",
	"rule.applied", "rule.skipped",
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
// the same journal. What it is not about is 0 or "".
type Event struct {
	Epoch    uint64 // of the sandbox; each has events from 1 on
	Seq      uint64
	At       Instant
	Kind     EventKind
	Cause    uint64 // the event that this one follows from
	Request  uint64 // its number
	Callback uint64 // its number
	EID      string
	ICCID    string
	Detail   string
}

// EventReport is an event with the requestId of the request that it is about.
type EventReport struct {
	Event
	RequestID string
}

// maxEvents is how much of the past the journal of a sandbox remembers. What is pending is kept beyond that.
const maxEvents = 100_000

// record notes an event, and forgets the oldest one when there are too many. A finished request or callback goes
// when the last event that tells of it goes.
func (s *Sim) record(e Event) uint64 {
	s.changes.send()
	e.Epoch, e.At = s.epoch, s.jobs.Now()
	if r := s.requests.get(e.Request); r != nil {
		r.events++
	}
	if c := s.callbacks.get(e.Callback); c != nil {
		c.events++
	}
	record, seq := s.journal.insert()
	e.Seq = seq
	*record = e
	if s.journal.live > maxEvents {
		s.forgetEvent(s.journal.oldest())
	}
	return seq
}

// forgetEvent drops the oldest event, and what nothing tells of any more then.
func (s *Sim) forgetEvent(seq uint64) {
	e := *s.journal.get(seq)
	s.journal.delete(seq)
	if c := s.callbacks.get(e.Callback); c != nil {
		c.events--
		s.forgetCallback(c)
	}
	if r := s.requests.get(e.Request); r != nil {
		r.events--
		s.forgetRequest(r)
	}
}

// Events lists up to limit events that come after the given Seq, oldest first.
func (s *Sim) Events(after uint64, limit int) []EventReport {
	s.lock()
	defer s.mu.Unlock()
	var page []EventReport
	for _, e := range s.journal.after(after) {
		if len(page) >= limit {
			break
		}
		page = append(page, s.eventReport(e))
	}
	return page
}

func (s *Sim) eventReport(e *Event) EventReport {
	report := EventReport{Event: *e}
	if r := s.requests.get(e.Request); r != nil {
		report.RequestID = r.ID
	}
	return report
}
