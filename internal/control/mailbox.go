package control

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Mail is an attempt that was taken from a mailbox; Callback is 0 when there was none.
type Mail struct {
	Callback uint64          `json:"callback,omitempty"`
	Attempt  int             `json:"attempt,omitempty"` // from 1
	Body     json.RawMessage `json:"body,omitempty"`
}

// MailAnswer is what the listener of a mailbox answers to an attempt.
type MailAnswer struct {
	Status int `json:"status"` // of HTTP; any 2xx acknowledges
}

// TakeMail is how to take an attempt from a mailbox: Wait is for how long of the wall clock to wait for
// one; absent, the answer comes at once.
type TakeMail struct {
	Wait string `json:"wait,omitempty"`
}

func takeMail(c *call) (any, error) {
	var body TakeMail
	if err := c.decodeOptional(&body); err != nil {
		return nil, err
	}
	wait := time.Duration(0)
	if body.Wait != "" {
		var err error
		if wait, err = waitTime("wait", body.Wait); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(c.ctx, wait)
	defer cancel()
	cb, err := c.box.Take(ctx, c.path("account"), c.path("service"))
	switch {
	case err != nil && errors.Is(err, ctx.Err()):
		return Mail{}, nil
	case err != nil:
		return nil, err
	}
	return Mail{cb.ID, len(cb.Attempts), c.o.Encode(c.box, &cb.Facts, cb.CallbackCount, c.box.Delivery().Attempts)}, nil
}

func answerMail(c *call) (any, error) {
	id, err := c.callbackNumber("callback")
	if err != nil {
		return nil, err
	}
	var body MailAnswer
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.Status < 200 || body.Status > 599 {
		return nil, bad(`{"status":200} acknowledges it, {"status":500} refuses it`, "status %d does not end an HTTP call; expected 200 to 599", body.Status)
	}
	cb, err := c.box.AnswerMail(c.path("account"), c.path("service"), id, body.Status)
	if err != nil {
		return nil, err
	}
	return c.callbackView(&cb), nil
}
