package sim

import (
	"cmp"
	"slices"
	"time"

	"tsim/internal/config"
	"tsim/internal/scheduler"
)

// clock is how simulated time follows the wall clock in real mode: from an anchor on.
type clock struct {
	mode       config.Mode
	speed      float64
	anchor     Instant
	anchorWall time.Duration
}

// Clock is the time of a sandbox and what moves it.
type Clock struct {
	Now     Instant
	Mode    config.Mode
	Speed   float64
	NextDue Instant // of the next job; scheduler.Never for none
	Epoch   uint64  // from 1; each reset begins the next, and with it the events from 1
}

// stepping says whether time moves instant by instant, waiting for every answer.
func (s *Sim) stepping() bool { return s.advancing || s.clock.mode != config.Real }

// follow brings simulated time up to the wall clock, in real mode.
func (s *Sim) follow() {
	if s.env.Wall == nil || s.stepping() && !s.cfg.Tokens.Wall {
		return
	}
	s.wall = s.wallNow()
	if s.stepping() {
		return
	}
	passed := s.wall - s.clock.anchorWall
	s.jobs.MoveTo(s.clock.anchor.Add(time.Duration(float64(passed) * s.clock.speed)))
	if passed > time.Minute {
		s.anchorHere() // at the highest speed, hours from one anchor would be too many nanoseconds
	}
}

// anchorHere makes the present the point from which real time goes on.
func (s *Sim) anchorHere() {
	s.clock.anchor = s.jobs.Now()
	if s.env.Wall != nil {
		s.wall = s.wallNow()
		s.clock.anchorWall = s.wall
	}
}

// wallNow is what the wall clock says, or said last if there is none. It goes on where it was when the sandbox was exported.
func (s *Sim) wallNow() time.Duration {
	if s.env.Wall == nil {
		return s.wall
	}
	return s.wallSince + s.env.Wall()
}

// Clock says what time it is.
func (s *Sim) Clock() Clock {
	s.lock()
	defer s.mu.Unlock()
	return s.clockNow()
}

func (s *Sim) clockNow() Clock {
	next := min(s.jobs.NextDue(scheduler.Owed), s.jobs.NextDue(scheduler.Background))
	return Clock{s.jobs.Now(), s.clock.mode, s.clock.speed, next, s.epoch}
}

// SetClock chooses what moves time from now on.
func (s *Sim) SetClock(mode config.Mode, speed float64) (Clock, error) {
	if !(speed > 0 && speed <= config.MaxSpeed) {
		return Clock{}, Errorf(Invalid, "speed is above 0 and at most %g, not %g", float64(config.MaxSpeed), speed)
	}
	s.lock()
	defer s.mu.Unlock()
	defer s.notify()
	s.apply(&setClock{Mode: mode, Speed: speed})
	return s.clockNow(), nil
}

type setClock struct {
	Mode  config.Mode
	Speed float64
	result
}

func (c *setClock) apply(s *Sim) {
	s.clock.mode, s.clock.speed = c.Mode, c.Speed
	s.anchorHere()
	if !s.stepping() {
		s.recordAnswers()
	}
	s.record(Event{Kind: ClockChanged, Detail: c.Mode.String()})
}

// attemptAnswer is what came of the attempt of a callback, until the instant is over.
type attemptAnswer struct {
	callback uint64
	answer   Answer
}

// recordAnswers records the answers of an instant, in the order in which their attempts were sent: that is the
// latest event of each.
func (s *Sim) recordAnswers() {
	sent := func(a attemptAnswer) uint64 { return s.callbacks.get(a.callback).latest }
	slices.SortFunc(s.answers, func(a, b attemptAnswer) int { return cmp.Compare(sent(a), sent(b)) })
	for _, a := range s.answers {
		s.answered(s.callbacks.get(a.callback), a.answer)
	}
	s.answers = s.answers[:0]
}

// stepResult is what one step came to.
type stepResult uint8

const (
	stepMore    stepResult = iota // there is more to do at once
	stepBlocked                   // waits for a reply to be written, or for an answer
	stepArrived                   // there is nothing more to go to
)

