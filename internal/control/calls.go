package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"tsim/internal/bound"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

func callView(v *sim.Call) tsimclient.Call {
	is := tsimclient.Call{
		N: v.Number, Wall: v.Wall.Came.UTC(), MS: float64(v.Wall.Took.Microseconds()) / 1000,
		Method: v.Method, Path: v.Path, Query: v.Query, Operation: tsimclient.Operation(v.Operation), Devices: v.Devices,
		Status: v.Status, Code: v.Code, Error: v.Message, Pointer: v.Pointer, Request: v.RequestID,
		Rule: v.Rule, Sent: bodyView(&v.Request), Reply: bodyView(&v.Reply),
	}
	if v.At != 0 {
		is.At = v.At.Time()
	}
	return is
}

func bodyView(b *sim.CallBody) tsimclient.CallBody {
	return tsimclient.CallBody{Type: b.Type, Size: b.Size, Kept: tsimclient.Kept(b.Kept.String())}
}

// headers are those of a call that are on record.
func headers(v *sim.Call) map[string]string {
	all := map[string]string{}
	if v.Authorization != "" {
		all["Authorization"] = v.Authorization
	}
	if v.Session {
		all["VZ-M2M-Token"] = sim.Masked
	}
	if v.Agent != "" {
		all["User-Agent"] = v.Agent
	}
	if v.Request.Type != "" {
		all["Content-Type"] = v.Request.Type
	}
	return all
}

// fullCallView is a call with its bodies.
func fullCallView(v *sim.Call) tsimclient.Call {
	is := callView(v)
	is.Headers = headers(v)
	is.Sent.Text, is.Reply.Text = string(v.Request.Text), string(v.Reply.Text)
	return is
}

func listCalls(c *call) (any, error) {
	var f tsimclient.CallFilter
	if err := c.readFilter(&f); err != nil {
		return nil, err
	}
	keep, err := c.callCriteria(&f)
	if err != nil {
		return nil, err
	}
	after, limit, err := c.page()
	if err != nil {
		return nil, err
	}
	fetch := c.o.Registry.Calls
	if c.box != nil {
		fetch = c.box.Calls
	}
	number := func(v *sim.Call) uint64 { return v.Number }
	list := func(name string, view func(*sim.Call) any) *list {
		l := pages(c.box, name, after, limit, fetch, number, keep, view)
		l.few = 4 // each with up to 128 KiB of bodies, which a slow reader and a reset would keep in memory
		return l
	}
	switch format := c.query.Get("format"); {
	case format == "har" || format == "" && c.header("Accept") == "application/har+json":
		return c.har(list("entries", func(v *sim.Call) any { return harEntry(v) })), nil
	case format != "" && format != "json":
		return nil, bad("", "format %q is neither json nor har", bound.Short(format))
	}
	return list("calls", func(v *sim.Call) any { return callView(v) }), nil
}

func showCall(c *call) (any, error) {
	if n, ok := number(c.path("n")); ok && n > 0 {
		// The first one after the one before it is it, unless it is gone.
		if found := c.box.Calls(n-1, 1); len(found) > 0 && found[0].Number == n {
			return fullCallView(&found[0]), nil
		}
	}
	return nil, &tsimclient.Error{
		Status: http.StatusNotFound, Message: fmt.Sprintf("no call %q", bound.Short(c.path("n"))), Hint: "it has not come yet, or it is forgotten",
	}
}

func countCalls(c *call) (any, error) {
	var w tsimclient.CallsWanted
	if err := c.decodeOptional(&w); err != nil {
		return nil, err
	}
	keep, want, err := c.callsWanted(&w)
	if err != nil {
		return nil, err
	}
	is := tsimclient.CallCount{}
	for v := range c.eachCall(0) {
		if keep.fit(v) {
			is.Count++
		}
	}
	if is.Count < want {
		is.Nearest = c.nearest(keep)
	}
	return is, nil
}

// callsWanted is what is to be counted, and how many of it are expected.
func (c *call) callsWanted(w *tsimclient.CallsWanted) (criteria[sim.Call], int, error) {
	if w.Count < 0 {
		return nil, 0, bad("", "count is how many, it cannot be %d", w.Count)
	}
	keep, err := c.callCriteria(&w.CallFilter)
	return keep, max(w.Count, 1), err
}

// eachCall goes through the calls of the sandbox after a number. They are looked at without its lock.
func (c *call) eachCall(after uint64) func(yield func(*sim.Call) bool) {
	const few = 100
	return func(yield func(*sim.Call) bool) {
		for {
			part := c.box.Calls(after, few)
			for i := range part {
				after = part[i].Number
				if !yield(&part[i]) {
					return
				}
			}
			if len(part) < few {
				return
			}
		}
	}
}

// mostNear is how many calls are told of that are near.
const mostNear = 3

// nearest are the calls that differ least from what was asked for, of those the latest.
func (c *call) nearest(keep criteria[sim.Call]) (near []tsimclient.NearCall) {
	type candidate struct {
		call   sim.Call
		missed int
	}
	var best []candidate
	for v := range c.eachCall(0) {
		n := keep.missed(v)
		if n == 0 {
			continue
		}
		at := slices.IndexFunc(best, func(b candidate) bool { return n <= b.missed })
		if at < 0 {
			at = len(best)
		}
		best = slices.Insert(best, at, candidate{*v, n})
		best = best[:min(len(best), mostNear)]
	}
	for i := range best {
		v := &best[i].call
		near = append(near, tsimclient.NearCall{Call: callView(v), Differs: keep.differences(v)})
	}
	return near
}

// waitForCalls returns when so many calls are on record.
func (c *call) waitForCalls(ctx context.Context, w *tsimclient.CallsWanted, timeout time.Duration) (any, error) {
	keep, want, err := c.callsWanted(w)
	if err != nil {
		return nil, err
	}
	found, err := c.awaitCalls(ctx, keep, want)
	switch {
	case err == nil:
		return tsimclient.Waited{Now: c.box.Clock().Now.Time()}, nil
	case !errors.Is(err, ctx.Err()):
		return nil, err
	}
	e := &tsimclient.Error{
		Status:  http.StatusRequestTimeout,
		Message: fmt.Sprintf("it has not come true within %s: %d of %d calls have come", timeout, found, want),
		Nearest: c.nearest(keep),
	}
	if e.Hint = "no call has come that is like it"; len(e.Nearest) > 0 {
		e.Hint = fmt.Sprintf("call %d is near: %s", e.Nearest[0].N, e.Nearest[0].Differs[0])
	}
	return nil, e
}

// awaitCalls returns when at least want calls fit, or with the error of ctx and how many there were.
func (c *call) awaitCalls(ctx context.Context, keep criteria[sim.Call], want int) (found int, err error) {
	after := sim.CallsAfter{Epoch: c.box.Clock().Epoch}
	for {
		for v := range c.eachCall(after.Number) {
			if after.Number = v.Number; keep.fit(v) {
				found++
			}
		}
		switch {
		case c.box.Clock().Epoch != after.Epoch:
			return 0, sim.Errorf(sim.Conflict, "the sandbox was reset meanwhile")
		case found >= want:
			return found, nil
		case ctx.Err() != nil: // Await would not ask as long as calls come all the time
			return found, ctx.Err()
		}
		if _, err := c.box.Await(ctx, sim.Condition{Calls: &after}); err != nil {
			return found, err
		}
	}
}
