package tsimtest

import (
	"context"
	"strings"
	"time"
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
	requests, err := s.Box.Troubled(ctx)
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
	s.t.Logf("%s", strings.Join(append(lines, runAgain(s.t.Name())), "\n"))
}
