// Package deliver takes callbacks to their listeners: it POSTs bytes and says what came of it. What
// the bytes say, and whether there is another attempt, is decided elsewhere.
package deliver

import (
	"context"
	"crypto/tls"
	"sync"
	"time"

	"tsim/internal/sim"
)

// DefaultConcurrency is how many posts one listener of an outbox gets at the same time.
const DefaultConcurrency = 16

// DefaultPosts is how many posts there are at the same time, whoever they are for.
const DefaultPosts = 512

// DefaultTimeout is how long a listener has to answer when nobody says.
const DefaultTimeout = 10 * time.Second

// Options are what a Deliverer is made of; the zero value is fine.
type Options struct {
	// Concurrency is how many posts one listener of an outbox gets at the same time; 0 for DefaultConcurrency.
	Concurrency int
	// Posts is how many there are at the same time in all; 0 for DefaultPosts.
	Posts int
	// TLS is for https listeners, which may have a CA of their own; nil for the system's CAs.
	TLS *tls.Config
	// Guard says where posts may go.
	Guard Guard
}

// Deliverer posts to listeners what Ps stand for. Its methods, and those of its outboxes, may be called by
// many goroutines.
type Deliverer[P any] struct {
	concurrency int
	posts       int
	tls         *tls.Config
	guard       Guard
	ctx         context.Context // of every post
	cancel      context.CancelFunc
	workers     sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	free    int          // how many more posts there may be at the same time
	turns   []*Outbox[P] // those with a queue that waits for another worker; the first one is next
	targets map[string]*target
	open    map[*conn]struct{}
	idle    map[string][]*conn // by the key of their target: those of open that carry nothing, the latest one last
}

// Post is one message to a listener.
type Post struct {
	URL string
	// Timeout is how long the listener has to answer: from the beginning or, of a post with a Pace, from when all of the
	// body is written, and for each piece of it before that. DefaultTimeout when it is 0 or less.
	Timeout time.Duration
	Body    []byte
	Pace    int  // bytes a second at which the body is written; 0 for all at once
	Cut     bool // half of the body is written, and then the connection ends, which counts as sim.Reset
	// Over, when it is closed, ends a post with a Pace that is not all written, which counts as sim.Other; nil is never.
	Over <-chan struct{}
	// Done is told what came of it, once, by a goroutine of the Deliverer, which it should not keep for long.
	Done func(sim.Answer)
}

// New makes a Deliverer.
func New[P any](o Options) *Deliverer[P] {
	if o.Concurrency <= 0 {
		o.Concurrency = DefaultConcurrency
	}
	if o.Posts <= 0 {
		o.Posts = DefaultPosts
	}
	d := &Deliverer[P]{
		concurrency: o.Concurrency,
		posts:       o.Posts,
		free:        o.Posts,
		tls:         o.TLS,
		guard:       o.Guard,
		targets:     map[string]*target{},
		open:        map[*conn]struct{}{},
		idle:        map[string][]*conn{},
	}
	if d.tls == nil {
		d.tls = &tls.Config{}
	}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	return d
}

// target finds the target of a URL; the caller has the lock. There are few listeners; if there are
// many, they are forgotten.
func (d *Deliverer[P]) target(rawURL string) *target {
	const many = 1000
	if t := d.targets[rawURL]; t != nil {
		return t
	}
	if len(d.targets) >= many {
		clear(d.targets)
	}
	t := newTarget(rawURL)
	d.targets[rawURL] = t
	return t
}

// Close begins no more posts and waits for those that have begun. When ctx is done first it cuts
// them off, which their Done hears of as Other, and returns the error of ctx. What was still waiting
// is dropped without a word: there never was an attempt.
func (d *Deliverer[P]) Close(ctx context.Context) error {
	d.mu.Lock()
	d.closed = true
	d.turns = nil
	d.mu.Unlock()
	idle := make(chan struct{})
	go func() {
		d.workers.Wait()
		close(idle)
	}()
	var err error
	select {
	case <-idle:
	case <-ctx.Done():
		err = ctx.Err()
		d.cancel()
		d.cutOff()
		<-idle
	}
	d.cancel()
	d.cutOff()
	return err
}

// cutOff closes every connection.
func (d *Deliverer[P]) cutOff() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.open {
		_ = c.Close() // whatever it says, it is over
	}
	for _, kept := range d.idle {
		for _, c := range kept {
			c.expiry.Stop()
		}
	}
	clear(d.open)
	clear(d.idle)
}
