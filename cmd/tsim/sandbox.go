package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tsim/internal/config"
	"tsim/internal/scenario"
	"tsim/tsimclient"
)

func newSandbox() *cobra.Command {
	var r remote
	return noun(&r, &cobra.Command{
		Use:   "sandbox",
		Short: "The sandboxes of a running server",
		Long: `A sandbox is a ThingSpace of its own, with its own credentials, devices and clock. A server always
has the one that is called default; others are made when they are needed.`,
		Example: `  tsim sandbox list
  tsim sandbox create mine --scenario two-networks --clock manual
  tsim sandbox show mine
  tsim sandbox delete mine`,
	}, r.sandboxList(), r.sandboxShow(), r.sandboxCreate(), r.sandboxReset(), r.sandboxDelete())
}

func (r *remote) sandboxList() *cobra.Command {
	return lists(r, &cobra.Command{
		Use:     "list",
		Short:   "List the sandboxes",
		Long:    "list names the sandboxes, each with its time, and how much is in it and still to come.",
		Example: "  tsim sandbox list\n  tsim sandbox list -o json",
	}, listing[tsimclient.Sandbox]{
		what: "sandboxes",
		fetch: func(b *box, p tsimclient.Page) ([]tsimclient.Sandbox, string, error) {
			list, err := b.Sandboxes(b.ctx, p)
			return list.Sandboxes, list.Next, err
		},
		answer: func(all []tsimclient.Sandbox, next string) any {
			return tsimclient.SandboxList{Sandboxes: all, Next: next}
		},
		headings: []string{"NAME", "SCENARIO", "CLOCK", "NOW", "DEVICES", "OPEN REQUESTS", "OPEN CALLBACKS", "RULES"},
		row: func(_ *box, s *tsimclient.Sandbox) []any {
			return []any{s.Name, s.Scenario, s.Clock.Mode, instant(s.Clock.Now), s.Counts.Devices, s.Counts.Requests, s.Counts.Callbacks, s.Rules}
		},
	})
}

// named makes the first argument, if there is one, the sandbox that a command is about.
func named(b *box, args []string) {
	if len(args) > 0 {
		b.Sandbox = args[0]
	}
}

func (r *remote) sandboxShow() *cobra.Command {
	return r.verb(&cobra.Command{
		Use:               "show [NAME]",
		Short:             "Show a sandbox: credentials, accounts, time",
		Long:              "show says what a sandbox is and how much is in it. Without a name it is that of --sandbox.",
		Example:           "  tsim sandbox show\n  tsim sandbox show default -o yaml",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: r.offerFirst(sandboxNames),
	}, func(b *box, args []string) error {
		named(b, args)
		info, err := b.Info(b.ctx)
		return b.sandbox(&info, err)
	})
}

// sandbox prints what a sandbox is.
func (b *box) sandbox(s *tsimclient.Sandbox, err error) error {
	if err != nil {
		return err
	}
	return b.print(s, func() error {
		b.now = s.Clock.Now
		pairs := []any{"name", s.Name, "scenario", fmt.Sprintf("%s, seed %d", s.Scenario, s.Seed), "about", s.About}
		for _, c := range s.Credentials {
			pairs = append(pairs, "app key", c.AppKey+", secret "+c.AppSecret, "user", c.Username+", password "+c.Password)
		}
		pairs = append(pairs, "accounts", strings.Join(s.Accounts, ", "))
		return b.sheet(append(append(pairs, b.clockPairs(&s.Clock)...), "devices", s.Counts.Devices, "listeners", s.Counts.Listeners, "rules", s.Rules,
			"open requests", s.Counts.Requests, "open callbacks", s.Counts.Callbacks, "events", s.Counts.Events)...)
	})
}