// step does the next thing at the present instant, or goes on to the instant that next names; it
// returns what to send. The caller holds the lock, and sends without it.
func (s *Sim) step(next func() (Instant, bool)) ([]outgoing, stepResult) {
	now := s.jobs.Now()
	gated := false // what is due first waits for its reply; what is due later holds nobody up
	if min(s.jobs.NextDue(scheduler.Owed), s.jobs.NextDue(scheduler.Background)) <= now {
		if gated = s.passTime(now); !gated {
			return nil, stepMore
		}
	}
	switch {
	case len(s.outbox) > 0:
		return s.emptyOutbox(), stepMore
	case gated || s.inFlight > 0 || s.earlyRequests > 0:
		return nil, stepBlocked
	case len(s.answers) > 0:
		s.apply(&recordAnswers{})
	default:
		t, ok := next()
		if !ok {
			return nil, stepArrived
		}
		s.passTime(t)
	}
	return nil, stepMore
}

// passTime lets time pass to an instant, if that is still to come, and does the jobs that are due then: a few hundred at the
// most, and none behind one whose request has not been replied to. In real mode time passes by itself, see Input.At.
type passTime struct {
	To Instant
	result
	gated bool
}

func (c *passTime) apply(s *Sim) {
	before := s.jobs.Now()
	s.jobs.MoveTo(c.To)
	ran, gated := s.runDue(s.jobs.Now())
	c.gated = gated
	c.none = ran == 0 && s.jobs.Now() == before
}

// passTime lets time pass to an instant, and says whether it stopped at a job whose request has not been replied to.
func (s *Sim) passTime(to Instant) (gated bool) {
	c := &s.usual.time
	*c = passTime{To: to}
	s.apply(c)
	return c.gated
}

// emptyOutbox takes what is to be sent now. Time does not pass while there is something.
type emptyOutbox struct {
	result
	out []outgoing
}

func (c *emptyOutbox) apply(s *Sim) {
	c.out, s.outbox = s.outbox, nil
	c.none = len(c.out) == 0
}

// emptyOutbox is what is to be sent now; the caller sends it without the lock.
func (s *Sim) emptyOutbox() []outgoing {
	if len(s.outbox) == 0 {
		return nil
	}
	c := &s.usual.outgoing
	*c = emptyOutbox{}
	s.apply(c)
	out := c.out
	c.out = nil
	return out
}

// recordAnswers records the answers of an instant that is over.
type recordAnswers struct{ result }

func (c *recordAnswers) apply(s *Sim) {
	c.none = len(s.answers) == 0
	s.recordAnswers()
}

// nextOwed is the instant that auto mode goes to.
func (s *Sim) nextOwed() (Instant, bool) {
	owed := s.jobs.NextDue(scheduler.Owed)
	// Background jobs happen when time passes them.
	return min(owed, s.jobs.NextDue(scheduler.Background)), owed != scheduler.Never
}

// Drive does what is due in real and auto mode, and says how long its caller may wait before it
// calls again: that long, or until Wake. There is one caller, the driver of the sandbox.
func (s *Sim) Drive() time.Duration {
	s.lock()
	var out []outgoing
	wait := config.Forever
	switch {
	case s.advancing || s.clock.mode == config.Manual:
	case s.clock.mode == config.Auto:
		var p stepResult
		if out, p = s.step(s.nextOwed); p == stepMore {
			wait = 0
		}
	default:
		gated := false
		if now := s.jobs.Now(); s.clockNow().NextDue <= now {
			gated = s.passTime(now)
		}
		out = s.emptyOutbox()
		if next := s.clockNow().NextDue; next != scheduler.Never && !gated {
			// An early call does no harm, and an hour cannot overflow.
			wait = time.Duration(min(float64(max(next.Sub(s.jobs.Now()), 0))/s.clock.speed, float64(time.Hour)))
		}
	}
	s.mu.Unlock()
	s.send(out)
	return wait
}

// Wake tells the driver that Drive may have something to do.
func (s *Sim) Wake() <-chan struct{} { return s.wakeDriver }

// notify wakes whoever moves time.
func (s *Sim) notify() {
	for _, c := range [...]chan struct{}{s.wakeDriver, s.wakeAdvance} {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
