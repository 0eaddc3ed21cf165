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

	"tsim/internal/config"
	"tsim/internal/scenario"
	"tsim/internal/server"
	"tsim/internal/sim"
)

// shutdownTime is how long calls and deliveries in flight may take to end.
const shutdownTime = 5 * time.Second

// serveFlags are the options of serve: a flag beats its TSIM_… variable, which beats the scenario.
type serveFlags struct {
	addr, scenario string
	control        controlFlags
	seed           uint64
	clock, latency choice
	speed          speed
	compat         compatFlag
	with           withFlag
	log            logFlags
	tls            tlsFlags
	callbacks      callbackFlags
	budget         budgetFlag
	state          stateFlags
	from           *sim.State // in place of a scenario
	record         string
	recordSize     byteSize
}

func newServe() *cobra.Command {
	f := serveFlags{
		clock:   choice{words: config.ModeWords()},
		latency: choice{words: config.PresetWords()},
		state:   newStateFlags(),
	}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the simulated API, and control over it under /tsim/v1",
		Long: `serve answers at ThingSpace's own paths, from the root of its address, and tells at the start
how to reach it and what to try. Unless --state names a directory, nothing is kept: when it
ends, all is as it was. With --state, a sandbox that was kept goes on as it was, and the flags
that play a scenario count for a new one only. docs/state.md says what survives.

A scenario says which accounts and devices there are; flags change how it is played. Each flag
has a variable of the environment, TSIM_ADDR, TSIM_SCENARIO, TSIM_LOG_LEVEL and so on, which
counts when the flag is not given. An empty variable is as good as none, a misspelt one is refused.

Control obeys programs on this machine. Where other machines may reach it, it asks for a token,
which you give as TSIM_CONTROL_TOKEN or find on the start page. docs/control.md says who may.

For clients that insist on https, --tls serves it with a certificate of tsim's own CA, which
'tsim ca' prints. docs/https.md says how to make a client trust it.`,
		Example: `  tsim serve
  tsim serve --scenario two-networks --clock auto
  tsim serve --speed 60 --latency realistic --log-format json
  tsim serve --compat errors=platform
  tsim serve --with duplicates,half-the-bulk-fails
  tsim scenario show default | tsim serve --scenario - --addr 127.0.0.1:0
  tsim serve --state ./state --state-time catchup
  tsim serve --tls --addr 127.0.0.1:8443
  tsim serve --addr 0.0.0.0:8080 --control-addr 127.0.0.1:8081`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd, os.Environ()); err != nil {
				return err
			}
			return f.serve(cmd)
		},
	}
	f.declare(cmd)
	return cmd
}

// serve serves what the flags say.
func (f *serveFlags) serve(cmd *cobra.Command) error {
	options, trust, err := f.options(cmd)
	if err != nil {
		return err
	}
	if f.callbacks.insecure {
		options.Log.Warn("certificates of https listeners are not checked", slog.String("because", "--callback-insecure"))
	}
	return serve(cmd.Context(), options, trust, cmd.OutOrStdout())
}

