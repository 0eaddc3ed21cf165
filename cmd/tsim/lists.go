package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tsim/tsimclient"
)

// listing is a list of a server, as a command prints it.
type listing[T any] struct {
	what     string // as it is called in a sentence
	fetch    func(b *box, p tsimclient.Page) (items []T, next string, err error)
	answer   func(items []T, next string) any // as control answers a page
	headings []string
	row      func(b *box, v *T) []any
}

// lists makes a command list things, page after page.
func lists[T any](r *remote, cmd *cobra.Command, l listing[T]) *cobra.Command {
	most := 0
	cmd.Flags().Var(fill(&most), "limit", "so many at the most (default: all)")
	return r.verb(cmd, func(b *box, _ []string) error {
		items, next, err := pages(most, func(p tsimclient.Page) ([]T, string, error) { return l.fetch(b, p) })
		if err != nil {
			return err
		}
		return l.print(b, items, next)
	})
}

// print prints some things, of which more follow if there is a next.
func (l *listing[T]) print(b *box, items []T, next string) error {
	return b.print(l.answer(items, next), func() error {
		var rows [][]any
		for i := range items {
			rows = append(rows, l.row(b, &items[i]))
		}
		err := b.table(l.what, l.headings, rows)
		if next != "" && err == nil {
			_, err = fmt.Fprintf(b.errs, "There are more %s than --limit.\n", l.what)
		}
		return err
	})
}

// pages asks for page after page, up to so many items, and with 0 for all. next is what follows after that.
func pages[T any](most int, fetch func(tsimclient.Page) ([]T, string, error)) (items []T, next string, err error) {
	items = []T{}
	for {
		page := tsimclient.Page{After: next, Limit: tsimclient.MaxLimit}
		if most > 0 {
			page.Limit = min(most-len(items), tsimclient.MaxLimit)
		}
		var more []T
		if more, next, err = fetch(page); err != nil {
			return nil, "", err
		}
		if items = append(items, more...); next == "" || len(items) == most {
			return items, next, nil
		}
	}
}
