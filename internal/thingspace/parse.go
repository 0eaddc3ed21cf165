package thingspace

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// parse reads a body as JSON, for the schema and then for the handler: both see the same keys, in
// their exact case, which decoding into structs would not promise.
func parse(body []byte) (any, *sim.Error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, sim.Errorf(sim.BodyBlank, "expected a JSON object")
	}
	if !json.Valid(body) {
		return nil, notJSON(body)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber() // as the schema library wants its numbers
	var doc any
	if err := d.Decode(&doc); err != nil {
		return nil, &sim.Error{Kind: sim.NotJSON, Msg: "not JSON", Err: err}
	}
	return doc, nil
}

// notJSON says where a body stops being JSON.
func notJSON(body []byte) *sim.Error {
	var doc any
	err := json.Unmarshal(body, &doc)
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return &sim.Error{Kind: sim.NotJSON, Msg: "not JSON", Err: err}
	}
	before := body[:max(int(syntax.Offset)-1, 0)]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return sim.Errorf(sim.NotJSON, "not JSON: line %d, column %d: %s", line, column, syntax)
}

// text is the string of a field, "" when the field is not there. The schema has been at the document
// before.
func text(doc any, field string) string {
	fields, _ := doc.(map[string]any)
	s, _ := fields[field].(string)
	return s
}

// devices reads the identifiers of each device of an action's body.
func devices(doc any) []euicc.IDs {
	list, _ := doc.(map[string]any)["devices"].([]any)
	all := make([]euicc.IDs, len(list))
	for i, d := range list {
		ids, _ := d.(map[string]any)["deviceIds"].([]any)
		for _, id := range ids {
			setID(&all[i], text(id, "kind"), text(id, "id"))
		}
	}
	return all
}

// checkDigits refuses a body with an identifier whose check digits are not right.
func checkDigits(doc any) error {
	list, _ := doc.(map[string]any)["devices"].([]any)
	for i, d := range list {
		ids, _ := d.(map[string]any)["deviceIds"].([]any)
		for j, id := range ids {
			kind, id := strings.ToLower(text(id, "kind")), text(id, "id")
			valid, what := true, ""
			switch kind {
			case "eid":
				valid, what = euicc.ValidEID(id), "an EID whose last two digits make it 1 modulo 97"
			case "iccid":
				valid, what = euicc.ValidLuhn(id), "an ICCID whose last digit is its Luhn check digit"
			case "imei":
				valid, what = euicc.ValidLuhn(id), "an IMEI whose last digit is its Luhn check digit"
			}
			if !valid {
				msg := fmt.Sprintf("/devices/%d/deviceIds/%d/id: found %q, expected %s", i, j, id, what)
				return sim.Errorf(sim.SchemaViolated, "%s", prefixed("INPUT_INVALID.Device.Identifier.Invalid", msg))
			}
		}
	}
	return nil
}

// setID notes one identifier. ThingSpace's kinds are lower case in its requests; any case is taken.
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
