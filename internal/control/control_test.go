package control

import (
	"net/http"
	"strings"
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/sim"
)

func TestHealth(t *testing.T) {
	newFixture(t).want("GET", "/tsim/v1/health", "", 200, `{"status":"ok","version":"1.2.3"}`)
}

func TestSandbox(t *testing.T) {
	f := newFixture(t)
	f.submit(euicc.OpActivate, euicc.IDs{EID: eid2})
	f.want("GET", base, "", 200, `{"name":"default","scenario":"two-devices","about":"two devices","seed":7,"start":"2030-01-01T00:00:00Z",`+
		`"clock":{"now":"2030-01-01T00:00:00Z","epoch":1,"mode":"manual","speed":1,"nextDue":"2030-01-01T00:00:30Z"},`+
		`"accounts":["0000123456-00001"],"credentials":[{"appKey":"key","appSecret":"secret","username":"user","password":"pass"}],`+
		`"rules":0,"counts":{"devices":2,"listeners":1,"requests":1,"callbacks":0,"events":1}}`)
	f.want("GET", "/tsim/v1/sandboxes/nope", "", 404, `{"error":"no sandbox \"nope\""}`)
}

func TestReset(t *testing.T) {
	const fresh = `{"name":"default","scenario":"two-devices","about":"two devices","seed":7,"start":"2030-01-01T00:00:00Z",` +
		`"clock":{"now":"2030-01-01T00:00:00Z","epoch":2,"mode":"manual","speed":1},` +
		`"accounts":["0000123456-00001"],"credentials":[{"appKey":"key","appSecret":"secret","username":"user","password":"pass"}],` +
		`"rules":0,"counts":{"devices":2,"listeners":LISTENERS,"requests":0,"callbacks":0,"events":1}}`
	for _, c := range []struct {
		body, listeners string
		bearerStays     bool
	}{
		{"", "1", false},
		{"{}", "1", false},
		{`{"keep":null}`, "1", false},
		{`{"keep":["listeners"]}`, "2", false},
		{`{"keep":["tokens"]}`, "1", true},
		{`{"keep":["tokens","listeners"]}`, "2", true},
	} {
		f := newFixture(t)
		f.submit(euicc.OpActivate, euicc.IDs{EID: eid2})
		if err := f.box.Register(config.Listener{Account: account, Service: "CarrierService", URL: hook}); err != nil {
			t.Fatal(err)
		}
		bearer, _, err := f.box.Issue("key", "secret")
		if err != nil {
			t.Fatal(err)
		}
		f.want("POST", base+"/reset", c.body, 200, strings.Replace(fresh, "LISTENERS", c.listeners, 1))
		if stays := f.box.CheckBearer(bearer.Token) == nil; stays != c.bearerStays {
			t.Errorf("%s: the bearer is in force: %t, want %t", c.body, stays, c.bearerStays)
		}
	}
	newFixture(t).want("POST", base+"/reset", `{"keep":["token"]}`, 400,
		`{"error":"a reset cannot keep \"token\"","hint":"did you mean tokens? known words: listeners, tokens"}`)
}

