package tsimtest

import (
	"context"
	"slices"
	"strings"
	"time"

	"tsim/tsimclient"
)

// mostStories is of how many requests a test tells that failed by itself.
const mostStories = 3

// noteTold notes that a failure says what tsim knows, for the tests that this one is a part of, too.
func (s *Sandbox) noteTold() {
	for ; s != nil; s = s.outer {
		s.told.Store(true)
	}
}

// tellFailure says at the end of a test that failed by itself what tsim knows of its requests.
func (s *Sandbox) tellFailure() {
	if !s.t.Failed() || s.told.Load() {
		return
	}
	s.noteTold()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second) // that of the test has ended
	defer cancel()
	var lines []string
	requests, err := s.troubled(ctx)
	if err != nil {
		lines = append(lines, err.Error())
	}
	for _, request := range requests[max(0, len(requests)-mostStories):] {
		story, err := s.Control.Explain(ctx, request)
		if err != nil {
			story = err.Error()
		}
		lines = append(lines, strings.TrimSuffix(story, "\n"))
	}
	s.t.Logf("%s", strings.Join(append(lines, again(s.t.Name())), "\n"))
}

// troubled are the requests that are not done, or of which something failed, oldest first.
func (s *Sandbox) troubled(ctx context.Context) (requests []string, err error) {
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
