package main

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"tsim/internal/config"
	"tsim/internal/server"
	"tsim/internal/sim"
	"tsim/internal/store"
)

// exitError is an error with an exit code of its own.
type exitError struct {
	error
	code int
}

// exitRecording is the exit code of a recording that cannot be replayed: it says nothing about tsim.
const exitRecording = 2

func newReplay() *cobra.Command {
	var until string
	var serve bool
	var f serveFlags
	output := choice{words: []string{"json", "yaml"}}
	cmd := &cobra.Command{
		Use:   "replay FILE",
		Short: "Replay a recording, and compare what comes of it",
		Long: `replay builds the sandbox of a recording again, and gives it what came from outside: calls, answers
of listeners, what people did. Nothing is sent, and nobody is waited for. Every event, every
callback and every reply that has to do with the state is compared with what was recorded. At the
first one that differs it stops, shows both side by side, with what it follows from, and says what
has changed: the inputs or tsim. docs/state.md says more about recordings.

With --serve it then serves the sandbox as it is there, so that you can look at it and go on. It
has new credentials, which are printed, and no tokens; passwords of its listeners are not known.

Exit codes: 0 when all is the same, 1 when something differs, 2 when it cannot be replayed.`,
		Example: `  tsim serve --record bug.jsonl
  tsim replay bug.jsonl
  tsim replay bug.jsonl --until 412 --serve`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o := store.ReplayOptions{Version: version(), Spell: server.Spell, Devices: f.budget.budgets.Use()[sim.BudgetDevices].Limit}
			if err := parseUntil(until, &o); err != nil {
				return usageError{err}
			}
			if serve {
				if err := fromEnvironment(cmd, os.Environ()); err != nil {
					return err
				}
			}
			recorded, done, err := replayFile(cmd, args[0], o)
			if err != nil {
				return exitError{err, exitRecording}
			}
			b := box{out: cmd.OutOrStdout(), output: output.word}
			if err := b.print(replayAnswer(done), func() error { return printReplay(b.out, done, until) }); err != nil {
				return err
			}
			if d := done.Difference; d != nil {
				return fmt.Errorf("%s is not what was recorded", d.What)
			}
			if !serve {
				return nil
			}
			from, _ := recorded.Export()
			f.from = &from
			return f.serve(cmd)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&until, "until", "", "stop behind the event of this number, or at this instant, such as 2030-01-01T00:05:00Z")
	flags.VarP(&output, "output", "o", "for programs: json, yaml (default: as text)")
	flags.BoolVar(&serve, "serve", false, "then serve the sandbox from there on; the flags below say how, as those of serve do")
	addAddr(flags, &f.addr)
	f.declareServer(cmd)
	return cmd
}

// withFreshCredentials is a configuration with secrets and passwords that nobody knows yet.
func withFreshCredentials(cfg config.Config) config.Config {
	cfg.Credentials = slices.Clone(cfg.Credentials)
	for i := range cfg.Credentials {
		cfg.Credentials[i].AppSecret, cfg.Credentials[i].Password = config.Secret(rand.Text()), config.Secret(rand.Text())
	}
	return cfg
}

// parseUntil reads the number of an event, or an instant.
func parseUntil(text string, o *store.ReplayOptions) (err error) {
	if text == "" {
		return nil
	}
	if o.UntilEvent, err = strconv.ParseUint(text, 10, 64); err == nil && o.UntilEvent > 0 {
		return nil
	}
	if o.UntilTime, err = time.Parse(time.RFC3339, text); err != nil {
		return fmt.Errorf("--until is the number of an event or an instant such as 2030-01-01T00:05:00Z, not %q", text)
	}
	return nil
}

// replayFile replays a file, or with - standard input.
func replayFile(cmd *cobra.Command, name string, o store.ReplayOptions) (*sim.Sim, *store.Replayed, error) {
	from := cmd.InOrStdin()
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, nil, err
		}
		defer f.Close() //nolint:errcheck // it is only read
		from = f
	}
	box, done, err := store.Replay(from, o)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return box, done, nil
}

// replayed is what a replay came to, for programs.
type replayed struct {
	Sandbox    string            `json:"sandbox"`
	Scenario   string            `json:"scenario"`
	Seed       uint64            `json:"seed"`
	Version    string            `json:"version"` // of the tsim that recorded
	Began      time.Time         `json:"began"`
	Inputs     int               `json:"inputs"`
	Events     int               `json:"events"`
	Callbacks  int               `json:"callbacks"`
	Digests    int               `json:"digests"`
	Torn       bool              `json:"torn"`
	Ended      string            `json:"ended,omitempty"`
	Now        time.Time         `json:"now"`
	Difference *store.Difference `json:"difference,omitempty"`
}

