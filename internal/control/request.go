package control

import (
	"strconv"
	"time"

	"tsim/internal/bound"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// Request is an accepted call and what came of it. Left is how many of its devices have not been
// served yet, Open how many callbacks have something still to come. Entries are there when one
// request is asked for; Next is what to pass as after for more of them.
type Request struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	Account   string    `json:"account"`
	Operation string    `json:"operation"`
	Plan      string    `json:"plan,omitempty"`
	Devices   int       `json:"devices"`
	Left      int       `json:"left"`
	Open      int       `json:"open"`
	Entries   []Entry   `json:"entries,omitempty"`
	Next      string    `json:"next,omitempty"`
}

// Entry is what came of one device of a request. Due and Why are there while its execution is still
// to come.
type Entry struct {
	N         int       `json:"n"`
	EID       string    `json:"eid,omitempty"` // the identifiers of the call, until all entries are carried out
	ICCID     string    `json:"iccid,omitempty"`
	IMEI      string    `json:"imei,omitempty"`
	MDN       string    `json:"mdn,omitempty"`
	Due       time.Time `json:"due,omitzero"`
	Why       string    `json:"why,omitempty"`
	Callbacks []Told    `json:"callbacks"`
}

// Told is a callback of an entry: what was decided and why, and how far it has come. Guard is the one
// that refused the operation, Saw what the guards saw of the card and the profile; Why is the reason
// why it has not been delivered.
type Told struct {
	Callback
	Guard string `json:"guard,omitempty"`
	Saw   Saw    `json:"saw"`
	Why   string `json:"why,omitempty"`
}

// Saw is a card and a profile as the guards saw them, after the operation when it was carried out.
type Saw struct {
	Service   string `json:"service"`
	Status    string `json:"status"`
	Suspended string `json:"suspended"`
	Plan      string `json:"plan"`
	*SawCard
}

// SawCard is what the guards saw of the card, when one of them refused.
type SawCard struct {
	Enabled   string `json:"enabled"` // ICCID of the profile in use
	Lead      string `json:"lead"`    // the state of the LEAD profile
	Powered   bool   `json:"powered"`
	Connected bool   `json:"connected"`
	Busy      bool   `json:"busy"` // another operation of the SM-SR was still owed
}

// RequestList is a page of requests; Next is what to pass as after for the next one.
type RequestList struct {
	Requests []Request `json:"requests"`
	Next     string    `json:"next,omitempty"`
}

func requestView(s *sim.RequestReport) Request {
	r := &s.Request
	return Request{
		ID: r.ID, At: r.At.Time(), Account: r.Account, Operation: r.Action(), Plan: r.Plan,
		Devices: s.Size, Left: s.Left, Open: s.Open,
	}
}

func listRequests(c *call) (any, error) {
	after, limit, err := c.page()
	if err != nil {
		return nil, err
	}
	return pages(c.box, "requests", after, limit, c.box.Requests, func(s *sim.RequestReport) uint64 { return s.Request.Number }, func(s *sim.RequestReport) any {
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
	for i := range s.Entries {
		v.Entries = append(v.Entries, c.entryView(&s.Entries[i]))
	}
	if n := len(s.Entries); n > 0 && s.Entries[n-1].N < s.Size {
		v.Next = strconv.Itoa(s.Entries[n-1].N)
	}
	if asText {
		return plain(tell(&v, &s)), nil
	}
	return v, nil
}

// asText says whether the answer is for people.
func (c *call) asText() (bool, error) {
	switch format := c.query.Get("format"); format {
	case "":
		return c.accept == "text/plain", nil
	case "text", "json":
		return format == "text", nil
	default:
		return false, bad("", "format %q is neither json nor text", bound.Short(format))
	}
}

func (c *call) entryView(e *sim.EntryReport) Entry {
	v := Entry{N: e.N, EID: e.IDs.EID, ICCID: e.IDs.ICCID, IMEI: e.IDs.IMEI, MDN: e.IDs.MDN, Why: e.Why, Callbacks: []Told{}}
	if !e.Done {
		v.Due = e.Due.Time()
	}
	for i := range e.Callbacks {
		cb := &e.Callbacks[i]
		p := &cb.Outcome.Profile
		t := Told{Callback: c.callbackView(&cb.Callback), Why: cb.Why, Saw: Saw{
			Service: p.Service.String(), Status: p.Status.String(), Suspended: p.Suspended.String(), Plan: p.Plan,
		}}
		if saw := cb.Guard; saw != nil {
			t.Saw.SawCard = &SawCard{saw.Enabled, saw.LeadState.String(), saw.Powered, saw.Connected, saw.Busy}
		}
		if cb.Outcome.Fault != euicc.OK {
			t.Guard = cb.Outcome.Fault.String()
		}
		v.Callbacks = append(v.Callbacks, t)
	}
	return v
}
