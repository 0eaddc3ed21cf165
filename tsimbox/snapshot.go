package tsimbox

import (
	"context"
	"fmt"

	"tsim/tsimclient"
)

// Snapshot is what a sandbox was at a moment. It is as good as its sandbox: it ends with that.
type Snapshot struct {
	tsimclient.Snapshot
	box      *Sandbox
	scenario string // of the sandbox then
}

// Snapshot keeps the sandbox as it is now, under a name that no other snapshot of it has: to go back to it, or to fork it.
func (s *Sandbox) Snapshot(ctx context.Context, name string) (*Snapshot, error) {
	saved, err := s.Control.SaveSnapshot(ctx, name)
	return &Snapshot{saved.Snapshot, s, s.scenario}, err
}

// Rewind takes the sandbox back to one of its snapshots. Who is logged in stays so, and no requestId comes twice. Listeners are
// those of the snapshot; those of Listen still hear what comes to their URLs.
func (s *Sandbox) Rewind(ctx context.Context, to *Snapshot) error {
	if to.box.Name != s.Name || to.box.URL != s.URL {
		return fmt.Errorf("%q is a snapshot of the sandbox %q, and this is %q; Fork makes a sandbox of it", to.Name, to.box.Name, s.Name)
	}
	info, err := s.Control.Rewind(ctx, to.Name)
	if err == nil && s.scenario != to.scenario { // or else others may use the sandbox meanwhile
		s.scenario, s.Account = to.scenario, firstAccount(&info)
	}
	return err
}

// Fork makes another sandbox, which goes on from what this one is now. It has credentials of its own, and the same listeners:
// both tell them, until the fork listens itself. Close removes it; close it before this one.
func (s *Sandbox) Fork(ctx context.Context) (*Sandbox, error) { return s.fork(ctx, "", s.scenario) }

// Fork makes another sandbox, which goes on from the snapshot; see Sandbox.Fork. Several goroutines may do so at once.
func (s *Snapshot) Fork(ctx context.Context) (*Sandbox, error) {
	return s.box.fork(ctx, s.Name, s.scenario)
}

func (s *Sandbox) fork(ctx context.Context, snapshot, scenario string) (*Sandbox, error) {
	control := *s.Control
	fork := &Sandbox{URL: s.URL, Control: &control, scenario: scenario, clock: s.clock, ttl: s.ttl, http: s.http, end: func(context.Context) error { return nil }}
	info, err := s.Control.Fork(ctx, snapshot, tsimclient.ForkSpec{TTL: s.ttl})
	if err == nil {
		control.Sandbox = info.Name
		fork.end = fork.remove
	}
	return fork.adopt(ctx, info, err)
}

// remove removes the sandbox from its server.
func (s *Sandbox) remove(ctx context.Context) error {
	_, err := s.Control.DeleteSandbox(ctx)
	return err
}
