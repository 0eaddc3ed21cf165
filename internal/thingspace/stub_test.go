package thingspace_test

import (
	"strings"
	"testing"

	"tsim/internal/rule"
	"tsim/internal/sim"
)

// TestWhatRulesAnswerOnRecord: secrets are masked there and in the log, in what came and in what the rule answers; on the wire
// they are not. Record and log have the name of the rule.
func TestWhatRulesAnswerOnRecord(t *testing.T) {
	const usage = "/api/m2m/v1/devices/usage/actions/list"
	for _, c := range []struct {
		name, path, body string
		reply            rule.Reply
		sent, got        string // what is on record
		hidden           bool   // the reply is not
	}{
		{"JSON", usage, `{"password":"s3cret","more":1}`, rule.Reply{Status: 200, Body: `{"sessionToken":"s3cret","usage":[]}`},
			`{"password":"*****","more":1}`, `{"sessionToken":"*****","usage":[]}`, false},
		{"a page", usage, `{"more":1}`, rule.Reply{Status: 502, Body: "<p>token=s3cret</p>", ContentType: "text/html"}, `{"more":1}`, "", true},
		{"a page without secrets", usage, `{"more":1}`, rule.Reply{Status: 502, Body: "<p>Bad Gateway</p>", ContentType: "text/html"},
			`{"more":1}`, "<p>Bad Gateway</p>", false},
		{"a login", loginPath, `{"username":"user","password":"s3cret"}`, rule.Reply{Status: 200, Body: `{"sessionToken":"s3cret"}`},
			`{"username":"user","password":"*****"}`, `{"sessionToken":"*****"}`, false},
		{"the page of a login", loginPath, `{"username":"user","password":"s3cret"}`, rule.Reply{Status: 502, Body: "<p>s3cret</p>", ContentType: "text/html"},
			`{"username":"user","password":"*****"}`, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRecorded(t)
			if err := r.box.AddRules([]rule.Rule{{Name: "stub", When: rule.When{Path: c.path}, Reply: &c.reply}}); err != nil {
				t.Fatal(err)
			}
			if status, text := r.send("POST", c.path, c.body, r.in()...); status != c.reply.Status || text != c.reply.Body {
				t.Errorf("answered with %d %s", status, text)
			}
			call := r.latest(r.box.Calls)
			if string(call.Request.Text) != c.sent || string(call.Reply.Text) != c.got || (call.Reply.Kept == sim.KeptHidden) != c.hidden || call.Rule != "stub" {
				t.Errorf("on record is %s: %s, %s", call.Rule, call.Request.Text, call.Reply.Text)
			}
			if log := r.log.String(); strings.Contains(log, "s3cret") || !strings.Contains(log, "rule=stub") {
				t.Errorf("the log has %s", log)
			}
		})
	}
}

// TestNoRuleForCallsOfNoSandbox: they are refused as ever, and no rule counts them.
func TestNoRuleForCallsOfNoSandbox(t *testing.T) {
	r := newRecorded(t)
	if err := r.box.AddRules([]rule.Rule{{Name: "all", Reply: &rule.Reply{Status: 200}}, {Name: "stub", When: rule.When{Path: "*"}, Reply: &rule.Reply{Status: 200}}}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{suspend: 401, "/nowhere": 404} {
		for _, headers := range [][]string{nil, {"Authorization", "Bearer x"}} {
			if status, text := r.send("POST", path, "{}", headers...); status != want {
				t.Errorf("%s is answered with %d %s", path, status, text)
			}
		}
	}
	for _, u := range r.box.Rules() {
		if u.Occasions != 0 {
			t.Errorf("%s has counted %d of them", u.Name, u.Occasions)
		}
	}
	if n := len(r.registry.Calls(0, 100)); n != 4 {
		t.Errorf("%d calls are on record", n)
	}
}