func TestDevices(t *testing.T) {
	const (
		first = `{"account":"0000123456-00001","eid":"89001012012341234012345678901224","imei":"490154203237518",` +
			`"powered":true,"connected":true,"fallback":"89148000000000000019","profiles":[` +
			`{"iccid":"89148000000000000019","role":"LEAD","network":"us","service":"active","status":"ENABLE","suspended":"none","mdn":"5415550100","plan":"US Plan","enabled":true},` +
			`{"iccid":"89445000000000000019","role":"LOCAL","network":"global","service":"active","status":"DISABLE","suspended":"profile","mdn":"5415550101","plan":"Global Plan","enabled":false}]}`
		second = `{"account":"0000123456-00001","eid":"89001012012341234012345678901321","imei":"","powered":POWERED,"connected":CONNECTED,"fallback":"","profiles":[` +
			`{"iccid":"89148000000000000027","role":"LEAD","network":"us","service":"pre_active","status":"DOWNLOAD_DISABLE","suspended":"none","mdn":"","plan":"US Plan","enabled":false}]}`
	)
	like := func(powered, connected string) string {
		return strings.NewReplacer("POWERED", powered, "CONNECTED", connected).Replace(second)
	}
	f := newFixture(t)
	f.want("GET", base+"/devices", "", 200, `{"devices":[`+first+`,`+like("true", "true")+`]}`)
	f.want("GET", base+"/devices?limit=2", "", 200, `{"devices":[`+first+`,`+like("true", "true")+`]}`)
	f.want("GET", base+"/devices?limit=1", "", 200, `{"devices":[`+first+`],"next":"`+eid1+`"}`)
	f.want("GET", base+"/devices?limit=1&after="+eid1, "", 200, `{"devices":[`+like("true", "true")+`]}`)
	f.want("GET", base+"/devices?after="+eid2, "", 200, `{"devices":[]}`)

	device := base + "/devices/" + eid2
	f.want("GET", device, "", 200, like("true", "true"))
	f.want("PATCH", device, `{"powered":false}`, 200, like("false", "true"))
	f.want("PATCH", device, `{"powered":true,"connected":false}`, 200, like("true", "false"))
	f.want("PATCH", device, `{"connected":null}`, 200, like("true", "false"))
	f.want("PATCH", device, `{}`, 200, like("true", "false"))
	f.want("GET", base+"/events", "", 200, `{"epoch":1,"events":[`+
		`{"epoch":1,"seq":1,"at":"2030-01-01T00:00:00Z","kind":"device.changed","eid":"`+eid2+`","detail":"powered no, connected yes"},`+
		`{"epoch":1,"seq":2,"at":"2030-01-01T00:00:00Z","kind":"device.changed","eid":"`+eid2+`","detail":"powered yes, connected no"}]}`)

	const none = `{"error":"no device with EID ` + unknown + `"}`
	f.want("GET", base+"/devices/"+unknown, "", 404, none)
	f.want("PATCH", base+"/devices/"+unknown, `{"powered":true}`, 404, none)
	f.want("PATCH", base+"/devices/"+unknown, `{}`, 404, none)
}

