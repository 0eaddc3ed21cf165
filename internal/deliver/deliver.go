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

// Deliverer posts to listeners. Each listener, that is scheme and host, has a queue and workers of
// its own, so that a slow one holds nobody else back. Its methods may be called by many goroutines.
type Deliverer struct {
	concurrency int
	transport   *http.Transport
	ctx         context.Context // of every post
	cancel      context.CancelFunc
	workers     sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	queues  map[string]*queue // only those with work
	targets map[string]*target
}

// queue is the posts of one listener that have not begun, oldest first.
type queue struct {
	posts   []post
	workers int
}

// New makes a Deliverer.
func New(o Options) *Deliverer {
	if o.Concurrency <= 0 {
		o.Concurrency = DefaultConcurrency
	}
	d := &Deliverer{
		concurrency: o.Concurrency,
		transport:   newTransport(o),
		queues:      map[string]*queue{},
		targets:     map[string]*target{},
	}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	return d
}

// Begin makes a post when its turn has come: the body, and who is told what came of it, once. Without
// anybody to tell, the post is not wanted any more and is not made.
type Begin func() (body []byte, done func(sim.Answer))

// Go posts to url. It never blocks: the post waits its turn behind the earlier ones of the same
// listener, and begin is called only when it has come, so that what waits costs little memory. Its
// done is called by a goroutine of the Deliverer, which it should not keep for long. A timeout of 0
// or less is DefaultTimeout. After Close, nothing happens.
func (d *Deliverer) Go(url string, timeout time.Duration, begin Begin) {
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	t := d.target(url)
	q := d.queues[t.key]
	if q == nil {
		q = &queue{}
		d.queues[t.key] = q
	}
	q.posts = append(q.posts, post{t, timeout, begin})
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

// target finds the target of a URL. There are few listeners; if there are many, they are forgotten.
func (d *Deliverer) target(rawURL string) *target {
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
func (d *Deliverer) work(key string, q *queue) {
	for {
		p, ok := d.next(key, q)
		if !ok {
			return
		}
		if body, done := p.begin(); done != nil {
			done(d.post(p, body))
		}
	}
}

// next takes the oldest post of a queue. When there is none the worker is counted out, and the queue
// goes with its last worker.
func (d *Deliverer) next(key string, q *queue) (post, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(q.posts) == 0 {
		if q.workers--; q.workers == 0 {
			delete(d.queues, key)
		}
		return post{}, false
	}
	p := q.posts[0]
	q.posts[0] = post{}
	q.posts = q.posts[1:]
	return p, true
}

// Close begins no more posts and waits for those that have begun. When ctx is done first it cuts
// them off, which their done hears of as Other, and returns the error of ctx. Posts that were still
// waiting are dropped and their done is not called: to call it would tell of an attempt that there
// never was.
func (d *Deliverer) Close(ctx context.Context) error {
	d.mu.Lock()
	d.closed = true
	for _, q := range d.queues {
		q.posts = nil
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
