package tsimbox

import (
	"context"
	"slices"

	"tsim/tsimclient"
)

// Troubled are the requests that are not done, or of which something failed, oldest first: those to Explain when a test
// fails without saying which one it is about.
func (s *Sandbox) Troubled(ctx context.Context) (requests []string, err error) {
	var page tsimclient.Page
	failed, err := s.failed(ctx)
	for err == nil {
		var list tsimclient.RequestList
		if list, err = s.Control.Requests(ctx, tsimclient.RequestFilter{}, page); err != nil {
			break
		}
		for i := range list.Requests {
			if r := &list.Requests[i]; r.Left+r.Open > 0 || failed[r.ID] {
				requests = append(requests, r.ID)
			}
		}
		if page.After = list.Next; list.Next == "" {
			break
		}
	}
	return requests, err
}

// failed are the requests with an operation or a callback that did not go well.
func (s *Sandbox) failed(ctx context.Context) (map[string]bool, error) {
	bad := []tsimclient.EventKind{
		tsimclient.EventOperationRefused, tsimclient.EventOperationWarned,
		tsimclient.EventCallbackArchived, tsimclient.EventCallbackNoListener, tsimclient.EventCallbackDropped,
	}
	const most = 200_000 // above what tsim remembers
	events, err := s.Control.AllEvents(ctx, tsimclient.EventFilter{}, most)
	failed := map[string]bool{}
	for i := range events {
		if e := &events[i]; slices.Contains(bad, e.Kind) {
			failed[e.Request] = true
		}
	}
	return failed, err
}
