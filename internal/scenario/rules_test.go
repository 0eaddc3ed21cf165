package scenario

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/rule"
)

func rulesOf(t testing.TB, src string) []rule.Rule {
	t.Helper()
	return load(t, head+"rules:\n"+src).Rules
}

// TestRules: each key goes where it belongs.
func TestRules(t *testing.T) {
	yes, no := true, false
	at := func(after time.Duration) rule.Moment { return rule.Moment{After: after, Given: true} }
	for src, want := range map[string]rule.Rule{
		`{name: set.a.b_c-1, about: what for, callback: {drop: true}}`: {
			Name: "set.a.b_c-1", About: "what for", Callback: &rule.Callback{Drop: true}},
		`{name: r, when: {operation: list, account: "0*", eid: 89001012012341234012345678901224, iccid: "8914*", imei: "*", role: LOCAL}, reply: {expire: bearer}}`: {
			Name: "r", When: rule.When{Operations: []string{"list"}, Account: "0*", EID: "89001012012341234012345678901224", ICCID: "8914*", IMEI: "*", Role: "LOCAL"},
			Reply: &rule.Reply{Expire: rule.ExpireBearer}},
		`{name: r, when: {method: GET, path: "/api/*", after: 1, times: 4, nth: 3, per: account}, reply: {expire: session}}`: {
			Name: "r", When: rule.When{Method: "GET", Path: "/api/*", After: 1, Times: 4, Nth: 3, Per: rule.PerAccount},
			Reply: &rule.Reply{Expire: rule.ExpireSession}},
		`{name: r, when: {level: device, result: warning, attempt: 2, first: 5, per: request}, callback: {hold: true}}`: {
			Name: "r", When: rule.When{Level: "device", Result: "warning", Attempt: 2, First: 5, Per: rule.PerRequest},
			Callback: &rule.Callback{Hold: true}},
		`{name: r, when: {operation: [enable, disable], every: 7, per: card, chance: 0.25, from: 0s, until: 1h30m, ttl: 5m}, callback: {early: true}}`: {
			Name: "r", When: rule.When{Operations: []string{"enable", "disable"}, Every: 7, Per: rule.PerCard, Chance: 0.25, From: at(0), Until: at(90 * time.Minute), TTL: 5 * time.Minute},
			Callback: &rule.Callback{Early: true}},
		`{name: r, when: {chance: 1, from: 2030-01-01T00:00:00Z, until: "2030-01-01T00:00:01Z", per: rule}, callback: {swap: true, delay: 10s}}`: {
			Name: "r", When: rule.When{Chance: 1, From: rule.Moment{At: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), Given: true}, Until: rule.Moment{At: time.Date(2030, 1, 1, 0, 0, 1, 0, time.UTC), Given: true}},
			Callback: &rule.Callback{Swap: true, Delay: 10 * time.Second}},
		`{name: r, reply: {status: 429, error: {code: C, message: M}, retryAfter: 2s, delay: 300ms, pace: 100, cut: midway}}`: {
			Name: "r", Reply: &rule.Reply{Status: 429, Error: &rule.Refusal{Code: "C", Message: "M"}, RetryAfter: 2 * time.Second, Delay: 300 * time.Millisecond, Pace: 100, Cut: rule.Midway}},
		`{name: r, when: {operation: enable}, reply: {accept: true, delay: {after: 5s}, cut: after}}`: {
			Name: "r", When: rule.When{Operations: []string{"enable"}}, Reply: &rule.Reply{Accept: true, After: 5 * time.Second, Cut: rule.CutAfter}},
		`{name: r, reply: {cut: before}}`: {Name: "r", Reply: &rule.Reply{Cut: rule.CutBefore}},
		`{name: r, reply: {status: 502, contentType: text/html; charset=utf-8, body: "<b>&\"${path}\"</b>"}}`: {
			Name: "r", Reply: &rule.Reply{Status: 502, ContentType: "text/html; charset=utf-8", Body: `<b>&"${path}"</b>`}},
		`{name: r, reply: {body: 007, contentType: text/plain, status: 200}}`: {
			Name: "r", Reply: &rule.Reply{Status: 200, ContentType: "text/plain", Body: "007"}},
		`{name: r, reply: {status: 200, body: <b>}}`: {Name: "r", Reply: &rule.Reply{Status: 200, Body: `"<b>"`}},
		`{name: r, reply: {status: 200, contentType: Application/Problem+JSON; a=b, body: x}}`: {
			Name: "r", Reply: &rule.Reply{Status: 200, ContentType: "Application/Problem+JSON; a=b", Body: `"x"`}},
		`{name: r, outcome: {delay: 1m, fault: Insufficient memory, euicc: {status: S, code: C, desc: D}, applied: true}}`: {
			Name: "r", Outcome: &rule.Outcome{Delay: time.Minute, Fault: &rule.Fault{Message: "Insufficient memory", Status: "S", Reason: "C", Describes: "D"}, Applied: &yes}},
		`{name: r, when: {operation: [enable]}, outcome: {fault: {code: C, message: M}, warn: true}}`: {
			Name: "r", When: rule.When{Operations: []string{"enable"}}, Outcome: &rule.Outcome{Fault: &rule.Fault{Code: "C", Message: "M"}, Warn: true}},
		`{name: r, when: {operation: [enable]}, outcome: {expire: true, warn: true}}`: {
			Name: "r", When: rule.When{Operations: []string{"enable"}}, Outcome: &rule.Outcome{Expire: true, Warn: true}},
		`{name: r, outcome: {silent: true, applied: false}}`: {Name: "r", Outcome: &rule.Outcome{Silent: true, Applied: &no}},
		`{name: r, callback: {duplicate: 3, delay: 30s, pace: 9, truncate: 0}}`: {
			Name: "r", Callback: &rule.Callback{Duplicate: 3, Delay: 30 * time.Second, Pace: 9, Truncates: true}},
		`{name: r, callback: {cut: midway, merge: {z: 1, a: null}}}`: {
			Name: "r", Callback: &rule.Callback{Cut: true, Merge: `{"z":1,"a":null}`}},
		`{name: r, callback: {truncate: 12}}`: {Name: "r", Callback: &rule.Callback{Truncates: true, Truncate: 12}},
	} {
		if got := rulesOf(t, "- "+src+"\n"); len(got) != 1 || !reflect.DeepEqual(got[0], want) {
			t.Errorf("%s: got\n%+v\nwant\n%+v", src, got, want)
		}
	}
}

