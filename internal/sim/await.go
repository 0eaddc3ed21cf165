package sim

import (
	"context"
	"slices"

	"tsim/internal/bound"
	"tsim/internal/scheduler"
)

// Condition is what can be waited for: something about a request, nothing owed any more, or an event.
type Condition struct {
	// Request has at least Callbacks callbacks in State, or, with 0, nothing still to come, and all its
	// callbacks are in State if that is given.
	Request   string
	Callbacks int
	State     *CallbackState // nil with Callbacks means Delivered
	Idle      bool
	Event     *EventFilter
	Calls     *CallsAfter
}

// CallsAfter is met by any call after the one of a number, or when that is of an epoch that is over.
type CallsAfter struct{ Epoch, Number uint64 }

// EventFilter chooses events; zero fields choose all.
type EventFilter struct {
	Kind                *EventKind
	Request, EID, ICCID string
	Callback            uint64
	After               uint64 // a Seq
}

// Await returns as soon as the condition holds, with the event if it is about one, or with the error
// of ctx when that ends first. Nobody pays for it while nobody waits.
func (s *Sim) Await(ctx context.Context, c Condition) (EventReport, error) {
	if c.Event != nil {
		own := *c.Event // which remembers how far it has looked
		c.Event = &own
	}
	var e EventReport
	on := &s.changes
	if c.Calls != nil {
		on = &s.newCalls
	}
	err := s.await(ctx, on, func() (ok bool, err error) { e, ok, err = s.isMet(&c); return ok, err })
	return e, err
}

// await asks ready at each signal, until that is so or cannot be any more, the sandbox is
// reset or ctx ends. ready has the lock. Who sleeps is counted until the end, however that comes about.
func (s *Sim) await(ctx context.Context, on *signal, ready func() (bool, error)) error {
	s.lock()
	defer s.mu.Unlock()
	for epoch, counted := s.epoch, false; ; {
		if s.epoch != epoch && !s.closed {
			return Errorf(Conflict, "the sandbox was reset meanwhile")
		}
		if ok, err := ready(); ok || err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if !counted {
			if err := s.reserve(BudgetWaits, 1); err != nil {
				return err
			}
			counted = true
			defer s.giveBack(BudgetWaits, 1)
		}
		if err := s.sleep(ctx, on); err != nil {
			return err
		}
	}
}

// signal is closed when what it is about happens; nil when nobody waits for that.
type signal chan struct{}

// send wakes those who wait; the caller has the lock of the sandbox.
func (on *signal) send() {
	if *on != nil {
		close(*on)
		*on = nil
	}
}

// sleep returns at the signal, or with the error of ctx. The caller has the lock, before and after.
func (s *Sim) sleep(ctx context.Context, on *signal) error {
	if *on == nil {
		*on = make(signal)
	}
	sent := *on
	s.mu.Unlock()
	defer s.lock()
	select {
	case <-sent:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Sim) isMet(c *Condition) (EventReport, bool, error) {
	switch {
	case s.closed:
		return EventReport{}, false, s.removed()
	case c.Idle:
		return EventReport{}, s.idle(), nil
	case c.Calls != nil:
		return EventReport{}, s.epoch != c.Calls.Epoch || s.calls.calls.count > c.Calls.Number, nil
	case c.Event != nil:
		e, ok := s.happened(c.Event)
		return e, ok, nil
	}
	r := s.requestByID(c.Request)
	if r == nil {
		return EventReport{}, false, Errorf(NotFound, "no request %q", bound.Short(c.Request))
	}
	return EventReport{}, s.requestMeets(r, c), nil
}

// idle says whether nothing is owed, on its way, or waiting for a reply.
func (s *Sim) idle() bool {
	return s.jobs.Len(scheduler.Owed) == 0 && s.inFlight == 0 && s.earlyRequests == 0 && len(s.answers) == 0 && len(s.outbox) == 0
}

func (s *Sim) requestMeets(r *request, c *Condition) bool {
	if c.Callbacks == 0 && (!r.finished() || c.State == nil) {
		return r.finished()
	}
	want := Delivered
	if c.State != nil {
		want = *c.State
	}
	in, all := 0, 0
	for _, cb := range s.callbacksOf(r, 0) {
		all++
		if cb.state == want {
			in++
		}
	}
	if c.Callbacks == 0 {
		return in == all
	}
	return in >= c.Callbacks
}

// happened is the first event after the filter's After that it chooses. What was looked at in vain is
// not looked at again.
func (s *Sim) happened(f *EventFilter) (EventReport, bool) {
	request := s.requestNumbers[f.Request]
	for seq, e := range s.journal.after(f.After) {
		if f.chooses(e, request) {
			return s.eventReport(e), true
		}
		f.After = seq
	}
	return EventReport{}, false
}

// chooses says whether a filter chooses an event; request is the number of the one that it names.
func (f *EventFilter) chooses(e *Event, request uint64) bool {
	return (f.Kind == nil || e.Kind == *f.Kind) &&
		(f.Request == "" || request != 0 && e.Request == request) &&
		(f.EID == "" || e.EID == f.EID) && (f.ICCID == "" || e.ICCID == f.ICCID) &&
		(f.Callback == 0 || e.Callback == f.Callback)
}

// Latest lists the last events that a filter chooses, at most limit of them, oldest first.
func (s *Sim) Latest(f EventFilter, limit int) []EventReport {
	s.lock()
	defer s.mu.Unlock()
	request := s.requestNumbers[f.Request]
	var found []EventReport
	for seq := s.journal.count; len(found) < limit; seq-- {
		e := s.journal.get(seq)
		if e == nil {
			break
		}
		if f.chooses(e, request) {
			found = append(found, s.eventReport(e))
		}
	}
	slices.Reverse(found)
	return found
}
