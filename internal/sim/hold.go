package sim

import (
	"cmp"
	"slices"

	"tsim/internal/euicc"
)

// Match chooses callbacks by what they are about; zero fields choose all.
type Match struct {
	Request, Account, EID, ICCID string
	Op                           *euicc.Op
	Device                       *bool // the ones about a device as a whole, or about a profile
}

func (m *Match) chooses(c *callback) bool {
	return (m.Request == "" || c.Request.ID == m.Request) && (m.Account == "" || c.Request.Account == m.Account) &&
		(m.EID == "" || c.Card.EID == m.EID) && (m.ICCID == "" || c.Outcome.Profile.ICCID == m.ICCID) &&
		(m.Op == nil || c.Request.Op == *m.Op) && (m.Device == nil || c.Outcome.Device == *m.Device)
}

// Holding is a hold: it keeps back the callbacks that match, those to come included. They are numbered
// from 1 on, anew after a reset.
type Holding struct {
	ID uint64
	Match
	Callbacks int // that it holds now
}

// byItself stands for a hold where a callback is held, but by none.
const byItself uint64 = 0

// holdBy keeps a callback back, for a hold or by itself.
func (s *Sim) holdBy(c *callback, hold uint64) {
	if c.state == Held {
		s.countHeld(c.heldBy(), -1)
	}
	if c.heldBy() != hold {
		c.ownExtra().hold = uint32(hold)
	}
	c.state = Held
	s.countHeld(hold, 1)
}

// countHeld notes that a hold, or none, holds so many callbacks more.
func (s *Sim) countHeld(hold uint64, more int) {
	s.held += more
	if i, ok := slices.BinarySearchFunc(s.holding, hold, Holding.compare); ok {
		s.holding[i].Callbacks += more
	}
}

// heldBy is the hold that a callback that is held belongs to.
func (c *callback) heldBy() uint64 { return uint64(c.extra().hold) }

// HoldAll holds the callbacks that match, those to come included.
func (s *Sim) HoldAll(m Match) (Holding, error) {
	s.lock()
	defer s.mu.Unlock()
	if err := s.reserve(BudgetHolds, 1); err != nil {
		return Holding{}, err
	}
	s.lastHold++
	s.holding = append(s.holding, Holding{ID: s.lastHold, Match: m})
	var all []*callback
	for c := range s.callbacks.above(0) {
		if (c.state == Scheduled || c.state == Retrying) && m.chooses(c) {
			all = append(all, c)
		}
	}
	s.park(all, s.lastHold)
	s.poke()
	return s.holding[len(s.holding)-1], nil
}

// Holds lists up to limit holds with an ID above after, oldest first.
func (s *Sim) Holds(after uint64, limit int) []Holding {
	s.lock()
	defer s.mu.Unlock()
	first, _ := slices.BinarySearchFunc(s.holding, after+1, Holding.compare)
	return slices.Clone(s.holding[first:min(first+limit, len(s.holding))])
}

func (h Holding) compare(id uint64) int { return cmp.Compare(h.ID, id) }

// Lift ends a hold, and says how many callbacks that released: those that it held, but for the ones that
// another hold matches, which belong to that one from now on.
func (s *Sim) Lift(id uint64) (released int, err error) {
	s.lock()
	defer s.mu.Unlock()
	i, ok := slices.BinarySearchFunc(s.holding, id, Holding.compare)
	if !ok {
		return 0, Errorf(NotFound, "no hold %d", id)
	}
	s.holding = slices.Delete(s.holding, i, i+1)
	s.giveBack(BudgetHolds, 1)
	for c := range s.callbacks.above(0) {
		if c.state != Held || c.heldBy() != id {
			continue
		}
		if next := s.holder(c); next != byItself {
			s.holdBy(c, next)
			continue
		}
		s.unpark(c)
		released++
	}
	s.poke()
	return released, nil
}

// ReleaseAll lifts every hold, and releases all that is held; it says how many.
func (s *Sim) ReleaseAll() (released int) {
	s.lock()
	defer s.mu.Unlock()
	s.holding = nil
	s.giveAllBack(BudgetHolds)
	for c := range s.callbacks.above(0) {
		if c.state == Held {
			s.unpark(c)
			released++
		}
	}
	s.poke()
	return released
}

// holder is the oldest hold that matches a callback, or byItself when none does.
func (s *Sim) holder(c *callback) uint64 {
	for i := range s.holding {
		if s.holding[i].chooses(c) {
			return s.holding[i].ID
		}
	}
	return byItself
}
