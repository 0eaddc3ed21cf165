package tsimclient

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"
)

// Latest is the place after all events that there are: to follow those to come.
const Latest = "latest"

// Resync is told in place of events that are not to be had: another epoch has begun, or whoever follows was too slow or
// came back too late. What follows begins with the oldest event that there is. As an error of FollowEvents it is the only
// one that is not the end.
type Resync struct {
	Epoch  uint64 `json:"epoch"`  // of the sandbox, now
	Oldest uint64 `json:"oldest"` // the Seq of that event
	Why    string `json:"why"`
}

// Error says what was missed.
func (r *Resync) Error() string {
	return fmt.Sprintf("events were missed: %s; it goes on with event %d of epoch %d", r.Why, r.Oldest, r.Epoch)
}

// StreamEnd is the last thing in a stream of events: the sandbox is no more.
type StreamEnd struct {
	Why string `json:"why"`
}

// FollowEvents goes through the events of a filter as they come, oldest first: those after the Seq of one, or those after
// Latest, or, with "", all that are remembered. When the connection breaks, it goes on where it was on another one, as often
// as it takes and also when the server is started again. Its errors are *Resync, after which it goes on, and *Error, which
// ends it: that of ctx, a refusal, or a first connection that was not to be had.
//
//	for event, err := range c.FollowEvents(ctx, tsimclient.EventFilter{Kind: tsimclient.EventAttemptFailed}, tsimclient.Latest) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(event.Seq, event.Detail)
//	}
func (c *Client) FollowEvents(ctx context.Context, f EventFilter, after string) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		s := stream{c: c, filter: f, after: after, yield: yield}
		for wait := time.Duration(0); ; wait = min(max(2*wait, soonAgain), lateAgain) {
			if s.progress {
				s.progress, wait = false, soonAgain
			}
			err := sleep(ctx, wait)
			if err == nil {
				err = s.connect(ctx)
			}
			switch {
			case errors.Is(err, errEnough):
				return
			case ctx.Err() != nil:
				yield(Event{}, &Error{Message: ctx.Err().Error(), err: ctx.Err()})
				return
			case err != nil && (s.id == "" || !mayPass(err)):
				yield(Event{}, err)
				return
			}
		}
	}
}

// How long it takes to try again, the first time and after many times, and how long a stream may be silent: tsim has a
// heart that beats every 15 seconds.
const (
	soonAgain = 100 * time.Millisecond
	lateAgain = 5 * time.Second
)

var silence = 45 * time.Second // a variable for the tests

// errEnough is that the caller has had enough.
var errEnough = errors.New("enough")

// mayPass says whether it is of use to ask again: nobody answered, or a server that has failed or has no room.
func mayPass(err error) bool {
	told, ok := errors.AsType[*Error](err)
	return ok && (told.Status == 0 || told.Status >= http.StatusInternalServerError)
}

func sleep(ctx context.Context, d time.Duration) error {
	over, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-over.Done()
	return ctx.Err()
}

// unlessSilent calls cancel when a stream has been silent for too long, unless done is called before.
func unlessSilent(cancel func()) (done func()) {
	over, stop := context.WithTimeout(context.Background(), silence)
	forget := context.AfterFunc(over, cancel)
	return func() { forget(); stop() }
}

// alive is the body of a stream. Only what it takes to read counts as silence, and not what the caller does in between.
type alive struct {
	io.Reader
	cancel func()
}

func (a alive) Read(b []byte) (int, error) {
	defer unlessSilent(a.cancel)()
	return a.Reader.Read(b)
}

// stream is what is followed, over as many connections as it takes.
type stream struct {
	c        *Client
	filter   EventFilter
	after    string
	yield    func(Event, error) bool
	id       string // of the last event; "" before the first connection
	progress bool   // something came
}

// connect follows events on one connection. The error says why that ended; nil that it was cut off.
func (s *stream) connect(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, err := s.c.request(ctx, "GET", s.c.path("events"), Page{After: s.after}.with(s.filter), nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", eventStream)
	if s.id != "" {
		r.Header.Set("Last-Event-ID", s.id)
	}
	done := unlessSilent(cancel)
	resp, err := s.c.send(r)
	done()
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), eventStream) {
		return &Error{Status: resp.StatusCode, Message: "the answer is not a stream of events", Hint: "is it a tsim of this version that listens at " + s.c.BaseURL + "?"}
	}
	lines := bufio.NewReader(alive{resp.Body, cancel})
	var m message
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return nil // cut off
		}
		if err := s.line(&m, bytes.TrimSuffix(line, []byte("\n"))); err != nil {
			return err
		}
	}
}

const eventStream = "text/event-stream"

// message is what a stream has said since the last empty line.
type message struct {
	id, event string
	data      []byte
}

// line takes a line of a stream in.
func (s *stream) line(m *message, line []byte) error {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "id":
		m.id = string(value)
	case "event":
		m.event = string(value)
	case "data":
		m.data = append(m.data, value...)
	}
	if len(line) > 0 {
		return nil
	}
	s.id, s.progress = cmp.Or(m.id, s.id), true
	told := *m
	*m = message{}
	if told.data == nil {
		return nil
	}
	return s.tell(&told)
}

// tell hands a message to the caller.
func (s *stream) tell(m *message) error {
	var event Event
	var resync Resync
	var end StreamEnd
	into := map[string]any{"resync": &resync, "end": &end}[m.event]
	if into == nil {
		into = &event
	}
	if err := json.Unmarshal(m.data, into); err != nil {
		return &Error{Status: http.StatusOK, Message: "the stream is not one of tsim: " + err.Error(), err: err}
	}
	var err error
	switch m.event {
	case "resync":
		err = &resync
	case "end":
		return &Error{Status: http.StatusNotFound, Message: end.Why}
	}
	if !s.yield(event, err) {
		return errEnough
	}
	return nil
}
