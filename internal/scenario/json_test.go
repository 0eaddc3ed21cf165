package scenario

import (
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"tsim/internal/config"
	"tsim/internal/euicc"
)

const credentialsJSON = `"credentials":[{"appKey":"k","appSecret":"s","username":"u","password":"p"}]`

// badJSON are scenarios with what is wrong with them, word for word.
var badJSON = []struct{ name, src, want string }{
	{"not JSON", `{"name":`, `/scenario: this is not JSON: unexpected end of JSON input`},
	{"too deep", strings.Repeat("[", 10_001), `/scenario: more than 100 lists and objects stand in each other here, at byte 100`},
	{"no object", `["x"]`, `/scenario: a scenario belongs here, not a list`},
	{"null", `null`, `/scenario: a scenario belongs here, not an empty value`},
	{"in the order of the text", `{` + credentialsJSON + `,"accounts":[{"nam":"a"},{"name":["b"]}],"sede":1,"name":"a/b","about":null}`,
		`/scenario/accounts/0/nam: unknown key "nam"; did you mean "name"?; ` +
			`/scenario/accounts/1/name: some text belongs here, not a list; ` +
			`/scenario/sede: unknown key "sede"; did you mean "seed"?; ` +
			`/scenario/name: a name of letters, digits and . _ - belongs here, not "a/b"; ` +
			`/scenario/about: text belongs here, not an empty value`},
	{"keys with letters of pointers", `{"name":"x",` + credentialsJSON + `,"delivery":{"a/b~c":1}}`,
		`/scenario/delivery/a~1b~0c: unknown key "a/b~c"; delivery has attempts, interval, timeout`},
	{"a key twice", `{"name":"x","name":"y",` + credentialsJSON + `}`, `/scenario/name: this key is here already`},
	{"what is missing", `{"name":"x","credentials":[{"appKey":"k","appSecret":"s","username":"u"}]}`,
		`/scenario/credentials/0: password is missing; a credential has one`},
	{"out of range", `{"name":"x",` + credentialsJSON + `,"delivery":{"attempts":0},"speed":"fast"}`,
		`/scenario/delivery/attempts: a callback has at least 1 attempt, not 0; ` +
			`/scenario/speed: a number above 0 and at most 1000000 belongs here, not "fast"`},
	{"what cannot be", `{"name":"x",` + credentialsJSON + `,"accounts":[{"name":"a","devices":[` +
		`{"eid":"89001012012341234012345678901224"},{"eid":"89001012012341234012345678901224","fallback":"89148000000000000019"}]}]}`,
		`/scenario/accounts/0/devices/1/eid: EID 89001012012341234012345678901224 is there already, at /scenario/accounts/0/devices/0/eid; ` +
			`/scenario/accounts/0/devices/1/fallback: the fallback profile 89148000000000000019 is not on the card`},
	{"too many to tell", `{"name":"x",` + credentialsJSON + `,"listeners":[` + strings.Repeat(`1,`, 31) + `1]}`,
		func() (all string) {
			for i := range shown {
				all += fmt.Sprintf("/scenario/listeners/%d: a listener belongs here, not 1; ", i)
			}
			return all + "and 2 more"
		}()},
}

func TestBadJSON(t *testing.T) {
	for _, tt := range badJSON {
		t.Run(tt.name, func(t *testing.T) {
			_, err := LoadJSON("/scenario", []byte(tt.src), now)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got\n%v\nwant\n%s", err, tt.want)
			}
		})
	}
}

// TestJSON: a scenario says the same in JSON.
func TestJSON(t *testing.T) {
	for _, name := range Names() {
		src, err := Builtin(name)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := yaml.Unmarshal(src, &v); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		got, err := LoadJSON("", text, now)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if want := load(t, string(src)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got\n%+v\nwant\n%+v", name, got, want)
		}
	}
}

// TestLettersOfJSON: what JSON may write, YAML would refuse or read as something else.
func TestLettersOfJSON(t *testing.T) {
	cfg, err := LoadJSON("", []byte(`{"name":"x",`+credentialsJSON+",\"about\":\"\\ud83d\\ude00 \x7f \\u0085\",\"seed\":18446744073709551615}"), now)
	if err != nil || cfg.About != "\U0001F600 \x7f \u0085" || cfg.Seed != 1<<64-1 {
		t.Errorf("%q, %d, %v", cfg.About, cfg.Seed, err)
	}
}

