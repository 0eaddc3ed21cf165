package control

import (
	"context"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tsim/internal/bound"
	"tsim/internal/sim"
	"tsim/internal/spell"
	"tsim/tsimclient"
)

// call is one request, as the handlers see it.
type call struct {
	ctx    context.Context
	o      *Options
	box    *sim.Sim // the sandbox of the path, if it names one
	path   func(name string) string
	query  url.Values
	header func(name string) string
	from   string // the address of the client
	body   []byte
	large  io.Reader // in place of a body, for an endpoint that reads it itself
}

// readQuery takes the query string, if everything in it is known: a filter with a slip in its name
// would show all.
func (c *call) readQuery(raw string, known []string) error {
	q, err := url.ParseQuery(raw)
	if err != nil {
		return bad("", "the query string cannot be read: %v", err)
	}
	for _, name := range slices.Sorted(maps.Keys(q)) {
		if !slices.Contains(known, name) {
			return bad(suggest(name, known, "query parameters"), "unknown query parameter %q", bound.Short(name))
		}
		if n := len(q[name]); n > 1 {
			return bad("", "query parameter %q is there %d times; once is enough", name, n)
		}
	}
	c.query = q
	return nil
}

// How many items a page has.
const (
	defaultLimit = 100
	maxLimit     = tsimclient.MaxLimit
)

func (c *call) limit() (int, error) {
	text := c.query.Get("limit")
	if text == "" {
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxLimit {
		return 0, bad("", "limit %q is not a number from 1 to %d", bound.Short(text), maxLimit)
	}
	return n, nil
}

// page is which part of a list is asked for.
func (c *call) page() (after uint64, limit int, err error) {
	if limit, err = c.limit(); err == nil {
		after, err = c.after()
	}
	return after, limit, err
}

// after is the number after which the page begins.
func (c *call) after() (uint64, error) {
	text := c.query.Get("after")
	if text == "" {
		return 0, nil
	}
	n, ok := number(text)
	if !ok {
		return 0, bad("leave it out for the first page, and give the next of that page for the second one", "after %q is not a number", bound.Short(text))
	}
	return n, nil
}

// number reads the number of a record; there are not as many as could overflow.
func number(text string) (uint64, bool) {
	n, err := strconv.ParseUint(text, 10, 62)
	return n, err == nil
}

// suggest names the known word that is meant by an unknown one, if there is one alike, and all of them.
func suggest(word string, known []string, what string) string {
	if len(known) == 0 {
		return "there are no " + what + " here"
	}
	all := "known " + what + ": " + strings.Join(known, ", ")
	best := spell.Nearest(word, known)
	if best == "" {
		return all
	}
	return "did you mean " + best + "? " + all
}
