package main

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"tsim/tsimclient"
)

func newWait() *cobra.Command {
	var r remote
	return noun(&r, &cobra.Command{
		Use:   "wait",
		Short: "Wait until something holds in a sandbox, or say why it does not",
		Long: `wait ends as soon as something holds, with exit code 0. When --timeout is over, it says what did
happen and what is pending, and why, and the exit code is 1. It does not move time.`,
		Example: `  tsim wait idle
  tsim wait request --timeout 1m
  tsim wait event request.accepted
  tsim wait call --operation login`,
	}, r.waitIdle(), r.waitRequest(), r.waitEvent(), r.waitCall())
}

// waits makes a command wait.
func (r *remote) waits(cmd *cobra.Command, what func(b *box, args []string) (tsimclient.Condition, error)) *cobra.Command {
	var timeout duration
	cmd.Flags().Var(&timeout, "timeout", "how long on the clock on the wall, up to 10m (default: 10s)")
	return r.verb(cmd, func(b *box, args []string) error {
		condition, err := what(b, args)
		if err != nil {
			return err
		}
		waited, err := b.Wait(b.ctx, tsimclient.Wait{For: condition, Timeout: timeout.text()})
		if err != nil {
			return b.inVain(err)
		}
		if e := waited.Event; e != nil {
			return b.say(waited, "%s happened at %s: event %d.", e.Kind, instant(e.At), e.Seq)
		}
		return b.say(waited, "It holds at %s.", instant(waited.Now))
	})
}

// inVain tells what did happen while something was waited for that did not, and what is pending.
func (b *box) inVain(err error) error {
	told, ok := errors.AsType[*tsimclient.Error](err)
	if !ok || told.Status != http.StatusRequestTimeout {
		return err
	}
	for i := range told.Happened {
		e := &told.Happened[i]
		fmt.Fprintf(b.errs, "happened: event %d at %s, %s %s %s\n", e.Seq, instant(e.At), e.Kind, aboutEvent(e), flat(e.Detail))
	}
	for _, p := range told.Pending {
		fmt.Fprintf(b.errs, "pending: %s of request %s, due at %s: %s\n", p.Operation, p.Request, b.when(p.Due), p.Why)
	}
	return errors.Join(b.near(told.Nearest), err)
}

func (r *remote) waitIdle() *cobra.Command {
	return r.waits(&cobra.Command{
		Use:     "idle",
		Short:   "Wait until nothing is owed to anybody",
		Long:    "idle waits until nothing is owed to anybody, but for what is held.",
		Example: "  tsim wait idle --timeout 5s",
	}, func(*box, []string) (tsimclient.Condition, error) { return tsimclient.Idle, nil })
}

func (r *remote) waitRequest() *cobra.Command {
	var f tsimclient.For
	cmd := &cobra.Command{
		Use:   "request [REQUEST]",
		Short: "Wait until nothing of a request is still to come",
		Long: `request waits until a request has nothing still to come; or with --callbacks so many callbacks in a
state, delivered if --state does not say. Without a requestId it is the latest one.`,
		Example:           "  tsim wait request\n  tsim wait request --callbacks 1 --state archived",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: r.offerFirst(requestIDs),
	}
	r.addFilter(cmd, &f, "request", "kind", "eid", "iccid", "callback", "after")
	return r.waits(cmd, func(b *box, args []string) (c tsimclient.Condition, err error) {
		f.Request, err = b.request(args)
		return f, err
	})
}

func (r *remote) waitEvent() *cobra.Command {
	var f tsimclient.For
	cmd := &cobra.Command{
		Use:   "event KIND",
		Short: "Wait for an event",
		Long: `event waits for an event of a kind: the first one that fits, since the start or after that of a
number. docs/control.md has the kinds.`,
		Example:           "  tsim wait event request.accepted\n  tsim wait event device.changed --eid 89001012012341234012345678901224 --after 2",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeKind,
	}
	r.addFilter(cmd, &f, "kind", "callbacks", "state")
	return r.waits(cmd, func(_ *box, args []string) (tsimclient.Condition, error) {
		f.Kind = tsimclient.EventKind(args[0])
		return f, nil
	})
}

// completeKind completes the kind of an event.
func completeKind(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return filterWords["kind"](), cobra.ShellCompDirectiveNoFileComp
}

func (r *remote) waitCall() *cobra.Command {
	var wanted tsimclient.CallsWanted
	cmd := &cobra.Command{
		Use:     "call",
		Short:   "Wait for calls of your application",
		Long:    "call waits until so many calls are on record that fit all that is given.",
		Example: "  tsim wait call --operation login\n  tsim wait call --operation profile_suspend --count 1 --timeout 30s",
	}
	r.addFilter(cmd, &wanted.CallFilter)
	cmd.Flags().Var(fill(&wanted.Count), "count", "so many, at least (default: 1)")
	return r.waits(cmd, func(*box, []string) (tsimclient.Condition, error) { return tsimclient.For{Calls: &wanted}, nil })
}
