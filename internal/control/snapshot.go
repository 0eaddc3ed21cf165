package control

import (
	"net/http"
	"time"

	"tsim/internal/bound"
	"tsim/internal/scenario"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

func snapshotView(s *sim.Snapshot) tsimclient.Snapshot {
	return tsimclient.Snapshot{
		Name: s.Name, Now: s.State.Now.Time(), Epoch: s.State.Epoch, Scenario: s.State.Config.Scenario,
		Devices: len(s.State.Devices), Records: s.State.Records(),
	}
}

func saveSnapshot(c *call) (any, error) {
	var body tsimclient.SnapshotSpec
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if !scenario.Name(body.Name) {
		return nil, badName("snapshot", body.Name)
	}
	saved, held, err := c.box.Save(body.Name)
	if err != nil {
		return nil, err
	}
	return replyWithStatus{http.StatusCreated, tsimclient.SavedSnapshot{Snapshot: snapshotView(&saved), HeldMS: milliseconds(held)}}, nil
}

func listSnapshots(c *call) (any, error) {
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	return pages(nil, "snapshots", c.query.Get("after"), limit, c.box.Snapshots, func(s *sim.Snapshot) string { return s.Name }, nil, func(s *sim.Snapshot) any {
		return snapshotView(s)
	}), nil
}

func deleteSnapshot(c *call) (any, error) {
	name := c.path("snapshot")
	if err := c.box.DeleteSnapshot(name); err != nil {
		return nil, err
	}
	return tsimclient.Deleted{Deleted: name}, nil
}

func rewind(c *call) (any, error) {
	if err := c.box.Rewind(c.path("snapshot")); err != nil {
		return nil, err
	}
	return sandboxView(c.box), nil
}

func fork(c *call) (any, error) {
	return c.forkOf(func() (*sim.State, error) {
		st, _ := c.box.Export()
		return &st, nil
	})
}

func forkSnapshot(c *call) (any, error) {
	return c.forkOf(func() (*sim.State, error) {
		s, err := c.box.Snapshot(c.path("snapshot"))
		return s.State, err
	})
}

func (c *call) forkOf(state func() (*sim.State, error)) (any, error) {
	var body tsimclient.ForkSpec
	if err := c.decodeOptional(&body); err != nil {
		return nil, err
	}
	return c.makeFork(&body, state)
}

func forkDocument(c *call) (any, error) {
	spec := tsimclient.ForkSpec{Name: c.query.Get("name"), TTL: c.query.Get("ttl")}
	return c.makeFork(&spec, func() (*sim.State, error) { return readState(c.large, maxDocument) })
}

// makeFork makes a sandbox out of a State.
func (c *call) makeFork(spec *tsimclient.ForkSpec, state func() (*sim.State, error)) (any, error) {
	if spec.Name != "" {
		if !scenario.Name(spec.Name) {
			return nil, badName("sandbox", spec.Name)
		}
		if _, err := c.o.Registry.Sandbox(spec.Name); err == nil {
			return nil, sim.Errorf(sim.Conflict, "there is a sandbox %q already", bound.Short(spec.Name))
		}
	}
	ttl, err := timeToLive(spec.TTL)
	if err != nil {
		return nil, err
	}
	st, err := state()
	if err != nil {
		return nil, err
	}
	cfg := st.Config
	c.o.Registry.Fresh(&cfg, spec.Name, c.o.NewToken)
	box, err := c.o.Fork(*st, cfg, ttl)
	if err != nil {
		return nil, err
	}
	return replyWithStatus{http.StatusCreated, sandboxView(box)}, nil
}

func showState(c *call) (any, error) {
	st, _ := c.box.Export()
	return &stateDocument{c.o.Version, &st}, nil
}

func showDigest(c *call) (any, error) {
	st, held := c.box.Export()
	return tsimclient.Digest{Digest: st.Digest(), Now: st.Now.Time(), Epoch: st.Epoch, Inputs: st.Inputs, HeldMS: milliseconds(held)}, nil
}

func showSnapshot(c *call) (any, error) {
	s, err := c.box.Snapshot(c.path("snapshot"))
	if err != nil {
		return nil, err
	}
	return &stateDocument{c.o.Version, s.State}, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
