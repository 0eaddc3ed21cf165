package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tsim/tsimclient"
)

func newEvent() *cobra.Command {
	var r remote
	var f tsimclient.EventFilter
	var follow bool
	cmd := &cobra.Command{
		Use:   "event",
		Short: "List the events of a sandbox, and follow them",
		Long: `event lists what happened, oldest first. Each event has a number, from 1 on since the start of the
sandbox; its cause is the number of the event that it follows from. docs/control.md has the kinds.

With --follow it goes on as they come, until Ctrl-C or until the sandbox is removed, also after a
reset and when the server is started again; then each is a line, or a line of JSON, or a document of
YAML. If some are missed, a line on standard error says why.`,
		Example: "  tsim event --limit 20\n  tsim event --kind attempt.failed --device 89445000000000000019\n  tsim event --follow",
	}
	r.addFilter(cmd, &f)
	epoch := uint64(0)
	cmd = lists(&r, cmd, listing[tsimclient.Event]{
		what: "events",
		fetch: func(b *box, p tsimclient.Page) ([]tsimclient.Event, string, error) {
			list, err := b.Events(b.ctx, f, p)
			epoch = list.Epoch
			return list.Events, list.Next, err
		},
		answer: func(all []tsimclient.Event, next string) any {
			return tsimclient.EventList{Epoch: epoch, Events: all, Next: next}
		},
		headings: []string{"SEQ", "AT", "KIND", "ABOUT", "DETAIL", "CAUSE"},
		row: func(b *box, e *tsimclient.Event) []any {
			return []any{e.Seq, b.when(e.At), e.Kind, aboutEvent(e), e.Detail, e.Cause}
		},
	})
	cmd.Flags().BoolVar(&follow, "follow", false, "go on as they come")
	list := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !follow {
			return list(cmd, args)
		}
		if cmd.Flags().Changed("limit") {
			return usageError{errors.New("--limit and --follow exclude each other: so many, or all that come")}
		}
		b, err := r.box(cmd)
		if err != nil {
			return err
		}
		return b.explain(b.follow(f))
	}
	r.declare(cmd, cmd.Flags())
	return cmd
}

// aboutEvent is what an event is about.
func aboutEvent(e *tsimclient.Event) string {
	text := cmp.Or(e.ICCID, e.EID, e.Request)
	if e.Callback > 0 {
		text += fmt.Sprintf(" callback %d", e.Callback)
	}
	return strings.TrimSpace(text)
}

// follow prints events until somebody ends it.
func (b *box) follow(f tsimclient.EventFilter) error {
	for e, err := range b.FollowEvents(b.ctx, f, "") {
		resync, missed := errors.AsType[*tsimclient.Resync](err)
		switch {
		case b.ctx.Err() != nil:
			return nil
		case missed:
			_, err = fmt.Fprintln(b.errs, resync)
		case err == nil:
			err = b.event(&e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// event prints an event that has come.
func (b *box) event(e *tsimclient.Event) error {
	if b.output == "yaml" {
		fmt.Fprintln(b.out, "---")
	}
	return b.print(e, func() error {
		kind := fmt.Sprintf("%-22s", e.Kind)
		switch e.Kind {
		case tsimclient.EventAttemptFailed, tsimclient.EventOperationRefused, tsimclient.EventCallbackArchived, tsimclient.EventRuleApplied, tsimclient.EventRuleSkipped:
			kind = b.style.Bad(kind)
		case tsimclient.EventAttemptAcknowledged, tsimclient.EventOperationSucceeded:
			kind = b.style.Good(kind)
		}
		line := fmt.Sprintf("%s %s  %s %s  %s", b.style.Dim(fmt.Sprintf("%6d", e.Seq)), instant(e.At), kind, aboutEvent(e), flat(e.Detail))
		_, err := fmt.Fprintln(b.out, strings.TrimRight(line, " "))
		return err
	})
}
