package tsimgodog

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

// listener is the one that the steps call mine. It is heard by steps and callbacks at once.
type listener struct {
	url    string // "" as long as it does not listen
	looked int    // how many of those that were heard a step has looked at
	before int    // how many came before the latest call was answered

	mu     sync.Mutex
	answer tsimbox.AnswerFunc
	down   bool // it ends every connection, and hears nothing
	heard  []tsimbox.Message
}

// hear hears one attempt.
func (l *listener) hear(ctx context.Context, m tsimbox.Message) tsimbox.Answer {
	l.mu.Lock()
	if l.down {
		l.mu.Unlock()
		return tsimbox.Disconnect
	}
	l.heard = append(l.heard, m)
	answer := l.answer
	l.mu.Unlock()
	return answer(ctx, m)
}

func (l *listener) answers(f tsimbox.AnswerFunc) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answer = f
}

func (l *listener) setDown(down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = down
}

// all is all that it has heard.
func (l *listener) all() []tsimbox.Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.heard)
}

func (l *listener) count() int { return len(l.all()) }

// listen registers my listener, now or as soon as there is a sandbox; the url is its own unless there is another one.
func (w *world) listen(ctx context.Context, r tsimbox.Registration) error {
	return w.soon(ctx, func(ctx context.Context) error {
		if r.URL == "" && w.listener.url == "" {
			l, err := w.box.ListenFunc(ctx, w.listener.hear)
			if err != nil {
				return err
			}
			w.listener.url = l.URL
			if r.Username == "" && r.Password == "" {
				return nil // it is registered
			}
		}
		if r.URL == "" {
			r.URL = w.listener.url
		}
		return w.box.Register(ctx, r)
	})
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