// declare adds the flags to serve, those that are needed most often first.
func (f *serveFlags) declare(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.SortFlags = false
	addAddr(flags, &f.addr)
	flags.StringVar(&f.scenario, "scenario", "default", "a built-in scenario ("+strings.Join(scenario.Names(), ", ")+"), a file, or - for standard input")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of every draw of chance (default: the scenario's)")
	addChoice(cmd, &f.clock, "clock", "what moves time (default: the scenario's)")
	flags.Var(&f.speed, "speed", "simulated seconds per second, with the clock real (default: the scenario's)")
	addChoice(cmd, &f.latency, "latency", "how long all operations take (default: the scenario's)")
	flags.Var(&f.compat, "compat", "where ThingSpace's documents disagree, see docs/scenario.md: a preset ("+
		strings.Join(config.CompatPresets(), ", ")+") or switch=word; may be repeated")
	flags.Var(&f.with, "with", "misfortunes, see 'tsim misfortune list': "+strings.Join(scenario.Sets(), ", ")+"; may be repeated")
	f.state.declare(cmd, flags)
	f.declareServer(cmd)
	completeWith(cmd, "scenario", completeScenario)
	completeWith(cmd, "with", completeWithFlag)
}

// declareServer adds those that say how it is served.
func (f *serveFlags) declareServer(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.control.declare(flags)
	f.log.declare(cmd)
	f.tls.declare(flags)
	f.callbacks.declare(flags)
	f.budget.declare(flags)
	flags.StringVar(&f.record, "record", "", "record what comes to the sandbox default from outside, in a file that is not there yet: see 'tsim replay'")
	flags.Var(&f.recordSize, "record-size", "go on in another file, FILE.1 and so on, after so much, such as 100MiB (default: never)")
}

// options is what to serve, and the file of the certificate that a client has to trust, if any.
func (f *serveFlags) options(cmd *cobra.Command) (o server.Options, trust string, err error) {
	if f.recordSize > 0 && f.record == "" {
		return o, "", usageError{errors.New("--record-size says when a recording goes on in another file; say --record, too")}
	}
	if s := &f.state; s.dir == "" && (s.sync.word != "" || s.time.word != "" || s.log > 0) {
		return o, "", usageError{errors.New("--state-sync, --state-time and --state-log say how state is kept; say with --state where")}
	}
	if err := errors.Join(f.control.check(), f.tls.check(), f.callbacks.check()); err != nil {
		return o, "", usageError{err}
	}
	o = server.Options{
		Addr: f.addr, ControlAddr: f.control.addr, ControlToken: f.control.token, ControlOpen: f.control.open,
		ControlHosts: f.control.hosts, Pprof: f.control.pprof, Budgets: f.budget.budgets,
		CallbackAllow: f.callbacks.allow, Record: f.record, RecordSize: int64(f.recordSize), State: f.state.options(), Version: version(), Log: f.log.logger(cmd.ErrOrStderr()),
	}
	if f.from != nil {
		o.From, o.Config = f.from, withFreshCredentials(f.from.Config)
	} else if o.Config, err = f.config(cmd); err != nil {
		return o, "", err
	}
	if o.TLS, trust, err = f.tls.config(f.addr, f.control.addr); err != nil {
		return o, "", err
	}
	o.Callbacks, err = f.callbacks.config()
	return o, trust, err
}

// config is the scenario with what the flags say otherwise.
func (f *serveFlags) config(cmd *cobra.Command) (config.Config, error) {
	cfg, err := scenario.Open(f.scenario, cmd.InOrStdin(), time.Now())
	if err != nil {
		return cfg, err
	}
	if cmd.Flags().Changed("seed") {
		cfg.Seed = f.seed
	}
	if mode, ok := config.ParseMode(f.clock.word); ok {
		cfg.Clock = mode
	}
	if f.speed > 0 {
		cfg.Speed = float64(f.speed)
	}
	if latency, ok := config.Preset(f.latency.word); ok {
		cfg.Latency = latency
	}
	for _, choose := range f.compat {
		choose(&cfg.Compat)
	}
	if err := scenario.With(&cfg, f.with); err != nil {
		return cfg, fmt.Errorf("--with: %w", err)
	}
	return cfg, nil
}

// serve runs until ctx ends. The log goes where the options say, what a newcomer needs to out.
func serve(ctx context.Context, o server.Options, trust string, out io.Writer) error {
	s, err := server.Start(o)
	if failed, ok := errors.AsType[*server.ListenError](err); ok {
		flag := "--addr"
		if failed.Control {
			flag = "--control-addr"
		}
		return cannotListen(flag, failed.Addr, failed.Err)
	}
	if err != nil {
		return err
	}
	cfg, clock := s.Config(), s.Clock()
	cfg.Clock = clock.Mode // of a sandbox that was kept, somebody may have changed it
	p := page{
		URL: s.URL(), Control: s.ControlURL(), Guarded: s.ControlToken() != "",
		Trust: trust, Config: &cfg, style: styleOf(out, os.LookupEnv),
	}
	if o.State.Dir != "" {
		p.State = fmt.Sprintf("is kept in %s; it is %s there", o.State.Dir, clock.Now.Time().Format(time.RFC3339))
	}
	if o.ControlToken == "" { // who gave one knows it
		p.Token = s.ControlToken()
	}
	if err := printWalk(out, p); err != nil {
		return errors.Join(err, s.Close(ctx))
	}
	o.Log.Info("listening", slog.String("url", s.URL()), slog.String("scenario", cfg.Scenario),
		slog.Uint64("seed", cfg.Seed), slog.String("clock", cfg.Clock.String()))
	if s.ControlExposed() && o.ControlOpen {
		o.Log.Warn("whoever reaches control can steer tsim", slog.String("because", "--control-open"), slog.String("control", s.ControlURL()))
	}
	select {
	case err := <-s.Failed():
		return err
	case <-ctx.Done():
	}
	o.Log.Info("stopping", slog.Duration("deliveries_in_flight_get", shutdownTime))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	if err := s.Close(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}
