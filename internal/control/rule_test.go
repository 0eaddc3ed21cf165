package control

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

// every fills a value with something of each of its fields: of a JSON text, an object.
func every(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(start().Time()))
			return
		}
		for _, field := range v.Fields() {
			every(field)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		every(v.Elem())
	case reflect.Slice:
		if v.Type() == rawMessage {
			v.SetBytes([]byte(`{"b":[1.50,null],"a":"<&>"}`))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		every(v.Index(0))
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(3)
	case reflect.Uint8:
		v.SetUint(1)
	case reflect.Float64:
		v.SetFloat(0.25)
	default:
		panic("what is a " + v.Type().String() + "?")
	}
}

// told are the fields of a value that say something, by their JSON names.
func told(at string, v reflect.Value, into map[string]bool) {
	if v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct || v.Type() == reflect.TypeFor[time.Time]() {
		if !v.IsZero() {
			into[at] = true
		}
		return
	}
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if name == "" {
			name = v.Type().Field(i).Name
		}
		told(at+"/"+name, v.Field(i), into)
	}
}

// fullRules are rules that say, together, all that a rule can say.
const fullRules = `[
	{"name":"a","about":"all of a reply","when":{"operation":["history","list"],"account":"0*","eid":"*1224","iccid":"89*","imei":"49*",
		"role":"LEAD","first":2,"after":1,"times":4,"per":"card","chance":0.25,"from":"1m30s","until":"2030-01-02T00:00:00.5Z","ttl":"1.5us"},
		"reply":{"status":503,"contentType":"text/html; charset=utf-8","body":"<b>&${now}</b>","retryAfter":"30s","delay":"1.5s","pace":9,"cut":"midway"}},
	{"name":"b","when":{"method":"POST","path":"/x/*","nth":3},"reply":{"status":200,"contentType":"application/hal+json","body":{"b":[1.50,null],"a":"<&>"}}},
	{"name":"c","when":{"from":"0s","every":2},"reply":{"status":400,"error":{"code":"a.b","message":"no"}}},
	{"name":"d","when":{"operation":["enable"]},"reply":{"accept":true,"delay":{"after":"5s"}}},
	{"name":"e","reply":{"expire":"session"}},
	{"name":"f","when":{"operation":["enable"],"per":"request"},"outcome":{"delay":"1h","fault":{"code":"X.1","message":"worn out"},
		"euicc":{"status":"s","code":"c","desc":"d"},"warn":true,"applied":true}},
	{"name":"g","outcome":{"fault":"Insufficient memory"}},
	{"name":"h","outcome":{"applied":false,"silent":true}},
	{"name":"i","when":{"operation":["download"]},"outcome":{"expire":true}},
	{"name":"j","when":{"level":"device","result":"failed","attempt":2},"callback":{"delay":"30s","duplicate":2,"merge":{"b":[1.50,null],"a":"<&>"},"truncate":0,"pace":5}},
	{"name":"k","when":{"until":"1h"},"callback":{"drop":true}},
	{"name":"l","callback":{"hold":true,"cut":"midway"}},
	{"name":"m.n","callback":{"swap":true,"truncate":7}},
	{"name":"o","when":{"from":"2030-01-01T00:00:00Z"},"callback":{"early":true}}]`

