package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"tsim/tsimclient"
)

func newRequest() *cobra.Command {
	var r remote
	return noun(&r, &cobra.Command{
		Use:   "request",
		Short: "The requests of a sandbox: what was asked, and what came of it",
		Long: `A request is a call that ThingSpace has accepted. Its story is what came of each device: the
outcome, each callback, each attempt, and why what is still to come has not come yet.`,
		Example: `  tsim request list
  tsim request show`,
	}, r.requestList(), r.requestShow())
}

func (r *remote) requestList() *cobra.Command {
	var f tsimclient.RequestFilter
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List requests",
		Long:    "list lists requests, oldest first, each with how many devices and callbacks are still to come.",
		Example: "  tsim request list\n  tsim request list --operation device_suspend -o json",
	}
	r.addFilter(cmd, &f)
	return lists(r, cmd, listing[tsimclient.Request]{
		what: "requests",
		fetch: func(b *box, p tsimclient.Page) ([]tsimclient.Request, string, error) {
			list, err := b.Requests(b.ctx, f, p)
			return list.Requests, list.Next, err
		},
		answer: func(all []tsimclient.Request, next string) any {
			return tsimclient.RequestList{Requests: all, Next: next}
		},
		headings: []string{"REQUEST", "AT", "OPERATION", "ACCOUNT", "DEVICES", "LEFT", "OPEN CALLBACKS"},
		row: func(b *box, q *tsimclient.Request) []any {
			return []any{q.ID, b.when(q.At), q.Operation, q.Account, q.Devices, q.Left, q.Open}
		},
	})
}

func (r *remote) requestShow() *cobra.Command {
	return r.verb(&cobra.Command{
		Use:   "show [REQUEST]",
		Short: "Tell the story of a request",
		Long: `show tells the story of a request: each device, each callback, each attempt, and why what is still
to come has not come yet. Without a requestId it is the latest one. As text, a bulk has the story
of its first devices; --output has them all.`,
		Example:           "  tsim request show\n  tsim request show -o json",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: r.offerFirst(requestIDs),
	}, func(b *box, args []string) error {
		id, err := b.request(args)
		if err != nil {
			return err
		}
		return b.story(id)
	})
}

// story prints the story of a request.
func (b *box) story(id string) error {
	if b.output == "" {
		text, err := b.Explain(b.ctx, id)
		if err == nil {
			_, err = fmt.Fprint(b.out, text)
		}
		return err
	}
	var whole tsimclient.Request
	entries, _, err := pages(0, func(p tsimclient.Page) ([]tsimclient.Entry, string, error) {
		page, err := b.Request(b.ctx, id, p)
		whole = page
		return page.Entries, page.Next, err
	})
	if err != nil {
		return err
	}
	whole.Entries = entries
	return b.print(whole, nil)
}

// request is the requestId of the first argument, or the latest one.
func (b *box) request(args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	all, _, err := pages(0, func(p tsimclient.Page) ([]tsimclient.Request, string, error) {
		list, err := b.Requests(b.ctx, tsimclient.RequestFilter{}, p)
		return list.Requests, list.Next, err
	})
	switch {
	case err != nil:
		return "", err
	case len(all) == 0:
		return "", errors.New("there is no request yet; 'tsim do' makes one")
	}
	return all[len(all)-1].ID, nil
}
