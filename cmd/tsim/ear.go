package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// ear is the listener of a running listen.
type ear struct {
	flags   *listenFlags
	account string // "" if it is not registered
	end     func() // ends listen
	paper   *paper

	mu    sync.Mutex
	taken int // callbacks so far
}

// ServeHTTP hears a callback that is posted.
func (e *ear) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const most = 1 << 20 // no callback is nearly as long
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		http.Error(w, "a callback has at most 1 MiB", http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if status, ok := e.hear(r.Context(), body, r.Header); ok {
		w.WriteHeader(status)
		return
	}
	http.Error(w, "this listener has heard all that it waited for", http.StatusServiceUnavailable)
}

// hear takes a callback, prints it, and says how it is answered; not ok is one too many, which somebody else has to hear.
func (e *ear) hear(ctx context.Context, body []byte, header http.Header) (status int, ok bool) {
	e.mu.Lock()
	e.taken++
	taken, once := e.taken, e.flags.once
	e.mu.Unlock()
	if once > 0 && taken > once {
		return 0, false
	}
	c := heard{At: time.Now(), Account: e.account, Service: e.flags.service, Status: e.flags.status, body: body}
	select {
	case <-time.After(time.Duration(e.flags.delay)):
	case <-ctx.Done():
	}
	if e.flags.forward != "" {
		var err error
		if c.Status, err = forward(ctx, e.flags.forward, body, header); err != nil {
			c.Status, c.Error = http.StatusBadGateway, err.Error()
		}
	}
	e.paper.print(&c)
	if taken == once {
		e.end()
	}
	return c.Status, true
}

// forwardTime is how long who is passed a callback may take to answer it: tsim itself does not wait as long.
const forwardTime = time.Minute

// forward passes a callback on, and returns the status of the answer.
func forward(ctx context.Context, to string, body []byte, header http.Header) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, forwardTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	for _, name := range []string{"Content-Type", "User-Agent"} {
		if value := header.Get(name); value != "" {
			r.Header.Set(name, value)
		}
	}
	res, err := http.DefaultTransport.RoundTrip(r) // which follows no redirect: that is an answer, too
	if err != nil {
		return 0, fmt.Errorf("%s does not answer: %w", to, root(err))
	}
	_ = res.Body.Close()
	return res.StatusCode, nil
}
