package control

import (
	"tsim/internal/sim"
	"tsim/tsimclient"
)

func eventView(e sim.Event) tsimclient.Event {
	v := tsimclient.Event{
		Epoch: e.Epoch, Seq: e.Seq, At: e.At.Time(), Kind: tsimclient.EventKind(e.Kind.String()), Cause: e.Cause, EID: e.EID, ICCID: e.ICCID, Detail: e.Detail,
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