// TestCompact: what is sent as JSON keeps its order and its letters.
func TestCompact(t *testing.T) {
	for src, want := range map[string]string{
		"{b: 1, a: [x, 'y', \"z\"]}":                        `{"b":1,"a":["x","y","z"]}`,
		"[1.50, 1E+3, -0, 12345678901234567890123, 0.1e-7]": `[1.50,1E+3,-0,12345678901234567890123,0.1e-7]`,
		"[True, FALSE, null, ~, ]":                          `[true,false,null,null]`,
		"{}":                                                `{}`,
		"[]":                                                `[]`,
		"2030-01-01":                                        `"2030-01-01"`,
		"'<&>\t\"\\ ü😀'":                                    `"<&>\t\"\\ ü😀"`,
		"{1: a, true: b, '': c}":                            `{"1":"a","true":"b","":"c"}`,
		"\n      a: |\n        1\n        2\n      b: &x {c: 1}\n      d: *x": `{"a":"1\n2\n","b":{"c":1},"d":{"c":1}}`,
		"null": "null",
	} {
		got := rulesOf(t, "- name: r\n  reply:\n    status: 200\n    body: "+src+"\n")
		if body := got[0].Reply.Body; body != want || !json.Valid([]byte(body)) {
			t.Errorf("%s: %s, want %s", src, body, want)
		}
	}
	sent := ` { "z" : [ 1.50 , 1E+3 , -0 , true , null ] , "a" : { "\u0041" : "<\u0001>" } } `
	all, err := Rules([]byte(`{"name":"r","callback":{"merge":` + sent + `}}`))
	if want := `{"z":[1.50,1E+3,-0,true,null],"a":{"A":"<\u0001>"}}`; err != nil || all[0].Callback.Merge != want {
		t.Errorf("%v, %+v, want %s", err, all, want)
	}
}

