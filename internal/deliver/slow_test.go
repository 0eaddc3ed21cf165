package deliver

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"tsim/internal/sim"
)

// came is a post as a listener got it.
type came struct {
	body      string
	announced int64
	err       error
}

// sink is a listener that takes posts.
func sink(t *testing.T, wait time.Duration) (url string, posts chan came) {
	posts = make(chan came, 10)
	return newListener(t, func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		posts <- came{string(body), r.ContentLength, err}
		if wait > 0 {
			select {
			case <-time.After(wait):
			case <-r.Context().Done():
			}
		}
	}).URL, posts
}

// one makes a post without an outbox.
func one(d *pair, p Post) sim.Answer {
	a, c := d.post(nil, &p)
	if c != nil {
		d.hangUp(c)
	}
	return a
}

// A post that is written slowly may take longer than its listener has to answer, which counts from its last byte on.
func TestSlowPosts(t *testing.T) {
	const body = `{"requestId":"d1f08526-5443-4054-9a29-4456490ea9f8"}`
	url, posts := sink(t, 0)
	a := one(newDeliverer(t, Options{}), Post{URL: url, Body: []byte(body), Pace: 200, Timeout: 120 * time.Millisecond})
	if a.Status != http.StatusOK || a.Took < 200*time.Millisecond {
		t.Errorf("%+v", a)
	}
	if p := <-posts; p != (came{body, int64(len(body)), nil}) {
		t.Errorf("%+v", p)
	}
	url, _ = sink(t, time.Minute)
	if a := one(newDeliverer(t, Options{}), Post{URL: url, Body: []byte(body), Pace: 1000, Timeout: 10 * time.Millisecond}); a.Result != sim.Timeout {
		t.Errorf("a listener that does not answer: %+v", a)
	}
}

// A post that is cut has half of its body, and ends as a reset; the listener sees that it is not whole.
func TestCutPosts(t *testing.T) {
	const body = `{"requestId":"d1f08526"}`
	for _, pace := range []int{0, 1000} {
		url, posts := sink(t, 0)
		a := one(newDeliverer(t, Options{}), Post{URL: url, Body: []byte(body), Pace: pace, Cut: true, Timeout: long})
		if a.Result != sim.Reset || a.Err != errCut.Error() {
			t.Errorf("%+v", a)
		}
		if p := <-posts; p.body != body[:len(body)/2] || p.announced != int64(len(body)) || !errors.Is(p.err, io.ErrUnexpectedEOF) {
			t.Errorf("%+v", p)
		}
	}
	// An empty body is announced as one.
	url, posts := sink(t, 0)
	if a := one(newDeliverer(t, Options{}), Post{URL: url, Timeout: long}); a.Status != http.StatusOK {
		t.Errorf("%+v", a)
	}
	if p := <-posts; p != (came{}) {
		t.Errorf("%+v", p)
	}
}

// A post that is written slowly ends when nobody wants it any more, and with the Deliverer.
func TestSlowPostsEnd(t *testing.T) {
	body := []byte(strings.Repeat("x", 1000))
	for name, end := range map[string]func(*pair, chan struct{}){
		"over": func(_ *pair, over chan struct{}) { close(over) },
		"closed": func(d *pair, _ chan struct{}) {
			now, cancel := context.WithCancel(context.Background())
			cancel()
			if err := d.Close(now); err == nil {
				t.Error("nobody hears that a post was cut off")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			begun := make(chan struct{})
			l := newListener(t, func(_ http.ResponseWriter, r *http.Request) {
				_, _ = r.Body.Read(make([]byte, 1))
				close(begun)
				_, _ = io.Copy(io.Discard, r.Body)
			})
			d, over, done := newDeliverer(t, Options{}), make(chan struct{}), make(chan sim.Answer, 1)
			out := d.Deliverer.Outbox(func(message) (Post, bool) {
				return Post{URL: l.URL, Body: body, Pace: 1, Timeout: long, Over: over, Done: func(a sim.Answer) { done <- a }}, true
			})
			out.Go(l.URL, message{})
			<-begun
			end(d, over)
			if a := <-done; a.Result != sim.Other || !strings.HasPrefix(a.Err, "cut off, because ") {
				t.Errorf("%+v", a)
			}
		})
	}
}
