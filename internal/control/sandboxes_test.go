package control

import (
	"encoding/json"
	"strings"
	"testing"

	"tsim/tsimclient"
)

func TestMakeSandbox(t *testing.T) {
	f := newFixture(t)
	w := f.ask("POST", "/tsim/v1/sandboxes", `{"name":"mine","scenario":"two-networks","seed":9,"clock":"manual","compat":{"errors":"platform"}}`)
	var made tsimclient.Sandbox
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
		{`{"scenario":{"nam":"x"}}`, 400, `{"error":"/scenario: credentials is missing; a scenario has one; /scenario/nam: unknown key \"nam\"; did you mean \"name\"?"}`},
		{`{"scenario":"nam: x\nseed: 1"}`, 400,
			`{"error":"scenario:1:1: unknown key \"nam\"; did you mean \"name\"?\nscenario:1:1: credentials is missing; a scenario has one"}`},
		{`{"scenario":[1]}`, 400, `{"error":"/scenario: a scenario belongs here, not a list"}`},
		{`{"scenario":null,"name":"of-null"}`, 201, `"scenario":"default"`},
		{`{"scenario":{"name":"x","credentials":[{"appKey":"k","appSecret":"s","username":"u","password":"p"}],"accounts":[{"name":"a"},{"name":"a"}]}}`, 400,
			`{"error":"/scenario/accounts/1/name: account \"a\" is there already"}`},
		{`{"scenario":{"name":"x","credentials":[{"appKey":"k","appSecret":"s","username":"u","password":"p"}],"accounts":[{"name":"a","devices":[` +
			`{"eid":"` + unknown + `"},{"eid":"` + eid1 + `","imei":"490154203237517"}]}]},"compat":{"identifiers":"strict"}}`, 400,
			`{"error":"with this compat the scenario cannot be: /scenario/accounts/0/devices/0/eid: the check digits of EID ` + unknown + ` are not right; ` +
				`/scenario/accounts/0/devices/1/imei: the check digits of IMEI 490154203237517 are not right"}`},
		{`{"clock":"fast"}`, 400, `unknown mode`},
		{`{"compat":{"errors":"odd"}}`, 400, `{"error":"/compat/errors: unknown word \"odd\"; it is one of documented, likely, platform"}`},
		{`{"compat":"plattform"}`, 400, `{"error":"/compat: unknown word \"plattform\"; did you mean \"platform\"?"}`},
		{`{"compat":null,"name":"no-compat"}`, 201, `"name":"no-compat"`},
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
