package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tsim/internal/bdd"
)

// bddFlags are the flags of bdd.
type bddFlags struct {
	bdd.Options
	seed        uint64
	concurrency uint
	formats     formatFlag
	listSteps   choice
	appPer      choice
	under       underFlag
	sweep       sweepFlag
	watch       bool
}

func newBDD() *cobra.Command {
	f := &bddFlags{
		listSteps: choice{words: bdd.StepLists()},
		appPer:    choice{words: []string{"run", "scenario"}, word: "run"},
	}
	cmd := &cobra.Command{
		Use:   "bdd [PATH…]",
		Short: "Run feature files against tsim, also under misfortune",
		Long: `bdd runs scenarios in Gherkin: feature files, folders of them, or one scenario as file:LINE; without
a path those of the folder features. It has the steps of docs/steps.md, and each scenario a
sandbox of its own. What fails comes with the story of its requests, and with the line that
runs it again. Undefined, pending and ambiguous steps fail, and so does a run without a scenario.

--app starts the application under test with TSIM_URL, TSIM_APP_KEY, TSIM_APP_SECRET,
TSIM_USERNAME, TSIM_PASSWORD and TSIM_ACCOUNT, waits until it listens at its PORT, and stops it
with all that it has started.

--under runs the scenarios undisturbed first, which has to be green, and then each of them under
each misfortune. docs/bdd.md has it all.`,
		Example: `  tsim bdd
  tsim bdd features/bulk.feature:12
  tsim bdd --tags '@smoke and not @slow' --format progress --format junit:report.xml features
  tsim bdd --app 'node server.js' --app-per scenario features
  tsim bdd --under duplicates,half-the-bulk-fails features
  tsim bdd --under all --sweep features
  tsim bdd --list-steps`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.listSteps.word != "" {
				return bdd.ListSteps(cmd.OutOrStdout(), f.listSteps.word)
			}
			return f.run(cmd, args)
		},
	}
	f.declare(cmd)
	return cmd
}

