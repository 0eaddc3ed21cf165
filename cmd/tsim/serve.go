package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tsim/internal/scenario"
	"tsim/internal/server"
	"tsim/internal/sim"
)

// shutdownTime is how long calls and deliveries in flight may take to end.
const shutdownTime = 5 * time.Second

// serveFlags are the options of serve: a flag beats its TSIM_… variable, which beats the scenario.
type serveFlags struct {
	addr, scenario, clock string
	seed                  uint64
}

func newServe() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the simulated API, and control over it under /tsim/v1",
		Long: `serve answers at ThingSpace's own paths, from the root of its address, and tells at the start
how to reach it and what to try. Nothing is kept: when it ends, all is as it was.

Each flag may be given as a variable of the environment too: TSIM_ADDR, TSIM_SCENARIO, …`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd.Flags(), os.LookupEnv); err != nil {
				return err
			}
			cfg, err := f.config(cmd)
			if err != nil {
				return err
			}
			return serve(cmd.Context(), f.addr, cfg, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.addr, "addr", "127.0.0.1:8080", "where to listen; port 0 takes a free one")
	flags.StringVar(&f.scenario, "scenario", "default", "a built-in scenario ("+strings.Join(scenario.Names(), ", ")+") or a file")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of every draw of chance (default: the scenario's)")
	flags.StringVar(&f.clock, "clock", "", "what moves time: "+strings.Join(sim.ModeWords(), ", ")+" (default: the scenario's)")
	return cmd
}

// fromEnvironment sets the flags that were not given from their variables: --log-level is
// TSIM_LOG_LEVEL.
func fromEnvironment(flags *pflag.FlagSet, lookup func(string) (string, bool)) error {
	var err error
	flags.VisitAll(func(f *pflag.Flag) {
		name := "TSIM_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, ok := lookup(name)
		if f.Changed || !ok || err != nil {
			return
		}
		if bad := flags.Set(f.Name, value); bad != nil {
			err = usageError{fmt.Errorf("%s: %w", name, bad)}
		}
	})
	return err
}

// config is the scenario with what the flags say otherwise.
func (f *serveFlags) config(cmd *cobra.Command) (sim.Config, error) {
	cfg, err := scenario.Open(f.scenario, cmd.InOrStdin(), time.Now())
	if err != nil {
		return cfg, err
	}
	if cmd.Flags().Changed("seed") {
		cfg.Seed = f.seed
	}
	if cmd.Flags().Changed("clock") {
		mode, ok := sim.ParseMode(f.clock)
		if !ok {
			return cfg, usageError{fmt.Errorf("--clock %q: expected %s", f.clock, strings.Join(sim.ModeWords(), ", "))}
		}
		cfg.Clock = mode
	}
	return cfg, nil
}

// serve runs until ctx ends. The log goes to errs, what a newcomer needs to out.
func serve(ctx context.Context, addr string, cfg sim.Config, out, errs io.Writer) error {
	log := slog.New(slog.NewTextHandler(errs, nil))
	s, err := server.Start(server.Options{Addr: addr, Config: cfg, Version: version(), Log: log})
	if err != nil {
		return err
	}
	if err := printWalk(out, s.URL(), &cfg); err != nil {
		return errors.Join(err, s.Close(ctx))
	}
	log.Info("listening", "url", s.URL(), "scenario", cfg.Scenario, "seed", cfg.Seed, "clock", cfg.Clock.String())
	select {
	case err := <-s.Failed():
		return err
	case <-ctx.Done():
	}
	log.Info("stopping", "deliveries_in_flight_get", shutdownTime)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	if err := s.Close(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}
