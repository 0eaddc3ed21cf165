package server

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"tsim/internal/config"
	"tsim/internal/deliver"
	"tsim/internal/sim"
	"tsim/internal/thingspace"
)

// sandbox is a running sandbox: its driver of time, and what it has on its way to listeners.
type sandbox struct {
	box    *sim.Sim
	stop   context.CancelFunc // ends the driver
	driven chan struct{}      // closed when the driver has ended
	expiry *time.Timer        // of its time to live; nil for ever

	mu       sync.Mutex
	closed   bool
	inFlight int           // posts that have begun and are not answered
	drained  chan struct{} // closed when the sandbox is, and nothing is in flight any more
}

// open makes a sandbox and starts the driver of its time. After ttl of wall-clock time it is closed
// again; 0 is for ever.
func (s *Server) open(cfg config.Config, ttl time.Duration) (*sim.Sim, error) {
	b := &sandbox{driven: make(chan struct{}), drained: make(chan struct{})}
	out := s.deliver.Outbox(func(id sim.AttemptID) (deliver.Post, bool) { return s.post(b, id) })
	var err error
	b.box, err = sim.New(cfg, sim.Env{
		Send:     out.Go,
		Wall:     func() time.Duration { return time.Since(s.started) },
		NewToken: newToken, Budgets: s.budgets,
	})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		err = sim.Errorf(sim.Conflict, "the server is shutting down")
	} else {
		err = s.registry.Add(b.box)
	}
	if err != nil {
		b.box.Close() // which gives its budgets back
		return nil, err
	}
	ctx, stop := context.WithCancel(s.ctx)
	b.stop = stop
	if ttl > 0 {
		b.expiry = time.AfterFunc(ttl, func() { s.expire(b) })
	}
	s.sandboxes[b.box] = b
	go func() {
		drive(ctx, b.box)
		close(b.driven)
	}()
	return b.box, nil
}

// expire closes a sandbox whose time to live is over.
func (s *Server) expire(b *sandbox) {
	s.log.Info("a sandbox has come to the end of its time to live", slog.String("sandbox", b.box.Name()))
	_ = s.close(s.ctx, b.box) // ends early only when the server does
}

// close removes a sandbox: what is pending is dropped, deliveries in flight end first, unless ctx
// does.
func (s *Server) close(ctx context.Context, box *sim.Sim) error {
	b := s.shut(box)
	if b == nil {
		return sim.Errorf(sim.NotFound, "no sandbox %q", box.Name())
	}
	select {
	case <-b.drained:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// shut removes a sandbox, so that nothing more begins in it; it is nil when somebody has done so.
func (s *Server) shut(box *sim.Sim) *sandbox {
	s.mu.Lock()
	b := s.sandboxes[box]
	delete(s.sandboxes, box)
	s.mu.Unlock()
	if b == nil {
		return nil
	}
	if b.expiry != nil {
		b.expiry.Stop()
	}
	s.registry.Remove(box)
	b.stop()
	box.Close()
	<-b.driven
	b.close()
	return b
}

// close lets nothing more begin.
func (b *sandbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed = true; b.inFlight == 0 {
		close(b.drained)
	}
}

// begin says whether a post may still begin.
func (b *sandbox) begin() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.inFlight++
	}
	return !b.closed
}

func (b *sandbox) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.inFlight--; b.closed && b.inFlight == 0 {
		close(b.drained)
	}
}

// drive lets the time of a sandbox pass in real and auto mode, until ctx ends.
func drive(ctx context.Context, box *sim.Sim) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		wait := box.Drive()
		if wait == 0 {
			continue
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-box.Wake():
		}
	}
}

// post makes the post of an attempt whose turn has come, unless a reset has forgotten it meanwhile, and
// takes the answer back.
func (s *Server) post(b *sandbox, id sim.AttemptID) (deliver.Post, bool) {
	if !b.begin() {
		return deliver.Post{}, false
	}
	a, ok := b.box.Message(id)
	if !ok {
		b.end()
		return deliver.Post{}, false
	}
	how := b.box.Delivery()
	attempt := newLoggedAttempt(&a)
	post := deliver.Post{
		URL: a.URL, Timeout: how.Timeout, Body: thingspace.Encode(b.box.Compat(), &a.Facts, a.CallbackCount, how.Attempts, a.Effect), Over: a.Over,
		Done: func(answer sim.Answer) {
			s.logAttempt(attempt, answer)
			b.box.Answered(id, answer)
			b.end()
		},
	}
	if a.Effect != nil {
		post.Pace, post.Cut = a.Effect.Pace, a.Effect.Cut
	}
	return post, true
}