// badRules are rules with what is wrong with them, word for word; they begin on line 3.
var badRules = []struct{ name, src, want string }{
	{"no list", "rules: {}\n", "x.yaml:3:8: rules: a list belongs here, not a map of keys"},
	{"no rules", "rules: [x, {name: a b, callback: 5}, {nmae: x}]\n", `x.yaml:3:9: rules[0]: a rule belongs here, not "x"
x.yaml:3:19: name: a name of letters, digits and . _ - belongs here, not "a b"
x.yaml:3:34: callback: a callback belongs here, not 5
x.yaml:3:39: unknown key "nmae"; did you mean "name"?`},
	{"too many", "rules: [" + strings.Repeat("0, ", rule.MaxRules) + "0]\n", "x.yaml:3:8: rules: 1001 items are too many; at most 1000 belong here"},
	{"no place", one(""), "x.yaml:4:5: a rule has exactly one of reply, outcome and callback, not 0 of them"},
	{"two places", one("reply: {cut: after}", "callback: {drop: true}"), "x.yaml:4:5: a rule has exactly one of reply, outcome and callback, not 2 of them"},
	{"nothing happens", one("callback: {}"), "x.yaml:5:15: nothing happens here; say what the rule does"},
	{"an operation of another place", one("when: {operation: login}", "outcome: {silent: true}"), `x.yaml:5:23: a rule with outcome has no operation "login"`},
	{"one of two operations", one("when: {operation: [enable, login]}", "callback: {drop: true}"), `x.yaml:5:32: a rule with callback has no operation "login"`},
	{"no operation", one("when: {operation: profile_supend}", "outcome: {silent: true}"), `x.yaml:5:23: operation: unknown word "profile_supend"; did you mean "profile_suspend"?`},
	{"no operations", one("when: {operation: []}", "outcome: {silent: true}"),
		"x.yaml:5:23: operation: at least one operation belongs here; a rule for all of them goes without the key"},
	{"operations by key", one("when: {operation: {}}", "outcome: {silent: true}"), "x.yaml:5:23: operation: an operation or a list of them belongs here, not a map of keys"},
	{"bad conditions", one(`when:
      operation: [enable, profile_supend]
      method: get
      path: ' '
      account: ''
      eid: '1224'
      iccid: 12x
      imei: '490154203237518*'
      role: lead
      level: card
      result: succes
      attempt: 0
      first: 0
      nth: 1.5
      every: x
      after: -1
      times: '1'
      per: device
      chance: 0
      from: 5
      until: soon
      ttl: 0s
      evry: 2`, "outcome: {silent: true}"), `x.yaml:6:27: operation[1]: unknown word "profile_supend"; did you mean "profile_suspend"?
x.yaml:7:15: method: a method in capitals, such as POST, belongs here, not "get"
x.yaml:8:13: path: some text belongs here, not " "
x.yaml:9:16: account: some text belongs here, not ""
x.yaml:10:12: eid: an EID of 32 digits, or a part of one with * for the rest, belongs here, not "1224"
x.yaml:11:14: iccid: an ICCID of 19 or 20 digits, or a part of one with * for the rest, belongs here, not "12x"
x.yaml:13:13: role: unknown word "lead"; did you mean "LEAD"?
x.yaml:14:14: level: unknown word "card"; it is one of profile, device
x.yaml:15:15: result: unknown word "succes"; did you mean "success"?
x.yaml:16:16: attempt: a whole number from 1 belongs here, not 0
x.yaml:17:14: first: a whole number from 1 belongs here, not 0
x.yaml:18:12: nth: a whole number from 1 belongs here, not 1.5
x.yaml:19:14: every: a whole number from 1 belongs here, not "x"
x.yaml:20:14: after: a whole number from 1 belongs here, not -1
x.yaml:21:14: times: a whole number from 1 belongs here, not "1"
x.yaml:22:12: per: unknown word "device"; it is one of rule, card, request, account
x.yaml:23:15: chance: a number above 0 and at most 1 belongs here, not 0
x.yaml:24:13: from: a duration from the start such as 5m, or a time such as 2030-01-01T00:00:00Z, belongs here, not 5
x.yaml:25:14: until: a duration from the start such as 5m, or a time such as 2030-01-01T00:00:00Z, belongs here, not "soon"
x.yaml:26:12: ttl: a duration above 0s belongs here, not "0s"
x.yaml:27:7: unknown key "evry"; a condition has operation, method, path, account, eid, iccid, imei, role, level, result, attempt, first, nth, every, after, times, per, chance, from, until, ttl`},
	{"out of range", one("when: {chance: 1.5, from: 1950-01-01T00:00:00Z, until: now}", "outcome: {silent: true}"),
		`x.yaml:5:20: chance: a number above 0 and at most 1 belongs here, not 1.5
x.yaml:5:31: from: a time from 1970 to 2199 belongs here, not "1950-01-01T00:00:00Z"
x.yaml:5:60: until: a duration from the start such as 5m, or a time such as 2030-01-01T00:00:00Z, belongs here, not "now"`},
	{"before it begins", one("when: {from: 5m, until: 5m}", "outcome: {silent: true}"), "x.yaml:5:29: it ends before it begins"},
	{"a condition of another place", one("when: {method: POST, level: device}", "callback: {drop: true}"),
		"x.yaml:5:20: method: only a call has one, in a rule with reply"},
	{"an identifier without quotes", one("when: {eid: *1224}", "callback: {drop: true}"), "x.yaml:5: this is not YAML: unknown anchor '1224' referenced"},

	{"bad reply", one("reply: {status: 0, error: 5, contentType: html, body: x, retryAfter: 1500ms, delay: [], pace: 0, cut: midwy, accept: 1, expire: all, stauts: 1}"),
		`x.yaml:5:21: status: a whole number from 1 belongs here, not 0
x.yaml:5:31: error: an error belongs here, not 5
x.yaml:5:47: contentType: a content type such as text/html belongs here, not "html"
x.yaml:5:74: retryAfter: a duration of whole seconds belongs here, not "1500ms"
x.yaml:5:89: delay: a duration such as 5s, or {after: 5s} belongs here, not a list
x.yaml:5:99: pace: a whole number from 1 belongs here, not 0
x.yaml:5:107: cut: unknown word "midwy"; did you mean "midway"?
x.yaml:5:122: accept: true or false belongs here, not 1
x.yaml:5:133: expire: unknown word "all"; it is one of bearer, session
x.yaml:5:138: unknown key "stauts"; a reply has status, error, contentType, body, retryAfter, delay, pace, cut, accept, expire`},
	{"numbers of YAML alone", one("reply: {status: 200, body: [0x1f, 007, .5, {a: .inf}, 1_0, '007']}"),
		`x.yaml:5:33: body[0]: a number as JSON writes it belongs here, not 0x1f; put it in quotes if it is text
x.yaml:5:39: body[1]: a number as JSON writes it belongs here, not 007; put it in quotes if it is text
x.yaml:5:44: body[2]: a number as JSON writes it belongs here, not .5; put it in quotes if it is text
x.yaml:5:52: a: a number as JSON writes it belongs here, not .inf; put it in quotes if it is text
x.yaml:5:59: body[4]: a number as JSON writes it belongs here, not 1_0; put it in quotes if it is text`},
	{"a reply that cannot be", one("reply: {status: 600, error: {code: a, message: b}, body: x, delay: {after: 5s}, cut: after, pace: 5}"),
		`x.yaml:5:21: a status is 200 to 599, not 600
x.yaml:5:21: status: it belongs to a reply, and this cut lets no byte of one out
x.yaml:5:62: error and body do not go together
x.yaml:5:72: after is once the call was accepted, and this rule keeps it from being so
x.yaml:5:103: pace: it belongs to a reply, and this cut lets no byte of one out`},
	{"a text that is none", one("reply: {status: 200, contentType: text/html, body: {a: b}, delay: {afer: 5s}, error: {code: x}}"),
		`x.yaml:5:56: body: text belongs here, because the contentType is text/html, not a map of keys
x.yaml:5:72: unknown key "afer"; did you mean "after"?
x.yaml:5:90: error: message is missing; an error has one`},
	{"no such field", one("reply: {status: 200, body: {a: '${eids}'}}"),
		"x.yaml:5:32: there is no ${eids}; there are ${method}, ${path}, ${account}, ${eid}, ${iccid}, ${imei}, ${mdn}, ${requestId}, ${now}"},
	{"no device in a login", one("when: {operation: [list, login], eid: '*1'}", "reply: {cut: after}"),
		"x.yaml:5:30: login names no device, so no condition about one ever holds"},
	{"no account in a call for a bearer", one("when: {operation: token, account: '*1'}", "reply: {cut: after}"),
		"x.yaml:5:23: of a call for a bearer, no account is known"},
	{"accept of what", one("reply: {accept: true}"), "x.yaml:4:5: operation is missing: accept is for calls that a callback answers (" + answered + ")"},
	{"accept of another call", one("when: {operation: [enable, login]}", "reply: {accept: true}"),
		"x.yaml:5:32: accept is for calls that a callback answers (" + answered + `), not "login"`},

	{"bad outcome", one("outcome: {delay: 0s, fault: [], warn: 1, expire: x, applied: 0, silent: null, slient: true}"),
		`x.yaml:5:22: delay: a duration above 0s belongs here, not "0s"
x.yaml:5:33: fault: a sentence of ThingSpace, or {code: …, message: …} belongs here, not a list
x.yaml:5:43: warn: true or false belongs here, not 1
x.yaml:5:54: expire: true or false belongs here, not "x"
x.yaml:5:66: applied: true or false belongs here, not 0
x.yaml:5:77: silent: true or false belongs here, not an empty value
x.yaml:5:83: unknown key "slient"; an outcome has delay, fault, euicc, warn, expire, applied, silent`},
	{"no such fault", one("outcome: {fault: Insufficent memory}"), `x.yaml:5:22: ThingSpace has no fault "Insufficent memory"; did you mean "Insufficient memory"?`},
	{"nothing like a fault", one("when: {operation: enable}", "outcome: {fault: Bad luck, warn: true}"),
		`x.yaml:6:22: ThingSpace has no fault "Bad luck"; a text of your own is {code: …, message: …}`},
	{"half a fault", one("outcome: {fault: {code: a}, euicc: {stats: x}}"),
		"x.yaml:5:22: fault: message is missing; a fault has one\nx.yaml:5:41: unknown key \"stats\"; did you mean \"status\"?"},
	{"euicc alone", one("outcome: {euicc: {status: x}, delay: 1s}"), "x.yaml:5:22: euicc: it says more of a fault, and needs one beside it"},
	{"warning of what", one("outcome: {warn: true}"), "x.yaml:4:5: operation is missing: warn and expire are for operations of the SM-SR (" + ofTheSMSR + ")"},
	{"warning of another operation", one("when: {operation: activate}", "outcome: {expire: true}"),
		"x.yaml:5:23: warn and expire are for operations of the SM-SR (" + ofTheSMSR + `), not "activate"`},
	{"applied anyway", one("outcome: {applied: true}"), "x.yaml:5:24: that is what happens anyway; applied is false for what is told as done, true beside a fault"},

	{"bad callback", one("callback: {delay: 5, drop: 1, hold: x, duplicate: 0, swap: [], early: {}, merge: [], truncate: x, pace: fast, cut: after, dorp: true}"),
		`x.yaml:5:23: delay: a duration such as 5s or 2m30s belongs here, not 5
x.yaml:5:32: drop: true or false belongs here, not 1
x.yaml:5:41: hold: true or false belongs here, not "x"
x.yaml:5:55: duplicate: a whole number from 1 belongs here, not 0
x.yaml:5:64: swap: true or false belongs here, not a list
x.yaml:5:75: early: true or false belongs here, not a map of keys
x.yaml:5:86: merge: a map of the fields that change belongs here, not a list
x.yaml:5:100: truncate: a whole number belongs here, not "x"
x.yaml:5:109: pace: a whole number from 1 belongs here, not "fast"
x.yaml:5:120: cut: unknown word "after"; it is one of midway
x.yaml:5:127: unknown key "dorp"; a callback has delay, drop, hold, duplicate, swap, early, merge, truncate, pace, cut`},
	{"a callback that cannot be", one("callback: {duplicate: 101, truncate: -1, cut: midway}"),
		`x.yaml:5:27: 1 to 100 copies belong here, not 101
x.yaml:5:42: 0 or more bytes are left of a body, not -1
x.yaml:5:51: truncate and cut do not go together`},

	{"beside what is wrong elsewhere", "sede: 5\n" + one("when: {operation: login}", "callback: {drop: true, pace: 1}"),
		`x.yaml:3:1: unknown key "sede"; did you mean "seed"?
x.yaml:6:23: a rule with callback has no operation "login"
x.yaml:7:34: pace: what is dropped is never sent`},
	{"with the others", "accounts: [{name: a}]\nrules:\n  - {name: r, when: {account: b}, callback: {drop: true}}\n  - {name: r, when: {account: 'b*'}, callback: {drop: true}}\n",
		"x.yaml:5:31: no account \"b\" in this scenario\nx.yaml:6:12: rule \"r\" is there already"},
	{"by alias", "rules: [&r {name: r, callback: {drop: true, pace: 1}}, *r]\n",
		"x.yaml:3:51: pace: what is dropped is never sent\nx.yaml:3:56: pace: what is dropped is never sent"},
	{"bodies by alias", "about: &b " + strings.Repeat("x", 1000) + "\nrules:\n" + strings.Repeat("  - {name: r, reply: {status: 200, body: [*b, *b, *b]}}\n", 400),
		"x.yaml:353:42: body: the bodies and merges of all rules have more than 1048576 bytes with this one"},

	{"no sets", "with: duplicates\n", `x.yaml:3:7: with: a list belongs here, not "duplicates"`},
	{"no set, and one twice", "with: [duplicate, duplicates, duplicates]\n",
		"x.yaml:3:8: with[0]: unknown word \"duplicate\"; did you mean \"duplicates\"?\nx.yaml:3:31: with[2]: the set duplicates is there already"},
	{"a rule of a set", "with: [half-the-bulk-fails, duplicates]\nrules: [{name: duplicates, callback: {drop: true}}]\n",
		`x.yaml:3:29: with[1]: the set duplicates has a rule "duplicates", and one is called like that already`},
	{"too many with sets", "rules: [" + manyRules + "]\nwith: [duplicates]\n", "x.yaml:3:8: a sandbox has at most 1000 rules, not 1001"},
}

