package sim

import (
	"context"

	"tsim/internal/scheduler"
)

// Steering callbacks that are still to come. A callback that is steered steps out of the line of its
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
	s.lock()
	defer s.mu.Unlock()
	c := s.callbacks.get(id)
	if c == nil {
		return Callback{}, Errorf(NotFound, "no callback %d", id)
	}
	if err := c.may(do); err != nil {
		return Callback{}, err
	}
	switch do {
	case Hold:
		s.park([]*callback{c}, byItself)
	case Release:
		s.unpark(c)
	case Drop:
		s.pull(c)
		s.finish(c, Dropped, CallbackDropped)
	case Duplicate:
		if err := s.oneMore(c.Request); err != nil {
			return Callback{}, err
		}
		c = s.duplicate(c)
	case Resend:
		if err := s.oneMore(c.Request); err != nil {
			return Callback{}, err
		}
		c.ownExtra().shift = -int32(c.sent())
		s.setState(c, Scheduled)
		c.due, c.stand = s.jobs.Now(), loose
		s.stillToCome(c.Request, 0, 1)
		s.note(c, CallbackResent, "")
		s.owe(c)
	}
	s.poke()
	return c.view(), nil
}

// may says what is in the way of doing something to a callback.
func (c *callback) may(do Steering) error {
	ok, right := true, ""
	switch do {
	case Hold, Drop:
		ok, right = !c.underway() && c.state < Delivered, "one that is scheduled, retrying or held"
	case Release:
		ok, right = c.state == Held, "one that is held"
	case Resend:
		ok, right = c.state == Archived, "one that is archived"
	}
	if !ok {
		return Errorf(Conflict, "callback %d is %s; %s applies to %s", c.ID, c.state, do, right)
	}
	return nil
}

// oneMore is room for one more callback of a request than its operations have.
func (s *Sim) oneMore(r *Request) error {
	err := s.reserve(BudgetPending, 1)
	if err == nil {
		r.reserved++
	}
	return err
}

// step takes a callback out of the line of its card.
func (s *Sim) step(c *callback) {
	c.stand = loose
	if n := c.extra().next; n != nil {
		n.goesAfter(c)
		s.wake(n)
	}
}

// owe adds the job of the next attempt.
func (s *Sim) owe(c *callback) { s.jobs.Add(c.due, scheduler.Owed, job{kind: delivery, number: c.ID}) }

// pull takes a callback out of line and queue.
func (s *Sim) pull(c *callback) {
	s.jobs.Remove(func(j *job) bool { return j.kind == delivery && j.number == c.ID })
	s.step(c)
}

// park holds callbacks, for a hold or by themselves: all of them with one look at the queue.
func (s *Sim) park(all []*callback, hold uint64) {
	for _, c := range all {
		before := c.state
		s.holdBy(c, hold)
		if before != Held {
			s.note(c, CallbackHeld, "")
		}
	}
	for _, c := range all {
		s.step(c) // which wakes the next one, though that is held as well
	}
	s.jobs.Remove(func(j *job) bool { return j.kind == delivery && s.callbacks.get(j.number).state == Held })
}

func (s *Sim) unpark(c *callback) {
	s.setState(c, Scheduled)
	if c.sent() > max(-int(c.extra().shift), 0) {
		s.setState(c, Retrying)
	}
	c.due = max(c.due, s.jobs.Now())
	s.note(c, CallbackReleased, "")
	s.owe(c)
}

// duplicate is one more message with the same facts and the same number of attempt, from now on.
func (s *Sim) duplicate(of *callback) *callback {
	e := of.extra()
	c, id := s.callbacks.put()
	c.Facts, c.ID = of.Facts, id
	c.due, c.cause, c.entry, c.follow = s.jobs.Now(), of.cause, of.entry, of.follow
	c.more.Store(&extra{seen: e.seen, shift: max(int32(of.sent())+e.shift-1, 0)})
	s.tellOf(c)
	s.note(c, CallbackDuplicated, "")
	s.owe(c)
	return c
}

// Fire sends a callback now, whatever it waits for, and returns when every attempt in flight is
// answered. Time stands still meanwhile.
func (s *Sim) Fire(ctx context.Context, id uint64) (Callback, error) {
	s.lock()
	c := s.callbacks.get(id)
	var err error
	switch {
	case c == nil:
		err = Errorf(NotFound, "no callback %d", id)
	case s.advancing:
		err = Errorf(Conflict, "time is being advanced already; wait for that to end")
	case c.underway() || c.state >= Delivered:
		err = Errorf(Conflict, "callback %d is %s; fire applies to one that is scheduled, retrying or held", id, c.state)
	}
	if err != nil {
		s.mu.Unlock()
		return Callback{}, err
	}
	s.pull(c)
	s.dispatch(c)
	err = s.flush(ctx)
	view := c.view()
	s.mu.Unlock()
	s.poke()
	return view, err
}

// flush sends what is to be sent and waits for the answers; the caller has the lock, before and after.
func (s *Sim) flush(ctx context.Context) (err error) {
	s.advancing = true
	for epoch := s.epoch; s.epoch == epoch && err == nil; {
		if out := s.takeOutbox(); len(out) > 0 {
			s.mu.Unlock()
			s.send(out)
			s.mu.Lock()
			continue
		}
		if s.inflight == 0 {
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
	s.advancing = false
	s.anchorHere()
	if s.inflight == 0 || !s.settling() {
		s.recordAnswers()
	}
	return err
}
