package control

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tsim/internal/bound"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

// Events as they come, as https://html.spec.whatwg.org/multipage/server-sent-events.html has it. A stream keeps a place in
// the journal and no events, so it costs the sandbox nothing but the reading of it, and that is bounded: see share.

const (
	heartBeat   = 15 * time.Second      // a stream is silent for that long at the most
	streamPause = 20 * time.Millisecond // for events to gather, once a stream has told all that there is
	streamRetry = time.Second           // until a browser tries again
	streamPage  = 100                   // events that are read at a time
)

// stream is a reply that goes on until the client, the sandbox or the server ends.
type stream struct {
	events *sim.Follower
	keep   criteria[sim.EventReport]
	share  *share
	beat   time.Duration
	text   bytes.Buffer // that is still to be written
	wrote  time.Time
}

// isStream says whether the client of a list of events wants those to come, too.
func (c *call) isStream() bool { return strings.Contains(c.header("Accept"), eventStream) }

const eventStream = "text/event-stream"

func (c *call) streamEvents(keep criteria[sim.EventReport]) (*stream, error) {
	if c.query.Get("limit") != "" {
		return nil, bad("leave it out; the first events of many are to be had as JSON", "a stream of events has no limit")
	}
	from, err := c.streamFrom()
	if err != nil {
		return nil, err
	}
	events, err := c.box.Follow(from)
	if err != nil {
		return nil, err
	}
	return &stream{events: events, keep: keep, share: c.o.streams, beat: c.o.beat}, nil
}

// streamFrom is where a stream begins. The header counts more than the query: a browser that has lost its connection
// repeats the query, with the id of the last event in the header.
func (c *call) streamFrom() (sim.Place, error) {
	oldest, latest := c.box.Span()
	if id := c.header("Last-Event-ID"); id != "" {
		epoch, seq, _ := strings.Cut(id, "-")
		from := sim.Place{}
		var ok, too bool
		from.Epoch, ok = number(epoch)
		from.Seq, too = number(seq)
		if !ok || !too {
			return from, bad("leave it out to begin with the oldest event", "Last-Event-ID %q is not the id of an event, like 1-42", bound.Short(id))
		}
		return from, nil
	}
	switch c.query.Get("after") {
	case "":
		return oldest, nil
	case tsimclient.Latest:
		return latest, nil
	}
	seq, err := c.after()
	return sim.Place{Epoch: latest.Epoch, Seq: seq}, err
}

// write writes the stream until it ends, which is no error.
func (s *stream) write(ctx context.Context, w *patient) {
	defer s.events.Close()
	h := w.Header()
	h.Set("Content-Type", eventStream)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // of a proxy, which may not keep events back
	fmt.Fprintf(&s.text, "retry: %d\n", streamRetry.Milliseconds())
	s.mark()
	for more, end := true, false; s.flush(w) == nil && !end; {
		if !more && !pause(ctx, streamPause) {
			return
		}
		beat, cancel := context.WithDeadline(ctx, s.wrote.Add(s.beat))
		err := s.events.Wait(beat)
		cancel()
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = s.share.use(ctx, func(page []sim.EventReport) { more, end = s.tell(page) })
		}
		if err != nil || time.Since(s.wrote) > s.beat && s.text.Len() == 0 {
			s.text.WriteString(":\n")
			s.mark()
		}
	}
}

// tell puts what comes next into the text.
func (s *stream) tell(page []sim.EventReport) (more, end bool) {
	news, err := s.events.Next(page)
	at := s.events.At()
	switch {
	case err != nil:
		s.message("end", tsimclient.StreamEnd{Why: err.Error()})
		return false, true
	case news.Missed != "":
		s.id(at)
		s.message("resync", tsimclient.Resync{Epoch: at.Epoch, Oldest: at.Seq + 1, Why: news.Missed})
	}
	for i := range news.Events {
		if e := &news.Events[i]; s.keep.fit(e) {
			s.id(sim.Place{Epoch: at.Epoch, Seq: e.Seq})
			s.message(e.Kind.String(), eventView(*e))
		}
	}
	return news.More, false
}

// id is from where a client goes on that loses the connection.
func (s *stream) id(at sim.Place) {
	s.text.WriteString("id: ")
	b := strconv.AppendUint(s.text.AvailableBuffer(), at.Epoch, 10)
	b = append(b, '-')
	b = strconv.AppendUint(b, at.Seq, 10)
	s.text.Write(append(b, '\n'))
}

// mark is an id alone: no event for the client, but it knows that none has to be told up to there.
func (s *stream) mark() {
	s.id(s.events.At())
	s.text.WriteByte('\n')
}

func (s *stream) message(name string, data any) {
	s.text.WriteString("event: ")
	s.text.WriteString(name)
	s.text.WriteString("\ndata: ")
	e := json.NewEncoder(&s.text)
	e.SetEscapeHTML(false) // as in the list
	_ = e.Encode(data)     // which can always be encoded
	s.text.WriteByte('\n')
}

// flush writes the text; a client that does not take it in time has gone.
func (s *stream) flush(w *patient) error {
	if s.text.Len() == 0 {
		return nil
	}
	_, err := w.Write(s.text.Bytes())
	s.text.Reset()
	s.wrote = time.Now()
	if err == nil {
		err = w.deadlines.Flush()
	}
	_ = w.deadlines.SetWriteDeadline(time.Time{}) // which would end a connection of HTTP/2 on which nothing is to be told
	return err
}

// pause says whether a time is over, before ctx is.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// share is the part of one processor's time that all streams have together, however many there are and whatever happens:
// the rest is for the sandboxes. One of them works at a time, so they share the page that they read into, too. It is
// measured on the clock on the wall, so that they take less when others want the processor.
type share struct {
	free chan struct{} // has room for whoever works
	paid time.Time     // when the work so far is paid for
	page [streamPage]sim.EventReport
}

const (
	shareOf    = 4                     // a quarter
	shareSaved = 50 * time.Millisecond // of the past in which nobody worked
)

// use lets a stream work when its turn comes; the error is that of ctx, which may end before.
func (s *share) use(ctx context.Context, work func(page []sim.EventReport)) error {
	select {
	case s.free <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.free }()
	if d := time.Until(s.paid); d > 0 && !pause(ctx, d) {
		return ctx.Err()
	}
	began := time.Now()
	work(s.page[:])
	if saved := began.Add(-shareSaved); s.paid.Before(saved) {
		s.paid = saved
	}
	s.paid = s.paid.Add(shareOf * time.Since(began))
	return nil
}

// newShare is one of which nothing was used.
func newShare() *share { return &share{free: make(chan struct{}, 1)} }
