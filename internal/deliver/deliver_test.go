package deliver

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tsim/internal/sim"
)

// long is a time-out that no test means to see.
const long = time.Minute

// pair is a Deliverer with an outbox.
type pair struct {
	*Deliverer[message]
	out *Outbox[message]
}

func newPair(o Options) *pair {
	d := New[message](o)
	return &pair{d, d.Outbox(message.post)}
}

func newDeliverer(tb testing.TB, o Options) *pair {
	tb.Helper()
	d := newPair(o)
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), long)
		defer cancel()
		if err := d.Close(ctx); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return d
}

func newListener(tb testing.TB, h http.HandlerFunc) *httptest.Server {
	tb.Helper()
	srv := httptest.NewServer(h)
	tb.Cleanup(srv.Close)
	return srv
}

// message is what the tests deliver. Without anybody to tell it is not wanted.
type message struct {
	url     string
	timeout time.Duration
	body    func() []byte
	done    func(sim.Answer)
}

func sending(body func() []byte, done func(sim.Answer)) message {
	return message{body: body, done: done}
}

func (m message) post() (Post, bool) {
	return Post{URL: m.url, Timeout: m.timeout, Body: m.body(), Done: m.done}, m.done != nil
}

func send(d *pair, url string, timeout time.Duration, m message) {
	m.url, m.timeout = url, timeout
	d.out.Go(url, m)
}

func text(s string) func() []byte { return func() []byte { return []byte(s) } }

// answer posts and waits for what came of it.
func answer(d *pair, url string, timeout time.Duration) sim.Answer {
	got := make(chan sim.Answer, 1)
	send(d, url, timeout, sending(text(`{"a":1}`), func(a sim.Answer) { got <- a }))
	return <-got
}

func TestOnePostAtATimePerSlot(t *testing.T) {
	const posts, slots = 20, 3
	var now, most atomic.Int32
	arrived, release := make(chan struct{}), make(chan struct{})
	srv := newListener(t, func(http.ResponseWriter, *http.Request) {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		arrived <- struct{}{}
		<-release
		now.Add(-1)
	})
	d := newDeliverer(t, Options{Concurrency: slots})
	var answers sync.WaitGroup
	answers.Add(posts)
	for range posts {
		send(d, srv.URL, long, sending(text("{}"), func(sim.Answer) { answers.Done() }))
	}
	for range slots { // so many do go side by side
		<-arrived
	}
	for range posts - slots { // and each that ends makes room for one
		release <- struct{}{}
		<-arrived
	}
	close(release)
	answers.Wait()
	if got := most.Load(); got != slots {
		t.Errorf("at most %d posts at the same time, want %d", got, slots)
	}
}

// TestBoundHoldsWhenWorkersLeave: one that finds nothing more to do leaves the others their queue.
func TestBoundHoldsWhenWorkersLeave(t *testing.T) {
	const slots = 3
	arrived, release := make(chan struct{}, 2*slots), make(chan struct{})
	srv := newListener(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			arrived <- struct{}{}
			<-release
		}
	})
	d := newDeliverer(t, Options{Concurrency: slots})
	var answers sync.WaitGroup
	slow := func() {
		answers.Add(1)
		send(d, srv.URL+"/slow", long, sending(text("{}"), func(sim.Answer) { answers.Done() }))
	}
	slow()
	<-arrived
	answer(d, srv.URL, long) // by a second worker, which leaves
	for range 2 * slots {
		slow()
	}
	for range slots - 1 {
		<-arrived
	}
	d.mu.Lock()
	for _, q := range d.out.queues {
		if q.workers != slots {
			t.Errorf("%d workers, want %d", q.workers, slots)
		}
	}
	if len(d.open) != slots {
		t.Errorf("%d connections, want %d", len(d.open), slots)
	}
	d.mu.Unlock()
	close(release)
	answers.Wait()
}

func TestPostsLeaveInOrder(t *testing.T) {
	var got []string
	srv := newListener(t, func(_ http.ResponseWriter, r *http.Request) { got = append(got, r.URL.Path) })
	d := newDeliverer(t, Options{Concurrency: 1})
	var answers sync.WaitGroup
	answers.Add(5)
	for _, path := range []string{"/a", "/b", "/c", "/d", "/e"} {
		send(d, srv.URL+path, long, sending(text("{}"), func(sim.Answer) { answers.Done() }))
	}
	answers.Wait()
	if s := strings.Join(got, ""); s != "/a/b/c/d/e" {
		t.Errorf("order of arrival %s", s)
	}
}

func TestBodyIsMadeWhenItsTurnHasCome(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	srv := newListener(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/first" {
			close(entered)
			<-release
		}
	})
	d := newDeliverer(t, Options{Concurrency: 1})
	var made atomic.Bool
	second := make(chan sim.Answer, 1)
	send(d, srv.URL+"/first", long, sending(text("{}"), func(sim.Answer) {}))
	send(d, srv.URL+"/second", long, sending(func() []byte { made.Store(true); return nil }, func(a sim.Answer) { second <- a }))
	<-entered
	if made.Load() {
		t.Error("the body of a post that has to wait was made already")
	}
	close(release)
	if a := <-second; a.Status != http.StatusOK || !made.Load() {
		t.Errorf("second post: %+v, body made: %t", a, made.Load())
	}
}

