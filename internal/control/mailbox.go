package control

import (
	"context"
	"errors"
	"time"

	"tsim/tsimclient"
)

func takeMail(c *call) (any, error) {
	var body tsimclient.MailWait
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
		return tsimclient.Mail{}, nil
	case err != nil:
		return nil, err
	}
	return tsimclient.Mail{
		Callback: cb.ID, Attempt: len(cb.Attempts), Body: c.bodyOf(&cb),
	}, nil
}

func answerMail(c *call) (any, error) {
	id, err := c.callbackNumber("callback")
	if err != nil {
		return nil, err
	}
	var body tsimclient.MailAnswer
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