func replayAnswer(d *store.Replayed) replayed {
	return replayed{
		d.Sandbox, d.Scenario, d.Seed, d.Version, d.Began, d.Inputs, d.Events, d.Callbacks, d.Digests, d.Torn, d.Ended, d.Now, d.Difference,
	}
}

// printReplay tells people what a replay came to.
func printReplay(out io.Writer, done *store.Replayed, until string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Sandbox %q of the scenario %q with seed %d, recorded by tsim %s.\n", done.Sandbox, done.Scenario, done.Seed, done.Version)
	counts := fmt.Sprintf("%s, %s, %s", counted(done.Inputs, "input", "inputs"), counted(done.Events, "event", "events"),
		counted(done.Callbacks, "callback", "callbacks"))
	if d := done.Difference; d != nil {
		fmt.Fprintf(&b, "Up to there it is the same: %s.\n\n", counts)
		printDifference(&b, done, d)
	} else {
		fmt.Fprintf(&b, "%s: the same.\n", counts)
		switch {
		case done.Stopped:
			fmt.Fprintf(&b, "It is %s there.\n", done.Now.Format(time.RFC3339Nano))
		case done.Torn:
			fmt.Fprintln(&b, "The last line is cut off: tsim, or its machine, ended in the middle of it.")
		case done.Ended == "":
			fmt.Fprintln(&b, "There is no last line that says why it ended: whoever recorded stopped, tsim was killed, or it still writes.")
		}
		if until != "" && !done.Stopped {
			fmt.Fprintf(&b, "It ends before --until %s, at %s.\n", until, done.Now.Format(time.RFC3339Nano))
		}
	}
	_, err := out.Write(b.Bytes())
	return err
}

func printDifference(b *bytes.Buffer, done *store.Replayed, d *store.Difference) {
	at := fmt.Sprintf("line %d", d.Line)
	if d.Kind != "" {
		at += fmt.Sprintf(", input %d, %s", d.Input, d.Kind)
	}
	fmt.Fprintf(b, "%s is not what was recorded (%s):\n\n", strings.ToUpper(d.What[:1])+d.What[1:], at)
	printFields(b, d.Fields)
	printEvents(b, "Because of", d.Causes)
	printEvents(b, "Before it", d.Before)
	fmt.Fprintf(b, "\nThe inputs are those that were recorded: their sums are right. ")
	if now := version(); now != done.Version {
		fmt.Fprintf(b, "So tsim has changed, from %s to %s.\n", done.Version, now)
	} else {
		fmt.Fprintf(b, "So it is tsim: this one calls itself\n%s as the one that recorded did, and does something else; or somebody has changed what was recorded of it.\n", now)
	}
}

// printFields prints what was recorded beside what this build has; long texts one below the other.
func printFields(b *bytes.Buffer, fields []store.DifferentField) {
	const wide = 48
	w := tabwriter.NewWriter(b, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "  \trecorded\tthis build")
	var long []store.DifferentField
	for _, f := range fields {
		if utf8.RuneCountInString(f.Recorded) > wide || utf8.RuneCountInString(f.Now) > wide {
			long = append(long, f)
			continue
		}
		fmt.Fprintf(w, "%s %s\t%s\t%s\n", marked(f), f.Name, cmp.Or(flat(f.Recorded), "-"), cmp.Or(flat(f.Now), "-"))
	}
	if len(long) < len(fields) {
		_ = w.Flush() // into memory
	}
	for _, f := range long {
		fmt.Fprintf(b, "%s %s\n    recorded:   %s\n    this build: %s\n", marked(f), f.Name, cmp.Or(flat(f.Recorded), "-"), cmp.Or(flat(f.Now), "-"))
	}
}

func marked(f store.DifferentField) string {
	if f.Same {
		return " "
	}
	return "*"
}

func printEvents(b *bytes.Buffer, title string, events []store.Event) {
	if len(events) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s:\n", title)
	w := tabwriter.NewWriter(b, 0, 0, 3, ' ', 0)
	for _, e := range events {
		about := cmp.Or(e.ICCID, e.EID, e.Request, "-")
		fmt.Fprintf(w, "  %d\t%s\t%s\t%s\t%s\n", e.Seq, e.At.Format(time.RFC3339Nano), e.Kind, about, flat(e.Detail))
	}
	_ = w.Flush() // into memory
}
