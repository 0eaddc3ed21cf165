package tsimclient

import (
	"context"
	"time"
)

// Clock is the time of a sandbox.
type Clock struct {
	Now     time.Time `json:"now"`
	Epoch   uint64    `json:"epoch"` // counts from 1, and goes up with each reset: then events are numbered from 1 again
	Mode    ClockMode `json:"mode"`
	Speed   float64   `json:"speed"`            // simulated seconds per second of the wall clock, in mode real
	NextDue time.Time `json:"nextDue,omitzero"` // when the next thing happens; zero when nothing is due
}

// ClockSettings is what to ask of a clock; nil leaves that as it is.
type ClockSettings struct {
	Mode  *ClockMode `json:"mode,omitempty"`
	Speed *float64   `json:"speed,omitempty"`
}

// Advance is how far time is to go: exactly one of By, To and Until.
type Advance struct {
	By    string `json:"by,omitempty"`    // a duration
	To    string `json:"to,omitempty"`    // an instant, in RFC 3339
	Until Until  `json:"until,omitempty"` // Idle
	Limit string `json:"limit,omitempty"` // how far Until goes at the most; "" for 24h
}

// Advanced is what an advance did.
type Advanced struct {
	From      time.Time `json:"from"`
	Now       time.Time `json:"now"`
	Ran       int       `json:"ran"`       // jobs that were done: executions, and callbacks whose turn had come
	Delivered int       `json:"delivered"` // attempts that were acknowledged
	Failed    int       `json:"failed"`    // attempts that were not
	Pending   int       `json:"pending"`   // jobs that are still owed
	Held      int       `json:"held"`      // callbacks that are held back
	Idle      bool      `json:"idle"`
}

// Clock says what time it is in the sandbox.
func (c *Client) Clock(ctx context.Context) (Clock, error) {
	return do[Clock](ctx, c, "GET", c.path("clock"), nil, nil)
}

// SetClock chooses what moves time.
func (c *Client) SetClock(ctx context.Context, set ClockSettings) (Clock, error) {
	return do[Clock](ctx, c, "PUT", c.path("clock"), nil, set)
}

// Advance lets time pass, and answers when all that was due is done and every listener has answered or has run out of
// its time. It ends early when ctx does. There is one at a time: a second one is refused (409).
func (c *Client) Advance(ctx context.Context, how Advance) (Advanced, error) {
	return do[Advanced](ctx, c, "POST", c.path("clock", "advance"), nil, how)
}
