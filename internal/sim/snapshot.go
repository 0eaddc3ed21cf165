package sim

import (
	"slices"
	"strings"
	"time"

	"tsim/internal/bound"
)

// Snapshots of a sandbox are a part of it: they are saved, deleted and gone back to by inputs. So whoever keeps the inputs
// keeps the snapshots too, and needs no State for them.

// Snapshot is the State of a sandbox at a moment, under a name. Nobody changes what it points to: others share it.
type Snapshot struct {
	Name  string
	State *State // without snapshots
}

// maxSnapshots is how many snapshots a sandbox has at the most. How much may be in those of all sandboxes is a budget.
const maxSnapshots = 100

// Records is how much room a State takes, in things of about the same size: what there is of devices, requests, callbacks,
// events and calls, and the bodies of the calls by the KiB.
func (st *State) Records() int {
	bytes := 0
	for i := range st.Calls.Records {
		bytes += st.Calls.Records[i].size()
	}
	return len(st.Devices) + len(st.Requests.Records) + len(st.Callbacks.Records) + len(st.Journal.Records) + len(st.Calls.Records) + bytes>>10
}

// Save keeps the sandbox as it is now under a name, to go back to it or to fork it, and says how long that took the lock. The
// error says that there is a snapshot of that name, that there are too many, or which budget is spent.
func (s *Sim) Save(name string) (saved Snapshot, held time.Duration, err error) {
	c := &saveSnapshot{Name: name}
	s.do(c)
	return c.saved, c.held, c.err
}

type saveSnapshot struct {
	Name string
	result
	saved Snapshot
	held  time.Duration
}

func (c *saveSnapshot) apply(s *Sim) {
	at, there := s.findSnapshot(c.Name)
	switch {
	case s.closed:
		c.err = s.removed()
	case there:
		c.err = Errorf(Conflict, "there is a snapshot %q already; delete it first, or take another name", c.Name)
	case len(s.snapshots) >= maxSnapshots:
		c.err = Errorf(Conflict, "a sandbox has at most %d snapshots; delete those that are done with", maxSnapshots)
	}
	if c.err != nil {
		return
	}
	c.held = s.timed(func() {
		st := s.export()
		st.sort()
		st.Snapshots = nil
		c.saved = Snapshot{c.Name, &st}
	})
	if c.err = s.reserve(BudgetSnapshots, c.saved.State.Records()); c.err == nil {
		s.snapshots = slices.Insert(slices.Clone(s.snapshots), at, c.saved)
	}
}

func (s *Sim) removed() error { return Errorf(NotFound, "the sandbox %q was removed", s.cfg.Name) }

func (s *Sim) findSnapshot(name string) (at int, there bool) {
	return slices.BinarySearchFunc(s.snapshots, name, func(is Snapshot, name string) int { return strings.Compare(is.Name, name) })
}

// snapshot is the snapshot of a name; the caller has the lock.
func (s *Sim) snapshot(name string) (at int, err error) {
	at, there := s.findSnapshot(name)
	if !there {
		return 0, Errorf(NotFound, "no snapshot %q", bound.Short(name))
	}
	return at, nil
}

// Snapshots lists up to limit snapshots whose name is greater than after, by name.
func (s *Sim) Snapshots(after string, limit int) []Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, there := s.findSnapshot(after)
	if there {
		at++
	}
	return s.snapshots[at:min(at+limit, len(s.snapshots))]
}

// Snapshot is the one of a name.
func (s *Sim) Snapshot(name string) (Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, err := s.snapshot(name)
	if err != nil {
		return Snapshot{}, err
	}
	return s.snapshots[at], nil
}

// DeleteSnapshot removes the one of a name.
func (s *Sim) DeleteSnapshot(name string) error {
	c := &deleteSnapshot{Name: name}
	s.do(c)
	return c.err
}

type deleteSnapshot struct {
	Name string
	result
}

func (c *deleteSnapshot) apply(s *Sim) {
	var at int
	if at, c.err = s.snapshot(c.Name); c.err == nil {
		s.giveBack(BudgetSnapshots, s.snapshots[at].State.Records())
		s.snapshots = slices.Delete(slices.Clone(s.snapshots), at, at+1)
	}
}

// Rewind takes the sandbox back to the snapshot of a name, its scenario included. It keeps its credentials, passwords, tokens
// and snapshots, also those that were saved later. It begins the next epoch: attempts that were in flight then count as not
// yet sent, and nobody hears of those that are in flight now. The error names the budget that is spent; then nothing has changed.
func (s *Sim) Rewind(name string) error {
	c := &rewindSandbox{Name: name}
	s.do(c)
	return c.err
}

type rewindSandbox struct {
	Name string
	result
}

func (c *rewindSandbox) apply(s *Sim) {
	var at int
	if at, c.err = s.snapshot(c.Name); c.err == nil {
		st := s.snapshots[at].State
		c.since = st.Journal.Count
		c.err = s.rewind(st, c.Name)
	}
}

// loadSnapshots takes those of a State over. What is in them is looked at when somebody goes back to one.
func (s *Sim) loadSnapshots(from []Snapshot) error {
	if len(from) > maxSnapshots || !inOrder(from, func(a, b *Snapshot) int { return strings.Compare(a.Name, b.Name) }) {
		return bad("%d snapshots are too many, or not in order", len(from))
	}
	records := 0
	for _, is := range from {
		if is.Name == "" || is.State == nil || is.State.Snapshots != nil {
			return bad("snapshot %q has no name or no state, or snapshots of its own", is.Name)
		}
		records += is.State.Records()
	}
	s.snapshots = slices.Clone(from)
	return s.reserve(BudgetSnapshots, records)
}
