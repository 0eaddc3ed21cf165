package sim

import (
	"context"
	"slices"

	"tsim/internal/config"
)

// Mailboxes: the callbacks of a listener with the URL config.Mailbox are kept until somebody takes them and
// says what the listener answered. Time does not wait for that: an attempt that lies in a mailbox is not in
// flight, and the answer counts when it is given.

// putIntoMailbox puts an attempt that was just sent into the mailbox of its listener.
func (s *Sim) putIntoMailbox(c *callback) {
	s.setState(c, InMailbox)
	key := keyOf(c.sentTo)
	s.mail[key] = append(s.mail[key], c.id)
}

// Take takes the oldest attempt out of the mailbox of a listener, and waits for one until ctx ends,
// whose error it then returns. Nobody else is given that attempt; it still wants an AnswerMail.
func (s *Sim) Take(ctx context.Context, account, service string) (taken Callback, err error) {
	key := listenerKey{account, service}
	err = s.await(ctx, &s.changes, func() (bool, error) {
		if err := s.mayTake(key); err != nil {
			return false, err
		}
		if len(s.mail[key]) == 0 {
			return false, nil
		}
		c := &takeMail{Account: account, Service: service}
		s.apply(c)
		taken = c.taken
		return true, nil
	})
	return taken, err
}

// takeMail takes the oldest attempt out of a mailbox that is not empty.
type takeMail struct {
	Account, Service string
	result
	taken Callback
}

func (c *takeMail) apply(s *Sim) {
	waiting := s.mail[listenerKey{c.Account, c.Service}]
	if c.none = len(waiting) == 0; c.none {
		return
	}
	taken := s.callbacks.get(waiting[0])
	s.takeFromMailbox(taken)
	s.note(taken, AttemptTaken, "")
	c.taken = s.view(taken)
}

// mayTake says why there is nothing to be had from a mailbox, now or later.
func (s *Sim) mayTake(key listenerKey) error {
	if s.closed {
		return s.removed()
	}
	if err := s.checkAccount(key.account); err != nil {
		return err
	}
	if msg := config.CheckService(key.service); msg != "" {
		return Errorf(ServiceUnknown, "%s", msg)
	}
	if l := s.listeners[key]; len(s.mail[key]) == 0 && (l == nil || l.URL != config.Mailbox) {
		return Errorf(ListenerUnknown, "account %s has no mailbox for %s; register a listener with the URL %s", key.account, key.service, config.Mailbox)
	}
	return nil
}

// takeFromMailbox takes a callback out of the mailbox that it lies in, if nobody has.
func (s *Sim) takeFromMailbox(c *callback) {
	key := keyOf(c.sentTo)
	i := slices.Index(s.mail[key], c.id)
	switch {
	case i == 0:
		s.mail[key] = s.mail[key][1:] // nearly always, and there may be thousands behind it
	case i > 0:
		s.mail[key] = slices.Delete(s.mail[key], i, i+1)
	}
}

// AnswerMail says with which HTTP status the listener answered an attempt that was in its mailbox,
// taken or not. It counts now.
func (s *Sim) AnswerMail(account, service string, id uint64, status int) (Callback, error) {
	c := &answerMail{Account: account, Service: service, Callback: id, Status: status}
	s.do(c)
	return c.answered, c.err
}

type answerMail struct {
	Account, Service string
	Callback         uint64
	Status           int
	result
	answered Callback
}

func (c *answerMail) apply(s *Sim) {
	if is := s.callbacks.get(c.Callback); is != nil && is.state == InMailbox {
		c.message = s.messageForSinks(is)
	}
	c.answered, c.err = s.answerMail(c.Account, c.Service, c.Callback, c.Status)
}

func (s *Sim) answerMail(account, service string, id uint64, status int) (Callback, error) {
	c := s.callbacks.get(id)
	switch {
	case c == nil:
		return Callback{}, Errorf(NotFound, "no callback %d", id)
	case c.state != InMailbox:
		return Callback{}, Errorf(Conflict, "callback %d is %s; answers apply to one that is in a mailbox", id, c.state)
	case keyOf(c.sentTo) != listenerKey{account, service}:
		return Callback{}, Errorf(NotFound, "callback %d is in another mailbox, of account %s for %s", id, c.sentTo.Account, c.sentTo.Service)
	}
	s.takeFromMailbox(c)
	s.answered(c, Answer{Result: Replied, Status: status})
	s.notify()
	return s.view(c), nil
}