func TestWhatCannotBe(t *testing.T) {
	const fields = "known fields: powered, connected, imei, fallback, memory, profiles"
	device := base + "/devices/" + eid1
	f := newFixture(t)
	for _, c := range []struct {
		method, target, body string
		status               int
		reply                string
	}{
		{"PATCH", device, ``, 400, `{"error":"the body is empty; it has to be a JSON object","hint":"fields: powered, connected, imei, fallback, memory, profiles"}`},
		{"PATCH", device, ` {"power":true}`, 400, `{"error":"unknown field \"power\"","hint":"did you mean powered? ` + fields + `"}`},
		{"PATCH", device, `{"Powered":true,"Connected":1}`, 400, `{"error":"unknown field \"Connected\"","hint":"did you mean connected? ` + fields + `"}`},
		{"PATCH", device, `{"colour":"red"}`, 400, `{"error":"unknown field \"colour\"","hint":"` + fields + `"}`},
		{"PATCH", device, `{"powered":"no"}`, 400, `{"error":"field \"powered\" is true or false, not a string"}`},
		{"PATCH", device, `{"powered":1}`, 400, `{"error":"field \"powered\" is true or false, not a number"}`},
		{"PATCH", device, `[true]`, 400, `{"error":"the body has to be a JSON object, like {}"}`},
		{"PATCH", device, `null`, 400, `{"error":"the body has to be a JSON object, like {}"}`},
		{"PATCH", device, `{"powered":`, 400, `{"error":"the body is not JSON: unexpected end of JSON input, at byte 11"}`},
		{"PATCH", device, `{} {}`, 400, `{"error":"the body is not JSON: invalid character '{' after top-level value, at byte 4"}`},
		{"PATCH", device, strings.Repeat(" ", maxBody+1), 413, `{"error":"the body is longer than 1 MiB"}`},
		{"POST", base + "/reset", `{"keep":"tokens"}`, 400, `{"error":"field \"keep\" is a list of strings, not a string"}`},
		{"POST", base + "/reset", `{"keep":["tokens",{}]}`, 400, `{"error":"/keep/1: a string belongs here, not an object"}`},
		{"POST", base + "/wait", `{"for":{"requst":"x"}}`, 400,
			`{"error":"/for/requst: unknown field \"requst\"","hint":"did you mean request? known fields: request, callbacks, state, kind, eid, iccid, callback, after, calls"}`},
		{"POST", base + "/wait", `{"for":{"a/b~":1}}`, 400,
			`{"error":"/for/a~1b~0: unknown field \"a/b~\"","hint":"known fields: request, callbacks, state, kind, eid, iccid, callback, after, calls"}`},
		{"POST", base + "/wait", `{"for":{"callbacks":"3"}}`, 400, `{"error":"/for/callbacks: a whole number belongs here, not a string"}`},
		{"POST", base + "/wait", `{"for":{"after":-1}}`, 400, `{"error":"/for/after: a whole number from 0 belongs here, not the number -1"}`},
		{"POST", base + "/wait", `{"for":["idle"]}`, 400, `{"error":"field \"for\" is an object, not a list"}`},
		{"POST", base + "/wait", `{"for" : null }`, 400, `{"error":"a wait needs something to wait for","hint":` + quote(whatFor) + `}`},
		{"POST", "/tsim/v1/sandboxes", `{"seed":1.5}`, 400, `{"error":"field \"seed\" is a whole number from 0, not the number 1.5"}`},
		{"GET", base + "/devices?limit=0", ``, 400, `{"error":"limit \"0\" is not a number from 1 to 5000"}`},
		{"GET", base + "/devices?limit=5001", ``, 400, `{"error":"limit \"5001\" is not a number from 1 to 5000"}`},
		{"GET", base + "/devices?limit=ten", ``, 400, `{"error":"limit \"ten\" is not a number from 1 to 5000"}`},
		{"GET", base + "/devices?limits=1", ``, 400, `{"error":"unknown query parameter \"limits\"","hint":"did you mean limit? known query parameters: account, device, limit, after"}`},
		{"GET", base + "/devices?limit=1&limit=2", ``, 400, `{"error":"query parameter \"limit\" is there 2 times; once is enough"}`},
		{"GET", base + "/devices?limit=%zz", ``, 400, `{"error":"the query string cannot be read: invalid URL escape \"%zz\""}`},
		{"GET", base + "/clock?now=1", ``, 400, `{"error":"unknown query parameter \"now\"","hint":"there are no query parameters here"}`},
		{"GET", base + "/callbacks?after=x", ``, 400, `{"error":"after \"x\" is not a number","hint":"leave it out for the first page, and give the next of that page for the second one"}`},
		{"GET", base + "/events?after=-1", ``, 400, `{"error":"after \"-1\" is not a number","hint":"leave it out for the first page, and give the next of that page for the second one"}`},
		{"GET", base + "/events?after=18446744073709551615", ``, 400, `{"error":"after \"18446744073709551615\" is not a number","hint":"leave it out for the first page, and give the next of that page for the second one"}`},
		{"GET", base + "/callbacks?state=archive", ``, 400, `{"error":"no callback has the state \"archive\"","hint":"did you mean archived? known states: scheduled, inflight, mailbox, retrying, held, delivered, archived, unheard, dropped"}`},
		{"GET", base + "/nothing", ``, 404, `{"error":"there is nothing at /tsim/v1/sandboxes/default/nothing","hint":"GET /tsim/v1 lists what there is"}`},
		{"GET", "/tsim", ``, 404, `{"error":"there is nothing at /tsim","hint":"GET /tsim/v1 lists what there is"}`},
		{"GET", base + "/", ``, 404, `{"error":"there is nothing at /tsim/v1/sandboxes/default/","hint":"GET /tsim/v1 lists what there is"}`},
		{"DELETE", base + "/clock", ``, 405, `{"error":"DELETE does not apply to /tsim/v1/sandboxes/default/clock","hint":"allowed: GET, PUT"}`},
		{"HEAD", "/tsim/v1/health", ``, 405, `{"error":"HEAD does not apply to /tsim/v1/health","hint":"allowed: GET"}`},
		{"POST", "/tsim/v1", ``, 405, `{"error":"POST does not apply to /tsim/v1","hint":"allowed: GET"}`},
	} {
		f.want(c.method, c.target, c.body, c.status, c.reply)
	}
	if allow := f.ask("DELETE", base+"/clock", "").Header().Get("Allow"); allow != "GET, PUT" {
		t.Errorf("Allow: %s", allow)
	}
}

