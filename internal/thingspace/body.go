package thingspace

import (
	"bytes"
	"encoding/json"
	"math"
	"net/url"

	"tsim/internal/bound"
	"tsim/internal/config"
	"tsim/internal/schema"
	"tsim/internal/sim"
)

// decode reads the body of a call and holds it to the row's schema.
func (c *call) decode(body []byte) error {
	switch {
	case c.row.auth == basic:
		return c.decodeForm(body)
	case c.row.callback != nil:
		return c.decodeAction(body)
	case c.row.schema != nil:
		return c.decodeJSON(body)
	}
	return nil
}

// decodeForm reads the body of an OAuth call, and finds out whose it is.
func (c *call) decodeForm(body []byte) error {
	if n := 1 + bytes.Count(body, []byte("&")); n > bodyLimits.Keys {
		return sim.Errorf(sim.TokenRequestInvalid, "the form has %d fields; at most %d are read", n, bodyLimits.Keys)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return sim.Errorf(sim.TokenRequestInvalid, "the body is not a form: %v", err)
	}
	c.form = form
	return c.checkClient()
}

func (c *call) decodeJSON(body []byte) error {
	if devices, _, err := c.row.schema.checkCount(body); err != nil {
		c.counted = devices
		return err
	}
	return c.decodeDocument(body)
}

// decodeAction reads the body of an action by the fast path, if that is sure of it. Strict identifiers are not its
// business.
func (c *call) decodeAction(body []byte) error {
	compat := c.sim.Compat()
	s, stop := c.row.schemaIn(compat), schema.Stop{Item: -1}
	if compat.Value(config.Identifiers) != "strict" {
		var sure bool
		if c.action, stop, sure = s.readAction(body); sure {
			c.plain = true
			return sim.CheckDevices(c.action.devices.Len())
		}
	}
	devices, within, err := s.checkCount(body)
	if err != nil {
		c.counted = devices
		return err
	}
	const large = 16 << 10 // a smaller body is checked as quickly whole
	if within && len(body) >= large {
		if err := refusedBy(s.compiled().CheckItem(body, stop)); err != nil {
			if c.counted = devices; devices == 0 { // of a body that is not JSON there is no violation
				c.counted = schema.Count(body, s.compiled().LongList())
			}
			return err
		}
	}
	if err := c.decodeDocument(body); err != nil {
		return err
	}
	c.action = c.row.actionIn(c.doc)
	return nil
}

// decodeDocument reads a body whose devices are counted.
func (c *call) decodeDocument(body []byte) error {
	doc, err := parse(body)
	if err != nil {
		return err
	}
	c.doc = doc
	return c.row.check(body, doc, c.sim.Compat())
}

// parse reads a body as JSON.
func parse(body []byte) (any, *sim.Error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, sim.Errorf(sim.BodyBlank, "expected a JSON object")
	}
	doc, err := schema.Parse(body, bodyLimits)
	if err != nil {
		return nil, sim.Errorf(sim.NotJSON, "%v", err)
	}
	return doc, nil
}

// check says what is wrong with a body, or nil: by its schema, and by what compat asks for besides.
func (e *endpoint) check(body []byte, doc any, compat config.Compat) error {
	var more []schema.Violation
	if e.callback != nil && compat.Value(config.Identifiers) == "strict" {
		more = e.strictViolations(doc)
	}
	return refusedBy(e.schemaIn(compat).compiled().Check(body, doc, more...))
}

// bodyLimits are what a body of a call may have at the most: room for 10,000 devices with 8 identifiers each. No
// page shows an object or another list with more than a few. Nothing is made of what exceeds them.
var bodyLimits = bound.Limits{Values: 300_000, Wide: 100, Keys: 100}

// text is the string of a field, "" when the field is not there. The schema has been at the document
// before.
func text(doc any, field string) string {
	fields, _ := doc.(map[string]any)
	s, _ := fields[field].(string)
	return s
}

// integer is the number of a field, 0 when it is not there. The schema has been at the document before.
func integer(doc any, field string) int {
	n, _ := doc.(map[string]any)[field].(json.Number)
	f, _ := n.Float64() // 2e3 is a whole number, too
	return int(min(f, math.MaxInt32))
}
