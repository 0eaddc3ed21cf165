package tsimclient

import (
	"context"
	"encoding/json"
	"time"
)

// Callback is what a listener is told of an operation, with the attempts to deliver it.
type Callback struct {
	ID        uint64         `json:"id"` // callbacks are numbered from 1, in the order in which they were decided
	Request   string         `json:"request"`
	Account   string         `json:"account"`
	Service   string         `json:"service"` // the callback service
	Operation Operation      `json:"operation"`
	EID       string         `json:"eid"`
	ICCID     string         `json:"iccid"`
	Level     Level          `json:"level"`
	URL       string         `json:"url,omitempty"` // where the latest attempt went
	Status    CallbackStatus `json:"status"`        // what it says of the operation
	State     CallbackState  `json:"state"`
	Due       time.Time      `json:"due"`   // of the next attempt, or of the last one when none is to come
	Cause     uint64         `json:"cause"` // the event that decided it
	Attempts  []Attempt      `json:"attempts"`
	// Body is what the listener got at the latest attempt, or gets at the first one to come.
	Body json.RawMessage `json:"body,omitempty"`
}

// Attempt is one attempt to deliver a callback. It has a Status when there was an answer, an Error when there was none,
// and neither while it is in flight.
type Attempt struct {
	N      int          `json:"n"` // from 1
	At     time.Time    `json:"at"`
	Status int          `json:"status,omitempty"` // of HTTP
	MS     float64      `json:"ms"`               // milliseconds of the wall clock that it took
	Error  AttemptError `json:"error,omitempty"`
	Detail string       `json:"detail,omitempty"` // the error in full, for people
}

// CallbackList is a page of callbacks; Next is the After of the page that follows, "" when none does.
type CallbackList struct {
	Callbacks []Callback `json:"callbacks"`
	Next      string     `json:"next,omitempty"`
}

// CallbackFilter chooses callbacks; empty fields choose all.
type CallbackFilter struct {
	Request   string        `json:"request,omitempty"`
	State     CallbackState `json:"state,omitempty"`
	Operation Operation     `json:"operation,omitempty"`
	Account   string        `json:"account,omitempty"`
	Device    string        `json:"device,omitempty"` // an identifier: EID, ICCID, IMEI or MDN
	From      string        `json:"from,omitempty"`   // the first instant at which it may be Due, in RFC 3339
	To        string        `json:"to,omitempty"`     // the last one
}

// Callbacks lists a page of callbacks, oldest first.
func (c *Client) Callbacks(ctx context.Context, f CallbackFilter, page Page) (CallbackList, error) {
	return do[CallbackList](ctx, c, "GET", c.path("callbacks"), page.with(f), nil)
}

// AllCallbacks lists all callbacks of a filter, oldest first; it is an error if there are more than most.
func (c *Client) AllCallbacks(ctx context.Context, f CallbackFilter, most int) ([]Callback, error) {
	return all("callbacks", most, func(p Page) ([]Callback, string, error) {
		list, err := c.Callbacks(ctx, f, p)
		return list.Callbacks, list.Next, err
	})
}

// Callback is the callback of a number (404 when there is none, or none any more).
func (c *Client) Callback(ctx context.Context, id uint64) (Callback, error) {
	return do[Callback](ctx, c, "GET", c.path("callbacks", number(id)), nil, nil)
}

// Hold keeps a callback back until it is released, fired or dropped. This and what else can be done to a callback
// answers with the callback as it is then, and is refused when its state does not allow it (409).
func (c *Client) Hold(ctx context.Context, id uint64) (Callback, error) {
	return c.steer(ctx, id, "hold")
}

// Release lets a callback go that is held.
func (c *Client) Release(ctx context.Context, id uint64) (Callback, error) {
	return c.steer(ctx, id, "release")
}

// Fire sends a callback now, whatever the clock says, and answers when the listener has.
func (c *Client) Fire(ctx context.Context, id uint64) (Callback, error) {
	return c.steer(ctx, id, "fire")
}

// Drop never sends a callback.
func (c *Client) Drop(ctx context.Context, id uint64) (Callback, error) {
	return c.steer(ctx, id, "drop")
}

// Duplicate sends a callback once more, and answers with the new one, which is due now.
func (c *Client) Duplicate(ctx context.Context, id uint64) (Callback, error) {
	return c.steer(ctx, id, "duplicate")
}

// Resend begins anew with a callback that is archived.
func (c *Client) Resend(ctx context.Context, id uint64) (Callback, error) {
	return c.steer(ctx, id, "resend")
}

func (c *Client) steer(ctx context.Context, id uint64, what string) (Callback, error) {
	return do[Callback](ctx, c, "POST", c.path("callbacks", number(id), what), nil, nil)
}
