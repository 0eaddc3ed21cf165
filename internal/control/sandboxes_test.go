package control

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestMakeSandbox(t *testing.T) {
	f := newFixture(t)
	w := f.ask("POST", "/tsim/v1/sandboxes", `{"name":"mine","scenario":"two-networks","seed":9,"clock":"manual","compat":{"errors":"platform"}}`)
	var made Sandbox
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || w.Code != 201 {
		t.Fatalf("%d %s %v", w.Code, w.Body, err)
	}
	if made.Name != "mine" || made.Scenario != "two-networks" || made.Seed != 9 || made.Clock.Mode != "manual" {
		t.Errorf("made %+v", made)
	}
	for _, c := range []struct {
		body   string
		status int
		part   string
	}{
		{`{"name":"mine"}`, 409, `there is a sandbox \"mine\" already`},
		{`{"name":"a/b"}`, 400, `a sandbox cannot be called`},
		{`{"scenario":"two-network"}`, 400, `no built-in scenario`},
		{`{"scenario":{"name":"x","credentials":[]}}`, 400, `no credentials`},
		{`{"scenario":{"nam":"x"}}`, 400, `scenario:2:3: unknown key \"nam\"; did you mean \"name\"?`},
		{`{"clock":"fast"}`, 400, `unknown mode`},
		{`{"compat":{"errors":"odd"}}`, 400, `compat:1:11`},
		{`{"ttl":"0s"}`, 400, `no time at all`},
		{`{}`, 201, `"name":"sandbox-1"`},
		{`{"scenario":"name: y\ncredentials: [{appKey: k, appSecret: s, username: u, password: p}]\n"}`, 201, `"name":"sandbox-2","scenario":"y"`},
		{`{"scenario":{"name":"x","about":"\ud83d\ude00","credentials":[{"appKey":"k","appSecret":"s","username":"u","password":"p"}]}}`, 201, "\U0001F600"},
	} {
		if w := f.ask("POST", "/tsim/v1/sandboxes", c.body); w.Code != c.status || !strings.Contains(w.Body.String(), c.part) {
			t.Errorf("%s: %d %s, want %d with %s", c.body, w.Code, w.Body, c.status, c.part)
		}
	}
	list := f.ask("GET", "/tsim/v1/sandboxes?limit=2", "").Body.String()
	if !strings.Contains(list, `"name":"mine"`) || !strings.HasSuffix(list, `"next":"mine"}`+"\n") {
		t.Errorf("the list is %s", list)
	}
	f.want("DELETE", "/tsim/v1/sandboxes/mine", "", 200, `{"deleted":"mine"}`)
	f.want("GET", "/tsim/v1/sandboxes/mine", "", 404, `{"error":"no sandbox \"mine\""}`)
	f.want("DELETE", base, "", 409, `{"error":"the sandbox default is what the server was started with, it cannot be deleted",`+
		`"hint":"POST /tsim/v1/sandboxes/default/reset puts it back to its start"}`)
}