func (f *bddFlags) declare(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringArrayVar(&f.Names, "name", nil, "only scenarios whose names match this regular expression; may be repeated")
	flags.StringVar(&f.Tags, "tags", "", "only scenarios with these tags, such as '@smoke and not (@slow or @wip)'")
	flags.Var(&f.formats, "format", "how it is told: "+strings.Join(bdd.FormatNames(), ", ")+", with :FILE behind it for a file; may be repeated (default pretty)")
	flags.BoolVar(&f.DryRun, "dry-run", false, "only look whether there is a step for each line")
	flags.UintVar(&f.concurrency, "concurrency", 0, "how many scenarios run at once (default: as many as there are processors)")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of every draw of chance (default: the scenarios' own)")
	flags.StringVar(&f.Server, "server", "", "the URL of a tsim that runs already, where each scenario makes a sandbox (default: one is started)")
	flags.StringVar(&f.ControlURL, "control-url", "", "where that has its control surface, if it has an address of its own")
	flags.StringVar(&f.App, "app", "", "the command that starts the application under test")
	addChoice(cmd, &f.appPer, "app-per", "how often it is started")
	flags.DurationVar(&f.AppWait, "app-wait", 0, "how long it has until it listens (default 30s)")
	flags.Var(&f.under, "under", "misfortunes, see 'tsim misfortune list', or all that change only the telling: all; may be repeated")
	flags.BoolVar(&f.AllowUnstruck, "allow-unstruck", false, "a misfortune that has nothing to strike is no failure")
	flags.Var(&f.sweep, "sweep", "each misfortune strikes one thing at a time: the first, the second, and so on; =N for just that one")
	flags.Lookup("sweep").NoOptDefVal = "all"
	flags.BoolVar(&f.watch, "watch", false, "run again the feature files that change, until Ctrl-C")
	addChoice(cmd, &f.listSteps, "list-steps", "list the steps, and run nothing")
	flags.Lookup("list-steps").NoOptDefVal = "text"
	completeWith(cmd, "format", cobra.FixedCompletions(bdd.FormatNames(), cobra.ShellCompDirectiveNoSpace))
	completeWith(cmd, "under", completeUnder)
	cmd.ValidArgsFunction = cobra.FixedCompletions([]cobra.Completion{"feature"}, cobra.ShellCompDirectiveFilterFileExt)
}

// run runs the scenarios of the paths.
func (f *bddFlags) run(cmd *cobra.Command, paths []string) error {
	o := f.Options
	if o.Paths = paths; len(paths) == 0 {
		o.Paths = []string{"features"}
	}
	if cmd.Flags().Changed("seed") {
		o.Seed = &f.seed
		_ = os.Unsetenv("TSIM_SEED") // which beats what a suite says, and is beaten by a flag
	}
	switch {
	case f.ControlURL != "" && f.Server == "":
		return usageError{errors.New("--control-url needs --server, the tsim that it belongs to")}
	case f.sweep.on && len(f.under) == 0:
		return usageError{errors.New("--sweep needs --under, the misfortunes that strike one thing at a time")}
	case f.AppWait < 0:
		return usageError{fmt.Errorf("--app-wait %s: expected some time, such as 30s", f.AppWait)}
	}
	o.PerRun, o.Formats, o.Under = f.appPer.word == "run", f.formats, f.under
	o.Sweep, o.SweepAt = f.sweep.on, f.sweep.at
	o.Concurrency = int(min(f.concurrency, uint(100*runtime.NumCPU())))
	o.Out = cmd.OutOrStdout()
	o.Color = styleOf(o.Out, os.LookupEnv).on
	o.Command = f.command()
	if f.watch {
		return usageOr(bdd.Watch(cmd.Context(), o, 300*time.Millisecond))
	}
	ok, err := bdd.Run(cmd.Context(), o)
	if err == nil && !ok {
		return errors.New("not all scenarios are as they should be")
	}
	return usageOr(err)
}

// usageOr tells slips in the words of the command from what else is wrong.
func usageOr(err error) error {
	if _, usage := errors.AsType[bdd.UsageError](err); usage {
		return usageError{err}
	}
	return err
}

// command is what runs a scenario again, but for the scenario.
func (f *bddFlags) command() string {
	words := []string{"tsim bdd"}
	add := func(flag, value string) {
		if value != "" {
			words = append(words, "--"+flag+" "+quote(value))
		}
	}
	add("server", f.Server)
	add("control-url", f.ControlURL)
	add("app", f.App)
	if f.App != "" && f.appPer.word != "run" {
		words = append(words, "--app-per "+f.appPer.word)
	}
	return strings.Join(words, " ")
}

// formatFlag is a flag that may be repeated: a format, with a file or without.
type formatFlag []bdd.Format

func (f *formatFlag) Type() string   { return "format[:file]" }
func (f *formatFlag) String() string { return "" }

func (f *formatFlag) Set(text string) error {
	one, err := bdd.ParseFormat(text)
	if err == nil {
		*f = append(*f, one)
	}
	return err
}

// underFlag is a flag that may be repeated: misfortunes with commas between them.
type underFlag []string

func (u *underFlag) Type() string   { return "name" }
func (u *underFlag) String() string { return "" }

func (u *underFlag) Set(text string) error {
	names, err := bdd.Misfortunes(strings.Split(text, ","))
	for _, name := range names {
		if !slices.Contains(*u, name) {
			*u = append(*u, name)
		}
	}
	return err
}

// sweepFlag is a flag that can do without a value.
type sweepFlag struct {
	on bool
	at int // 0 for all
}

func (s *sweepFlag) Type() string   { return "number" }
func (s *sweepFlag) String() string { return "" }

func (s *sweepFlag) Set(text string) error {
	n := 0
	if text != "all" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 1 {
			return errors.New("expected a whole number from 1, or nothing")
		}
	}
	*s = sweepFlag{true, n}
	return nil
}

// completeUnder offers the misfortunes, and what stands for several.
func completeUnder(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	found, directive := completeWithFlag(cmd, args, typed)
	if last := strings.LastIndex(typed, ",") + 1; strings.HasPrefix(bdd.All, typed[last:]) {
		found = append(found, cobra.CompletionWithDesc(typed[:last]+bdd.All, "Those that change only the telling."))
	}
	return found, directive
}