// All that a rule can say comes back in the same words, and can be put again.
func TestRulesComeBackAsTheyWereSaid(t *testing.T) {
	f := newFixture(t)
	_, c := f.server()
	var given []tsimclient.Rule
	if err := json.Unmarshal([]byte(fullRules), &given); err != nil {
		t.Fatal(err)
	}
	said, can := map[string]bool{}, map[string]bool{}
	for i := range given {
		told("", reflect.ValueOf(&given[i]), said)
	}
	var all tsimclient.Rule
	every(reflect.ValueOf(&all).Elem())
	told("", reflect.ValueOf(&all), can)
	for field := range can {
		if !said[field] {
			t.Errorf("none of the rules here has %s", field)
		}
	}
	var sent []map[string]any
	if err := json.Unmarshal([]byte(fullRules), &sent); err != nil {
		t.Fatal(err)
	}
	if w := f.ask("POST", base+"/rules", fullRules); w.Code != 201 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	before := f.box.Rules()
	for i := range given {
		report, err := c.Rule(t.Context(), given[i].Name)
		if err != nil || !reflect.DeepEqual(report.Rule, given[i]) {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", given[i].Name, err, report.Rule, given[i])
		}
		var got map[string]any
		if err := json.Unmarshal(f.ask("GET", base+"/rules/"+given[i].Name, "").Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		for key, want := range sent[i] {
			if !reflect.DeepEqual(got[key], want) {
				t.Errorf("%s: %s is %v, want %v", given[i].Name, key, got[key], want)
			}
		}
		if _, err := c.PutRule(t.Context(), report.Rule); err != nil {
			t.Errorf("%s: %v", given[i].Name, err)
		}
	}
	if after := f.box.Rules(); !reflect.DeepEqual(after, before) {
		t.Errorf("after a PUT of what a GET says the rules are\n%+v\nnot\n%+v", after, before)
	}
	// What the sandbox knows of a rule is told, too: a field that nobody has thought of is zero in all of them.
	known, has := map[string]bool{}, map[string]bool{}
	for i := range before {
		told("", reflect.ValueOf(&before[i].Rule), known)
	}
	var full rule.Rule
	every(reflect.ValueOf(&full).Elem())
	told("", reflect.ValueOf(&full), has)
	delete(has, "/Set") // which no rule can say itself
	for field := range has {
		if !known[field] {
			t.Errorf("none of the rules here sets %s of a rule", field)
		}
	}
}

// twice is a rule that strikes at each callback about a profile.
const twice = `{"name":"twice","when":{"level":"profile"},"callback":{"duplicate":1,"delay":"30s"}}`

func TestRules(t *testing.T) {
	f := newFixture(t)
	const rules = base + "/rules"
	f.want("GET", rules, "", 200, `{"rules":[]}`)
	const added = `{"name":"twice","when":{"level":"profile"},"callback":{"delay":"30s","duplicate":1},"does":"duplicate 1, delay 30s","occasions":0,"hits":0,"skipped":0,"over":false}`
	f.want("POST", rules, twice, 201, `{"rules":[`+added+`]}`)
	f.want("POST", rules, twice, 409, `{"error":"there is a rule \"twice\" already; PUT replaces it","hint":"DELETE removes a rule, all of them, or with ?with=NAME those of a misfortune"}`)
	f.want("GET", rules+"/twice", "", 200, added)
	f.want("POST", rules, `[{"name":"a","when":{"ttl":"1s"},"outcome":{"delay":"1m"}},{"name":"a.b","callback":{"drop":true}}]`, 201,
		`{"rules":[{"name":"a","when":{"ttl":"1s"},"outcome":{"delay":"1m"},"does":"delay 1m0s","occasions":0,"hits":0,"skipped":0,"over":false},`+
			`{"name":"a.b","callback":{"drop":true},"does":"drop","occasions":0,"hits":0,"skipped":0,"over":false}]}`)
	names := func() string {
		var list tsimclient.RuleList
		f.get(rules, &list)
		var all []string
		for _, r := range list.Rules {
			all = append(all, strings.TrimSuffix(r.Name+"<"+r.Behind, "<"))
		}
		return strings.Join(all, " ")
	}
	if got := names(); got != "a a.b twice<a.b" {
		t.Errorf("the rules are %s", got)
	}
	f.want("DELETE", rules+"/a.b", "", 200, `{"deleted":"a.b"}`)
	for _, method := range []string{"GET", "DELETE"} {
		f.want(method, rules+"/a.b", "", 404, `{"error":"no rule \"a.b\""}`)
	}
	f.want("POST", rules+"/b/restart", "", 404, `{"error":"no rule \"b\""}`)
	f.want("PUT", rules+"/a", `{"name":"a","callback":{"hold":true}}`, 200, `{"name":"a","callback":{"hold":true},"does":"hold","occasions":0,"hits":0,"skipped":0,"over":false}`)
	f.want("PUT", rules+"/new", `{"callback":{"swap":true},"when":{"result":"failed"}}`, 201,
		`{"name":"new","when":{"result":"failed"},"callback":{"swap":true},"does":"swap","occasions":0,"hits":0,"skipped":0,"over":false}`)
	if got := names(); got != "new a twice<a" {
		t.Errorf("the rules are %s", got)
	}
	f.want("DELETE", rules, "", 200, `{"rules":3}`)
	if w := f.ask("PUT", rules, `[`+twice+`]`); w.Code != 200 || names() != "twice" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(f.ask("GET", base, "").Body.String(), `"rules":1,`) {
		t.Error("the sandbox does not say that it has one rule")
	}
	f.want("PUT", rules, `[]`, 200, `{"rules":[]}`)
	f.ask("POST", rules, twice)
	f.ask("POST", base+"/reset", "")
	f.want("GET", rules, "", 200, `{"rules":[]}`)
}

// What a rule has done is told with it, and its counts begin anew when somebody says so.
func TestRulesCount(t *testing.T) {
	f := newFixture(t)
	f.ask("POST", base+"/rules", `[{"name":"twice","when":{"level":"profile","nth":2},"callback":{"duplicate":1}},{"name":"other","when":{"level":"device"},"callback":{"delay":"1s"}}]`)
	f.submit(euicc.OpDeviceSuspend, euicc.IDs{EID: eid1})
	f.ask("POST", base+"/clock/advance", `{"until":"idle"}`)
	const struck = `"does":"duplicate 1","occasions":2,"hits":1,"skipped":0,"last":"2030-01-01T00:00:30Z","over":true}`
	if got := f.ask("GET", base+"/rules/twice", "").Body.String(); !strings.HasSuffix(got, struck+"\n") {
		t.Errorf("%s, want …%s", got, struck)
	}
	const none = `"does":"duplicate 1","occasions":0,"hits":0,"skipped":0,"over":false}`
	if got := f.ask("POST", base+"/rules/twice/restart", "").Body.String(); !strings.HasSuffix(got, none+"\n") {
		t.Errorf("%s, want …%s", got, none)
	}
	if r, err := f.box.Rule("other"); err != nil || r.Hits != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if got := f.ask("POST", base+"/rules/restart", "").Body.String(); strings.Count(got, `"hits":0`) != 2 {
		t.Errorf("%s", got)
	}
}

// What cannot be is told in its place in the body, all of it at once, and nothing of it is done.
func TestRulesThatCannotBe(t *testing.T) {
	f := newFixture(t)
	const rules = base + "/rules"
	for _, c := range []struct{ method, path, body, says string }{
		{"POST", rules, ``, `{"error":"the body is not JSON: unexpected end of JSON input, at byte 0","hint":"a rule as in a scenario, in JSON, a list of rules, or {\"with\":\"duplicates\"}"}`},
		{"POST", rules, `{"callback":{"drop":true}}`, `{"error":"`},
		{"POST", rules, `{"name":"x","callback":{"drop":true,"twice":1}}`, `{"error":"/callback/twice: unknown key \"twice\"`},
		{"POST", rules, `{"name":"x","when":{"acount":"A"},"callback":{"drop":true}}`, `did you mean \"account\"?`},
		{"POST", rules, `{"name":"x"}`, `a rule has exactly one of reply, outcome and callback, not 0 of them`},
		{"POST", rules, `{"name":"x","when":{"operation":["login"]},"outcome":{"silent":true}}`, `{"error":"/when/operation/0: a rule with outcome has no operation \"login\"`},
		{"POST", rules, `[` + twice + `,{"name":"x","when":{"operation":"login"},"outcome":{"silent":true}}]`, `{"error":"/1/when/operation`},
		{"POST", rules, `{"name":"x","outcome":{"fault":"Insuficient memory"}}`, `did you mean \"Insufficient memory\"?`},
		{"POST", rules, `{"name":"x","when":{"account":"A-9"},"outcome":{"silent":true}}`, `{"error":"/when/account: no account \"A-9\" in this scenario"}`},
		{"POST", rules, `[{"name":"x","when":{"account":"A-9"},"outcome":{"silent":true}}]`, `{"error":"/0/when/account: no account \"A-9\" in this scenario"}`},
		{"POST", rules, `[` + twice + `,` + twice + `]`, `{"error":"/1/name: `},
		{"PUT", rules, `[` + twice + `,` + twice + `]`, `{"error":"/1/name: `},
		{"POST", rules, `{"name":"restart","callback":{"drop":true}}`, `{"error":"/name: restart is what control is asked`},
		{"PUT", rules + "/x", `{"name":"y","callback":{"drop":true}}`, `{"error":"/name: the name is \"y\", and the path has \"x\""}`},
		{"PUT", rules + "/x", `{"when":{"account":"A-9"},"callback":{"drop":true}}`, `{"error":"/when/account: no account \"A-9\" in this scenario"}`},
		{"POST", rules, `{"with":"duplicate"}`, `did you mean \"duplicates\"?`},
		{"POST", rules, `{"with":["duplicates","duplicates"]}`, `{"error":"`},
		{"POST", rules, `{"with":[]}`, `{"error":"field \"with\" is the name of a misfortune, or a list of names","hint":"known misfortunes: `},
		{"POST", rules, `{"with":7}`, `{"error":"field \"with\" is the name of a misfortune, or a list of names"`},
		{"POST", rules, `{"with":"duplicates","name":"x"}`, `{"error":"unknown field \"name\"`},
		{"DELETE", rules + "?with=duplicate", ``, `{"error":"no misfortune \"duplicate\"","hint":"did you mean duplicates?`},
		{"DELETE", rules + "?with=", ``, `{"error":"no misfortune \"\""`},
		{"DELETE", rules + "?set=duplicates", ``, `{"error":"unknown query parameter \"set\""`},
	} {
		w := f.ask(c.method, c.path, c.body)
		if w.Code != 400 || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s %s %s\ngot  %d %s\nwant 400 %s", c.method, c.path, c.body, w.Code, w.Body, c.says)
		}
	}
	f.want("GET", rules, "", 200, `{"rules":[]}`)
	many := make([]string, rule.MaxRules+1)
	for i := range many {
		many[i] = fmt.Sprintf(`{"name":"r%d","callback":{"drop":true}}`, i)
	}
	if w := f.ask("POST", rules, "["+strings.Join(many, ",")+"]"); w.Code != 400 || w.Body.Len() > 500 {
		t.Errorf("%d %.200s", w.Code, w.Body)
	}
	if w := f.ask("POST", rules, "["+strings.Join(many[1:], ",")+"]"); w.Code != 201 {
		t.Errorf("%d %.200s", w.Code, w.Body)
	}
	if w := f.ask("POST", rules, many[0]); w.Code != 409 || !strings.Contains(w.Body.String(), `at most 1000 rules`) {
		t.Errorf("%d %.200s", w.Code, w.Body)
	}
}

