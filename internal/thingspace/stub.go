package thingspace

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/sim"
)

// What rules for replies know of a call, and what they answer in place of tsim: also for calls of ThingSpace that tsim does
// not simulate.

// mayStub says whether a rule may answer a call that is not simulated. The token calls have no methods but their own.
func (h *Handler) mayStub(r *http.Request, rows []*endpoint) bool {
	if rows != nil && rows[0].auth == basic {
		return false
	}
	s := h.sandbox(r)
	return s != nil && s.MayStub(r.Method, r.URL.Path)
}

// stub answers a call that is not simulated, if there is a rule for it. It takes bearer and session as other calls do, and
// any body.
func (h *Handler) stub(w http.ResponseWriter, r *http.Request, rows []*endpoint, c *call) (reply, error) {
	if err := h.authenticate(c, r, session); err != nil {
		return reply{}, err
	}
	body, err := h.readBody(c, r)
	if err != nil {
		return reply{}, err
	}
	if doc, err := parse(body); err == nil {
		c.doc = doc
	}
	return h.respond(w, r, rows, c, func(c *call) (reply, error) { return notSimulated(w, r, rows, c) })
}

// facts are what rules know of a call.
func (c *call) facts(r *http.Request) sim.CallFacts {
	f := sim.CallFacts{Method: r.Method, Path: r.URL.Path}
	if c.row != nil {
		f.Operation = c.row.word
	}
	if c.row != nil && c.row.callback != nil {
		f.Account, f.Devices = c.action.account, c.action.devices
		return f
	}
	f.Account = cmp.Or(c.vars["account"], text(c.doc, "accountName"), text(c.doc, "account"))
	f.Devices = devicesIn(c.doc)
	return f
}

// devicesIn are the devices that a body names where calls of ThingSpace do, no more than one request may name.
func devicesIn(doc any) *sim.IDList {
	all := sim.NewIDList(0)
	add := func(named ...any) {
		var ids euicc.IDs
		for _, id := range named {
			setID(&ids, text(id, "kind"), text(id, "id"))
		}
		if ids != (euicc.IDs{}) && all.Len() < sim.MaxDevices {
			all.Add(ids)
		}
	}
	list := func(in any, field string) []any {
		fields, _ := in.(map[string]any)
		items, many := fields[field].([]any)
		if one, is := fields[field].(map[string]any); is && !many {
			items = []any{one}
		}
		return items
	}
	for _, devices := range []string{"devices", "devicesToAdd"} {
		for _, d := range list(doc, devices) {
			add(list(d, "deviceIds")...)
		}
	}
	add(list(doc, "deviceIds")...)
	add(list(doc, "deviceId")...)
	for _, id := range list(doc, "deviceFilter") {
		add(id)
	}
	return all
}

// ruleReply is what a rule answers in place of tsim.
func (c *call) ruleReply(r *http.Request, rows []*endpoint) reply {
	p := c.rule.Reply
	rep := reply{status: p.Status}
	if p.RetryAfter > 0 {
		rep.header = [2]string{"Retry-After", strconv.FormatInt(int64((p.RetryAfter+time.Second-1)/time.Second), 10)}
	}
	switch {
	case p.Error != nil:
		code := strings.TrimPrefix(p.Error.Code, service)
		wire := wireError{status: p.Status, code: code, oauth: code}
		rep.body = wire.spell(p.Error.Message, c.sim.Compat(), rows)
	case p.Body != "":
		rep.textType = cmp.Or(p.ContentType, replyType)
		rep.text = c.fill(p.Body, p.JSON(), r)
	}
	return rep
}

// fill is the body of a rule's reply with what it repeats of the call: in JSON, as a part of a string there.
func (c *call) fill(body string, asJSON bool, r *http.Request) []byte {
	f := c.facts(r)
	var first euicc.IDs
	if f.Devices.Len() > 0 {
		first = f.Devices.At(0)
	}
	values := map[string]string{
		"method": f.Method, "path": f.Path, "account": f.Account, "requestId": c.rule.RequestID,
		"now": c.rule.Now.Time().Format(time.RFC3339),
		"eid": first.EID, "iccid": first.ICCID, "imei": first.IMEI, "mdn": first.MDN,
	}
	return []byte(rule.Placeholder.ReplaceAllStringFunc(body, func(found string) string {
		value := values[strings.TrimSuffix(strings.TrimPrefix(found, "${"), "}")]
		if len(value) > rule.MaxRepeated {
			value = strings.ToValidUTF8(value[:rule.MaxRepeated], "") // and not half a letter
		}
		if asJSON {
			quoted := encodeJSON(value)
			value = string(quoted[1 : len(quoted)-1])
		}
		return value
	}))
}
