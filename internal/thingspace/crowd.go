package thingspace

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tsim/internal/bound"
	"tsim/internal/sim"
)

// bodyLimits are what a body of a call may have at the most: room for 10,000 devices with 8 identifiers
// each. Nothing is made of what exceeds them.
var bodyLimits = bound.Limits{Values: 300_000, Wide: mostItems, Keys: mostItems}

// mostItems is how many items or keys a list or object has at the most, but for a list of devices. No
// page shows more than a few.
const mostItems = 100

// takeForm reads the body of an OAuth call.
func (c *call) takeForm(body []byte) error {
	if n := 1 + bytes.Count(body, []byte("&")); n > mostItems {
		return sim.Errorf(sim.TokenRequestInvalid, "the form has %d fields; at most %d are read", n, mostItems)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return sim.Errorf(sim.TokenRequestInvalid, "the body is not a form: %v", err)
	}
	c.form = form
	return nil
}

// crowd is the one list of a schema that can be long.
type crowd struct {
	field string                // "" for none
	check func(items int) error // says whether they are too many
	// anyForm: a list of nothing but identifiers is one device.
	anyForm bool
}

var crowds = []crowd{
	{field: "devices", check: sim.CheckDevices}, {field: "devicesToAdd", check: sim.CheckAdded},
	{field: "deviceFilter", check: sim.CheckDevices},
}

// crowdOf is the crowd of a schema that is being compiled.
func (s *schema) crowdOf() crowd {
	properties, _ := s.doc["properties"].(map[string]any)
	for _, c := range crowds {
		if list, ok := properties[c.field].(map[string]any); ok {
			ref, _ := list["$ref"].(string)
			c.anyForm = strings.Contains(ref, "/devicesInAnyForm")
			return c
		}
	}
	return crowd{}
}

// crowded refuses a body with too many devices, before anything is made of it. One that is not JSON is left
// to parse. What it takes for within the limits is so; what is too short for many devices it does not look at.
func (s *schema) crowded(body []byte) (within bool, err error) {
	s.compile()
	const few = 2 * sim.MaxAdded // bytes: an item has at least two
	if s.crowd.field == "" || len(body) < few {
		return false, nil
	}
	widest, e := bound.JSON(body, bodyLimits)
	if within = e == nil; within && s.crowd.check(widest) == nil || !json.Valid(body) {
		return within, nil
	}
	return within, s.crowd.check(count(body, s.crowd.field))
}

// count is how many items the list of a field has in a text of JSON. Of a field that is there twice the
// longer one counts: both are decoded.
func count(text []byte, field string) (most int) {
	r := reader{text: text}
	if !r.next('{') {
		return 0
	}
	for !r.next('}') {
		key := r.key()
		r.next(':')
		if key != field || !r.next('[') {
			r.skip()
			r.next(',')
			continue
		}
		n := 0
		for ; !r.next(']'); n++ {
			r.skip()
			r.next(',')
		}
		most = max(most, n)
		r.next(',')
	}
	return most
}

// wide finds the first list of a document that is longer than those of its kind can be, among the fields that
// the schema knows; bound has looked at those further down.
func (e *endpoint) wide(doc any) (v violation, wrong bool) {
	e.schema.compile()
	fields, _ := doc.(map[string]any)
	known, _ := e.schema.doc["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		list, _ := fields[name].([]any)
		if known[name] == nil || len(list) <= mostItems || name == e.schema.crowd.field && !e.schema.crowd.single(list) {
			continue
		}
		return violation{pointer: "/" + name, found: describe(list), expected: "a list of at most " + strconv.Itoa(mostItems)}, true
	}
	return v, false
}

// stretch is how many devices are judged at a time: in each one, the library finds all that is wrong, and
// words it.
const stretch = 64

// violations is what is wrong with a document. Of a long list of devices it is judged stretch by stretch, and
// told what is wrong with the first one that is not in order: nobody hears of those after it.
func (s *schema) violations(doc any) ([]violation, error) {
	s.compile()
	fields, _ := doc.(map[string]any)
	list, _ := fields[s.crowd.field].([]any)
	if len(list) <= stretch || s.crowd.single(list) {
		return s.judged(doc)
	}
	witness := list[0]
	if s.crowd.anyForm { // this one says in each stretch that it is not one device
		witness = list[slices.IndexFunc(list, func(item any) bool { return !flat([]any{item}) })]
	}
	first := -1
	for from := 0; from < len(list) && first < 0; from += stretch {
		part := list[from:min(from+stretch, len(list))]
		found, err := s.judged(map[string]any{s.crowd.field: append(slices.Clip(part), witness)})
		if err != nil {
			return nil, err
		}
		for _, v := range found {
			if i, _, ok := s.crowd.item(v.pointer); ok && i < len(part) && (first < 0 || from+i < first) {
				first = from + i
			}
		}
	}
	short := maps.Clone(fields)
	short[s.crowd.field] = []any{list[max(first, 0)], witness}
	found, err := s.judged(short)
	return s.crowd.moved(found, first), err
}

// single says whether a list is the identifiers of one device.
func (c crowd) single(list []any) bool { return c.anyForm && flat(list) }

// item splits a pointer into the number of an item of the crowd, and what follows.
func (c crowd) item(pointer string) (i int, rest string, ok bool) {
	below, ok := strings.CutPrefix(pointer, "/"+c.field+"/")
	if !ok {
		return 0, "", false
	}
	number, _, _ := strings.Cut(below, "/")
	i, err := strconv.Atoi(number)
	return i, below[len(number):], err == nil
}

// moved puts violations of the first item of a crowd at another one, and leaves out those of the other items.
func (c crowd) moved(found []violation, to int) (kept []violation) {
	for _, v := range found {
		if i, rest, ok := c.item(v.pointer); ok {
			if i > 0 || to < 0 {
				continue
			}
			v.pointer = "/" + c.field + "/" + strconv.Itoa(to) + rest
		}
		if i, rest, ok := c.item(v.within); ok && i == 0 {
			v.within = "/" + c.field + "/" + strconv.Itoa(to) + rest
		}
		kept = append(kept, v)
	}
	return kept
}
