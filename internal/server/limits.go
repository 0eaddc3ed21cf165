package server

import (
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"tsim/internal/sim"
)

// patience is what the server bears from its clients, all by the wall clock. One that is slow or silent is given
// up; one that uploads a large bulk over a slow line is not.
type patience struct {
	header time.Duration // for the head of a request
	body   time.Duration // for a small body, and for a large one to get going
	rate   int           // bytes a second that a large one has to bring on the average after that
	write  time.Duration // for a reply, or for each piece of a long one
	idle   time.Duration // between two requests
	flight int64         // bytes of large bodies that have arrived and are not done with, over all connections
}

// usual is the patience of a server that nobody tells otherwise.
var usual = patience{
	header: 10 * time.Second, body: 30 * time.Second, rate: 4 << 10, write: time.Minute, idle: 2 * time.Minute, flight: 512 << 20,
}

// smallBody is a body that the time-outs of net/http are enough for.
const smallBody = 16 << 10

// bodies counts the bytes of large bodies that are in flight.
type bodies struct {
	patience
	bytes atomic.Int64
}

// guard lets a large body be read as long as it makes progress, and as long as there is room for it.
func (b *bodies) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength >= 0 && r.ContentLength <= smallBody {
			next.ServeHTTP(w, r)
			return
		}
		body := &largeBody{ReadCloser: r.Body, of: b, deadlines: http.NewResponseController(w), start: time.Now()}
		defer body.letGo()
		r.Body = body
		next.ServeHTTP(&refusing{w, body}, r)
	})
}

// largeBody is a body on its way.
type largeBody struct {
	io.ReadCloser
	of        *bodies
	deadlines *http.ResponseController
	start     time.Time
	arrived   int64 // bytes
	held      int64 // of them, in flight
	refused   bool  // nobody wants the rest
}

// Read reads on, unless the client is too slow or the server holds too much.
func (b *largeBody) Read(p []byte) (int, error) {
	due := b.of.body + time.Duration(b.arrived)*time.Second/time.Duration(b.of.rate)
	_ = b.deadlines.SetReadDeadline(b.start.Add(due)) // fails only on a connection that cannot have one
	n, err := b.ReadCloser.Read(p)
	b.arrived += int64(n)
	if b.refused {
		return n, err
	}
	b.held += int64(n)
	if b.of.bytes.Add(int64(n)) > b.of.flight {
		return 0, sim.Errorf(sim.Overloaded, "more than %d MiB of bodies are on their way to tsim; send this one again later", b.of.flight>>20)
	}
	return n, err
}

// letGo takes a body out of those in flight.
func (b *largeBody) letGo() {
	b.of.bytes.Add(-b.held)
	b.held = 0
}

// refusing is the reply to a large body. Before it refuses, it reads what the client still sends, within reason: one
// that writes to its end before it reads would find its connection reset, and never learn why.
type refusing struct {
	http.ResponseWriter
	body *largeBody
}

func (w *refusing) WriteHeader(status int) {
	if status >= http.StatusBadRequest {
		const reason = 64 << 20
		w.body.refused = true
		w.body.letGo()
		_, _ = io.CopyN(io.Discard, w.body, reason)
	}
	w.ResponseWriter.WriteHeader(status)
}

// Flush is for handlers that want their reply sent at once.
func (w *refusing) Flush() { _ = w.body.deadlines.Flush() }

// Unwrap is for http.ResponseController.
func (w *refusing) Unwrap() http.ResponseWriter { return w.ResponseWriter }
