package tsimgodog

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

// listener is the one that the steps call mine. It is heard by steps and callbacks at once.
type listener struct {
	box    *tsimbox.Listener // nil as long as it does not listen
	looked int               // how many of those that were heard a step has looked at
	before int               // how many came before the latest call was answered

	mu       sync.Mutex
	answer   tsimbox.AnswerFunc
	password string // with which it is registered
	down     bool   // it ends every connection, and hears nothing
	careful  bool   // it answers 400 to what it cannot read, and 401 to another password
	away     []int  // with what it has turned callbacks away
	heard    []tsimbox.Message
}

// set changes something of it while it may be hearing.
func (l *listener) set(change func(*listener)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l)
}

func (l *listener) answers(f tsimbox.AnswerFunc) { l.set(func(l *listener) { l.answer = f }) }

// hear hears one attempt.
func (l *listener) hear(ctx context.Context, m tsimbox.Message) tsimbox.Answer {
	l.mu.Lock()
	answer, refuse := l.answer, l.refuse(m)
	if refuse == 0 {
		l.heard = append(l.heard, m)
	}
	l.mu.Unlock()
	if refuse != 0 {
		return refuse
	}
	return answer(ctx, m)
}

// refuse is with what a callback is turned away, or 0.
func (l *listener) refuse(m tsimbox.Message) tsimbox.Answer {
	refuse := 0
	switch {
	case l.down:
		return tsimbox.Disconnect
	case l.careful && !json.Valid(m.Body):
		refuse = http.StatusBadRequest
	case l.careful && m.Password != l.password:
		refuse = http.StatusUnauthorized
	default:
		return 0
	}
	l.away = append(l.away, refuse)
	return tsimbox.Answer(refuse)
}

// all is all that it has heard.
func (l *listener) all() []tsimbox.Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.heard)
}

func (l *listener) count() int { return len(l.all()) }

// close is an error if something was heard that cannot be read, and no step has looked at it.
func (l *listener) close() error {
	if l.box == nil {
		return nil
	}
	l.box.Heard("") // which else would be told of what was turned away, too
	for _, m := range l.all()[l.looked:] {
		if !json.Valid(m.Body) {
			return fmt.Errorf("a callback came that is no JSON, and no step has looked at it: %s", m.Body)
		}
	}
	return nil
}

// listen registers my listener, now or as soon as there is a sandbox; at its own URL unless there is another one.
func (w *world) listen(ctx context.Context, r tsimbox.Registration) error {
	l := &w.listener
	l.set(func(l *listener) { l.password = r.Password })
	return w.soon(ctx, func(ctx context.Context) (err error) {
		if r.URL == "" && l.box == nil {
			if l.box, err = w.box.ListenFunc(ctx, l.hear); err != nil || r == (tsimbox.Registration{}) {
				return err // it is registered
			}
		}
		if r.URL == "" {
			r.URL = l.box.URL
		}
		return w.register(ctx, r)
	})
}

// register registers a listener in a call of mine, so that it is none of the application's.
func (w *world) register(ctx context.Context, r tsimbox.Registration) error {
	body := map[string]string{"name": tsimclient.DeviceProfileService, "url": r.URL}
	if r.Username != "" || r.Password != "" {
		body["username"], body["password"] = r.Username, r.Password
	}
	if err := w.call(ctx, http.MethodPost, "/api/m2m/v1/callbacks/"+w.box.Account, body); err != nil {
		return err
	}
	return w.refused(http.StatusOK, "")
}

// takeMail takes the oldest attempt from the mailbox, if it has that number, and answers it.
func (w *world) takeMail(ctx context.Context, attempt, status int) error {
	if err := w.start(ctx); err != nil {
		return err
	}
	mail, err := w.box.Control.TakeMail(ctx, w.box.Account, tsimclient.DeviceProfileService, 0)
	if err != nil {
		return err
	}
	if mail.Attempt != attempt {
		return fmt.Errorf("attempt %d of callback %d was taken, not attempt %d", mail.Attempt, mail.Callback, attempt)
	}
	_, err = w.box.Control.AnswerMail(ctx, w.box.Account, tsimclient.DeviceProfileService, mail.Callback, status)
	return err
}