// TestPointers: a pointer leads back to its value, in a file too.
func TestPointers(t *testing.T) {
	file, problems := parse([]byte("a: [1, {b/c: [x], ~d: 2}]\n\"\": {0: y}\n"), inFile)
	part, more := parseJSON("", []byte(`{"a":[1,{"b/c":["x"],"~d":2}],"":{"0":"y"}}`))
	if len(problems)+len(more) > 0 {
		t.Fatal(problems, more)
	}
	want := []string{"", "/a", "/a/0", "/a/1", "/a/1/b~1c", "/a/1/b~1c/0", "/a/1/~0d", "/", "//0"}
	for _, root := range []*node{file, part} {
		var got []string
		var walk func(n *node)
		walk = func(n *node) {
			got = append(got, n.pointer())
			if value, near := root.find(n.pointer()); value != n || near != n {
				t.Errorf("%s leads to %v, near %v", n.pointer(), value, near)
			}
			for _, item := range n.items {
				walk(item)
			}
			for _, e := range n.entries {
				walk(e.value)
			}
		}
		walk(root)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("pointers %q, want %q", got, want)
		}
	}
	if value, near := file.find("/a/1/z"); value != nil || near.pointer() != "/a/1" {
		t.Errorf("what is not there is %v, near %s", value, near.pointer())
	}
}

// TestDeep: a document that is twice as deep takes twice as much to read, and to refuse.
func TestDeep(t *testing.T) {
	allocated := func(load func(src string) error, open, end string, depth int) uint64 {
		src := `{"name":"x",` + credentialsJSON + `,"about":` + strings.Repeat(open, depth) + "1" + strings.Repeat(end, depth) + "}"
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := load(src); err == nil || err.Error() == "" {
			t.Error("it was read")
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	for name, load := range map[string]func(src string) error{
		"YAML": func(src string) error { _, err := Load("x", []byte(src), now); return err },
		"JSON": func(src string) error { _, err := LoadJSON("", []byte(src), now); return err },
	} {
		for open, end := range map[string]string{"[": "]", `{"a":1,"a":2,"b":`: "}"} {
			if one, two := allocated(load, open, end, 2000), allocated(load, open, end, 4000); two > 3*one {
				t.Errorf("%s, %s: %d bytes of memory become %d", name, open, one, two)
			}
		}
	}
}

func TestParts(t *testing.T) {
	for _, tt := range []struct{ src, want string }{
		{`{"profiles":[{"iccid":"89148000000000000019","network":"usa"},5]}`,
			`/profiles/0: service is missing; a profile has one; /profiles/0: status is missing; a profile has one; ` +
				`/profiles/0/network: unknown word "usa"; did you mean "us"?; /profiles/1: a profile belongs here, not 5`},
		{`{"eid":"89001012012341234012345678901321"}`,
			`/eid: the eid is 89001012012341234012345678901321, and the path has 89001012012341234012345678901224`},
		{`[]`, `a device belongs here, not a list`},
	} {
		if _, err := OneDevice([]byte(tt.src), "89001012012341234012345678901224"); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got\n%v\nwant\n%s", tt.src, err, tt.want)
		}
	}
	if _, err := Devices([]byte(`[{"eid":"1"},{"eid":2}]`)); err == nil || err.Error() !=
		`/0/eid: an EID of 32 digits belongs here, not "1" with 1; /1/eid: an EID of 32 digits belongs here, not 2 with 1` {
		t.Error(err)
	}
	var compat config.Compat
	if err := ReadCompat("/compat", []byte(`{"errors":"plattform"}`), &compat); err == nil ||
		err.Error() != `/compat/errors: unknown word "plattform"; did you mean "platform"?` {
		t.Error(err)
	}
}

func TestChange(t *testing.T) {
	const one, other = "89148000000000000019", "89445000000000000019"
	card := euicc.Card{Profiles: []euicc.Profile{{ICCID: one}, {ICCID: other}}}
	named, err := Change([]byte(`{"profiles":[{"iccid":"`+other+`","plan":"x"}]}`), &card)
	if err != nil || !reflect.DeepEqual(named, map[string]string{other: "/profiles/0"}) || card.Profiles[1].Plan != "x" {
		t.Errorf("%v, %v, %+v", named, err, card)
	}
	if _, err := Change([]byte(`{"profiles":[{"plan":"x"},{"iccid":"3"}]}`), &card); err == nil || err.Error() !=
		`/profiles/0: iccid is missing; it says which profile is to be changed; /profiles/1/iccid: the device has no profile "3"` {
		t.Error(err)
	}
}