// Operations that some effects are for.
const (
	answered = "activate, activate_enable, download, download_enable, download_disable, enable, disable, delete, setfallbackattribute, deactivate, " +
		"serviceplan, renew_activation_code, profile_suspend, profile_resume, device_suspend, device_resume, list_v2, history_v2"
	ofTheSMSR = "download, download_enable, download_disable, enable, disable, delete, setfallbackattribute"
)

// one is a scenario's rule with some keys.
func one(keys ...string) string {
	src := "rules:\n  - name: r\n"
	for _, k := range keys {
		src += "    " + k + "\n"
	}
	return src
}

// manyRules are as many as a sandbox can have.
var manyRules = func() string {
	all := make([]string, rule.MaxRules)
	for i := range all {
		all[i] = fmt.Sprintf("{name: r%d, callback: {drop: true}}", i)
	}
	return strings.Join(all, ", ")
}()

func TestBadRules(t *testing.T) {
	for _, tt := range badRules {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load("x.yaml", []byte(head+tt.src), now)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got\n%v\nwant\n%s", err, tt.want)
			}
		})
	}
	if cfg := load(t, head+"rules: ["+manyRules+"]\n"); len(cfg.Rules) != rule.MaxRules {
		t.Errorf("%d rules", len(cfg.Rules))
	}
}

