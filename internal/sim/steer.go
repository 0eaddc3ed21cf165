package sim

import (
	"context"
	"time"
)

// Steering callbacks that are still to come. A callback that is steered is taken out of the chain of its
// card: it waits for no other one, and no other one for it. One that is held has no job, so neither
// auto mode nor an advance until idle looks at it.

// Steering is what can be done to one callback.
type Steering uint8

// What can be done to a callback.
const (
	Hold      Steering = iota // keep it back until it is released, fired or dropped
	Release                   // let one that is held go on, when it is due
	Drop                      // never send it
	Duplicate                 // send it once more, as it was sent last
	Resend                    // begin anew with one that is archived
	numSteerings
)

var steeringWords = [numSteerings]string{"hold", "release", "drop", "duplicate", "resend"}

func (s Steering) String() string { return steeringWords[s] }

// Steer does something to a callback, and returns it as it is then: of a duplicate the new one.
func (s *Sim) Steer(id uint64, do Steering) (Callback, error) {
	c := &steerCallback{Callback: id, Steering: do}
	s.do(c)
	return c.steered, c.err
}

type steerCallback struct {
	Callback uint64
	Steering Steering
	result
	steered Callback
}

func (c *steerCallback) apply(s *Sim) { c.steered, c.err = s.steer(c.Callback, c.Steering) }

func (s *Sim) steer(id uint64, do Steering) (Callback, error) {
	c := s.callbacks.get(id)
	if c == nil {
		return Callback{}, Errorf(NotFound, "no callback %d", id)
	}
	if err := c.may(do); err != nil {
		return Callback{}, err
	}
	switch do {
	case Hold:
		s.hold([]*callback{c}, byItself)
	case Release:
		s.release(c)
	case Drop:
		s.pull(c)
		s.note(c, CallbackDropped, "")
		s.finish(c, Dropped)
	case Duplicate:
		if err := s.reserveOne(s.request(c.request)); err != nil {
			return Callback{}, err
		}
		c = s.duplicate(c, 0)
	case Resend:
		if err := s.reserveOne(s.request(c.request)); err != nil {
			return Callback{}, err
		}
		c.shift = -int32(c.sent())
		if u := s.callbackRules[c.id]; u != nil {
			u.attempt, u.atAttempt = 0, nil // its attempts are numbered anew
		}
		s.setState(c, Scheduled)
		c.due = s.jobs.Now()
		s.addPending(s.request(c.request), 0, 1)
		s.note(c, CallbackResent, "")
		s.scheduleDelivery(c)
	}
	s.notify()
	return s.view(c), nil
}

// may says what is in the way of doing something to a callback.
func (c *callback) may(do Steering) error {
	ok, right := true, ""
	switch do {
	case Hold, Drop:
		ok, right = !c.underway() && !c.final(), "one that is scheduled, retrying or held"
	case Release:
		ok, right = c.state == Held, "one that is held"
	case Resend:
		ok, right = c.state == Archived, "one that is archived"
	}
	if !ok {
		return Errorf(Conflict, "callback %d is %s; %s applies to %s", c.id, c.state, do, right)
	}
	return nil
}

// reserveOne is room for one more callback of a request than its operations have.
func (s *Sim) reserveOne(r *request) error {
	err := s.reserve(BudgetPending, 1)
	if err == nil {
		r.reserved++
	}
	return err
}

// pull takes a callback out of chain and queue.
func (s *Sim) pull(c *callback) {
	s.jobs.Remove(func(j *job) bool { return j.kind == delivery && j.about == c.id })
	s.unlink(c)
}

// duplicate is one more message with the same facts and the same number of attempt, after a while.
func (s *Sim) duplicate(of *callback, after time.Duration) *callback {
	c, id := s.callbacks.insert()
	*c = callback{
		id: id, request: of.request, card: of.card, outcome: of.outcome, listener: of.listener, guard: of.guard,
		due: s.jobs.Now().Add(after), cause: of.cause, latest: of.latest, entry: of.entry, shift: max(int32(of.sent())+of.shift-1, 0),
	}
	if u := s.callbackRules[of.id]; u != nil {
		s.callbackRules[id] = &callbackRule{
			by: u.by, told: u.told, effect: u.effect, attempt: u.attempt, atAttempt: u.atAttempt, attemptBy: u.attemptBy, isCopy: true,
		}
	}
	s.addCallback(s.request(c.request), c)
	s.note(c, CallbackDuplicated, "")
	s.scheduleDelivery(c)
	return c
}

// Fire sends a callback now, whatever it waits for, and returns when every attempt in flight is
// answered. Time stands still meanwhile.
func (s *Sim) Fire(ctx context.Context, id uint64) (Callback, error) {
	s.lock()
	fired := &fireCallback{Callback: id}
	s.apply(fired)
	if fired.err != nil {
		s.mu.Unlock()
		return Callback{}, fired.err
	}
	epoch, view := s.epoch, fired.fired
	err := s.flush(ctx)
	// Meanwhile a reset may have begun another epoch, in which the number is free or that of another callback.
	if c := s.callbacks.get(id); c != nil && s.epoch == epoch {
		view = s.view(c)
	}
	s.mu.Unlock()
	s.notify()
	return view, err
}

// fireCallback sends a callback now. Time stands still from then on, until endAdvance.
type fireCallback struct {
	Callback uint64
	result
	fired Callback
}

func (f *fireCallback) apply(s *Sim) {
	c := s.callbacks.get(f.Callback)
	switch {
	case c == nil:
		f.err = Errorf(NotFound, "no callback %d", f.Callback)
	case s.advancing:
		f.err = Errorf(Conflict, "time is being advanced already; wait for that to end")
	case c.underway() || c.final():
		f.err = Errorf(Conflict, "callback %d is %s; fire applies to one that is scheduled, retrying or held", f.Callback, c.state)
	default:
		s.pull(c)
		s.dispatch(c)
		f.fired = s.view(c)
		s.advancing = true
	}
}

// flush sends what is to be sent and waits for the answers; the caller has the lock, before and after.
func (s *Sim) flush(ctx context.Context) (err error) {
	for epoch := s.epoch; s.epoch == epoch && err == nil; {
		if out := s.emptyOutbox(); len(out) > 0 {
			s.mu.Unlock()
			s.send(out)
			s.mu.Lock()
			continue
		}
		if s.inFlight == 0 {
			break
		}
		s.mu.Unlock()
		select {
		case <-s.wakeAdvance:
		case <-ctx.Done():
			err = ctx.Err()
		}
		s.mu.Lock()
	}
	s.apply(&endAdvance{Fired: true})
	return err
}
