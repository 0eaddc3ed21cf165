package thingspace

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tsim/internal/bound"
	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// parse reads a body as JSON, for the schema and then for the handler: both see the same keys, in
// their exact case, which decoding into structs would not promise.
func parse(body []byte) (any, *sim.Error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, sim.Errorf(sim.BodyBlank, "expected a JSON object")
	}
	if _, e := bound.JSON(body, bodyLimits); e != nil {
		line, column := bound.Place(body, e.At)
		return nil, sim.Errorf(sim.NotJSON, "line %d, column %d: %s", line, column, e.Msg)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber() // as the schema library wants its numbers
	var doc any
	if err := d.Decode(&doc); err != nil || len(bytes.Trim(body[d.InputOffset():], " \t\r\n")) > 0 {
		return nil, notJSON(body)
	}
	if endless(body) {
		return nil, sim.Errorf(sim.NotJSON, "a number with more than 400 digits, or with an exponent above 999, is out of every range")
	}
	return doc, nil
}

// endless says whether there is a number in a text of JSON that would keep the schema library busy: it
// turns each one into an exact fraction, and 1e999999999 has a billion digits.
func endless(text []byte) bool {
	for r := (reader{text: text}); r.at < len(text); {
		switch text[r.at] {
		case '"':
			r.quoted()
		case '{', '}', '[', ']', ',', ':', ' ', '\t', '\n', '\r':
			r.at++
		default:
			word := r.word()
			e := bytes.IndexAny(word, "eE")
			if len(word) > 400 || e >= 0 && len(bytes.TrimLeft(word[e+1:], "+-0")) > 3 {
				return true
			}
		}
	}
	return false
}

// notJSON says where a body stops being JSON.
func notJSON(body []byte) *sim.Error {
	var doc any
	err := json.Unmarshal(body, &doc)
	syntax, is := errors.AsType[*json.SyntaxError](err)
	if !is {
		return &sim.Error{Kind: sim.NotJSON, Msg: "not JSON", Err: err}
	}
	line, column := bound.Place(body, max(int(syntax.Offset)-1, 0))
	return sim.Errorf(sim.NotJSON, "not JSON: line %d, column %d: %s", line, column, syntax)
}

// text is the string of a field, "" when the field is not there. The schema has been at the document
// before.
func text(doc any, field string) string {
	fields, _ := doc.(map[string]any)
	s, _ := fields[field].(string)
	return s
}

// ask takes what the body of an action asks for, from a document that the schema accepts.
func (e *endpoint) ask(doc any) ask {
	return ask{
		account: text(doc, "accountName"), plan: text(doc, "servicePlan"), carrier: text(doc, "carrierName"),
		checkFallback: doc.(map[string]any)["checkFallbackProfile"] == true, devices: e.devices(doc),
	}
}

// devices reads the identifiers of each device of an action's body.
func (e *endpoint) devices(doc any) *sim.IDList {
	all := sim.NewIDList(0)
	e.eachDevice(doc, func(_ string, list []any) {
		var ids euicc.IDs
		for _, id := range list {
			setID(&ids, text(id, "kind"), text(id, "id"))
		}
		all.Add(ids)
	})
	return all
}

// eachDevice goes through the lists of identifiers of an action's body, each with its JSON pointer. A
// device is {"deviceIds": […]}; some SDKs say ids for deviceIds.
func (e *endpoint) eachDevice(doc any, do func(pointer string, ids []any)) {
	fields, _ := doc.(map[string]any)
	list, _ := fields["devices"].([]any)
	if e.anyForm && flat(list) {
		do("/devices", list)
		return
	}
	for i, d := range list {
		if ids, ok := d.([]any); ok {
			do(fmt.Sprintf("/devices/%d", i), ids)
			continue
		}
		fields, _ := d.(map[string]any)
		name := "deviceIds"
		if _, ok := fields[name]; !ok {
			name = "ids"
		}
		ids, _ := fields[name].([]any)
		do(fmt.Sprintf("/devices/%d/%s", i, name), ids)
	}
}

// flat says whether a list of devices is the identifiers of one device, as one SDK sends them.
func flat(list []any) bool {
	return !slices.ContainsFunc(list, func(item any) bool {
		fields, ok := item.(map[string]any)
		_, has := fields["kind"]
		return !ok || !has
	})
}

// check says what is wrong with a body, or nil: by its schema, and by what compat asks for besides.
func (e *endpoint) check(body []byte, doc any, compat config.Compat) error {
	if v, wrong := e.wide(doc); wrong {
		return v.error()
	}
	var more []violation
	if e.callback != nil && compat.Value(config.Identifiers) == "strict" {
		more = e.strictly(doc)
	}
	return e.schemaIn(compat).check(body, doc, more...)
}

// strictly finds the first identifier of an action's body whose kind is none of those that the page calls
// the only ones, or whose check digits are not right. What the schema refuses may be there, too.
func (e *endpoint) strictly(doc any) (first []violation) {
	e.eachDevice(doc, func(pointer string, ids []any) {
		for i := 0; i < len(ids) && first == nil; i++ {
			if v, wrong := e.strictlyOf(ids[i]); wrong {
				v.pointer = fmt.Sprintf("%s/%d%s", pointer, i, v.pointer)
				v.within = v.pointer
				first = []violation{v}
			}
		}
	})
	return first
}

// strictlyOf is what is wrong with one identifier; what is not even a string is the schema's to tell.
func (e *endpoint) strictlyOf(identifier any) (v violation, wrong bool) {
	fields, _ := identifier.(map[string]any)
	word, named := fields["kind"].(string)
	id, given := fields["id"].(string)
	kind := strings.ToLower(word)
	if named && len(e.kinds) > 0 && !slices.Contains(e.kinds, kind) {
		return violation{pointer: "/kind", found: describe(word), expected: either(e.kinds), code: "INPUT_INVALID.Device.Kind.Invalid"}, true
	}
	check, has := checkDigits[kind]
	v = violation{pointer: "/id", found: describe(id), expected: check.expected, code: "INPUT_INVALID.Device.Identifier.Invalid"}
	return v, given && has && !check.valid(id)
}

// checkDigits are the kinds of identifiers that have some.
var checkDigits = map[string]struct {
	valid    func(string) bool
	expected string
}{
	"eid":   {euicc.ValidEID, "an EID whose last two digits make it 1 modulo 97"},
	"iccid": {euicc.ValidLuhn, "an ICCID whose last digit is its Luhn check digit"},
	"imei":  {euicc.ValidLuhn, "an IMEI whose last digit is its Luhn check digit"},
}

// either lists words of which one is right.
func either(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// setID notes one identifier. ThingSpace's kinds are lower case in its requests; any case is taken. What
// no device of a sandbox has (an MEID, an IMSI or an ESN) is not looked at.
func setID(ids *euicc.IDs, kind, id string) {
	var field *string
	switch strings.ToLower(kind) {
	case "eid":
		field = &ids.EID
	case "iccid":
		field = &ids.ICCID
	case "imei":
		field = &ids.IMEI
	case "msisdn":
		field, id = &ids.MDN, strings.TrimPrefix(id, "1")
	case "mdn":
		field = &ids.MDN
	default:
		return
	}
	if *field != "" && *field != id {
		ids.Conflict = true
	}
	*field = id
}
