package schema

import (
	"strings"
	"testing"

	"tsim/internal/bound"
)

// A parcel has boxes, and those have labels: nothing of ThingSpace.
const (
	sharedLabels = `{"definitions": {
		"label": {
			"type": "object", "required": ["type", "value"], "description": "a label",
			"properties": {
				"type": {"type": "string", "description": "a type"},
				"value": {"type": "string", "description": "a value"}
			},
			"if": {"properties": {"type": {"pattern": "^n[a-z]?$"}}, "required": ["type"]},
			"then": {"properties": {"value": {"pattern": "^[0-9]{1,9}$", "description": "a number", "code": "NUMBER"}}},
			"else": {
				"if": {"properties": {"type": {"pattern": "^[a-z]{1,2}$"}}, "required": ["type"]},
				"then": {"properties": {"value": {"pattern": "^[a-z]{1,9}$", "description": "a word"}}}
			}
		}
	}}`
	parcel = `{
		"title": "A parcel", "type": "object", "required": ["boxes"], "description": "an object",
		"properties": {
			"to": {"type": "string", "maxLength": 5, "description": "a town of up to 5 letters"},
			"day": {"type": "string", "format": "weekday", "description": "a day of the week"},
			"boxes": {"type": "array", "description": "a list of boxes", "items": {
				"type": "object", "description": "a box", "required": ["labels"],
				"properties": {"labels": {"type": "array", "minItems": 1, "description": "labels", "items": {"$ref": "shared.json#/definitions/label"}}}
			}}
		}
	}`
)

func parcels(t *testing.T) *Schema {
	t.Helper()
	shared := strings.Replace(sharedLabels, "{", `{"$id": "https://tsim.example/schemas/shared.json",`, 1)
	set, err := NewSet([]byte(shared), Options{
		Limits: bound.Limits{Values: 1000, Wide: 3, Keys: 10}, LongLists: []string{"crates", "boxes"},
		Extract:  Extract{List: "boxes", Within: "labels", First: "type", Second: "value"},
		Formats:  map[string]func(string) bool{"weekday": func(day string) bool { return strings.HasSuffix(day, "day") }},
		Contents: func(list []any) string { return strings.Repeat("I", len(list)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := set.Compile([]byte(strings.Replace(parcel, "{", `{"$id": "https://tsim.example/schemas/parcel.json",`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// box is one with labels, each a type and a value.
func box(labels ...string) string {
	var all []string
	for i := 0; i < len(labels); i += 2 {
		all = append(all, `{"type":"`+labels[i]+`","value":"`+labels[i+1]+`"}`)
	}
	return `{"labels":[` + strings.Join(all, ",") + `]}`
}

func TestCheck(t *testing.T) {
	s := parcels(t)
	good := box("n", "1")
	for _, test := range []struct{ body, want string }{
		{`{"boxes":[` + good + `]}`, ""},
		{`{"boxes":[],"day":"Sunday","more":[1,2,3,4]}`, ""},
		{`{}`, " /boxes: found nothing, expected a list of boxes"},
		{`7`, " the body: found 7, expected an object"},
		{`{"boxes":[` + box("n", "one") + `]}`, `NUMBER /boxes/0/labels/0/value: found "one", expected a number`},
		{`{"boxes":[` + good + `,` + box("a", "1") + `]}`, ` /boxes/1/labels/0/value: found "1", expected a word`},
		{`{"boxes":[{"labels":[]}]}`, " /boxes/0/labels: found an empty list, expected labels"},
		{`{"boxes":{"a":[]},"to":[1,2]}`, " /boxes: found an object, expected a list of boxes"},
		{`{"to":[1,2],"boxes":{"a":[]}}`, " /to: found a list of II, expected a town of up to 5 letters"},
		{`{"to":"Paris France","boxes":[]}`, " /to: found a string of 12 characters, expected a town of up to 5 letters"},
		{`{"day":"May","boxes":[]}`, ` /day: found "May", expected a day of the week`},
		{`{"to":[1,2,3,4],"boxes":7}`, " /to: found a list of IIII, expected a list of at most 3"},
		{`{"boxes":[` + strings.Repeat(good+",", 100) + `7]}`, " /boxes/100: found 7, expected a box"},
		{`{"boxes":[` + strings.Repeat(good+",", 100) + good + `]}`, ""},
	} {
		if got := refused(s, test.body); got != test.want {
			t.Errorf("%.100s\ngot  %s\nwant %s", test.body, got, test.want)
		}
	}
	if s.Title() != "A parcel" || s.LongList() != "boxes" || len(s.Properties()) != 3 {
		t.Errorf("%q, %q, %v", s.Title(), s.LongList(), s.Properties())
	}
}

func TestFastPath(t *testing.T) {
	s := parcels(t)
	two := `{"to":"Rome","boxes":[` + box("n", "1", "x", "y") + ", " + box("nn", "2") + `]}`
	r := readFast(s, two)
	if !r.sure || r.texts.Get("to") != "Rome" || r.texts.Get("day") != "" ||
		len(r.items) != 2 || r.items[0][1] != [2]string{"x", "y"} || r.items[1][0] != [2]string{"nn", "2"} {
		t.Errorf("%+v", r)
	}
	for _, test := range []struct {
		what, body string
		item       int
		from       string // how the item begins in which it stops
	}{
		{"an unknown field", `{"more":1,"boxes":[]}`, -1, ""},
		{"a format", `{"day":"Sunday","boxes":[]}`, -1, ""},
		{"an escape", `{"to":"\u0041","boxes":[]}`, -1, ""},
		{"a field twice", `{"to":"A","to":"A","boxes":[]}`, -1, ""},
		{"the list twice", `{"boxes":[` + box("n", "1") + `],"boxes":[` + box("n", "1") + `]}`, -1, ""},
		{"what follows the list", `{"boxes":[` + box("n", "1") + `],"to":7}`, -1, ""},
		{"what follows the body", two + "}", -1, ""},
		{"an item", `{"boxes":[` + box("n", "1") + ", " + box("n", "x") + `]}`, 1, box("n", "x")},
		{"a list within that is too long", `{"boxes":[` + box("n", "1", "n", "1", "n", "1", "n", "1") + `]}`, 0, `{"labels"`},
		{"more values than there may be", `{"boxes":[` + strings.Repeat(box("n", "1")+",", 400) + box("n", "1") + `]}`, -1, ""},
	} {
		r := readFast(s, test.body)
		if r.sure || r.stop.Item != test.item || !strings.HasPrefix(test.body[r.stop.Offset:], test.from) {
			t.Errorf("%s: %+v", test.what, r)
		}
	}
	// Of a chain of else, the first condition that holds is the one that counts: "n" is a word, too.
	if r := readFast(s, `{"boxes":[`+box("n", "9")+`]}`); !r.sure {
		t.Error("a label that fits the second condition as well is not taken")
	}
}

func TestWhatIsNoSchema(t *testing.T) {
	if _, err := NewSet([]byte("{"), Options{}); err == nil {
		t.Error("shared definitions that are not JSON are taken")
	}
	set := testSet()
	for _, text := range []string{"", "{", `{"type": 7}`} {
		if _, err := set.Compile([]byte(text)); err == nil {
			t.Errorf("%q is taken for a schema", text)
		}
	}
}
