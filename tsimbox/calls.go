package tsimbox

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tsim/tsimclient"
)

// Calls are the calls of a filter that the sandbox was sent, oldest first, refused ones included: without their bodies,
// which Control.Call has. Left out are the calls by which this Sandbox itself logged in and registered the listeners of
// Listen, unless the filter has an Agent.
func (s *Sandbox) Calls(ctx context.Context, f tsimclient.CallFilter) ([]tsimclient.Call, error) {
	return s.Control.AllCalls(ctx, notOwn(f), mostCalls)
}

// mostCalls are as many as a sandbox has on record.
const mostCalls = 10_000

func notOwn(f tsimclient.CallFilter) tsimclient.CallFilter {
	if f.Agent == "" {
		f.Agent = "!" + ownAgent
	}
	return f
}

// WantCalls returns the calls of a filter if there are just so many, as Calls has them. If not, the error is a
// *CallsError. It asks more than once: while calls still come, the list can have some that were not there when those that
// are near were looked up, so let the client finish first.
func (s *Sandbox) WantCalls(ctx context.Context, n int, f tsimclient.CallFilter) ([]tsimclient.Call, error) {
	// What is near is looked up first: a call that comes meanwhile is wanted rather than near.
	counted, err := s.Control.CountCalls(ctx, tsimclient.CallsWanted{CallFilter: notOwn(f), Count: n})
	if err != nil {
		return nil, err
	}
	calls, err := s.Calls(ctx, f)
	switch {
	case err != nil:
		return nil, err
	case len(calls) == n:
		return calls, nil
	}
	e := &CallsError{Want: n, Calls: calls}
	if len(calls) < n {
		e.Nearest = slices.DeleteFunc(counted.Nearest, func(near tsimclient.NearCall) bool {
			return slices.ContainsFunc(calls, func(c tsimclient.Call) bool { return c.N == near.N })
		})
	}
	return nil, e
}

// CallsError is that there are not so many calls as wanted.
type CallsError struct {
	Want    int
	Calls   []tsimclient.Call     // those that fit
	Nearest []tsimclient.NearCall // when there are too few, those that do almost, and what differs
}

// Error tells of the calls that fit, and of those that are near, in lines of their own.
func (e *CallsError) Error() string {
	var b strings.Builder
	fit := "calls fit"
	if len(e.Calls) == 1 {
		fit = "call fits"
	}
	fmt.Fprintf(&b, "%d %s, want %d", len(e.Calls), fit, e.Want)
	for i := range e.Calls {
		fmt.Fprintf(&b, "\n- %s", line(&e.Calls[i]))
	}
	for i := range e.Nearest {
		near := &e.Nearest[i]
		fmt.Fprintf(&b, "\n- near is %s: %s", line(&near.Call), strings.Join(near.Differs, "; "))
	}
	return b.String()
}

// line is a call in a line.
func line(c *tsimclient.Call) string {
	return fmt.Sprintf("call %d, %s %s, answered with %d", c.N, c.Method, c.Path, c.Status)
}
