package control

import (
	"time"

	"tsim/internal/sim"
)

// Event is one thing that happened in a sandbox. What it is not about is absent.
type Event struct {
	Epoch    uint64    `json:"epoch"` // see Clock
	Seq      uint64    `json:"seq"`
	At       time.Time `json:"at"`
	Kind     string    `json:"kind"`
	Cause    uint64    `json:"cause,omitempty"` // the event that it follows from
	Request  string    `json:"request,omitempty"`
	EID      string    `json:"eid,omitempty"`
	ICCID    string    `json:"iccid,omitempty"`
	Callback uint64    `json:"callback,omitempty"`
	Detail   string    `json:"detail,omitempty"`
}

// EventList is a page of events; Next is what to pass as after for the next one.
type EventList struct {
	Epoch  uint64  `json:"epoch"` // another one than before: there was a reset, ask again without after
	Events []Event `json:"events"`
	Next   string  `json:"next,omitempty"`
}

func eventView(e sim.Event) Event {
	v := Event{
		Epoch: e.Epoch, Seq: e.Seq, At: e.At.Time(), Kind: e.Kind.String(), Cause: e.Cause, EID: e.EID, ICCID: e.ICCID, Detail: e.Detail,
	}
	// What these two point to changes, but not the names of it.
	if e.Request != nil {
		v.Request = e.Request.ID
	}
	if f := e.Callback(); f != nil {
		v.Callback = f.ID
	}
	return v
}

func listEvents(c *call) (any, error) {
	after, limit, err := c.page()
	if err != nil {
		return nil, err
	}
	events := pages(c.box, "events", after, limit, c.box.Events, func(e *sim.Event) uint64 { return e.Seq }, func(e *sim.Event) any {
		return eventView(*e)
	})
	events.epoch = c.box.Clock().Epoch
	return events, nil
}
