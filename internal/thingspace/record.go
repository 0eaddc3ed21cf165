package thingspace

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"tsim/internal/sim"
)

// record keeps a call with the reply that it is about to get, in its sandbox or, if it named none, in the registry. It
// comes before the reply: who has that finds the call on record. body is the reply's.
func (h *Handler) record(c *call, r *http.Request, rep *reply, body []byte, start time.Time) {
	is := sim.Call{
		Method: r.Method, Path: r.URL.Path, Query: maskQuery(r.URL.RawQuery), Host: r.Host, TLS: r.TLS != nil,
		Authorization: maskedScheme(r.Header.Get("Authorization")), Session: r.Header.Get(sessionHeader) != "", Agent: r.UserAgent(),
		Status: rep.status, Devices: c.devices(), RequestID: rep.accepted.ID, Pointer: c.pointer,
		Rule: c.rule.Name,
		Wall: sim.WallTiming{Came: start},
	}
	switch {
	case c.plain:
		is.Request = c.keep(c.body, c.start, asIs)
	case c.row != nil && c.row.auth == basic:
		is.Request = c.keep(c.body, c.start, asForm)
	default:
		is.Request = c.keep(c.body, c.start, asJSON)
	}
	if c.row != nil {
		is.Method, is.Operation = c.row.method, c.row.operation // which need no memory of their own
	}
	if is.Request.Type = r.Header.Get("Content-Type"); c.body == nil && r.ContentLength != 0 {
		is.Request.Size, is.Request.Kept = int(max(r.ContentLength, 0)), sim.KeptUnread
	}
	const long = 1 << 10
	if len(r.Method)+len(r.RequestURI) > long { // all of which its parts would keep in memory
		for _, part := range []*string{&is.Method, &is.Path, &is.Query, &is.Host} {
			*part = strings.Clone(*part)
		}
	}
	is.Code, is.Message = refusalText(rep.body)
	if body != nil {
		own := body
		if len(own) > sim.MaxCallBody || cap(own)-len(own) > long {
			own = nil
		}
		how := asJSON
		if rep.from != nil || is.Message != "" {
			how = asIs // an acceptedReply, or a refusal, whose message has been masked
		}
		is.Reply = c.keep(body, own, how)
		is.Reply.Type = rep.contentType()
	}
	is.Wall.Took = time.Since(start)
	if c.sim != nil {
		c.sim.RecordCall(is)
	} else {
		h.registry.RecordCall(is)
	}
}

// masking is how secrets are looked for in a body.
type masking uint8

const (
	asJSON masking = iota
	asForm
	asIs // not at all: there can be none
)

// keep is what is kept of a body: no more than its first bytes, and no secrets. start has those bytes, if that is not
// nil, and nobody else needs it.
func (c *call) keep(body, start []byte, how masking) sim.CallBody {
	k := sim.CallBody{Size: len(body)}
	if len(body) > sim.MaxCallBody {
		body, k.Kept = body[:sim.MaxCallBody], sim.KeptStart
	}
	masked, hidden := body, false
	if how != asIs {
		masked, hidden = maskBody(c.row, body, how == asForm)
	}
	switch {
	case hidden:
		k.Kept = sim.KeptHidden
	case len(masked) == 0 || &masked[0] != &body[0]:
		k.Text = masked
	case start != nil:
		k.Text = start
	default:
		k.Text = bytes.Clone(masked) // the body is somebody else's
	}
	return k
}

// maskedScheme is the header Authorization without what it proves. The usual values are constants, which are not
// made anew for each call.
func maskedScheme(header string) string {
	scheme, _, proves := strings.Cut(header, " ")
	switch {
	case header == "":
		return ""
	case proves && strings.EqualFold(scheme, "Bearer"):
		return "Bearer " + mask
	case proves && strings.EqualFold(scheme, "Basic"):
		return "Basic " + mask
	}
	return mask
}

// devices is how many devices the call names, as far as its body was read.
func (c *call) devices() int {
	if n := c.action.devices.Len(); n > 0 || c.row == nil || c.row.schema == nil {
		return n
	}
	list := c.row.schema.compiled().LongList()
	if fields, ok := c.doc.(map[string]any); ok {
		items, _ := fields[list].([]any)
		if c.row.anyForm && len(items) > 0 && flat(items) {
			return 1
		}
		return len(items)
	}
	return c.counted
}
