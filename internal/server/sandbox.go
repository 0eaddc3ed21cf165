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
	cfg.Epochs = s.registry.Epochs(cfg.Name)
	b, err := s.make(func(env sim.Env) (*sim.Sim, error) { return sim.New(cfg, env) })
	if err != nil {
		return nil, err
	}
	return b.box, s.admit(b, ttl, nil)
}

// fork makes a sandbox out of the State of another one, with the name and the credentials of a configuration.
func (s *Server) fork(st sim.State, cfg config.Config, ttl time.Duration) (*sim.Sim, error) {
	st = st.Fork(cfg.Name, cfg.Credentials, max(st.Epoch, s.registry.Epochs(cfg.Name))+1)
	b, err := s.make(func(env sim.Env) (*sim.Sim, error) { return sim.Import(st, env) })
	if err != nil {
		return nil, err
	}
	return b.box, s.admit(b, ttl, &st)
}

// make makes a sandbox that nobody knows yet, and whose time does not pass.
func (s *Server) make(box func(sim.Env) (*sim.Sim, error)) (*sandbox, error) {
	b := &sandbox{driven: make(chan struct{}), drained: make(chan struct{})}
	out := s.deliver.Outbox(func(id sim.AttemptID) (deliver.Post, bool) { return s.post(b, id) })
	var err error
	b.box, err = box(sim.Env{
		Send:     out.Go,
		Wall:     func() time.Duration { return time.Since(s.started) },
		NewToken: newToken, Budgets: s.budgets,
	})
	return b, err
}

// admit lets a sandbox be found, be kept, and its time pass. State is what it was imported from; nil if it is new.
func (s *Server) admit(b *sandbox, ttl time.Duration, st *sim.State) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var until time.Time
	if ttl > 0 {
		until = time.Now().Add(ttl)
	}
	err := error(sim.Errorf(sim.Conflict, "the server is shutting down"))
	if s.ctx.Err() == nil {
		if s.keeper != nil {
			s.keeper.Add(b.box, until, st)
		}
		err = s.registry.Add(b.box)
	}
	if err != nil {
		if s.keeper != nil {
			s.keeper.Remove(b.box)
		}
		b.box.Close() // which gives its budgets back
		return err
	}
	s.start(b, until, 0)
	return nil
}

// start lets the time of a sandbox pass: first at once what it is behind. The caller has the lock.
func (s *Server) start(b *sandbox, until time.Time, behind time.Duration) {
	ctx, stop := context.WithCancel(s.ctx)
	b.stop = stop
	if !until.IsZero() {
		b.expiry = time.AfterFunc(time.Until(until), func() { s.expire(b) })
	}
	s.sandboxes[b.box] = b
	go func() {
		if behind > 0 {
			_, _ = b.box.Advance(ctx, sim.Goal{By: behind}) // ends early only with the sandbox
		}
		drive(ctx, b.box)
		close(b.driven)
	}()
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
	if s.keeper != nil {
		s.keeper.Remove(box)
	}
	box.Close()
	<-b.driven
	b.close()
	s.recordings.end(box)
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
	if s.keeper != nil {
		// What a listener has seen is not forgotten: after a crash, another attempt has the next number. If the disk fails, callbacks
		// are sent all the same, because time passes all the same.
		_ = s.keeper.Kept()
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
