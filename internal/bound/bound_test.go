package bound

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestJSON(t *testing.T) {
	most := Limits{Values: 150, Wide: 3, Keys: 4}
	for text, want := range map[string]Excess{
		"": {}, "[": {}, `"`: {}, `"\`: {}, "]]": {}, `{"a":"[[[{,,,,,,\"],","b":[1,2,3,4,5]}`: {},
		strings.Repeat("[", Depth) + strings.Repeat("]", Depth): {},
		strings.Repeat("[", Depth+1):                            {Depth, "more than 100 lists and objects stand in each other here"},
		"[" + strings.Repeat("0,", 148) + "0]":                  {},
		"[" + strings.Repeat("0,", 149) + "0]":                  {At: 298, Msg: "more than 150 values are in it"},
		`[ [ ], { }, [1] ]`:                                     {},
		`[[[1,2,3]]]`:                                           {},
		`[[[1,2,3,4]]]`:                                         {At: 8, Msg: "this list has more than 3 items"},
		`[[{"a":1,"b":[],"c":3,"d":4}]]`:                        {At: 21, Msg: "this object has more than 3 keys"},
		`{"a":1,"b":2,"c":3,"d":4}`:                             {},
		`{"a":1,"b":2,"c":3,"d":4,"e":5}`:                       {At: 24, Msg: "this object has more than 4 keys"},
	} {
		_, got := JSON([]byte(text), most)
		if got == nil {
			got = &Excess{}
		}
		if *got != want {
			t.Errorf("%.40s: %+v, want %+v", text, *got, want)
		}
	}
}

func TestWidest(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "[1,2,3]": 0, `{"a":1}`: 0, `{"a":[]}`: 0, `{"a":[ [1,2,3] ]}`: 1, `{"a":[1,2],"b":[0, 0, 0],"c":[4]}`: 3, `[{"a":1,"b":2}]`: 2,
	} {
		if got, e := JSON([]byte(text), Limits{Values: 100}); got != want || e != nil {
			t.Errorf("%s: %d and %v, want %d", text, got, e, want)
		}
	}
}

// count is how many values a document has.
func count(doc any) int {
	n := 1
	switch d := doc.(type) {
	case []any:
		for _, item := range d {
			n += count(item)
		}
	case map[string]any:
		for _, value := range d {
			n += count(value)
		}
	}
	return n
}

// The look at the bytes counts what a decoder finds.
func TestValues(t *testing.T) {
	for _, text := range []string{
		`0`, ` [ ] `, `{}`, `[[],[[]],{}]`, `{"a" : [ 1 , "," , {"b":null} ] , "\"," : { } }`, `["\\",[true]]`,
	} {
		var doc any
		if err := json.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		n := count(doc)
		if _, e := JSON([]byte(text), Limits{Values: n}); e != nil {
			t.Errorf("%s: %+v with %d", text, e, n)
		}
		if _, e := JSON([]byte(text), Limits{Values: n - 1}); n > 1 && e == nil {
			t.Errorf("%s: within %d", text, n-1)
		}
	}
}

func TestPlace(t *testing.T) {
	for at, want := range [][2]int{{1, 1}, {1, 2}, {1, 2}, {1, 3}, {2, 1}, {2, 2}, {2, 2}} {
		if line, column := Place([]byte("aä\nb"), at); line != want[0] || column != want[1] {
			if at != 2 { // within a letter
				t.Errorf("byte %d: %d:%d, want %v", at, line, column, want)
			}
		}
	}
}

func TestCut(t *testing.T) {
	for text, want := range map[string]string{"": "", "abc": "abc", "abcd": "abc…", "äöü": "äöü", "äöüß": "äöü…"} {
		if got := Cut(text, 3); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if got := Short(strings.Repeat("x", 1000)); got != strings.Repeat("x", 60)+"…" {
		t.Error(got)
	}
}
