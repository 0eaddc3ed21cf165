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

func eventView(e sim.EventReport) Event {
	return Event{
		Epoch: e.Epoch, Seq: e.Seq, At: e.At.Time(), Kind: e.Kind.String(), Cause: e.Cause,
		Request: e.RequestID, EID: e.EID, ICCID: e.ICCID, Callback: e.Callback, Detail: e.Detail,
	}
}

func listEvents(c *call) (any, error) {
	after, limit, err := c.page()
	if err != nil {
		return nil, err
	}
	events := pages(c.box, "events", after, limit, c.box.Events, func(e *sim.EventReport) uint64 { return e.Seq }, func(e *sim.EventReport) any {
		return eventView(*e)
	})
	events.epoch = c.box.Clock().Epoch
	return events, nil
}
