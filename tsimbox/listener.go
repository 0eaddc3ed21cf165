package tsimbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"time"
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

const canAnswer = "what it can is a status from 200 to 599, Hang or Disconnect"

// An AnswerFunc decides on the answer when a callback comes. ctx ends when nobody waits for the answer any more. It may
// run in several goroutines at once, because callbacks of different devices go side by side, and it may use the sandbox.
// When it panics, or answers what cannot be, the connection is reset, and Close of the sandbox tells it.
type AnswerFunc func(ctx context.Context, m Message) Answer

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
	return func(ctx context.Context, m Message) Answer {
		answer := inTurn(ctx, m)
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
	failed error // the first of what it could not do, or should not have heard
	more   int   // how many others there were
	unread error // of a callback that cannot be read, until somebody asks for all that was heard
}

// Listen starts a listener on a free port of the loopback and registers it for the callbacks of the account. It gives
// these answers, one after the other, and goes on with the last one; with none it answers 200. The listener that was
// registered before is replaced. The account is the first one of the scenario; for another one, register the URL of the
// listener there, too:
//
//	err = box.Register(ctx, tsimbox.Registration{URL: heard.URL, Account: "A-2"})
func (s *Sandbox) Listen(ctx context.Context, answers ...Answer) (*Listener, error) {
	for _, a := range answers {
		if !a.possible() {
			return nil, fmt.Errorf("a listener cannot answer %d; %s", a, canAnswer)
		}
	}
	return s.ListenFunc(ctx, InTurn(answers...))
}

var errNoAnswers = errors.New("a listener needs a function that answers, such as InTurn(200), and this one is nil")

// ListenFunc is Listen with a function that gives the answers: InTurn, Late, or your own.
func (s *Sandbox) ListenFunc(ctx context.Context, answer AnswerFunc) (*Listener, error) {
	if answer == nil {
		return nil, errNoAnswers
	}
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
	if err := s.register(ctx, ownAgent, Registration{URL: l.URL}); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Answer gives other answers from now on, as InTurn does; or Late, or your own. It panics if there is no function.
func (l *Listener) Answer(f AnswerFunc) {
	if f == nil {
		panic(errNoAnswers)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answer = f
}

// hear hears one attempt.
func (l *Listener) hear(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	m, err := ReadMessage(body)
	l.mu.Lock()
	l.heard = append(l.heard, m)
	answer := l.answer
	if err != nil {
		l.unread = fmt.Errorf("a callback came that cannot be read: %w in %s", err, body)
	}
	l.mu.Unlock()
	a, err := decide(r.Context(), answer, m)
	if err != nil {
		l.fail(err)
		a = Disconnect
	}
	switch a {
	case Hang:
		<-r.Context().Done()
	case Disconnect:
		reset(w)
	default:
		w.WriteHeader(int(a))
	}
}

// decide asks a function for its answer. A mistake in there belongs to the test, and nobody would see it in net/http.
func decide(ctx context.Context, f AnswerFunc, m Message) (a Answer, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the function that answers for the listener panicked: %v\n%s", v, debug.Stack())
		}
	}()
	if a = f(ctx, m); !a.possible() {
		err = fmt.Errorf("the listener was told to answer %d; %s", a, canAnswer)
	}
	return a, err
}

// fail keeps what is to be told at the end: the first one, because a mistake comes with each attempt again.
func (l *Listener) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil {
		l.failed = err
	} else {
		l.more++
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
// not acknowledged comes again, and then it is there again. One that cannot be read, because a rule has garbled it, is of no
// request, and has nothing but its Body; whoever has asked for all of them is not told of it by Close of the sandbox.
func (l *Listener) Heard(request string) []Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	if request == "" {
		l.unread = nil
	}
	var of []Message
	for _, c := range l.heard {
		if request == "" || c.RequestID == request {
			of = append(of, c)
		}
	}
	return of
}

// Want holds what came of a request, in the order in which it came, to a status each ("SUCCESS", "warning" or "Failed"), or
// in the case of a failure to its faultstring, and returns it. Each attempt counts: a callback that came three times is
// three times "SUCCESS". Callbacks of different devices come in any order: what DoAll asked for is for WantEach of the
// sandbox. With another clock than a manual one, it waits up to 10 s of the wall clock until nothing of the request is
// still to come. The error is a *RequestError when something else has come.
func (l *Listener) Want(ctx context.Context, request string, want ...string) ([]Message, error) {
	if err := l.box.waitFor(ctx, request); err != nil {
		return nil, err
	}
	heard := l.Heard(request)
	all := make([]outcome, len(heard))
	for i, m := range heard {
		all[i] = outcome{Message: m}
	}
	return heard, l.box.compare(ctx, request, "the listener heard", all, want)
}

// Close closes the port, so that further callbacks are refused, and ends what hangs. The listener stays registered. To
// close it once more does nothing; Close of the sandbox does it, too.
func (l *Listener) Close() error {
	err := l.server.Close()
	<-l.ended
	return err
}

// failure is what fail has kept.
func (l *Listener) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.failed
	if l.more > 0 {
		err = fmt.Errorf("%w\nand %d more of the same listener", l.failed, l.more)
	}
	return errors.Join(l.unread, err)
}