// TestDeepBody: aliases make a body deeper than a file can be, and it is refused.
func TestDeepBody(t *testing.T) {
	src := head + "about: a\nrules:\n  - name: r\n    reply: {status: 200, body: [&a0 [x]"
	for i := range 3 {
		src += fmt.Sprintf(", &a%d %s*a%d%s", i+1, strings.Repeat("[", 50), i, strings.Repeat("]", 50))
	}
	_, err := Load("x.yaml", []byte(src+"]}\n"), now)
	if err == nil || !strings.HasSuffix(err.Error(), "more than 100 lists and maps stand in each other here") {
		t.Error(err)
	}
}

// TestSentRules: rules that were sent, one or several, with JSON pointers to what is wrong.
func TestSentRules(t *testing.T) {
	a, b := rule.Rule{Name: "a", Callback: &rule.Callback{Drop: true}}, rule.Rule{Name: "b", Outcome: &rule.Outcome{Silent: true}, When: rule.When{Account: "nobody's"}}
	const jsonA, jsonB = `{"name":"a","callback":{"drop":true}}`, `{"name":"b","outcome":{"silent":true},"when":{"account":"nobody's"}}`
	for src, want := range map[string][]rule.Rule{jsonA: {a}, "[" + jsonA + "," + jsonB + "]": {a, b}, "[]": {}} {
		if got, err := Rules([]byte(src)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", src, got, err)
		}
	}
	for src, want := range map[string]string{
		`"x"`:                           `a rule belongs here, not "x"`,
		`[` + jsonA + `,5]`:             `/1: a rule belongs here, not 5`,
		`{"name":"r"}`:                  `a rule has exactly one of reply, outcome and callback, not 0 of them`,
		`{"callback":{"drop":true}}`:    `name is missing; a rule has one`,
		`{"name":"r","callback":{}}`:    `/callback: nothing happens here; say what the rule does`,
		`[{"name":"r","callback":{}}]`:  `/0/callback: nothing happens here; say what the rule does`,
		`{"name":"r","callbak":{"a":1}`: `this is not JSON: unexpected end of JSON input`,
		`{"name":"r","when":{"operation":"login","every":0},"outcome":{"fault":"x"}}`: `/when/every: a whole number from 1 belongs here, not 0`,
		`{"name":"r","when":{"operation":"login"},"outcome":{"fault":"x"}}`: `/when/operation: a rule with outcome has no operation "login"; ` +
			`/outcome/fault: ThingSpace has no fault "x"; a text of your own is {code: …, message: …}`,
		`{"name":"r","reply":{"status":200,"body":[` + strings.Repeat("0,", 100_001) + `0]}}`: "more than 100000 values are in it, at byte 200031",
	} {
		if got, err := Rules([]byte(src)); err == nil || err.Error() != want {
			t.Errorf("%.100s: got %+v, %v\nwant %s", src, got, err, want)
		}
	}
}

