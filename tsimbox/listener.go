package tsimbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"tsim/tsimclient"
)

// Answer is what a listener does with one callback: the HTTP status with which it answers, from 200 to 599, or Hang or
// Disconnect. Any 2xx acknowledges; after anything else the callback comes again.
type Answer int

// What a listener can do instead of answering.
const (
	Hang       Answer = -1 // never answer, so that tsim waits until the delivery timeout is over
	Disconnect Answer = -2 // end the connection, with a reset
)

func (a Answer) possible() bool { return a == Hang || a == Disconnect || a >= 200 && a <= 599 }

// An AnswerFunc decides on the answer when a callback comes. ctx ends when nobody waits for the answer any more. It may
// run in several goroutines at once, because callbacks of different devices go side by side, and it may use the sandbox.
type AnswerFunc func(ctx context.Context, c Message) Answer

// InTurn gives these answers, one after the other, and goes on with the last one; with none it is always 200.
func InTurn(answers ...Answer) AnswerFunc {
	if len(answers) == 0 {
		answers = []Answer{http.StatusOK}
	}
	left := slices.Clone(answers)
	var mu sync.Mutex
	return func(context.Context, Message) Answer {
		mu.Lock()
		defer mu.Unlock()
		next := left[0]
		if len(left) > 1 {
			left = left[1:]
		}
		return next
	}
}

// Late gives these answers as InTurn does, each of them only after so long of the wall clock.
func Late(after time.Duration, answers ...Answer) AnswerFunc {
	inTurn := InTurn(answers...)
	return func(ctx context.Context, c Message) Answer {
		answer := inTurn(ctx, c)
		timer := time.NewTimer(after)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		return answer
	}
}

// Listener hears callbacks, keeps what it heard, and answers.
type Listener struct {
	URL string // where it is registered

	box    *Sandbox
	server *http.Server
	ended  chan struct{} // closed when nobody is let in any more

	mu     sync.Mutex
	answer AnswerFunc
	heard  []Message
	failed []error
}

// Listen starts a listener on a free port of the loopback and registers it for the callbacks of the account. It gives
// these answers, one after the other, and goes on with the last one; with none it answers 200. The listener that was
// registered before is replaced.
func (s *Sandbox) Listen(ctx context.Context, answers ...Answer) (*Listener, error) {
	for _, a := range answers {
		if !a.possible() {
			return nil, fmt.Errorf("a listener cannot answer %d; what it can is a status from 200 to 599, Hang or Disconnect", a)
		}
	}
	return s.ListenFunc(ctx, InTurn(answers...))
}

// ListenFunc is Listen with a function that gives the answers: InTurn, Late, or your own.
func (s *Sandbox) ListenFunc(ctx context.Context, answer AnswerFunc) (*Listener, error) {
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &Listener{URL: "http://" + at.Addr().String(), box: s, answer: answer, ended: make(chan struct{})}
	l.server = &http.Server{Handler: http.HandlerFunc(l.hear), ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go func() {
		defer close(l.ended)
		_ = l.server.Serve(at)
	}()
	s.mu.Lock()
	closed := s.closed
	if !closed {
		s.listeners = append(s.listeners, l)
	}
	s.mu.Unlock()
	if closed {
		return nil, errors.Join(errors.New("the sandbox is closed"), l.Close())
	}
	if err := s.Register(ctx, Registration{URL: l.URL}); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Answer gives other answers from now on, as InTurn does; or Late, or your own.
func (l *Listener) Answer(f AnswerFunc) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answer = f
}

// hear hears one callback.
func (l *Listener) hear(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	c, err := read(body)
	l.mu.Lock()
	if err != nil {
		l.failed = append(l.failed, fmt.Errorf("a callback came that cannot be read: %w in %s", err, body))
	}
	l.heard = append(l.heard, c)
	answer := l.answer
	l.mu.Unlock()
	switch a := answer(r.Context(), c); {
	case a == Hang:
		<-r.Context().Done()
	case a == Disconnect:
		reset(w)
	case a.possible():
		w.WriteHeader(int(a))
	default:
		l.mu.Lock()
		l.failed = append(l.failed, fmt.Errorf("the listener was told to answer %d; what it can is a status from 200 to 599, Hang or Disconnect", a))
		l.mu.Unlock()
		reset(w)
	}
}

// reset ends the connection so that the other side sees a reset, and not an end.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // the connection is closed at least
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// Heard is what came so far, of one request or with "" of all of them, in the order in which it came: a callback that was
// not acknowledged comes again, and then it is there again.
func (l *Listener) Heard(request string) []Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	var of []Message
	for _, c := range l.heard {
		if request == "" || c.RequestID == request {
			of = append(of, c)
		}
	}
	return of
}

// howLong Want waits where time moves by itself.
const howLong = 10 * time.Second

// Want holds what came of a request, in the order in which it came, to a status each ("SUCCESS", "warning" or "Failed"), or
// in the case of a failure to its faultstring, and returns it. Each attempt counts: a callback that came three times is
// three times "SUCCESS". With another clock than a manual one, it waits up to 10 s of the wall clock until nothing of the
// request is still to come. The error is a *RequestError when something else has come.
func (l *Listener) Want(ctx context.Context, request string, want ...string) ([]Message, error) {
	clock, err := l.box.Control.Clock(ctx)
	if err != nil {
		return nil, err
	}
	if clock.Mode != tsimclient.ClockManual {
		if _, err := l.box.Wait(ctx, tsimclient.For{Request: request}, howLong); err != nil {
			return nil, err
		}
	}
	heard := l.Heard(request)
	got := make([]string, len(heard))
	for i, c := range heard {
		got[i] = c.Status
		if c.FaultString != "" && (i >= len(want) || want[i] != c.Status) {
			got[i] = c.FaultString
		}
	}
	if !slices.Equal(got, want) {
		return heard, l.box.withStory(ctx, request, fmt.Errorf("the listener heard %q of the request, want %q", got, want))
	}
	return heard, nil
}

// Close closes the port, so that further callbacks are refused, and ends what hangs. The listener stays registered. To
// close it once more does nothing; Close of the sandbox does it, too.
func (l *Listener) Close() error {
	err := l.server.Close()
	<-l.ended
	return err
}

// unreadable is what came and should not have.
func (l *Listener) unreadable() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.failed...)
}
