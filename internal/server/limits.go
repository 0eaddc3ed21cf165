package server

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"tsim/internal/sim"
)

// limits are how long, by the wall clock, and with how much the server bears with its clients. The connection of one
// that is slow or silent is closed; one that uploads a large bulk over a slow line has the time it needs.
type limits struct {
	header   time.Duration // for the header of a request
	body     time.Duration // for a small body, and for a large one to get going
	rate     int           // bytes a second that a large one has to bring on the average after that
	write    time.Duration // for a reply, or for each piece of a long one
	idle     time.Duration // between two requests
	inFlight int64         // bytes of large bodies that have arrived and whose calls are not answered, over all connections
}

// defaultLimits are those of a server whose options have none.
var defaultLimits = limits{
	header: 10 * time.Second, body: 30 * time.Second, rate: 4 << 10, write: time.Minute, idle: 2 * time.Minute, inFlight: 512 << 20,
}

// smallBody is a body that the time-outs of net/http are enough for.
const smallBody = 16 << 10

// bodies counts the bytes of large bodies that are in flight.
type bodies struct {
	limits
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
		defer body.release()
		r.Body = body
		next.ServeHTTP(&refusalWriter{w, body}, r)
	})
}

// largeBody is a body on its way.
type largeBody struct {
	io.ReadCloser
	of        *bodies
	deadlines *http.ResponseController
	start     time.Time
	arrived   int64 // bytes
	counted   int64 // of them, among those in flight
	refused   bool  // the call is answered: the rest is read, but counts no more
	ended     bool  // all of it was read
}

// Read reads on, unless the client is too slow, or more is in flight than the server bears.
func (b *largeBody) Read(p []byte) (int, error) {
	if b.ended {
		return 0, io.EOF // and no deadline, which would hold for a client that waits for its reply, too
	}
	due := b.of.body + time.Duration(b.arrived)*time.Second/time.Duration(b.of.rate)
	_ = b.deadlines.SetReadDeadline(b.start.Add(due)) // fails only on a connection that cannot have one
	n, err := b.ReadCloser.Read(p)
	b.arrived += int64(n)
	b.ended = errors.Is(err, io.EOF)
	if b.refused {
		return n, err
	}
	b.counted += int64(n)
	if b.of.bytes.Add(int64(n)) > b.of.inFlight {
		return 0, sim.Errorf(sim.Overloaded, "more than %d MiB of bodies are on their way to tsim; send this one again later", b.of.inFlight>>20)
	}
	return n, err
}

// release takes what has arrived of the body out of what is in flight.
func (b *largeBody) release() {
	b.of.bytes.Add(-b.counted)
	b.counted = 0
}

// refusalWriter writes the reply to a call with a large body. Before a refusal, it reads what the client still sends,
// up to a limit: many clients write all of their request before they read the reply. If the server closed the connection
// while bytes of theirs are unread, they would be told of a reset connection instead of the reason.
type refusalWriter struct {
	http.ResponseWriter
	body *largeBody
}

func (w *refusalWriter) WriteHeader(status int) {
	if status >= http.StatusBadRequest {
		const most = 64 << 20
		w.body.refused = true
		w.body.release()
		_, _ = io.CopyN(io.Discard, w.body, most)
	}
	w.ResponseWriter.WriteHeader(status)
}

// Flush is for handlers that want their reply sent at once.
func (w *refusalWriter) Flush() { _ = w.body.deadlines.Flush() }

// Unwrap is for http.ResponseController.
func (w *refusalWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