func TestOneRule(t *testing.T) {
	want := rule.Rule{Name: "set.a", Callback: &rule.Callback{Drop: true}}
	for _, src := range []string{`{"name":"set.a","callback":{"drop":true}}`, `{"callback":{"drop":true}}`} {
		if got, err := OneRule([]byte(src), "set.a"); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", src, got, err)
		}
	}
	for _, tt := range []struct{ name, src, want string }{
		{"a", `{"name":"b","callback":{"drop":true}}`, `/name: the name is "b", and the path has "a"`},
		{"a b", `{"callback":{"drop":true}}`, `/name: a name of letters, digits and . _ - belongs here, not "a b"`},
		{"a", `{"name":null,"callback":{"drop":true}}`, `/name: a name of letters, digits and . _ - belongs here, not an empty value`},
		{"a", `{"callback":{"drop":true,"pace":1}}`, `/callback/pace: pace: what is dropped is never sent`},
		{"a", `[]`, `a rule belongs here, not a list`},
	} {
		if _, err := OneRule([]byte(tt.src), tt.name); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v\nwant %s", tt.src, err, tt.want)
		}
	}
}

// FuzzRules: whatever is sent as rules, or stands in the file of a set, it is read or refused; what was read has no problems,
// and its bodies are JSON where they say so.
func FuzzRules(f *testing.F) {
	for _, tt := range slices.Concat(badRules, badSets) {
		f.Add([]byte(tt.src))
	}
	for _, src := range []string{
		`{"name":"r","when":{"operation":["enable"],"chance":0.5},"outcome":{"fault":{"code":"a","message":"b"},"euicc":{"status":"c"}}}`,
		`[{"name":"r","reply":{"status":200,"body":{"a":[1E400,-0.0,"${eid}"]}}},{"name":"s","callback":{"merge":{"a":{"b":null}},"delay":"1s"}}]`,
		`{"name":"r","reply":{"status":502,"contentType":"text/html","body":"<p>","delay":"5s","retryAfter":"1s"}}`,
	} {
		f.Add([]byte(src))
	}
	for _, name := range Sets() {
		f.Add(setFile(f, name))
	}
	check := func(t *testing.T, rules []rule.Rule) {
		for i := range rules {
			u := &rules[i]
			if p := config.RuleProblems(u); len(p) > 0 {
				t.Errorf("%+v: %v", u, p)
			}
			if u.Callback != nil && u.Callback.Merge != "" && !json.Valid([]byte(u.Callback.Merge)) {
				t.Errorf("merge %s", u.Callback.Merge)
			}
			if u.Reply != nil && u.Reply.ContentType == "" && u.Reply.Body != "" && !json.Valid([]byte(u.Reply.Body)) {
				t.Errorf("body %s", u.Reply.Body)
			}
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if all, err := Rules(src); err == nil {
			check(t, all)
		}
		if one, err := OneRule(src, "r"); err == nil {
			check(t, []rule.Rule{one})
		}
		if s, err := readSet("x.yaml", src); err == nil {
			check(t, s.Rules)
		} else if !strings.HasPrefix(err.Error(), "x.yaml:") {
			t.Errorf("an error without its place: %v", err)
		}
	})
}