// A misfortune comes and goes by its name, and a rule of it that is changed stays a part of it.
func TestMisfortunes(t *testing.T) {
	f := newFixture(t)
	var all tsimclient.MisfortuneList
	f.get("/tsim/v1/misfortunes", &all)
	if len(all.Misfortunes) < 2 {
		t.Fatalf("%+v", all)
	}
	for _, m := range all.Misfortunes {
		if m.About == "" || m.For == "" || m.Good == "" || m.Changes != tsimclient.ChangesTelling && m.Changes != tsimclient.ChangesOutcome {
			t.Errorf("%+v", m)
		}
	}
	const rules = base + "/rules"
	f.ask("POST", rules, twice)
	var list tsimclient.RuleList
	if w := f.ask("POST", rules, `{"with":["half-the-bulk-fails","duplicates"]}`); w.Code != 201 || json.Unmarshal(w.Body.Bytes(), &list) != nil {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if n := len(list.Rules); n < 2 || list.Rules[0].Set != "half-the-bulk-fails" || list.Rules[n-1].Set != "duplicates" || len(f.box.Rules()) != n+1 {
		t.Errorf("%+v", list)
	}
	if w := f.ask("POST", rules, `{"with":"duplicates"}`); w.Code != 409 || !strings.Contains(w.Body.String(), "?with=NAME") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	name := list.Rules[len(list.Rules)-1].Name
	if w := f.ask("PUT", rules+"/"+name, `{"callback":{"duplicate":2}}`); w.Code != 200 || !strings.Contains(w.Body.String(), `"set":"duplicates"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for _, set := range []string{"duplicates", "half-the-bulk-fails"} {
		if w := f.ask("DELETE", rules+"?with="+set, ""); w.Code != 200 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if left := f.box.Rules(); len(left) != 1 || left[0].Name != "twice" {
		t.Errorf("%+v", left)
	}
	f.want("DELETE", rules+"?with=duplicates", "", 200, `{"rules":0}`)
}

// A sandbox is made with rules of its own, which a reset brings back.
func TestSandboxesWithRules(t *testing.T) {
	f := newFixture(t)
	names := func(box string) string {
		var list tsimclient.RuleList
		f.get(sandboxes+"/"+box+"/rules", &list)
		var all []string
		for _, r := range list.Rules {
			all = append(all, r.Name)
		}
		return strings.Join(all, " ")
	}
	const tiny = `"scenario":{"name":"tiny","credentials":[{"appKey":"k","appSecret":"s","username":"u","password":"p"}],"accounts":[{"name":"A-1"}],"rules":[{"name":"own","callback":{"drop":true}}]}`
	for i, c := range []struct{ body, want string }{
		{tiny, "own"},
		{tiny + `,"with":["duplicates"]`, "duplicates own"},
		{tiny + `,"with":["duplicates"],"rules":` + twice, "twice duplicates own"},
		{tiny + `,"rules":[` + twice + `]`, "twice own"},
		{`"with":["duplicates"]`, "duplicates"},
	} {
		name := fmt.Sprint("box", i)
		if w := f.ask("POST", sandboxes, `{"name":"`+name+`",`+c.body+`}`); w.Code != 201 {
			t.Fatalf("%s: %d %s", c.body, w.Code, w.Body)
		}
		if got := names(name); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: the rules are %s, want %s", c.body, got, c.want)
		}
		f.ask("DELETE", sandboxes+"/"+name+"/rules", "")
		f.ask("POST", sandboxes+"/"+name+"/reset", "")
		if got := names(name); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: after a reset the rules are %s, want %s", c.body, got, c.want)
		}
	}
	for _, c := range []struct{ body, says string }{
		{tiny + `,"with":["duplicate"]`, `did you mean \"duplicates\"?`},
		{tiny + `,"with":"duplicates"`, `field \"with\" is a list of strings, not a string`},
		{tiny + `,"rules":{"name":"x"}`, `{"error":"/rules: a rule has exactly one of`},
		{tiny + `,"rules":[` + twice + `,{"name":"x","when":{"tll":"1s"},"callback":{"drop":true}}]`, `{"error":"/rules/1/when/tll: unknown key`},
		{tiny + `,"rules":[{"name":"x","when":{"account":"B"},"callback":{"drop":true}}]`, `{"error":"/rules/0/when/account: no account`},
		{tiny + `,"rules":[{"name":"own","callback":{"drop":true}}]`, `own`},
		{tiny + `,"rules":7`, `{"error":"/rules`},
	} {
		if w := f.ask("POST", sandboxes, `{`+c.body+`}`); w.Code != 400 || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s: %d %s, want 400 %s", c.body, w.Code, w.Body, c.says)
		}
	}
}

