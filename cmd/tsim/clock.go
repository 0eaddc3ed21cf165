package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tsim/internal/config"
	"tsim/tsimclient"
)

func newClock() *cobra.Command {
	var r remote
	return noun(&r, &cobra.Command{
		Use:   "clock",
		Short: "The time of a sandbox",
		Long: `Each sandbox has a time of its own. It follows the clock on the wall (real), stands still until you
move it (manual), or jumps to what is due next as soon as every listener has answered (auto).`,
		Example: `  tsim clock show
  tsim clock set manual
  tsim clock advance 15m
  tsim clock advance idle`,
	}, r.clockShow(), r.clockSet(), r.clockAdvance())
}

func (r *remote) clockShow() *cobra.Command {
	return r.verb(&cobra.Command{
		Use:     "show",
		Short:   "Say what time it is, and when the next thing happens",
		Long:    "show says what time it is in the sandbox, what moves it, and when the next thing happens.",
		Example: "  tsim clock show\n  tsim clock show --sandbox default -o json",
	}, func(b *box, _ []string) error {
		clock, err := b.Clock(b.ctx)
		return b.clock(clock, err)
	})
}

// clock prints what time it is.
func (b *box) clock(clock tsimclient.Clock, err error) error {
	if err != nil {
		return err
	}
	return b.print(clock, func() error { return b.sheet(b.clockPairs(&clock)...) })
}

// clockPairs are the lines of a sheet about a clock.
func (b *box) clockPairs(c *tsimclient.Clock) []any {
	mode, next := string(c.Mode), "nothing is due"
	if c.Mode == tsimclient.ClockReal && c.Speed != 1 {
		mode += fmt.Sprintf(", %g times as fast as the wall's", c.Speed)
	}
	if !c.NextDue.IsZero() {
		next = b.when(c.NextDue)
	}
	return []any{"now", instant(c.Now), "clock", mode, "next", next}
}

func (r *remote) clockSet() *cobra.Command {
	var fast speed
	cmd := &cobra.Command{
		Use:     "set MODE",
		Short:   "Choose what moves time",
		Long:    "set chooses what moves time: real, manual or auto; real has a speed.",
		Example: "  tsim clock set manual\n  tsim clock set real --speed 60",
		Args:    cobra.ExactArgs(1),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return config.ModeWords(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().Var(&fast, "speed", "simulated seconds per second of the wall, with real (default: as it is)")
	return r.verb(cmd, func(b *box, args []string) error {
		mode := tsimclient.ClockMode(args[0])
		set := tsimclient.ClockSettings{Mode: &mode}
		if fast > 0 {
			set.Speed = (*float64)(&fast)
		}
		clock, err := b.SetClock(b.ctx, set)
		b.now = clock.Now
		return b.clock(clock, err)
	})
}

func (r *remote) clockAdvance() *cobra.Command {
	var most duration
	cmd := &cobra.Command{
		Use:   "advance DURATION|TIME|idle",
		Short: "Let time pass, and wait until all that is due is done",
		Long: `advance lets time pass: a duration such as 15m, up to a time such as 2030-01-02T00:00:00Z, or until
nothing is owed to anybody, which is idle. It ends when all that was due is done, and every listener
has answered or has run out of its time. Ctrl-C stops time where it is.`,
		Example: `  tsim clock advance 5m
  tsim clock advance 2100-01-02T00:00:00Z
  tsim clock advance idle
  tsim clock advance idle --limit 2h`,
		Args: cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return []cobra.Completion{string(tsimclient.Idle)}, cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().Var(&most, "limit", "how far idle goes at the most (default: 24h)")
	return r.verb(cmd, func(b *box, args []string) error {
		how := tsimclient.Advance{Limit: most.text()}
		_, notLong := time.ParseDuration(args[0])
		_, notTime := time.Parse(time.RFC3339Nano, args[0])
		switch {
		case args[0] == string(tsimclient.Idle):
			how.Until = tsimclient.Idle
		case how.Limit != "":
			return usageError{fmt.Errorf("--limit goes with idle only")}
		case notLong == nil:
			how.By = args[0]
		case notTime == nil:
			how.To = args[0]
		default:
			return usageError{fmt.Errorf("clock advance takes a duration such as 15m, a time such as 2030-01-02T00:00:00Z, or idle, not %q", args[0])}
		}
		done, err := b.Advance(b.ctx, how)
		if err != nil {
			return err
		}
		still := "Nothing is owed any more."
		if !done.Idle {
			still = fmt.Sprintf("%d still to come.", done.Pending)
		}
		if done.Held > 0 {
			still += fmt.Sprintf(" %d held.", done.Held)
		}
		return b.say(done, "It is %s, %s later. %d done; %d attempts acknowledged, %d failed. %s",
			instant(done.Now), done.Now.Sub(done.From), done.Ran, done.Delivered, done.Failed, still)
	})
}
