package main

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

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

With --follow it goes on as they come, until Ctrl-C, also after a reset; then each is a line, or a
line of JSON, or a document of YAML.`,
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

// followEvery is how often is asked for what is new.
const followEvery = 250 * time.Millisecond

// follow prints events until somebody ends it.
func (b *box) follow(f tsimclient.EventFilter) error {
	page, epoch := tsimclient.Page{Limit: tsimclient.MaxLimit}, uint64(0)
	for {
		list, err := b.Events(b.ctx, f, page)
		switch {
		case b.ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case list.Epoch != epoch && page.After != "": // a reset: events are numbered from 1 again
			page.After = ""
			continue
		}
		epoch = list.Epoch
		for i := range list.Events {
			page.After = strconv.FormatUint(list.Events[i].Seq, 10)
			if err := b.event(&list.Events[i]); err != nil {
				return err
			}
		}
		if list.Next != "" {
			continue
		}
		select {
		case <-b.ctx.Done():
			return nil
		case <-time.After(followEvery):
		}
	}
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
