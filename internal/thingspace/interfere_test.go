package thingspace

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"tsim/internal/config"
	"tsim/internal/rule"
)

// The operations that rules for replies may name are the calls that there are.
func TestOperationsOfRules(t *testing.T) {
	var words []string
	for i := range endpoints {
		words = append(words, endpoints[i].word)
	}
	slices.Sort(words)
	known := config.Operations(rule.AtReply)
	slices.Sort(known)
	if words = slices.Compact(words); !slices.Equal(words, known) {
		t.Errorf("rules may name %q, and the calls are %q", known, words)
	}
}

func TestMergePatch(t *testing.T) {
	for _, c := range []struct{ document, patch, want string }{ // the examples of RFC 7396, and what it says of order and numbers
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`["a","b"]`, `["c","d"]`, `["c","d"]`},
		{`{"a":"b"}`, `["c"]`, `["c"]`},
		{`{"a":"foo"}`, `null`, `null`},
		{`{"a":"foo"}`, `"bar"`, `"bar"`},
		{`{"e":null}`, `{"a":1}`, `{"e":null,"a":1}`},
		{`[1,2]`, `{"a":"b","c":null}`, `{"a":"b"}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
		{`{"z":1.50,"a":1e3}`, `{"c": [1.0, {"x": null}], "a": {"b" : "<&>"}, "A": 2}`, `{"z":1.50,"a":{"b":"<&>"},"c":[1.0,{"x":null}],"A":2}`},
	} {
		if got := mergePatch([]byte(c.document), []byte(c.patch)); string(got) != c.want {
			t.Errorf("%s with %s is %s, want %s", c.document, c.patch, got, c.want)
		}
	}
}

// TestStubsRepeatNoMoreThanNames: a client that has an account of a megabyte gets no reply of gigabytes, nor half a letter.
func TestStubsRepeatNoMoreThanNames(t *testing.T) {
	c := &call{doc: map[string]any{"accountName": strings.Repeat("ä", 1<<20)}}
	r := httptest.NewRequest(http.MethodPost, "/stub", nil)
	if body, want := string(c.fill("<${account}>", false, r)), "<"+strings.Repeat("ä", rule.MaxRepeated/2)+">"; body != want {
		t.Errorf("%d bytes, not %d", len(body), len(want))
	}
	c.doc = map[string]any{"accountName": "x" + strings.Repeat("ä", 1<<20)}
	if body, want := string(c.fill("<${account}>", true, r)), "<x"+strings.Repeat("ä", rule.MaxRepeated/2-1)+">"; body != want {
		t.Errorf("%d bytes, not %d", len(body), len(want))
	}
}
