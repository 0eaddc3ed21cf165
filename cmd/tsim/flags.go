package main

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tsim/internal/sim"
)

// fromEnvironment sets the flags that were not given from their variables: --log-level is
// TSIM_LOG_LEVEL. An empty variable counts as none, because compose files and CI systems pass
// variables on that way.
func fromEnvironment(flags *pflag.FlagSet, lookup func(string) (string, bool)) error {
	var err error
	flags.VisitAll(func(f *pflag.Flag) {
		name := variable(f.Name)
		value, _ := lookup(name)
		if f.Changed || value == "" || err != nil {
			return
		}
		if bad := flags.Set(f.Name, value); bad != nil {
			err = usageError{fmt.Errorf("%s: %w", name, bad)}
		}
	})
	return err
}

// variable is the variable of the environment that stands for a flag.
func variable(flag string) string {
	return "TSIM_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// addAddr adds the flag that says where tsim listens; serve and health agree on it.
func addAddr(flags *pflag.FlagSet, addr *string) {
	flags.StringVar(addr, "addr", "127.0.0.1:8080", "where tsim listens; for serve, port 0 takes a free one")
}

// choice is a flag that takes one of some words.
type choice struct {
	words []string
	word  string // "" for none of them
}

func (c *choice) String() string { return c.word }
func (c *choice) Type() string   { return "word" }

func (c *choice) Set(word string) error {
	if !slices.Contains(c.words, word) {
		return fmt.Errorf("expected %s", strings.Join(c.words, ", "))
	}
	c.word = word
	return nil
}

// addChoice adds a flag that the shell can complete.
func addChoice(cmd *cobra.Command, c *choice, name, usage string) {
	cmd.Flags().Var(c, name, usage+": "+strings.Join(c.words, ", "))
	completeWith(cmd, name, cobra.FixedCompletions(c.words, cobra.ShellCompDirectiveNoFileComp))
}

// speed is a flag: how many times as fast as the wall clock time passes.
type speed float64

func (s *speed) Type() string { return "number" }

func (s *speed) String() string {
	if *s == 0 {
		return "" // not given, which help should not call a default
	}
	return strconv.FormatFloat(float64(*s), 'g', -1, 64)
}

func (s *speed) Set(text string) error {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v > 0 && v <= sim.MaxSpeed) {
		return fmt.Errorf("expected a number above 0 and at most %d", int(sim.MaxSpeed))
	}
	*s = speed(v)
	return nil
}

// logFlags say how the log is written.
type logFlags struct {
	format, level choice
}

func (f *logFlags) declare(cmd *cobra.Command) {
	f.format = choice{words: []string{"text", "json"}, word: "text"}
	f.level = choice{words: []string{"debug", "info", "warn", "error"}, word: "info"}
	addChoice(cmd, &f.format, "log-format", "how the log is written to standard error")
	addChoice(cmd, &f.level, "log-level", "the least that is logged")
}

func (f *logFlags) logger(out io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{}
	var level slog.Level
	if level.UnmarshalText([]byte(f.level.word)) == nil { // the words are slog's own
		o.Level = level
	}
	if f.format.word == "json" {
		return slog.New(slog.NewJSONHandler(out, o))
	}
	return slog.New(slog.NewTextHandler(out, o))
}
