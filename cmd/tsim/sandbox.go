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
	}, r.sandboxList(), r.sandboxShow(), r.sandboxCreate(), r.sandboxScenario(), r.sandboxReset(), r.sandboxDelete())
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
	var ttl duration
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
	from := scenarioFlags(cmd, "default")
	cmd.Flags().Var(&ttl, "ttl", "after how long on the clock on the wall it is removed (default: never)")
	return r.verb(cmd, func(b *box, args []string) error {
		spec := tsimclient.SandboxSpec{TTL: ttl.text()}
		if len(args) > 0 {
			spec.Name = args[0]
		}
		var err error
		if spec.ScenarioSpec, err = from(b.in); err != nil {
			return err
		}
		info, err := b.CreateSandbox(b.ctx, spec)
		return b.sandbox(&info, err)
	})
}

// scenarioFlags are the flags that say what a sandbox starts from; usual is the scenario that is meant when none is given, ""
// for that of the sandbox. What they say is known when the command runs.
func scenarioFlags(cmd *cobra.Command, usual string) func(stdin io.Reader) (tsimclient.ScenarioSpec, error) {
	var ref, compat string
	var seed *uint64
	var with withFlag
	clock := choice{words: config.ModeWords()}
	flags := cmd.Flags()
	flags.StringVar(&ref, "scenario", usual, "a built-in scenario ("+strings.Join(scenario.Names(), ", ")+"), a file, or - for standard input")
	flags.Var(fill(&seed), "seed", "seed of every draw of chance (default: the scenario's)")
	addChoice(cmd, &clock, "clock", "what moves time (default: the scenario's)")
	flags.Var(&with, "with", "misfortunes, see 'tsim misfortune list'; may be repeated")
	flags.StringVar(&compat, "compat", "", "where ThingSpace's documents disagree: a preset ("+strings.Join(config.CompatPresets(), ", ")+")")
	completeWith(cmd, "scenario", completeScenario)
	completeWith(cmd, "with", completeWithFlag)
	return func(stdin io.Reader) (spec tsimclient.ScenarioSpec, err error) {
		spec = tsimclient.ScenarioSpec{With: with, Seed: seed, Clock: tsimclient.ClockMode(clock.word)}
		if compat != "" {
			spec.Compat, _ = json.Marshal(compat) // a text
		}
		if ref != "" {
			spec.Scenario, err = sentScenario(stdin, ref)
		}
		return spec, err
	}
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

func (r *remote) sandboxScenario() *cobra.Command {
	return r.verb(&cobra.Command{
		Use:   "scenario [NAME]",
		Short: "Print a sandbox as it is now, as a scenario",
		Long: `scenario prints a sandbox as it is now, as a scenario in YAML: to go on from by hand. It starts with
what there is, at the present time. A comment at its top says what no scenario can say, such as
callbacks that are still to come. Without a name it is that of --sandbox.`,
		Example: `  tsim sandbox scenario > now.yaml
  tsim sandbox create again --scenario now.yaml`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: r.offerFirst(sandboxNames),
	}, func(b *box, args []string) error {
		named(b, args)
		text, err := b.Scenario(b.ctx)
		if err != nil {
			return err
		}
		if b.output == "json" {
			asJSON, err := scenario.JSON(b.Sandbox, []byte(text))
			if err != nil {
				return err
			}
			text = string(asJSON) + "\n"
		}
		_, err = fmt.Fprint(b.out, text)
		return err
	})
}

func (r *remote) sandboxReset() *cobra.Command {
	var keep []string
	cmd := &cobra.Command{
		Use:   "reset [NAME]",
		Short: "Put a sandbox back to its start",
		Long: `reset puts the devices, the clock and the journal of a sandbox back to their start. Listeners and
tokens go too, unless they are kept. Without a name it is that of --sandbox. With --scenario it is
the start of another scenario; name and credentials stay as they are.`,
		Example: `  tsim sandbox reset
  tsim sandbox reset default --keep listeners,tokens
  tsim sandbox reset default --scenario two-networks`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: r.offerFirst(sandboxNames),
	}
	words := []string{string(tsimclient.KeepListeners), string(tsimclient.KeepTokens)}
	cmd.Flags().StringSliceVar(&keep, "keep", nil, "what stays as it is: "+strings.Join(words, ", ")+"; may be repeated")
	completeWith(cmd, "keep", cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	from := scenarioFlags(cmd, "")
	return r.verb(cmd, func(b *box, args []string) error {
		named(b, args)
		words := make([]tsimclient.Keep, len(keep))
		for i, word := range keep {
			words[i] = tsimclient.Keep(word)
		}
		to, err := from(b.in)
		if err != nil {
			return err
		}
		info, err := b.ResetTo(b.ctx, to, words...)
		if err != nil {
			return err
		}
		if len(to.Scenario) > 0 {
			return b.say(info, "%s is at the start of %s, which is %s.", info.Name, info.Scenario, instant(info.Clock.Now))
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
