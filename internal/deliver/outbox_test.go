package deliver

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"tsim/internal/sim"
)

// hanging is a listener that lets each post hang that is not for /first, until it is let go.
func hanging(t *testing.T) (url string, release chan struct{}) {
	t.Helper()
	release = make(chan struct{})
	srv := newListener(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/first" {
			<-release
		}
	})
	return srv.URL, release
}

// TestNeighbours: however much an outbox has for a listener that hangs, another one's first post to the same
// listener is made at once.
func TestNeighbours(t *testing.T) {
	url, release := hanging(t)
	d := newDeliverer(t, Options{})
	var answers sync.WaitGroup
	answers.Add(80)
	for range 80 {
		send(d, url, long, sending(text("{}"), func(sim.Answer) { answers.Done() }))
	}
	neighbour := &pair{d.Deliverer, d.Deliverer.Outbox(message.post)}
	if a := answer(neighbour, url+"/first", long); a.Status != http.StatusOK {
		t.Errorf("%+v", a)
	}
	close(release)
	answers.Wait()
}

// TestAPlaceIsLeft: outboxes that have work for thousands of workers leave places for those that come later,
// and who comes when there are none has the next one.
func TestAPlaceIsLeft(t *testing.T) {
	url, release := hanging(t)
	d := newDeliverer(t, Options{Posts: 16, Concurrency: 1000})
	var answers sync.WaitGroup
	var all []*pair
	hang := func() {
		all = append(all, &pair{d.Deliverer, d.Deliverer.Outbox(message.post)})
		for range 1000 {
			answers.Add(1)
			send(all[len(all)-1], url, long, sending(text("{}"), func(sim.Answer) { answers.Done() }))
		}
	}
	taken := func() (places []int) {
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, p := range all {
			places = append(places, p.out.taken)
		}
		return append(places, d.free)
	}
	for i, want := range [][]int{{8, 8}, {8, 4, 4}, {8, 4, 2, 2}, {8, 4, 2, 1, 1}, {8, 4, 2, 1, 1, 0}, {8, 4, 2, 1, 1, 0, 0}} {
		hang()
		if got := taken(); !slices.Equal(got, want) {
			t.Errorf("with %d outboxes, the places and those that are free are %v, want %v", i+1, got, want)
		}
	}
	first := make(chan sim.Answer)
	last := &pair{d.Deliverer, d.Deliverer.Outbox(message.post)}
	send(last, url+"/first", long, sending(text("{}"), func(a sim.Answer) { first <- a }))
	for ended := 0; ; ended++ {
		select {
		case release <- struct{}{}:
			continue
		case a := <-first:
			if a.Status != http.StatusOK || ended > 500 { // of 6,000
				t.Errorf("after %d others: %+v", ended, a)
			}
		}
		break
	}
	close(release)
	answers.Wait()
	if got := taken(); !slices.Equal(got, []int{0, 0, 0, 0, 0, 0, 16}) {
		t.Errorf("in the end the places and those that are free are %v", got)
	}
}

// TestTurns: while there are too few places, outboxes take turns, and so do the listeners of one.
func TestTurns(t *testing.T) {
	const posts = 3
	entered, release := make(chan struct{}), make(chan struct{})
	var got []string
	hear := func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/first" {
			close(entered)
			<-release
			return
		}
		got = append(got, r.URL.Path[1:])
	}
	one, two := newListener(t, hear), newListener(t, hear)
	d := newDeliverer(t, Options{Posts: 1})
	var answers sync.WaitGroup
	answers.Add(1 + 3*posts)
	done := sending(text("{}"), func(sim.Answer) { answers.Done() })
	send(d, one.URL+"/first", long, done)
	<-entered
	neighbour := &pair{d.Deliverer, d.Deliverer.Outbox(message.post)}
	for n := range posts {
		send(d, fmt.Sprintf("%s/a%d", one.URL, n), long, done)
		send(d, fmt.Sprintf("%s/b%d", two.URL, n), long, done)
		send(neighbour, fmt.Sprintf("%s/c%d", one.URL, n), long, done)
	}
	close(release)
	answers.Wait()
	if s := strings.Join(got, " "); s != "a0 c0 b0 c1 a1 c2 b1 a2 b2" {
		t.Errorf("order of arrival %s", s)
	}
}

// TestNothingBeginsAfterClose, not even what had a turn.
func TestNothingBeginsAfterClose(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	srv := newListener(t, func(http.ResponseWriter, *http.Request) {
		close(entered)
		<-release
	})
	defer close(release)
	d := newPair(Options{Posts: 1})
	first := make(chan sim.Answer, 1)
	send(d, srv.URL, long, sending(text("{}"), func(a sim.Answer) { first <- a }))
	<-entered
	neighbour := &pair{d.Deliverer, d.Deliverer.Outbox(message.post)}
	for _, p := range []*pair{d, neighbour} {
		send(p, srv.URL, long, sending(text("{}"), func(sim.Answer) { t.Error("a post that had not begun was answered") }))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Close(ctx); err != context.Canceled {
		t.Errorf("close: %v", err)
	}
	if a := <-first; a.Result != sim.Other {
		t.Errorf("the post in flight: %+v", a)
	}
}

// TestIdleConnectionsAreFew: no more of them are kept than there may be posts.
func TestIdleConnectionsAreFew(t *testing.T) {
	d := newPair(Options{Posts: 2})
	for n, want := range []int{1, 2, 2, 2} {
		answer(d, newListener(t, func(http.ResponseWriter, *http.Request) {}).URL, long)
		d.mu.Lock()
		if len(d.open) != want {
			t.Errorf("after %d posts, %d connections are open, want %d", n+1, len(d.open), want)
		}
		d.mu.Unlock()
	}
	if err := d.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
