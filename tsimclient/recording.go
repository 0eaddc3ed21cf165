package tsimclient

import (
	"context"
	"io"
	"time"
)

// Recording is how a recording of a sandbox is getting on.
type Recording struct {
	To     string    `json:"to"`    // a file of the server, or the address of who reads it
	Began  time.Time `json:"began"` // by the clock on the wall
	Inputs uint64    `json:"inputs"`
	Events uint64    `json:"events"`
	Bytes  int64     `json:"bytes"`           // that are written
	Error  string    `json:"error,omitempty"` // that ended it; "" as long as it goes on
}

// RecordingList is the recordings of a sandbox, the oldest first.
type RecordingList struct {
	Recordings []Recording `json:"recordings"`
}

// Record records the sandbox from now on: it writes to w, line by line, what comes to the sandbox from outside and what that leads
// to, until ctx ends or the sandbox is removed. Only then it returns, and with an error if it was not ctx that ended it in
// time.
func (c *Client) Record(ctx context.Context, w io.Writer) error {
	err := c.copy(ctx, "POST", c.path("recordings"), nil, nil, w)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// Recordings lists the recordings of the sandbox that run, and those that ended with an error.
func (c *Client) Recordings(ctx context.Context) (RecordingList, error) {
	return do[RecordingList](ctx, c, "GET", c.path("recordings"), nil, nil)
}