// What rules did stands in the story of a request, beside what they changed.
func TestStoriesTellOfRules(t *testing.T) {
	f := newFixture(t)
	f.ask("POST", base+"/rules", `[`+twice+`,{"name":"full","when":{"operation":"profile_resume"},"outcome":{"fault":{"code":"X.1","message":"worn out"}}}]`)
	request := f.submit(euicc.OpProfileResume, euicc.IDs{ICCID: global1})
	f.ask("POST", base+"/clock/advance", `{"until":"idle"}`)
	var r tsimclient.Request
	f.get(base+"/requests/"+request, &r)
	e := r.Entries[0]
	if len(e.Rules) != 1 || e.Rules[0] != (tsimclient.Applied{Rule: "full", Did: `fault "worn out"`}) || len(e.Callbacks) != 2 {
		t.Fatalf("%+v", e)
	}
	cb := e.Callbacks[0]
	if cb.Guard != tsimclient.GuardByRule || cb.Fault != (tsimclient.Fault{Code: "X.1", Message: "worn out"}) ||
		len(cb.Rules) != 1 || cb.Rules[0] != (tsimclient.Applied{Rule: "twice", Did: "duplicate 1, delay 30s"}) {
		t.Errorf("%+v", cb)
	}
	text := f.ask("GET", base+"/requests/"+request+"?format=text", "").Body.String()
	for _, line := range []string{
		"\n  - rule full: fault \"worn out\"\n  - refused for the profile " + global1 + ", by a rule: worn out\n    - callback 1 is Failed, delivered\n      - rule twice: duplicate 1, delay 30s\n      - attempt 1 ",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("the story is\n%s\nand has not\n%s", text, line)
		}
	}
	late, err := f.box.Submit(sim.Request{Account: account, Op: euicc.OpProfileSuspend, Devices: sim.ListOf(euicc.IDs{ICCID: lead1}), Rule: "slow", RuleDid: "delay 5s"})
	if err != nil {
		t.Fatal(err)
	}
	f.box.Replied(late)
	text = f.ask("GET", base+"/requests/"+late.ID+"?format=text", "").Body.String()
	if !strings.Contains(text, " still to come\n- rule slow: delay 5s\n- entry 1 ") {
		t.Errorf("the story is\n%s", text)
	}
	f.get(base+"/requests/"+late.ID, &r)
	if len(r.Rules) != 1 || r.Rules[0] != (tsimclient.Applied{Rule: "slow", Did: "delay 5s"}) {
		t.Errorf("%+v", r)
	}
	var events tsimclient.EventList
	f.get(base+"/events?rule=twice", &events)
	if len(events.Events) != 1 || events.Events[0].Kind != tsimclient.EventRuleApplied || events.Events[0].Detail != "twice: duplicate 1, delay 30s" {
		t.Errorf("%+v", events.Events)
	}
	f.want("GET", base+"/events?rule=twic", "", 200, `{"epoch":1,"events":[]}`)
	f.want("GET", base+"/events?rule=twice&kind=attempt.sent", "", 200, `{"epoch":1,"events":[]}`)
	if got := tell(&tsimclient.Request{Rules: []tsimclient.Applied{{Rule: "r", Did: "too late", Skipped: true}}, Summary: &tsimclient.Summary{}}, &sim.RequestReport{}); !strings.HasSuffix(got, "\n- rule r, skipped: too late\n") {
		t.Errorf("%q", got)
	}
}

