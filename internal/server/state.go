package server

import (
	"errors"
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
	Long    int64      // how many bytes the log has at least before a snapshot takes its place; 0 is 64 MiB
	CatchUp bool       // time that passes by itself goes on by what it has missed; otherwise where it stopped
}

// begin opens the sandboxes that were kept, and the one that there always is.
func (s *Server) begin(o *Options) error {
	if o.State.Dir != "" {
		if err := s.restore(o); err != nil {
			return err
		}
	}
	if box, err := s.registry.Sandbox(sim.Default); err == nil {
		if is := box.Config(); is.Scenario != o.Config.Scenario || is.Seed != o.Config.Seed {
			s.log.Warn("the sandbox that was kept goes on, not the scenario that was asked for: for that, reset it or name another directory",
				slog.String("sandbox", sim.Default), slog.String("directory", o.State.Dir),
				slog.String("scenario", is.Scenario), slog.Uint64("seed", is.Seed), slog.String("asked_for", o.Config.Scenario))
		}
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
		Options: store.Options{Sync: o.State.Sync, Log: s.log}, Tsim: o.Version, Names: s.registry.UsedNames, Long: o.State.Long,
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
	s.registry.Remember(was.Names)
	for _, is := range was.Sandboxes {
		if err := s.registry.Add(is.Box); err != nil {
			return errors.Join(err, keeper.Abandon())
		}
	}
	s.keeper = keeper
	keeper.Start(was)
	if len(was.Sandboxes) > 0 {
		s.log.Info("recovered what was kept", slog.String("directory", o.State.Dir), slog.Int("sandboxes", len(was.Sandboxes)),
			slog.Int("inputs", was.Inputs), slog.Duration("took", was.Took))
	}
	for _, is := range was.Sandboxes {
		s.goOn(made[is.Box], is.Until, is.Gone, o.State.CatchUp)
	}
	return nil
}

// goOn lets the time of a sandbox pass that was kept, if its time to live has not ended meanwhile.
func (s *Server) goOn(b *sandbox, until time.Time, gone time.Duration, catchUp bool) {
	if over := !until.IsZero() && !time.Now().Before(until); over {
		close(b.driven)
		b.stop = func() {}
		s.mu.Lock()
		s.sandboxes[b.box] = b
		s.mu.Unlock()
		s.expire(b)
		return
	}
	clock := b.box.Clock()
	attrs := []any{slog.String("sandbox", b.box.Name()), slog.String("clock", clock.Mode.String()), slog.Time("now", clock.Now.Time())}
	var behind time.Duration
	if clock.Mode == config.Real {
		attrs = append(attrs, slog.Duration("was_away", gone))
		if catchUp {
			behind = time.Duration(min(float64(gone)*clock.Speed, float64(config.Forever)))
			attrs = append(attrs, slog.Duration("catches_up", behind))
		}
	}
	s.log.Info("a sandbox goes on", attrs...)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.start(b, until, behind)
}

// ready and kept are what calls ask that change something; see sim.Durable. There is no keeper before the first call.
func (s *Server) ready() error { return s.keeper.Ready() }
func (s *Server) kept() error  { return s.keeper.Kept() }
