package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"tsim/tsimclient"
)

func newCallback() *cobra.Command {
	var r remote
	verbs := []*cobra.Command{r.callbackList(), r.callbackShow()}
	for _, s := range steering {
		verbs = append(verbs, r.steer(s))
	}
	return noun(&r, &cobra.Command{
		Use:   "callback",
		Short: "The callbacks of a sandbox: what listeners are told",
		Long: `A callback tells a listener of an operation. It is numbered from 1 on, has a state, and as many
attempts as it needs to be acknowledged. What is still to come can be held back, sent early, never,
or twice; docs/control.md says what each state means.`,
		Example: `  tsim callback list --state archived
  tsim callback show 1
  tsim callback hold 1`,
	}, verbs...)
}

func (r *remote) callbackList() *cobra.Command {
	var f tsimclient.CallbackFilter
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List callbacks",
		Long:    "list lists callbacks as they were decided, each with when its next attempt is due, or its last was.",
		Example: "  tsim callback list\n  tsim callback list --state archived --operation device_suspend -o json",
	}
	r.addFilter(cmd, &f)
	return lists(r, cmd, listing[tsimclient.Callback]{
		what: "callbacks",
		fetch: func(b *box, p tsimclient.Page) ([]tsimclient.Callback, string, error) {
			list, err := b.Callbacks(b.ctx, f, p)
			return list.Callbacks, list.Next, err
		},
		answer: func(all []tsimclient.Callback, next string) any {
			return tsimclient.CallbackList{Callbacks: all, Next: next}
		},
		headings: []string{"ID", "OPERATION", "ABOUT", "SAYS", "STATE", "ATTEMPTS", "DUE"},
		row: func(b *box, c *tsimclient.Callback) []any {
			return []any{c.ID, c.Operation, aboutCallback(c), c.Status, c.State, len(c.Attempts), b.when(c.Due)}
		},
	})
}

// aboutCallback is what a callback is about.
func aboutCallback(c *tsimclient.Callback) string {
	switch c.Level {
	case tsimclient.LevelProfile:
		return c.ICCID
	case tsimclient.LevelDevice:
		return c.EID
	}
	return c.Account
}

func (r *remote) callbackShow() *cobra.Command {
	return r.verb(&cobra.Command{
		Use:               "show ID",
		Short:             "Show a callback: its attempts, and its body",
		Long:              "show shows a callback, its attempts, and its body as the listener gets it.",
		Example:           "  tsim callback show 1",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: r.offerFirst(callbackIDs),
	}, func(b *box, args []string) error {
		id, err := number("callback", args[0])
		if err != nil {
			return err
		}
		c, err := b.Callback(b.ctx, id)
		return b.callback(&c, err)
	})
}

// number reads the number that names something.
func number(what, text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n == 0 {
		return 0, usageError{fmt.Errorf("a %s has a number from 1 on, not %q; 'tsim %[1]s list' has them", what, text)}
	}
	return n, nil
}

// callback prints a callback.
func (b *box) callback(c *tsimclient.Callback, err error) error {
	if err != nil {
		return err
	}
	return b.print(c, func() error {
		err := b.sheet("callback", c.ID, "state", c.State, "operation", c.Operation, "says", c.Status, "request", c.Request, "account", c.Account,
			"service", c.Service, "level", c.Level, "EID", c.EID, "ICCID", c.ICCID, "due", b.when(c.Due), "to", c.URL)
		if err == nil && len(c.Attempts) > 0 {
			fmt.Fprintln(b.out)
			var rows [][]any
			for _, a := range c.Attempts {
				rows = append(rows, []any{a.N, b.when(a.At), answered(&a), fmt.Sprintf("%.0f ms", a.MS), a.Detail})
			}
			err = b.table("attempts", []string{"ATTEMPT", "AT", "ANSWER", "TOOK", "DETAIL"}, rows)
		}
		if err == nil && len(c.Body) > 0 {
			_, err = fmt.Fprintf(b.out, "\n%s\n", indented(c.Body))
		}
		return err
	})
}

// answered is how an attempt was answered.
func answered(a *tsimclient.Attempt) string {
	switch {
	case a.Status != 0:
		return strconv.Itoa(a.Status)
	case a.Error != "":
		return string(a.Error)
	}
	return "none yet"
}

// indented is a body for people: JSON on lines of its own, and anything else as it is.
func indented(body []byte) []byte {
	var lines bytes.Buffer
	if json.Indent(&lines, body, "", "  ") != nil {
		return body
	}
	return lines.Bytes()
}

// steered is something that can be done to a callback.
type steered struct {
	verb, short, long string
	do                func(*tsimclient.Client, context.Context, uint64) (tsimclient.Callback, error)
}

var steering = []steered{
	{"hold", "Keep a callback back", "hold keeps a callback back, until it is released, fired or dropped.", (*tsimclient.Client).Hold},
	{"release", "Let a callback go that is held", "release lets a callback go that is held.", (*tsimclient.Client).Release},
	{"fire", "Send a callback now", "fire sends a callback now, whatever the clock says, and shows what the listener has answered.", (*tsimclient.Client).Fire},
	{"drop", "Never send a callback", "drop never sends a callback.", (*tsimclient.Client).Drop},
	{"duplicate", "Send a callback once more", "duplicate sends a callback once more, and shows the new one, which is due now.", (*tsimclient.Client).Duplicate},
	{"resend", "Begin anew with a callback that is archived", "resend begins anew with a callback of which every attempt has failed.", (*tsimclient.Client).Resend},
}

func (r *remote) steer(s steered) *cobra.Command {
	return r.verb(&cobra.Command{
		Use: s.verb + " ID", Short: s.short, Long: s.long, Example: "  tsim callback " + s.verb + " 1", Args: cobra.ExactArgs(1),
		ValidArgsFunction: r.offerFirst(callbackIDs),
	}, func(b *box, args []string) error {
		id, err := number("callback", args[0])
		if err != nil {
			return err
		}
		c, err := s.do(&b.Client, b.ctx, id)
		return b.callback(&c, err)
	})
}
