package server

import (
	"log/slog"
	"time"

	"tsim/internal/config"
	"tsim/internal/sim"
	"tsim/internal/store"
)

// StateOptions say where the sandboxes are kept, and how.
type StateOptions struct {
	Dir     string     // "" for nowhere: they end with the process
	Sync    store.Sync // when what is kept survives the machine as well; "" for before each reply
	CatchUp bool       // time that passes by itself goes on by what it has missed; otherwise where it stopped
}

// begin opens the sandboxes that were kept, and the one that there always is.
func (s *Server) begin(o *Options) error {
	if o.State.Dir != "" {
		if err := s.restore(o); err != nil {
			return err
		}
	}
	if _, err := s.registry.Sandbox(sim.Default); err == nil {
		return nil
	}
	if o.From != nil {
		_, err := s.fork(*o.From, o.Config, 0)
		return err
	}
	_, err := s.open(o.Config, 0)
	return err
}

// restore opens the sandboxes that were kept in a directory, and keeps them there from now on.
func (s *Server) restore(o *Options) error {
	made := map[*sim.Sim]*sandbox{}
	keep := func(b *sandbox, err error) (*sim.Sim, error) {
		if err == nil {
			made[b.box] = b
		}
		return b.box, err
	}
	keeper, was, err := store.OpenKeeper(o.State.Dir, store.KeeperOptions{
		Options: store.Options{Sync: o.State.Sync, Log: s.log}, Tsim: o.Version, Names: s.registry.UsedNames,
		New: func(cfg config.Config) (*sim.Sim, error) {
			return keep(s.make(func(env sim.Env) (*sim.Sim, error) { return sim.New(cfg, env) }))
		},
		Import: func(st sim.State) (*sim.Sim, error) {
			return keep(s.make(func(env sim.Env) (*sim.Sim, error) { return sim.Import(st, env) }))
		},
	})
	if err != nil {
		return err
	}
	s.keeper = keeper
	s.registry.Remember(was.Names)
	keeper.Start()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, is := range was.Sandboxes {
		is.Box.Recover(is.Now)
		if err := s.registry.Add(is.Box); err != nil {
			return err
		}
		var behind time.Duration
		if clock := is.Box.Clock(); o.State.CatchUp && clock.Mode == config.Real {
			behind = time.Duration(min(float64(is.Gone)*clock.Speed, float64(config.Forever)))
		}
		s.start(made[is.Box], is.Until, behind)
		s.logRecovered(&is, behind)
	}
	if len(was.Sandboxes) > 0 {
		s.log.Info("recovered what was kept", slog.String("directory", o.State.Dir), slog.Int("sandboxes", len(was.Sandboxes)),
			slog.Int("inputs", was.Inputs), slog.Duration("took", was.Took))
	}
	return nil
}

// logRecovered says from when the time of a sandbox goes on.
func (s *Server) logRecovered(is *store.Recovered, behind time.Duration) {
	clock := is.Box.Clock()
	attrs := []any{slog.String("sandbox", is.Box.Name()), slog.String("clock", clock.Mode.String()), slog.Time("now", clock.Now.Time())}
	if behind > 0 {
		attrs = append(attrs, slog.Duration("catches_up", behind))
	}
	s.log.Info("a sandbox goes on", attrs...)
}

// ready and kept are what calls ask that change something; see sim.Durable. There is no keeper before the first call.
func (s *Server) ready() error { return s.keeper.Ready() }
func (s *Server) kept() error  { return s.keeper.Kept() }