func (r *remote) sandboxCreate() *cobra.Command {
	var ref, compat string
	var seed *uint64
	var ttl duration
	var with withFlag
	clock := choice{words: config.ModeWords()}
	cmd := &cobra.Command{
		Use:   "create [NAME]",
		Short: "Make a sandbox",
		Long: `create makes a sandbox and shows it. Its credentials are its own: the client that logs in with them
is in there. Without a name, tsim makes one up.`,
		Example: `  tsim sandbox create
  tsim sandbox create mine --scenario two-networks --seed 7 --clock manual --ttl 10m
  tsim sandbox create theirs --with duplicates`,
		Args: cobra.MaximumNArgs(1),
	}
	flags := cmd.Flags()
	flags.StringVar(&ref, "scenario", "default", "a built-in scenario ("+strings.Join(scenario.Names(), ", ")+"), a file, or - for standard input")
	flags.Var(fill(&seed), "seed", "seed of every draw of chance (default: the scenario's)")
	addChoice(cmd, &clock, "clock", "what moves time (default: the scenario's)")
	flags.Var(&with, "with", "misfortunes, see 'tsim misfortune list'; may be repeated")
	flags.StringVar(&compat, "compat", "", "where ThingSpace's documents disagree: a preset ("+strings.Join(config.CompatPresets(), ", ")+")")
	flags.Var(&ttl, "ttl", "after how long on the clock on the wall it is removed (default: never)")
	completeWith(cmd, "scenario", completeScenario)
	completeWith(cmd, "with", completeWithFlag)
	return r.verb(cmd, func(b *box, args []string) error {
		spec := tsimclient.SandboxSpec{With: with, Seed: seed, Clock: tsimclient.ClockMode(clock.word), TTL: ttl.text()}
		if len(args) > 0 {
			spec.Name = args[0]
		}
		if compat != "" {
			spec.Compat, _ = json.Marshal(compat) // a text
		}
		var err error
		if spec.Scenario, err = sentScenario(b.in, ref); err != nil {
			return err
		}
		info, err := b.CreateSandbox(b.ctx, spec)
		return b.sandbox(&info, err)
	})
}

// sentScenario is a scenario as control takes it: the name of a built-in one, or the text of a file that this side can read.
func sentScenario(in io.Reader, ref string) (json.RawMessage, error) {
	text := []byte(ref)
	if _, err := scenario.Builtin(ref); err != nil {
		if ref == scenario.Stdin {
			text, err = io.ReadAll(in)
		} else if text, err = os.ReadFile(ref); err != nil {
			_, err = scenario.Open(ref, in, time.Now()) // whose words are for people
		}
		if err == nil {
			_, err = scenario.Load(ref, text, time.Now()) // so that what is wrong has file and line
		}
		if err != nil {
			return nil, err
		}
	}
	return json.Marshal(string(text))
}

func (r *remote) sandboxReset() *cobra.Command {
	var keep []string
	cmd := &cobra.Command{
		Use:   "reset [NAME]",
		Short: "Put a sandbox back to its start",
		Long: `reset puts the devices, the clock and the journal of a sandbox back to their start. Listeners and
tokens go too, unless they are kept. Without a name it is that of --sandbox.`,
		Example:           "  tsim sandbox reset\n  tsim sandbox reset default --keep listeners,tokens",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: r.offerFirst(sandboxNames),
	}
	words := []string{string(tsimclient.KeepListeners), string(tsimclient.KeepTokens)}
	cmd.Flags().StringSliceVar(&keep, "keep", nil, "what stays as it is: "+strings.Join(words, ", ")+"; may be repeated")
	completeWith(cmd, "keep", cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	return r.verb(cmd, func(b *box, args []string) error {
		named(b, args)
		words := make([]tsimclient.Keep, len(keep))
		for i, word := range keep {
			words[i] = tsimclient.Keep(word)
		}
		info, err := b.Reset(b.ctx, words...)
		if err != nil {
			return err
		}
		return b.say(info, "%s is at its start again, which is %s.", info.Name, instant(info.Clock.Now))
	})
}

func (r *remote) sandboxDelete() *cobra.Command {
	return r.verb(&cobra.Command{
		Use:   "delete NAME",
		Short: "Remove a sandbox",
		Long: `delete removes a sandbox. What is pending is dropped; the attempts in flight are waited for. The one
that is called default stays.`,
		Example:           "  tsim sandbox delete mine",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: r.offerFirst(sandboxNames),
	}, func(b *box, args []string) error {
		named(b, args)
		gone, err := b.DeleteSandbox(b.ctx)
		return b.deleted(gone, err)
	})
}

func (b *box) deleted(gone tsimclient.Deleted, err error) error {
	if err != nil {
		return err
	}
	return b.say(gone, "%s is removed.", gone.Deleted)
}