// A call that a rule has interfered with says so, is found by it, and has a comment in an archive.
func TestCallsTellOfRules(t *testing.T) {
	f := newFixture(t)
	f.box.RecordCall(sim.Call{Method: "GET", Path: "/x", Status: 200})
	f.box.RecordCall(sim.Call{Method: "GET", Path: "/x", Status: 503, Rule: "down"})
	var list tsimclient.CallList
	f.get(base+"/calls?rule=down", &list)
	if len(list.Calls) != 1 || list.Calls[0].N != 2 || list.Calls[0].Rule != "down" {
		t.Errorf("%+v", list)
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, newRequest(t.Context(), "GET", base+"/calls?format=har", ""))
	if got := w.Body.String(); strings.Count(got, `"comment":"rule: down"`) != 1 {
		t.Errorf("%s", got)
	}
	if w := f.ask("POST", base+"/calls/count", `{"rule":"up"}`); !strings.Contains(w.Body.String(), "rule is down, not up") {
		t.Errorf("%s", w.Body)
	}
}

// The bodies of rules that come one after the other are no more than there is room for, and one that is replaced makes room.
func TestBodiesOfRulesAreBounded(t *testing.T) {
	f := newFixture(t)
	const rules = base + "/rules"
	text := strings.Repeat("x", 900_000)
	rule := func(name, body string) string {
		return `{"name":"` + name + `","reply":{"status":200,"body":"` + body + `"}}`
	}
	for _, c := range []struct {
		method, name, body string
		status             int
	}{
		{"POST", "a", text, 201}, {"POST", "b", text, 201}, {"POST", "c", text, 409}, {"PUT", "c", text, 409}, {"PUT", "a", "", 200},
		{"PUT", "c", text, 201}, {"PUT", "a", text, 409}, {"PUT", "c", text, 200},
	} {
		at := rules
		if c.method == "PUT" {
			at += "/" + c.name
		}
		if w := f.ask(c.method, at, rule(c.name, c.body)); w.Code != c.status || c.status == 409 && !strings.Contains(w.Body.String(), "at most 2097152 bytes") {
			t.Errorf("%s %s with %d bytes: %d %.200s", c.method, c.name, len(c.body), w.Code, w.Body)
		}
	}
}
