package tsimtest

import (
	"testing"

	"tsim/tsimbox"
)

// Snapshot is what a sandbox was at a moment: Name, Now and so on. It is as good as its sandbox.
type Snapshot struct {
	*tsimbox.Snapshot
}

// Snapshot keeps the sandbox as it is now, under a name that no other snapshot of it has: to go back to it, or to fork it.
func (s *Sandbox) Snapshot(name string) *Snapshot {
	s.t.Helper()
	saved, err := s.Box.Snapshot(s.t.Context(), name)
	return &Snapshot{got(s, saved, err)}
}

// Rewind takes the sandbox back to one of its snapshots. Who is logged in stays so, and no requestId comes twice. Listeners are
// those of the snapshot; those of Listen still hear what comes to their URLs.
func (s *Sandbox) Rewind(to *Snapshot) {
	s.t.Helper()
	s.must(s.Box.Rewind(s.t.Context(), to.Snapshot))
}

// Fork makes another sandbox for a test, or for a part of this one, which goes on from what this one is now. It has credentials
// of its own, and the same listeners: both tell them, until the fork listens itself. It is removed when that test ends.
func (s *Sandbox) Fork(t testing.TB) *Sandbox {
	t.Helper()
	box, err := s.Box.Fork(t.Context())
	return begin(t, box, err)
}

// Fork makes another sandbox for a test, or for a part of one, which goes on from the snapshot; see Sandbox.Fork. Parts that run
// in parallel may do so at once.
func (s *Snapshot) Fork(t testing.TB) *Sandbox {
	t.Helper()
	box, err := s.Snapshot.Fork(t.Context())
	return begin(t, box, err)
}
