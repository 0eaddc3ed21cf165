package sim

import "tsim/internal/euicc"

// HoldFilter chooses callbacks by what they are about; zero fields choose all.
type HoldFilter struct {
	Request, Account, EID, ICCID string
	Op                           *euicc.Op
	Device                       *bool // the ones about a device as a whole, or about a profile
}

func (m *HoldFilter) chooses(c *callback, r *request) bool {
	return (m.Request == "" || r.ID == m.Request) && (m.Account == "" || r.Account == m.Account) &&
		(m.EID == "" || c.card.EID == m.EID) && (m.ICCID == "" || c.outcome.Profile.ICCID == m.ICCID) &&
		(m.Op == nil || r.Op == *m.Op) && (m.Device == nil || c.outcome.Device == *m.Device)
}

// Holding is a hold: it keeps back the callbacks that match, those to come included. They are numbered
// from 1 on, anew after a reset.
type Holding struct {
	ID uint64
	HoldFilter
	Callbacks int // that it holds now
}

// byItself stands for a hold where a callback is held, but by none.
const byItself uint64 = 0

// holdBy keeps a callback back, for a hold or by itself.
func (s *Sim) holdBy(c *callback, hold uint64) {
	s.setState(c, Held)
	c.hold = uint32(hold)
	s.countHeld(hold, 1)
}

// hold holds callbacks, for a hold or by themselves: all of them with one look at the queue.
func (s *Sim) hold(all []*callback, hold uint64) {
	for _, c := range all {
		before := c.state
		s.holdBy(c, hold)
		if before != Held {
			s.note(c, CallbackHeld, "")
		}
	}
	for _, c := range all {
		s.unlink(c) // which unblocks the next one, though that is held as well
	}
	s.jobs.Remove(func(j *job) bool { return j.kind == delivery && s.callbacks.get(j.about).state == Held })
}

// holdNew holds a callback that has no job yet, for a hold or by itself.
func (s *Sim) holdNew(c *callback, hold uint64) {
	s.holdBy(c, hold)
	s.note(c, CallbackHeld, "")
	s.unlink(c)
}

// release lets a callback that is held go on, when it is due.
func (s *Sim) release(c *callback) {
	s.setState(c, Scheduled)
	if c.sent() > max(-int(c.shift), 0) {
		s.setState(c, Retrying)
	}
	c.due = max(c.due, s.jobs.Now())
	s.note(c, CallbackReleased, "")
	s.scheduleDelivery(c)
}

// countHeld notes that a hold, or none, holds so many callbacks more.
func (s *Sim) countHeld(hold uint64, more int) {
	s.held += more
	if h := s.holds.get(hold); h != nil {
		h.Callbacks += more
	}
}

// HoldAll holds the callbacks that match, those to come included.
func (s *Sim) HoldAll(m HoldFilter) (Holding, error) {
	c := &holdCallbacks{Filter: m}
	s.do(c)
	return c.made, c.err
}

type holdCallbacks struct {
	Filter HoldFilter
	result
	made Holding
}

func (c *holdCallbacks) apply(s *Sim) { c.made, c.err = s.holdAll(c.Filter) }

func (s *Sim) holdAll(m HoldFilter) (Holding, error) {
	if err := s.reserve(BudgetHolds, 1); err != nil {
		return Holding{}, err
	}
	h, id := s.holds.insert()
	h.ID, h.HoldFilter = id, m
	var all []*callback
	for _, c := range s.callbacks.after(0) {
		if (c.state == Scheduled || c.state == Retrying) && m.chooses(c, s.request(c.request)) {
			all = append(all, c)
		}
	}
	s.hold(all, id)
	s.notify()
	return *h, nil
}

// Holds lists up to limit holds with an ID above after, oldest first.
func (s *Sim) Holds(after uint64, limit int) (page []Holding) {
	s.lock()
	defer s.mu.Unlock()
	for _, h := range s.holds.after(after) {
		if len(page) >= limit {
			break
		}
		page = append(page, *h)
	}
	return page
}

// Lift ends a hold, and says how many callbacks that released: those that it held, but for the ones that
// another hold matches, which belong to that one from now on.
func (s *Sim) Lift(id uint64) (released int, err error) {
	c := &liftHold{Hold: id}
	s.do(c)
	return c.released, c.err
}

type liftHold struct {
	Hold uint64
	result
	released int
}

func (c *liftHold) apply(s *Sim) { c.released, c.err = s.lift(c.Hold) }

func (s *Sim) lift(id uint64) (released int, err error) {
	if s.holds.get(id) == nil {
		return 0, Errorf(NotFound, "no hold %d", id)
	}
	s.holds.delete(id)
	s.giveBack(BudgetHolds, 1)
	for _, c := range s.callbacks.after(0) {
		if c.state != Held || uint64(c.hold) != id {
			continue
		}
		if next := s.holder(c); next != byItself {
			s.holdBy(c, next)
			continue
		}
		s.release(c)
		released++
	}
	s.notify()
	return released, nil
}

// ReleaseAll lifts every hold, and releases all that is held; it says how many.
func (s *Sim) ReleaseAll() (released int) {
	c := &releaseCallbacks{}
	s.do(c)
	return c.released
}

type releaseCallbacks struct {
	result
	released int
}

func (c *releaseCallbacks) apply(s *Sim) { c.released = s.releaseAll() }

func (s *Sim) releaseAll() (released int) {
	for id := range s.holds.after(0) {
		s.holds.delete(id)
	}
	s.giveAllBack(BudgetHolds)
	for _, c := range s.callbacks.after(0) {
		if c.state == Held {
			s.release(c)
			released++
		}
	}
	s.notify()
	return released
}

// holder is the oldest hold that matches a callback, or byItself when none does.
func (s *Sim) holder(c *callback) uint64 {
	r := s.request(c.request)
	for id, h := range s.holds.after(0) {
		if h.chooses(c, r) {
			return id
		}
	}
	return byItself
}
