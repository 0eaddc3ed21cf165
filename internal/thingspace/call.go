package thingspace

import (
	"net/url"

	"tsim/internal/sim"
)

// call is a request as a handler sees it: checked, and without net/http.
type call struct {
	registry *sim.Registry
	sim      *sim.Sim // the sandbox
	row      *endpoint
	vars     map[string]string // from the path
	session  string
	doc      any        // the body, when the row has a schema
	action   actionBody // the same of an action
	form     url.Values
	appKey   string
	secret   string
	note     string        // for the log
	rule     sim.ReplyRule // what interferes with the reply; without a Reply nothing does
	cut      bool          // the connection ends without a byte of a reply
	// Of the record of calls:
	body, start []byte // the body as it was read, and its start if readAll has that; nil if it was not
	plain       bool   // it has no field but those of an action, none of which is secret
	counted     int    // how many devices were counted in a body of which there is neither doc nor action
	pointer     string // to what is wrong in the body
}

// reply is what a handler answers: a JSON body, or none.
type reply struct {
	status   int // 0 for 200
	body     any
	text     []byte // in place of a JSON body: one that a rule has, of textType
	textType string
	header   [2]string // one header of its own, or none
	// accepted is the request that this reply tells of: its jobs wait until the reply is written. Without a
	// from there is none.
	accepted sim.Request
	from     *sim.Sim
}

// submit accepts an operation on devices (the "Success Response" of every eUICC action page).
func submit(c *call) (reply, error) {
	r, err := c.sim.Submit(c.withRule(sim.Request{
		Account: c.action.account, Op: c.row.op, Plan: c.action.plan, Carrier: c.action.carrier,
		CheckFallback: c.action.checkFallback, Devices: c.action.devices, Session: c.session,
	}))
	if err != nil {
		return reply{}, err
	}
	return reply{body: acceptedReply{r.ID}, accepted: r, from: c.sim}, nil
}

// acceptedReply is the answer to everything that is told later.
type acceptedReply struct {
	RequestID string `json:"requestId"`
}
