package control

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
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

// following is a stream of events. It goes on until the client, the sandbox or the server ends.
type following struct {
	events *sim.Follower
	keep   criteria[sim.EventReport]
	share  *share
	beat   time.Duration
	text   bytes.Buffer // that is still to be written
	wrote  time.Time
}

// isStream says whether the client of a list of events wants those to come, too.
func (c *call) isStream() bool { return strings.Contains(c.header("Accept"), serverSent) }

const serverSent = "text/event-stream"

func (c *call) followEvents(keep criteria[sim.EventReport]) (any, error) {
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
	f := &following{events: events, keep: keep, share: c.o.streams, beat: c.o.beat}
	return stream{serverSent, func(to io.Writer) error { f.write(c.ctx, to); return nil }}, nil
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
func (f *following) write(ctx context.Context, to io.Writer) {
	defer f.events.Close()
	fmt.Fprintf(&f.text, "retry: %d\n", streamRetry.Milliseconds())
	f.mark()
	for more, end := true, false; f.flush(to) == nil && !end; {
		if !more && !pause(ctx, streamPause) {
			return
		}
		beat, cancel := context.WithDeadline(ctx, f.wrote.Add(f.beat))
		err := f.events.Wait(beat)
		cancel()
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = f.share.use(ctx, func(page []sim.EventReport) { more, end = f.tell(page) })
		}
		if err != nil || time.Since(f.wrote) > f.beat && f.text.Len() == 0 {
			f.text.WriteString(":\n")
			f.mark()
		}
	}
}

// tell puts what comes next into the text.
func (f *following) tell(page []sim.EventReport) (more, end bool) {
	news, err := f.events.Next(page)
	at := f.events.At()
	switch {
	case err != nil:
		f.message("end", tsimclient.StreamEnd{Why: err.Error()})
		return false, true
	case news.Missed != "":
		f.id(at)
		f.message("resync", tsimclient.Resync{Epoch: at.Epoch, Oldest: at.Seq + 1, Why: news.Missed})
	}
	for i := range news.Events {
		if e := &news.Events[i]; f.keep.fit(e) {
			f.id(sim.Place{Epoch: at.Epoch, Seq: e.Seq})
			f.message(e.Kind.String(), eventView(*e))
		}
	}
	return news.More, false
}

// id is from where a client goes on that loses the connection.
func (f *following) id(at sim.Place) {
	f.text.WriteString("id: ")
	b := strconv.AppendUint(f.text.AvailableBuffer(), at.Epoch, 10)
	b = append(b, '-')
	b = strconv.AppendUint(b, at.Seq, 10)
	f.text.Write(append(b, '\n'))
}

// mark is an id alone: no event for the client, but it knows that none has to be told up to there.
func (f *following) mark() {
	f.id(f.events.At())
	f.text.WriteByte('\n')
}

func (f *following) message(name string, data any) {
	f.text.WriteString("event: ")
	f.text.WriteString(name)
	f.text.WriteString("\ndata: ")
	e := json.NewEncoder(&f.text)
	e.SetEscapeHTML(false) // as in the list
	_ = e.Encode(data)     // which can always be encoded
	f.text.WriteByte('\n')
}

// flush writes the text; a client that does not take it in time has gone.
func (f *following) flush(to io.Writer) error {
	if f.text.Len() == 0 {
		return nil
	}
	_, err := to.Write(f.text.Bytes())
	f.text.Reset()
	f.wrote = time.Now()
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
