package server_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tsim/internal/server"
	"tsim/tsimclient"
)

// followed are the events and errors of a client that follows, one by one.
func followed(ctx context.Context, c *tsimclient.Client, after string) (events chan tsimclient.Event, errs chan error) {
	events, errs = make(chan tsimclient.Event, 100), make(chan error, 100)
	go func() {
		defer close(errs)
		for e, err := range c.FollowEvents(ctx, tsimclient.EventFilter{}, after) {
			if err != nil {
				errs <- err
			} else {
				events <- e
			}
		}
	}()
	return events, errs
}

// Whoever follows events does not keep a server from ending, and goes on where another one listens in its place.
func TestFollowersOfARestartedServer(t *testing.T) {
	cfg := newConfig("http://127.0.0.1:1/nobody")
	s, c := start(t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	events, errs := followed(ctx, c, "")
	change := func(mode tsimclient.ClockMode, seq uint64) {
		t.Helper()
		if _, err := c.SetClock(t.Context(), tsimclient.ClockSettings{Mode: &mode}); err != nil {
			t.Fatal(err)
		}
		if e := <-events; e.Seq != seq || e.Detail != string(mode) {
			t.Errorf("event %+v, want %d about %s", e, seq, mode)
		}
	}
	change(tsimclient.ClockAuto, 1)
	change(tsimclient.ClockManual, 2)
	soon, give := context.WithTimeout(t.Context(), 10*time.Second)
	defer give()
	began := time.Now()
	if err := s.Close(soon); err != nil {
		t.Fatalf("the server does not end: %v", err)
	}
	t.Logf("the server has ended within %s", time.Since(began))
	again, err := server.Start(server.Options{Addr: strings.TrimPrefix(c.BaseURL, "http://"), Config: cfg, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close(t.Context())
	resync, ok := errors.AsType[*tsimclient.Resync](<-errs)
	if !ok || resync.Epoch != 1 || resync.Oldest != 1 || !strings.HasPrefix(resync.Why, "there is no event 2 yet") {
		t.Fatalf("it is told %+v", resync)
	}
	change(tsimclient.ClockReal, 1)
	cancel()
	if err := <-errs; !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
	if err, more := <-errs; more {
		t.Errorf("it goes on with %v", err)
	}
}
