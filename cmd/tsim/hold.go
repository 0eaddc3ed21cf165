package main

import (
	"errors"

	"github.com/spf13/cobra"

	"tsim/tsimclient"
)

func newHold() *cobra.Command {
	var r remote
	return noun(&r, &cobra.Command{
		Use:   "hold",
		Short: "The holds of a sandbox: which callbacks are kept back",
		Long: `A hold keeps back the callbacks that match, those to come included, until it is lifted. A single
callback is held with 'tsim callback hold'.`,
		Example: `  tsim hold add --operation device_resume --level profile
  tsim hold list
  tsim hold lift 1`,
	}, r.holdList(), r.holdAdd(), r.holdLift())
}

func (r *remote) holdList() *cobra.Command {
	l := holds
	l.fetch = func(b *box, p tsimclient.Page) ([]tsimclient.Hold, string, error) {
		list, err := b.Holds(b.ctx, p)
		return list.Holds, list.Next, err
	}
	return lists(r, &cobra.Command{
		Use:     "list",
		Short:   "List the holds",
		Long:    "list lists the holds that are in force, oldest first, each with how many callbacks it holds now.",
		Example: "  tsim hold list",
	}, l)
}

// holds are printed like this.
var holds = listing[tsimclient.Hold]{
	what:     "holds",
	answer:   func(all []tsimclient.Hold, next string) any { return tsimclient.HoldList{Holds: all, Next: next} },
	headings: []string{"ID", "CALLBACKS", "OPERATION", "LEVEL", "ACCOUNT", "REQUEST", "EID", "ICCID"},
	row: func(_ *box, h *tsimclient.Hold) []any {
		return []any{h.ID, h.Callbacks, h.Operation, h.Level, h.Account, h.Request, h.EID, h.ICCID}
	},
}

func (r *remote) holdAdd() *cobra.Command {
	var f tsimclient.HoldFilter
	cmd := &cobra.Command{
		Use:   "add",
		Short: "Hold the callbacks that match, those to come included",
		Long: `add keeps back the callbacks that match all that is given, now and from now on. Without any
condition it keeps back everything.`,
		Example: "  tsim hold add --operation device_resume --level profile\n  tsim hold add",
	}
	r.addFilter(cmd, &f)
	return r.verb(cmd, func(b *box, _ []string) error {
		h, err := b.HoldAll(b.ctx, f)
		if err != nil {
			return err
		}
		held := counted(h.Callbacks, "callback", "callbacks")
		if h.Note != "" {
			return b.say(h, "Hold %d keeps back %s: %s.", h.ID, held, h.Note)
		}
		return b.say(h, "Hold %d keeps back %s by now.", h.ID, held)
	})
}

func (r *remote) holdLift() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "lift [ID]",
		Short: "Lift a hold, and release what it holds",
		Long: `lift lifts a hold, and releases the callbacks that no other one holds. With --all it lifts every
hold, and releases all callbacks that are held.`,
		Example:           "  tsim hold lift 1\n  tsim hold lift --all",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: r.offerFirst(holdIDs),
	}
	cmd.Flags().BoolVar(&all, "all", false, "lift every hold")
	return r.verb(cmd, func(b *box, args []string) error {
		if all == (len(args) == 1) {
			return usageError{errors.New("hold lift takes an ID or --all, one of them")}
		}
		if all {
			released, err := b.ReleaseAll(b.ctx)
			return b.released(released, err)
		}
		id, err := number("hold", args[0])
		if err != nil {
			return err
		}
		released, err := b.LiftHold(b.ctx, id)
		return b.released(released, err)
	})
}

func (b *box) released(r tsimclient.Released, err error) error {
	if err != nil {
		return err
	}
	return b.say(r, "%s.", counted(r.Callbacks, "callback is released", "callbacks are released"))
}
