package control

import (
	"tsim/internal/sim"
	"tsim/tsimclient"
)

func eventView(e sim.EventReport) tsimclient.Event {
	return tsimclient.Event{
		Epoch: e.Epoch, Seq: e.Seq, At: e.At.Time(), Kind: tsimclient.EventKind(e.Kind.String()), Cause: e.Cause,
		Request: e.RequestID, EID: e.EID, ICCID: e.ICCID, Callback: e.Callback, Detail: e.Detail,
	}
}

func listEvents(c *call) (any, error) {
	var f tsimclient.EventFilter
	if err := c.readFilter(&f); err != nil {
		return nil, err
	}
	keep, err := eventCriteria(&f)
	if err != nil {
		return nil, err
	}
	if c.isStream() {
		return c.followEvents(keep)
	}
	after, limit, err := c.page()
	if err != nil {
		return nil, err
	}
	events := pages(c.box, "events", after, limit, c.box.Events, func(e *sim.EventReport) uint64 { return e.Seq }, keep, func(e *sim.EventReport) any {
		return eventView(*e)
	})
	events.epoch = c.box.Clock().Epoch
	return events, nil
}
