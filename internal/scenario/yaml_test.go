package scenario

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// What is shown as YAML is what it was as JSON, with its keys in their order, and comes back as it went.
func TestYAML(t *testing.T) {
	const sent = `{"z":"0012","iccid":"89148000000000000019","a":[],"o":{},"yes":"yes","n":1.50,"list":[{"b":true,"a":null},"x: y","<>&\u2028"],"at":"2030-01-01T00:00:00Z","long":"` + "é\\n\\\"" + `"}`
	text, err := YAML([]byte(sent))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"z: \"0012\"\niccid: \"89148000000000000019\"\na: []\no: {}\n\"yes\": \"yes\"\n\"n\": 1.50\nlist:\n  - b: true\n    a: null\n"} {
		if !strings.HasPrefix(string(text), want) {
			t.Errorf("it is\n%s\nwant\n%s", text, want)
		}
	}
	back, err := JSON("f.yaml", text)
	var was, is any
	if err == nil {
		err = json.Unmarshal(back, &is)
	}
	if err := json.Unmarshal([]byte(sent), &was); err != nil {
		t.Fatal(err)
	}
	if err != nil || !reflect.DeepEqual(was, is) {
		t.Errorf("%v; back came %s", err, back)
	}
	if _, err := YAML([]byte("[")); err == nil {
		t.Error("half a list is shown")
	}
}

// What is wrong with a file is told with its lines.
func TestJSONOfAFile(t *testing.T) {
	for src, want := range map[string]string{
		"a: [":           "f.yaml:1: this is not YAML: ",
		"a: 1\na: 2\n":   "f.yaml:2:1: the key \"a\" is here already, on line 1",
		"account: 0012":  "f.yaml:1:10: account: a number as JSON writes it belongs here, not ",
		"id: 8914800000": `{"id":8914800000}`,
	} {
		text, err := JSON("f.yaml", []byte(src))
		got := string(text)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s, want %s", src, got, want)
		}
	}
}
