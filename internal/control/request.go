package control

import (
	"strconv"

	"tsim/internal/bound"
	"tsim/internal/euicc"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

func requestView(s *sim.RequestReport) tsimclient.Request {
	r := &s.Request
	return tsimclient.Request{
		ID: r.ID, At: r.At.Time(), Account: r.Account, Operation: tsimclient.Operation(r.Action()), Plan: r.Plan,
		Devices: s.Size, Left: s.Left, Open: s.Open,
	}
}

func listRequests(c *call) (any, error) {
	var f tsimclient.RequestFilter
	if err := c.readFilter(&f); err != nil {
		return nil, err
	}
	keep, err := requestCriteria(&f)
	if err != nil {
		return nil, err
	}
	after, limit, err := c.page()
	if err != nil {
		return nil, err
	}
	return pages(c.box, "requests", after, limit, c.box.Requests, func(s *sim.RequestReport) uint64 { return s.Request.Number }, keep, func(s *sim.RequestReport) any {
		return requestView(s)
	}), nil
}

func showRequest(c *call) (any, error) {
	after, limit, err := c.page()
	if err != nil {
		return nil, err
	}
	asText, err := c.asText()
	if err != nil {
		return nil, err
	}
	s, err := c.box.RequestReport(c.path("request"), int(min(after, sim.MaxDevices)), limit)
	if err != nil {
		return nil, err
	}
	v := requestView(&s)
	v.Rules, v.Summary = appliedView(s.Rules), c.summary(&s)
	for i := range s.Entries {
		v.Entries = append(v.Entries, c.entryView(&s.Entries[i]))
	}
	if n := len(s.Entries); n > 0 && s.Entries[n-1].N < s.Size {
		v.Next = strconv.Itoa(s.Entries[n-1].N)
	}
	if asText {
		return document{"text/plain; charset=utf-8", tell(&v, &s)}, nil
	}
	return v, nil
}

// asText says whether the answer is for people.
func (c *call) asText() (bool, error) {
	switch format := c.query.Get("format"); format {
	case "":
		return c.header("Accept") == "text/plain", nil
	case "text", "json":
		return format == "text", nil
	default:
		return false, bad("", "format %q is neither json nor text", bound.Short(format))
	}
}

func (c *call) entryView(e *sim.EntryReport) tsimclient.Entry {
	v := tsimclient.Entry{N: e.N, EID: e.IDs.EID, ICCID: e.IDs.ICCID, IMEI: e.IDs.IMEI, MDN: e.IDs.MDN, Why: e.Why, Rules: appliedView(e.Rules), Callbacks: []tsimclient.CallbackReport{}}
	if !e.Done {
		v.Due = e.Due.Time()
	}
	for i := range e.Callbacks {
		cb := &e.Callbacks[i]
		p := &cb.Outcome.Profile
		t := tsimclient.CallbackReport{Callback: c.callbackView(&cb.Callback), Why: cb.Why, Rules: appliedView(cb.Rules), Saw: tsimclient.GuardContext{
			Service: tsimclient.Service(p.Service.String()), Status: tsimclient.Status(p.Status.String()),
			Suspended: tsimclient.Suspension(p.Suspended.String()), Plan: p.Plan,
		}}
		if saw := cb.Guard; saw != nil {
			t.Saw.CardContext = &tsimclient.CardContext{
				Enabled: saw.Enabled, Lead: saw.Lead.String(), Powered: saw.Powered, Connected: saw.Connected, Busy: saw.Busy,
			}
		}
		if cb.Outcome.Fault != euicc.OK {
			t.Guard = tsimclient.Guard(cb.Outcome.Fault.String())
		}
		if cb.Told != nil {
			t.Fault = faultView(cb.Told)
		}
		v.Callbacks = append(v.Callbacks, t)
	}
	return v
}
