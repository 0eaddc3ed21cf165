package tsimclient

import (
	"context"
	"time"
)

// Event is one thing that happened in a sandbox. What it is not about is empty.
type Event struct {
	Epoch    uint64    `json:"epoch"` // see Clock
	Seq      uint64    `json:"seq"`   // from 1 in each epoch
	At       time.Time `json:"at"`
	Kind     EventKind `json:"kind"`
	Cause    uint64    `json:"cause,omitempty"` // the Seq of the event that it follows from
	Request  string    `json:"request,omitempty"`
	EID      string    `json:"eid,omitempty"`
	ICCID    string    `json:"iccid,omitempty"`
	Callback uint64    `json:"callback,omitempty"`
	Detail   string    `json:"detail,omitempty"`
}

// EventList is a page of events; Next is the After of the page that follows, "" when none does. FollowEvents has those to
// come, too.
type EventList struct {
	Epoch  uint64  `json:"epoch"` // another one than before: there was a reset
	Events []Event `json:"events"`
	Next   string  `json:"next,omitempty"`
}

// EventFilter chooses events; empty fields choose all.
type EventFilter struct {
	Kind    EventKind `json:"kind,omitempty"`
	Request string    `json:"request,omitempty"`
	Device  string    `json:"device,omitempty"` // an EID or an ICCID
	Rule    string    `json:"rule,omitempty"`   // the name of one that was applied or skipped
	From    string    `json:"from,omitempty"`   // the first instant, in RFC 3339
	To      string    `json:"to,omitempty"`     // the last one
}

// Events lists a page of events, oldest first.
func (c *Client) Events(ctx context.Context, f EventFilter, page Page) (EventList, error) {
	return do[EventList](ctx, c, "GET", c.path("events"), page.with(f), nil)
}

// AllEvents lists all events of a filter, oldest first; it is an error if there are more than most.
func (c *Client) AllEvents(ctx context.Context, f EventFilter, most int) ([]Event, error) {
	return all("events", most, func(p Page) ([]Event, string, error) {
		list, err := c.Events(ctx, f, p)
		return list.Events, list.Next, err
	})
}
