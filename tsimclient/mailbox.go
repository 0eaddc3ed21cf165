package tsimclient

import (
	"context"
	"encoding/json"
	"time"
)

// Mail is an attempt that was taken from a mailbox; Callback is 0 when there was none.
type Mail struct {
	Callback uint64          `json:"callback,omitempty"`
	Attempt  int             `json:"attempt,omitempty"` // from 1
	Body     json.RawMessage `json:"body,omitempty"`
}

// MailWait is how to take an attempt from a mailbox.
type MailWait struct {
	Wait string `json:"wait,omitempty"` // for how long of the wall clock to wait for one, up to 10m; "" for not at all
}

// MailAnswer is what the listener of a mailbox answers to an attempt.
type MailAnswer struct {
	Status int `json:"status"` // of HTTP, 200 to 599; any 2xx acknowledges
}

// TakeMail takes the oldest attempt that waits in the mailbox of an account's callback service, and waits for one that
// long of the wall clock.
func (c *Client) TakeMail(ctx context.Context, account, service string, wait time.Duration) (Mail, error) {
	return do[Mail](ctx, c, "POST", c.path("mailbox", account, service), nil, MailWait{wait.String()})
}

// AnswerMail says with which HTTP status an attempt of a mailbox is answered.
func (c *Client) AnswerMail(ctx context.Context, account, service string, callback uint64, status int) (Callback, error) {
	return do[Callback](ctx, c, "POST", c.path("mailbox", account, service, number(callback)), nil, MailAnswer{status})
}
