// Package deliver takes callbacks to their listeners: it POSTs bytes and says what came of it. What
// the bytes say, and whether there is another attempt, is decided elsewhere.
package deliver

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/url"
	"strings"
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
	transport   *http.Transport
	ctx         context.Context // of every post
	cancel      context.CancelFunc
	workers     sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	queues  map[string]*queue[P] // only those with work
	targets map[string]*target
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
		transport:   newTransport(o),
		queues:      map[string]*queue[P]{},
		targets:     map[string]*target{},
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
		d.workers.Go(func() { d.work(t.key, q) })
	}
}

// target is a URL as it was parsed, once for all of its posts.
type target struct {
	url *url.URL // nil for what is no URL: it goes through a queue as well, to be answered like everything else
	key string   // what shares a queue: posts to one server
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
	t := &target{}
	if u, err := url.Parse(rawURL); err == nil {
		t.url, t.key = u, strings.ToLower(u.Scheme+"://"+u.Host)
	}
	d.targets[rawURL] = t
	return t
}

// work posts until the queue is empty.
func (d *Deliverer[P]) work(key string, q *queue[P]) {
	for {
		next, ok := d.next(key, q)
		if !ok {
			return
		}
		if p, wanted := d.begin(next); wanted {
			p.Done(d.post(&p))
		}
	}
}

// next takes the oldest post of a queue. When there is none the worker is counted out, and the queue
// goes with its last worker.
func (d *Deliverer[P]) next(key string, q *queue[P]) (P, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := q.posts.pop()
	if !ok {
		if q.workers--; q.workers == 0 {
			delete(d.queues, key)
		}
	}
	return p, ok
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
		<-idle
	}
	d.cancel()
	d.transport.CloseIdleConnections()
	return err
}
