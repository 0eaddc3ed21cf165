package sim

import (
	"slices"
	"sync/atomic"
)

// Budget is something of which all sandboxes of a server together have only so much. What a single
// sandbox holds is bounded where it is kept.
type Budget uint8

// The budgets.
const (
	BudgetSandboxes Budget = iota
	BudgetDevices
	BudgetPending
	BudgetHolds
	BudgetWaits
	BudgetCalls     // bytes of the calls on record; no call is refused for it
	BudgetSnapshots // records in snapshots, see State.Records
	BudgetStreams   // whoever follows events
	numBudgets
)

// budgets is what each is called, how much there is unless somebody says otherwise, and how to come by some
// when it is spent.
var budgets = [numBudgets]struct {
	name  string
	limit int
	free  string
}{
	BudgetSandboxes: {"sandboxes", 1000, "delete those that are done with, or give them a ttl"},
	BudgetDevices:   {"devices", 2_000_000, "remove devices or sandboxes that are done with"},
	BudgetPending:   {"pending", 5_000_000, "let time pass until requests are done, or reset sandboxes"},
	BudgetHolds:     {"holds", 10_000, "lift holds that are done with"},
	BudgetWaits:     {"waits", 10_000, "wait for less at one time"},
	BudgetCalls:     {"calls", 512 << 20, "reset sandboxes that are done with"},
	BudgetSnapshots: {"snapshots", 2_000_000, "delete snapshots that are done with"},
	BudgetStreams:   {"streams", 1000, "close those that nobody reads"},
}

func (b Budget) String() string { return budgets[b].name }

// ParseBudget is the budget of a name.
func ParseBudget(name string) (Budget, bool) {
	for b := range numBudgets {
		if b.String() == name {
			return b, true
		}
	}
	return 0, false
}

// BudgetNames lists the names of the budgets.
func BudgetNames() (names []string) {
	for b := range numBudgets {
		names = append(names, b.String())
	}
	return names
}

// Budgets are those of a server. Each call that is accepted, and each that is done, adds to one of them
// once, however many devices it names.
type Budgets struct {
	rows [numBudgets]struct {
		limit int64
		used  atomic.Int64
	}
}

// NewBudgets has the usual limits.
func NewBudgets() *Budgets {
	b := &Budgets{}
	for which := range numBudgets {
		b.Limit(which, budgets[which].limit)
	}
	return b
}

// Limit says how much there is of a budget, before anybody uses it.
func (b *Budgets) Limit(which Budget, limit int) { b.rows[which].limit = int64(limit) }

// BudgetUse is how much there is of a budget, and how much of that is used.
type BudgetUse struct {
	Name        string
	Limit, Used int
}

// Use lists the budgets. Sandboxes may reserve and give back meanwhile.
func (b *Budgets) Use() []BudgetUse {
	list := make([]BudgetUse, numBudgets)
	for which := range numBudgets {
		row := &b.rows[which]
		list[which] = BudgetUse{which.String(), int(row.limit), int(row.used.Load())}
	}
	return list
}

// reserve takes so much of a budget, or nothing when there is not enough.
func (b *Budgets) reserve(which Budget, n int) error {
	row, more := &b.rows[which], int64(n)
	if used := row.used.Add(more); used > row.limit {
		row.used.Add(-more)
		return Errorf(Overloaded, "this needs %d of the budget %s, and %d of its %d are in use in all sandboxes; %s, or start tsim with --budget %s= and more than that",
			n, which, used-more, row.limit, budgets[which].free, which)
	}
	return nil
}

// reserves is what a sandbox has of each budget.
type reserves [numBudgets]int

// roomAsked is how often an input has asked for room, and which times in vain. That depends on other sandboxes: when the
// input is applied again, what was refused then is refused, and nothing else.
type roomAsked struct {
	times    int
	refused  []int // from 1
	again    bool  // the input is applied again
	recorded []int // what was refused then
}

// reserve takes so much of a budget for the sandbox. One that is closed reserves nothing any more: it had given
// everything back.
func (s *Sim) reserve(which Budget, n int) error {
	s.room.times++
	if slices.Contains(s.room.recorded, s.room.times) {
		s.room.refused = append(s.room.refused, s.room.times)
		return Errorf(Overloaded, "the budget %s was spent", which)
	}
	switch {
	case s.closed:
		return nil
	case s.env.Budgets == nil: // what the sandbox has is counted all the same: what it asks for depends on that
	case s.room.again:
		s.env.Budgets.rows[which].used.Add(int64(n))
	default:
		if err := s.env.Budgets.reserve(which, n); err != nil {
			s.room.refused = append(s.room.refused, s.room.times)
			return err
		}
	}
	s.reserved[which] += n
	return nil
}

// giveBack gives so much of a budget back, or what the sandbox has of it when that is less.
func (s *Sim) giveBack(which Budget, n int) {
	if n = min(n, s.reserved[which]); n > 0 {
		s.reserved[which] -= n
		if s.env.Budgets != nil {
			s.env.Budgets.rows[which].used.Add(-int64(n))
		}
	}
}

// giveAllBack gives budgets back, whole.
func (s *Sim) giveAllBack(some ...Budget) {
	for _, which := range some {
		s.giveBack(which, s.reserved[which])
	}
}

// makeRoomFor reserves room for so many devices more. A reset brings those of the configuration back, so
// their room stays reserved when they are removed.
func (s *Sim) makeRoomFor(more int) error {
	if n := len(s.devices) + more - s.reserved[BudgetDevices]; n > 0 {
		return s.reserve(BudgetDevices, n)
	}
	return nil
}

// freeRoom gives the room back that devices do not need.
func (s *Sim) freeRoom() {
	s.giveBack(BudgetDevices, s.reserved[BudgetDevices]-max(len(s.devices), s.cfg.Size()))
}
