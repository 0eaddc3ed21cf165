package sim

import (
	"context"
	"time"

	"tsim/internal/scheduler"
)

// Goal is how far time is to be advanced: to an instant, or until nothing is owed any more.
type Goal struct {
	By    time.Duration // from now, when To is 0
	To    Instant
	Idle  bool          // until nothing is owed; By and To do not count then
	Limit time.Duration // with Idle: how far at the most; 0 for DefaultLimit
}

// DefaultLimit is how far an advance until idle goes at the most.
const DefaultLimit = 24 * time.Hour

// Advanced says what an advance did.
type Advanced struct {
	From, Now         Instant
	Ran               int // jobs
	Delivered, Failed int // attempts
	Pending           int // jobs still owed
	Held              int // callbacks that are held
	Idle              bool
}

// Advance lets time pass until the goal, from instant to instant: everything that is due is done,
// every attempt sent and answered, before time goes on. It works in every mode, one call at a time,
// and ends early when ctx does or when the sandbox is reset.
func (s *Sim) Advance(ctx context.Context, goal Goal) (Advanced, error) {
	s.lock()
	if s.closed {
		s.mu.Unlock()
		return Advanced{}, s.removed()
	}
	if s.advancing {
		s.mu.Unlock()
		return Advanced{}, Errorf(Conflict, "time is being advanced already; wait for that to end")
	}
	from, epoch, before := s.jobs.Now(), s.epoch, s.count
	next, err := s.goal(goal, from)
	if err != nil {
		s.mu.Unlock()
		return Advanced{}, err
	}
	s.apply(&beginAdvance{})
	for s.epoch == epoch {
		out, p := s.step(next)
		if p == stepArrived {
			break
		}
		s.mu.Unlock()
		s.send(out)
		if p == stepBlocked {
			select {
			case <-s.wakeAdvance:
			case <-ctx.Done():
				err = ctx.Err()
			}
		} else if ctx.Err() != nil {
			err = ctx.Err()
		}
		s.mu.Lock()
		if err != nil {
			break
		}
	}
	s.apply(&endAdvance{})
	r := Advanced{From: from, Now: s.jobs.Now(), Pending: s.jobs.Len(scheduler.Owed), Held: s.held}
	if s.epoch == epoch {
		r.Ran, r.Delivered, r.Failed = s.count.ran-before.ran, s.count.delivered-before.delivered, s.count.failed-before.failed
	}
	r.Idle = r.Pending == 0 && s.inFlight == 0
	s.mu.Unlock()
	s.notify()
	return r, err
}

// beginAdvance begins to let time pass from instant to instant, by steps of passTime.
type beginAdvance struct{ result }

func (c *beginAdvance) apply(s *Sim) { s.advancing = true }

// endAdvance ends that, or what fireCallback began.
type endAdvance struct {
	Fired bool
	result
}

func (c *endAdvance) apply(s *Sim) {
	s.advancing = false
	s.anchorHere()
	if !s.stepping() || c.Fired && s.inFlight == 0 {
		s.recordAnswers()
	}
}

// goal is the function that names the next instant on the way.
func (s *Sim) goal(g Goal, from Instant) (func() (Instant, bool), error) {
	if g.Idle {
		if g.Limit < 0 {
			return nil, Errorf(Invalid, "limit is how far to go at the most, it cannot be %s", g.Limit)
		}
		limit := g.Limit
		if limit == 0 {
			limit = DefaultLimit
		}
		end := from.Add(limit)
		return func() (Instant, bool) {
			t, owed := s.nextOwed()
			return min(t, end), owed && s.jobs.Now() < end
		}, nil
	}
	end := g.To
	if end == 0 {
		end = from.Add(g.By)
	}
	if end < from {
		return nil, Errorf(Invalid, "time does not run backwards: it is %s already", from.Time().Format(time.RFC3339Nano))
	}
	return func() (Instant, bool) {
		next := min(s.jobs.NextDue(scheduler.Owed), s.jobs.NextDue(scheduler.Background))
		return min(next, end), s.jobs.Now() < end
	}, nil
}
