package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tsim/tsimclient"
)

func newCall() *cobra.Command {
	var r remote
	return noun(&r, &cobra.Command{
		Use:   "call",
		Short: "The calls of a sandbox: what your application really sent",
		Long: `Each call that a sandbox gets is on record, whether it was accepted or refused. Secrets are
asterisks. docs/control.md says what each filter chooses.`,
		Example: `  tsim call list --refused true
  tsim call show 1
  tsim call count --operation login`,
	}, r.callList(), r.callShow(), r.callCount())
}

func (r *remote) callList() *cobra.Command {
	var f tsimclient.CallFilter
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List calls",
		Long:    "list lists calls, oldest first, each with how it was answered and why.",
		Example: "  tsim call list\n  tsim call list --path '*/session/*' -o json",
	}
	r.addFilter(cmd, &f)
	l := calls
	l.fetch = func(b *box, p tsimclient.Page) ([]tsimclient.Call, string, error) {
		list, err := b.Calls(b.ctx, f, p)
		return list.Calls, list.Next, err
	}
	return lists(r, cmd, l)
}

// calls are printed like this.
var calls = listing[tsimclient.Call]{
	what:     "calls",
	answer:   func(all []tsimclient.Call, next string) any { return tsimclient.CallList{Calls: all, Next: next} },
	headings: []string{"N", "AT", "CALL", "DEVICES", "STATUS", "ANSWER"},
	row: func(b *box, c *tsimclient.Call) []any {
		what := string(c.Operation)
		if what == "" {
			what = c.Method + " " + c.Path
		}
		return []any{c.N, b.when(c.At), what, c.Devices, c.Status, answerOf(c)}
	},
}

// answerOf is what was answered to a call: why it was refused, or what it has begun.
func answerOf(c *tsimclient.Call) string {
	text := strings.TrimPrefix(c.Code+": "+c.Error, ": ")
	if c.Error == "" {
		text = ""
		if c.Request != "" {
			text = "request " + c.Request
		}
	}
	if c.Pointer != "" {
		text += " at " + c.Pointer
	}
	if c.Rule != "" {
		text += " by the rule " + c.Rule
	}
	return strings.TrimSpace(text)
}

func (r *remote) callShow() *cobra.Command {
	return r.verb(&cobra.Command{
		Use:               "show N",
		Short:             "Show a call: headers and both bodies",
		Long:              "show shows a call in full: the headers that ThingSpace looks at, what was sent, and the reply.",
		Example:           "  tsim call show 1",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: r.offerFirst(callNumbers),
	}, func(b *box, args []string) error {
		n, err := number("call", args[0])
		if err != nil {
			return err
		}
		c, err := b.Call(b.ctx, n)
		if err != nil {
			return err
		}
		return b.print(c, func() error {
			pairs := []any{
				"call", fmt.Sprintf("%d, %s", c.N, strings.TrimSuffix(c.Method+" "+c.Path+"?"+c.Query, "?")), "operation", c.Operation, "at", b.when(c.At),
				"status", fmt.Sprintf("%d, after %.1f ms", c.Status, c.MS), "answer", answerOf(&c),
			}
			for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
				pairs = append(pairs, "header", name+": "+c.Headers[name])
			}
			if err := b.sheet(pairs...); err != nil {
				return err
			}
			return b.bodies(&c)
		})
	})
}

// bodies prints what was sent, and the reply.
func (b *box) bodies(c *tsimclient.Call) error {
	for i, body := range []*tsimclient.CallBody{&c.Sent, &c.Reply} {
		text := strings.TrimSpace(string(indented([]byte(body.Text))))
		if text == "" && body.Size == 0 {
			text = "nothing"
		}
		if _, err := fmt.Fprintf(b.out, "\n%s\n%s\n", b.style.Bold(fmt.Sprintf("%s (%d bytes, %s)", []string{"sent", "reply"}[i], body.Size, body.Kept)), text); err != nil {
			return err
		}
	}
	return nil
}

func (r *remote) callCount() *cobra.Command {
	var wanted tsimclient.CallsWanted
	cmd := &cobra.Command{
		Use:   "count",
		Short: "Say how many calls there are of a filter",
		Long: `count prints how many calls fit all that is given. When there are none, or fewer than --count, it
also lists those that come near, with what differs.`,
		Example: "  tsim call count --operation login --status 200\n  tsim call count --operation device_suspend --devices 500",
	}
	r.addFilter(cmd, &wanted.CallFilter)
	cmd.Flags().Var(fill(&wanted.Count), "count", "how many there should be, at least (default: 1)")
	return r.verb(cmd, func(b *box, _ []string) error {
		counted, err := b.CountCalls(b.ctx, wanted)
		if err != nil {
			return err
		}
		return b.print(counted, func() error {
			fmt.Fprintln(b.out, counted.Count)
			return b.near(counted.Nearest)
		})
	})
}

// near prints the calls that come near to what was asked for.
func (b *box) near(all []tsimclient.NearCall) error {
	for i := range all {
		c := &all[i]
		if _, err := fmt.Fprintf(b.errs, "near: call %d, %s %s: %s\n", c.N, c.Method, flat(c.Path), flat(strings.Join(c.Differs, "; "))); err != nil {
			return err
		}
	}
	return nil
}