// quote is a text as it stands in an answer.
func quote(s string) string {
	b, err := encode(s)
	if err != nil {
		panic(err) // it is text
	}
	return strings.TrimSuffix(string(b), "\n")
}

func TestEveryKindOfErrorHasAStatus(t *testing.T) {
	for kind, want := range map[sim.Kind]int{
		sim.Invalid: 400, sim.NotFound: 404, sim.Conflict: 409, sim.AccountUnknown: 404, sim.ListenerUnknown: 404,
		sim.SchemaViolated: 400, sim.ServiceUnknown: 400, sim.BodyTooLarge: 413, sim.TooManyDevices: 413,
		sim.MethodNotAllowed: 405, sim.FaultKind(euicc.NotActive): 400,
	} {
		if got := refusal(sim.Errorf(kind, "text")); got.Status != want || got.Message != "text" {
			t.Errorf("kind %d: %+v, want %d", kind, got, want)
		}
	}
	if got := refusal(http.ErrBodyNotAllowed); got != nil {
		t.Errorf("a bug is told as %+v", got)
	}
}

func TestBugIsNotTold(t *testing.T) {
	f := newFixture(t)
	f.submit(euicc.OpActivate, euicc.IDs{EID: eid2})
	f.want("POST", base+"/clock/advance", `{"until":"idle"}`, 200,
		`{"from":"2030-01-01T00:00:00Z","now":"2030-01-01T00:00:30Z","ran":2,"delivered":1,"failed":0,"pending":0,"held":0,"idle":true}`)
	f.serve(func(*sim.Sim, *sim.Facts, int, int, *rule.Callback) []byte { return []byte("{not JSON") })
	f.want("GET", base+"/callbacks", "", 500, `{"error":"tsim has failed; its log says more"}`)
	if !strings.Contains(f.logged.String(), "path=/tsim/v1/sandboxes/default/callbacks") {
		t.Errorf("log: %s", &f.logged)
	}
}

// What is too deep or too wide to read is refused before it is read.
func TestBounds(t *testing.T) {
	f := newFixture(t)
	deep := strings.Repeat("[", 101)
	f.want("POST", "/tsim/v1/sandboxes", deep, 400, `{"error":"more than 100 lists and objects stand in each other here, at byte 100"}`)
	f.want("POST", base+"/devices", deep, 400, `{"error":"more than 100 lists and objects stand in each other here, at byte 100"}`)
	f.want("POST", base+"/reset", `{"keep":[`+strings.Repeat(`"",`, 100_000)+`""]}`, 400, `{"error":"more than 100000 values are in it, at byte 300002"}`)
	f.want("POST", base+"/reset", `{"`+strings.Repeat("x", 500)+`":1}`, 400,
		`{"error":"unknown field \"`+strings.Repeat("x", 60)+`…\"","hint":"known fields: keep, scenario, rules, with, seed, clock, compat"}`)
	f.want("GET", "/tsim/v1/sandboxes/"+strings.Repeat("x", 1000), "", 404, `{"error":"no sandbox \"`+strings.Repeat("x", 60)+`…\""}`)
}
