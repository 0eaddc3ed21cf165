package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tsim/internal/config"
	"tsim/internal/spell"
)

// wanted is what flags of pflag's own types take; what they say themselves is for programmers.
var wanted = map[string]string{
	"bool":        "true or false",
	"uint":        "a whole number from 0",
	"uint64":      "a whole number from 0",
	"duration":    "a time such as 30s",
	"stringSlice": "names with commas between them",
}

// told is an error of pflag in words that say what would be right. name is where the value comes from: a
// flag or a variable.
func told(name string, err error) error {
	bad, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return err
	}
	want, own := wanted[bad.GetFlag().Value.Type()]
	switch {
	case !own:
		want = bad.Unwrap().Error()
	case errors.Is(err, strconv.ErrRange):
		want = fmt.Sprintf("expected %s to %d", want, uint64(math.MaxUint64))
	default:
		want = "expected " + want
	}
	return usageError{fmt.Errorf("%s %q: %s", name, bad.GetValue(), want)}
}

// flagError is an error of pflag about the words of a command: what it says of one that it does not know
// ends with one that it does.
func flagError(cmd *cobra.Command, err error) error {
	if bad, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return told("--"+bad.GetFlag().Name, err)
	}
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		// In "-clock=manual" there are shorthands, c and so on, to those who know no better.
		word, _, _ := strings.Cut(cmp.Or(unknown.GetSpecifiedShortnames(), unknown.GetSpecifiedName()), "=")
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
		if near := spell.Nearest(word, known); near != "" {
			err = fmt.Errorf("%w; did you mean --%s?", err, near)
		}
	}
	return usageError{err}
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
	if err != nil || !(v > 0 && v <= config.MaxSpeed) {
		return fmt.Errorf("expected a number above 0 and at most %d", int(config.MaxSpeed))
	}
	*s = speed(v)
	return nil
}

// duration is a flag: how long something takes, 0 for what is not given.
type duration time.Duration

func (d *duration) Type() string { return "duration" }

func (d *duration) String() string { return d.text() }

// text is the duration as Go writes it, "" for none.
func (d *duration) text() string {
	if *d == 0 {
		return ""
	}
	return time.Duration(*d).String()
}

func (d *duration) Set(text string) error {
	v, err := time.ParseDuration(text)
	if err != nil || v < 0 {
		return errors.New("expected a duration such as 15m, 1h30m or 0.5s")
	}
	*d = duration(v)
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