func TestSlowListenerHoldsNobodyBack(t *testing.T) {
	release := make(chan struct{})
	slow := newListener(t, func(http.ResponseWriter, *http.Request) { <-release })
	fast := newListener(t, func(http.ResponseWriter, *http.Request) {})
	d := newDeliverer(t, Options{Concurrency: 1})
	var answers sync.WaitGroup
	answers.Add(3)
	for range 3 {
		send(d, slow.URL, long, sending(text("{}"), func(sim.Answer) { answers.Done() }))
	}
	for range 3 {
		if a := answer(d, fast.URL, long); a.Status != http.StatusOK {
			t.Errorf("the fast listener: %+v", a)
		}
	}
	close(release)
	answers.Wait()
}

func TestListenerMayCauseAnotherPost(t *testing.T) {
	d := newDeliverer(t, Options{Concurrency: 1})
	inner := make(chan sim.Answer, 1)
	srv := newListener(t, nil)
	srv.Config.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/outer" {
			send(d, srv.URL+"/inner", long, sending(text("{}"), func(a sim.Answer) { inner <- a }))
		}
	})
	if a := answer(d, srv.URL+"/outer", long); a.Status != http.StatusOK {
		t.Errorf("outer: %+v", a)
	}
	if a := <-inner; a.Status != http.StatusOK {
		t.Errorf("inner: %+v", a)
	}
}

func TestQueuesGoWhenTheyAreEmpty(t *testing.T) {
	srv := newListener(t, func(http.ResponseWriter, *http.Request) {})
	d := newPair(Options{})
	var answers sync.WaitGroup
	answers.Add(100)
	for range 100 {
		send(d, srv.URL, long, sending(text("{}"), func(sim.Answer) { answers.Done() }))
	}
	answers.Wait()
	if err := d.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(d.out.queues) != 0 {
		t.Errorf("%d queues are left over", len(d.out.queues))
	}
}

func TestCloseWaitsForWhatHasBegun(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	srv := newListener(t, func(http.ResponseWriter, *http.Request) {
		close(entered)
		<-release
	})
	d := newPair(Options{Concurrency: 1})
	first := make(chan sim.Answer, 1)
	send(d, srv.URL, long, sending(text("{}"), func(a sim.Answer) { first <- a }))
	send(d, srv.URL, long, sending(text("{}"), func(sim.Answer) { t.Error("a post that had not begun was answered") }))
	<-entered
	closed := make(chan error, 1)
	go func() { closed <- d.Close(context.Background()) }()
	d.mu.Lock()
	for !d.closed { // until Close has the lock behind it
		d.mu.Unlock()
		d.mu.Lock()
	}
	d.mu.Unlock()
	send(d, srv.URL, long, sending(text("{}"), func(sim.Answer) { t.Error("a post after Close was answered") }))
	select {
	case err := <-closed:
		t.Fatalf("Close returned %v before the post was answered", err)
	default:
	}
	close(release)
	if err := <-closed; err != nil {
		t.Errorf("close: %v", err)
	}
	if a := <-first; a.Status != http.StatusOK {
		t.Errorf("the post in flight: %+v", a)
	}
}

func TestCloseCutsOffWhatTakesTooLong(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	srv := newListener(t, func(http.ResponseWriter, *http.Request) {
		close(entered)
		<-release
	})
	defer close(release)
	d := newPair(Options{})
	got := make(chan sim.Answer, 1)
	send(d, srv.URL, long, sending(text("{}"), func(a sim.Answer) { got <- a }))
	<-entered
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := d.Close(ctx); err != context.Canceled {
		t.Errorf("close: %v", err)
	}
	if a := <-got; a.Result != sim.Other || a.Err != "cut off, because the server is shutting down" {
		t.Errorf("the post in flight: %+v", a)
	}
}

func BenchmarkPost(b *testing.B) {
	srv := newListener(b, func(http.ResponseWriter, *http.Request) {})
	body := []byte(`{"deviceIds":[{"id":"89049032000001000000012345678901","kind":"eid"}]}`)
	b.Run("one at a time", func(b *testing.B) {
		d := newDeliverer(b, Options{})
		got := make(chan sim.Answer)
		b.ReportAllocs()
		for b.Loop() {
			send(d, srv.URL, long, sending(func() []byte { return body }, func(a sim.Answer) { got <- a }))
			if a := <-got; a.Status != http.StatusOK {
				b.Fatalf("%+v", a)
			}
		}
	})
	b.Run("side by side", func(b *testing.B) {
		d := newDeliverer(b, Options{})
		underway := make(chan struct{}, 4*DefaultConcurrency)
		b.ReportAllocs()
		for b.Loop() {
			underway <- struct{}{}
			send(d, srv.URL, long, sending(func() []byte { return body }, func(sim.Answer) { <-underway }))
		}
	})
}
