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

// DefaultConcurrency is how many posts one listener gets at the same time.
const DefaultConcurrency = 16

// DefaultTimeout is how long a listener has to answer when nobody says.
const DefaultTimeout = 10 * time.Second

// Options are what a Deliverer is made of; the zero value is fine.
type Options struct {
	// Concurrency is how many posts one listener gets at the same time; 0 for DefaultConcurrency.
	Concurrency int
	// TLS is for https listeners, which may have a CA of their own; nil for the system's CAs.
	TLS *tls.Config
}

// Deliverer posts to listeners what Ps stand for. Each listener, that is scheme and host, has a queue
// and workers of its own, so that a slow one holds nobody else back. Its methods may be called by many
// goroutines.
type Deliverer[P any] struct {
	begin       func(P) (Post, bool)
	concurrency int
	tls         *tls.Config
	ctx         context.Context // of every post
	cancel      context.CancelFunc
	workers     sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	queues  map[string]*queue[P] // only those with work
	targets map[string]*target
	open    map[*conn]struct{}
	idle    map[string][]*conn // of those, what carries nothing; the latest one last
}

// Post is one message to a listener.
type Post struct {
	URL     string
	Timeout time.Duration // DefaultTimeout when it is 0 or less
	Body    []byte
	// Done is told what came of it, once, by a goroutine of the Deliverer, which it should not keep for long.
	Done func(sim.Answer)
}

// queue is what one listener is still to get, oldest first.
type queue[P any] struct {
	posts   fifo[P]
	workers int
}

// New makes a Deliverer. When the turn of a P has come, begin makes it a Post, or says that it is not
// wanted any more: a million of them may wait for a slow listener, and those that wait cost little.
func New[P any](o Options, begin func(P) (Post, bool)) *Deliverer[P] {
	if o.Concurrency <= 0 {
		o.Concurrency = DefaultConcurrency
	}
	d := &Deliverer[P]{
		begin:       begin,
		concurrency: o.Concurrency,
		tls:         o.TLS,
		queues:      map[string]*queue[P]{},
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

// Go takes p to url, which is also that of its Post. It never blocks: p waits its turn behind the
// earlier ones of the same listener. After Close, nothing happens.
func (d *Deliverer[P]) Go(url string, p P) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	t := d.target(url)
	q := d.queues[t.key]
	if q == nil {
		q = &queue[P]{}
		d.queues[t.key] = q
	}
	q.posts.push(p)
	if q.workers < d.concurrency {
		q.workers++
		c := d.unpark(t.key)
		d.workers.Go(func() { d.work(t.key, q, c) })
	}
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

// work posts until the queue is empty, over c to begin with. Whoever hears of the last answer finds the
// connection free.
func (d *Deliverer[P]) work(key string, q *queue[P], c *conn) {
	for {
		next, ok := d.next(key, q, c)
		if !ok {
			return
		}
		p, wanted := d.begin(next)
		if !wanted {
			continue
		}
		var a sim.Answer
		a, c = d.post(c, &p)
		more := d.more(key, q, c)
		p.Done(a)
		if !more {
			return
		}
	}
}

// next takes the oldest post of a queue, or counts the worker out.
func (d *Deliverer[P]) next(key string, q *queue[P], c *conn) (P, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := q.posts.pop()
	if !ok {
		d.leave(key, q, c)
	}
	return p, ok
}

// more says whether a queue has another post; if not, it counts the worker out.
func (d *Deliverer[P]) more(key string, q *queue[P], c *conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if q.posts.empty() {
		d.leave(key, q, c)
		return false
	}
	return true
}

// leave counts a worker out, and keeps its connection; the queue goes with its last worker. The caller
// has the lock.
func (d *Deliverer[P]) leave(key string, q *queue[P], c *conn) {
	if q.workers--; q.workers == 0 {
		delete(d.queues, key)
	}
	if c != nil {
		d.park(key, c)
	}
}

// Close begins no more posts and waits for those that have begun. When ctx is done first it cuts
// them off, which their Done hears of as Other, and returns the error of ctx. What was still waiting
// is dropped without a word: there never was an attempt.
func (d *Deliverer[P]) Close(ctx context.Context) error {
	d.mu.Lock()
	d.closed = true
	for _, q := range d.queues {
		q.posts = fifo[P]{}
	}
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
