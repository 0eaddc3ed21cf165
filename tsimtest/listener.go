package tsimtest

import (
	"time"

	"tsim/tsimbox"
)

type (
	// Message is what a listener is told at one attempt to deliver a callback: RequestID, Status, FaultCode, FaultString,
	// State, ProfileStatus, EID, ICCID, Count and so on.
	Message = tsimbox.Message
	// Answer is what a listener does with one callback: an HTTP status, Hang or Disconnect.
	Answer = tsimbox.Answer
	// AnswerFunc decides on the answer when a callback comes: func(context.Context, Message) Answer. It runs in a goroutine of
	// its own, so what it calls is not the Sandbox but its Box, and not t.Fatal but t.Error.
	AnswerFunc = tsimbox.AnswerFunc
)

// What a listener can do instead of answering.
const (
	Hang       = tsimbox.Hang       // never answer, so that tsim waits until the delivery timeout is over
	Disconnect = tsimbox.Disconnect // end the connection with a reset
)

// InTurn gives these answers, one after the other, and goes on with the last one; with none it is always 200.
func InTurn(answers ...Answer) AnswerFunc { return tsimbox.InTurn(answers...) }

// Late gives these answers as InTurn does, each of them only after so long of the wall clock.
func Late(after time.Duration, answers ...Answer) AnswerFunc {
	return tsimbox.Late(after, answers...)
}

// Listener hears callbacks, keeps what it heard, and answers.
type Listener struct {
	URL string // where it is registered

	box *Sandbox
	l   *tsimbox.Listener
}

// Listen starts a listener and registers it for the callbacks of the account. It gives these answers, one after the
// other, and goes on with the last one; with none it answers 200: Listen(503, Hang, Disconnect, 200). The account is the
// first one of the scenario; for another one, register the URL of the listener there, too:
//
//	box.Register(tsimtest.Registration{URL: heard.URL, Account: "A-2"})
func (s *Sandbox) Listen(answers ...Answer) *Listener {
	s.t.Helper()
	l, err := s.Box.Listen(s.t.Context(), answers...)
	return newListener(s, l, err)
}

// ListenFunc is Listen with a function that gives the answers: InTurn, Late, or your own.
func (s *Sandbox) ListenFunc(answer AnswerFunc) *Listener {
	s.t.Helper()
	l, err := s.Box.ListenFunc(s.t.Context(), answer)
	return newListener(s, l, err)
}

func newListener(s *Sandbox, l *tsimbox.Listener, err error) *Listener {
	s.t.Helper()
	s.must(err)
	return &Listener{URL: l.URL, box: s, l: l}
}

// In is the listener for a part of the test, as t.Run has it: what fails there ends that part alone. The box is that part's.
func (l *Listener) In(box *Sandbox) *Listener { return &Listener{URL: l.URL, box: box, l: l.l} }

// Answer gives other answers from now on. It panics if there is no function.
func (l *Listener) Answer(f AnswerFunc) { l.l.Answer(f) }

// Close closes the port, so that further callbacks are refused, and ends what hangs. The listener stays registered.
func (l *Listener) Close() {
	l.box.t.Helper()
	l.box.must(l.l.Close())
}

// Heard is what came so far, of one request or with "" of all of them, in the order in which it came: a callback that was
// not acknowledged comes again, and then it is there again.
func (l *Listener) Heard(request string) []Message { return l.l.Heard(request) }

// Want holds what came of a request, in the order in which it came, to a status each ("SUCCESS", "warning" or "Failed"), or
// in the case of a failure to its faultstring. It returns it. Each attempt counts: a callback that came three times is
// three times "SUCCESS". Callbacks of different devices come in any order: what DoAll asked for is for WantEach of the
// sandbox. With another clock than a manual one, it waits until nothing of the request is still to come.
func (l *Listener) Want(request string, want ...string) []Message {
	l.box.t.Helper()
	heard, err := l.l.Want(l.box.t.Context(), request, want...)
	return got(l.box, heard, err)
}
