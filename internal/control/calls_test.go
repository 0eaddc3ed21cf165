package control

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tsim/internal/euicc"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

// record is a sandbox with some calls on record.
func newRecord(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	body := func(text string) sim.CallBody {
		return sim.CallBody{Type: "application/json", Size: len(text), Text: []byte(text)}
	}
	came := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []sim.Call{
		{Method: "POST", Path: "/api/m2m/v1/session/login", Operation: "login", Status: 200, Authorization: "Bearer *****",
			Request: body(`{"username":"user","password":"*****"}`), Reply: body(`{"sessionToken":"*****"}`)},
		{Method: "POST", Path: "/api/m2m/v1/devices/profile/actions/profile_suspend", Operation: "profile_suspend", Devices: 1, Status: 200, RequestID: request1,
			Session: true, Request: body(`{"devices":[{"deviceIds":[{"kind":"iccid","id":"` + global1 + `"}]}]}`), Reply: body(`{"requestId":"` + request1 + `"}`)},
		{Method: "POST", Path: "/api/m2m/v1/devices/profile/actions/profile_suspend", Operation: "profile_suspend", Devices: 499, Status: 400, Code: "400", Message: "no", Pointer: "/devices/3",
			Host: "tsim:80", TLS: true, Query: "a=1&b=2", Request: sim.CallBody{Size: 100_000, Kept: sim.KeptUnread}, Reply: body(`{"errorCode":"400","errorMessage":"no"}`)},
		{Method: "GET", Path: "/api/m2m/v1/nowhere", Agent: "curl/8", Status: 404, Code: "404", Message: "no such call", Reply: body(`{}`)},
	} {
		c.Wall = sim.WallTiming{Came: came, Took: 1500 * time.Microsecond}
		f.box.RecordCall(c)
		f.ask("POST", base+"/clock/advance", `{"by":"1m"}`)
	}
	return f
}

func (f *fixture) get(path string, into any) {
	f.t.Helper()
	w := f.ask("GET", path, "")
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil || w.Code != 200 {
		f.t.Fatalf("%s: %d %s %v", path, w.Code, w.Body, err)
	}
}

func TestCallsAreListed(t *testing.T) {
	f := newRecord(t)
	f.want("GET", base+"/calls?limit=1", "", 200, `{"calls":[{"n":1,"at":"2030-01-01T00:00:00Z","wall":"2026-01-02T03:04:05Z","ms":1.5,`+
		`"method":"POST","path":"/api/m2m/v1/session/login","operation":"login","devices":0,"status":200,`+
		`"sent":{"type":"application/json","size":38,"kept":"whole"},"reply":{"type":"application/json","size":24,"kept":"whole"}}],"next":"1"}`)
	f.want("GET", base+"/calls/3", "", 200, `{"n":3,"at":"2030-01-01T00:02:00Z","wall":"2026-01-02T03:04:05Z","ms":1.5,`+
		`"method":"POST","path":"/api/m2m/v1/devices/profile/actions/profile_suspend","query":"a=1&b=2","operation":"profile_suspend","devices":499,"status":400,`+
		`"code":"400","error":"no","pointer":"/devices/3","sent":{"size":100000,"kept":"unread"},`+
		`"reply":{"type":"application/json","size":39,"kept":"whole","text":"{\"errorCode\":\"400\",\"errorMessage\":\"no\"}"}}`)
	var call tsimclient.Call
	f.get(base+"/calls/2", &call)
	if call.Headers["VZ-M2M-Token"] != "*****" || call.Headers["Content-Type"] != "application/json" || !strings.Contains(call.Sent.Text, global1) || call.Request != request1 {
		t.Errorf("%+v", call)
	}
	for _, n := range []string{"0", "5", "x", "-1"} {
		f.want("GET", base+"/calls/"+n, "", 404, `{"error":"no call \"`+n+`\"","hint":"it has not come yet, or it is forgotten"}`)
	}
	f.registry.RecordCall(sim.Call{Method: "GET", Path: "/x", Status: 401})
	f.want("GET", "/tsim/v1/calls", "", 200, `{"calls":[{"n":1,"wall":"0001-01-01T00:00:00Z","ms":0,"method":"GET","path":"/x","devices":0,"status":401,`+
		`"sent":{"size":0,"kept":"whole"},"reply":{"size":0,"kept":"whole"}}]}`)
	f.want("GET", "/tsim/v1/calls?status=200", "", 200, `{"calls":[]}`)
}

// Each field of the filter chooses, alone and with others.
func TestFiltersOfCalls(t *testing.T) {
	f := newRecord(t)
	for query, want := range map[string]string{
		"":                          "1 2 3 4",
		"operation=profile_suspend": "2 3",
		"operation=login":           "1",
		"method=GET":                "4",
		"path=/api/m2m/v1/nowhere":  "4",
		"path=*/nowhere":            "4",
		"path=*/actions/*":          "2 3",
		"path=/api/*/session/*":     "1",
		"path=/api/m2m/v1/nowher":   "",
		"path=*":                    "1 2 3 4",
		"status=400":                "3",
		"refused=true":              "3 4",
		"refused=false":             "1 2",
		"devices=499":               "3",
		"devices=0":                 "1 4",
		"device=" + global1:         "2",
		"device=8944500000":         "",
		"request=" + request1:       "2",
		"from=2030-01-01T00:01:00Z": "2 3 4",
		"to=2030-01-01T00:01:00Z":   "1 2",
		"from=2030-01-01T00:01:00Z&to=2030-01-01T00:02:00Z": "2 3",
		"agent=curl/*":   "4",
		"agent=!curl/*":  "1 2 3",
		"text=errorCode": "3",
		"text=username":  "1",
		"operation=profile_suspend&refused=false": "2",
		"operation=login&status=400":              "",
		"after=2":                                 "3 4",
		"limit=2":                                 "1 2 next 2",
		"limit=1&refused=true":                    "3 next 3",
		"limit=2&refused=true":                    "3 4",
		"limit=1&refused=true&after=3":            "4",
	} {
		var list tsimclient.CallList
		f.get(base+"/calls?"+query, &list)
		var got []string
		for _, c := range list.Calls {
			got = append(got, fmt.Sprint(c.N))
		}
		if list.Next != "" {
			got = append(got, "next", list.Next)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

func TestFiltersThatCannotBe(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct{ path, says string }{
		{"/calls?operation=logn", `"error":"no operation \"logn\"","hint":"did you mean login?`},
		{"/calls?method=post", `"error":"no method \"post\"","hint":"did you mean POST?`},
		{"/calls?status=1000", `status 1000 is none of HTTP`},
		{"/calls?status=ok", `status \"ok\" is not a whole number`},
		{"/calls?refused=yes", `refused \"yes\" is neither true nor false`},
		{"/calls?devices=-1", `devices is how many, it cannot be -1`},
		{"/calls?path=login", `path \"login\" begins neither with / nor with *`},
		{"/calls?from=today", `from \"today\" is not an instant of RFC 3339`},
		{"/calls?from=2030-01-02T00:00:00Z&to=2030-01-01T00:00:00Z", `is after to`},
		{"/calls?operations=x", `"hint":"did you mean operation? known query parameters: operation, method, path, status, refused, device, devices, request, from, to, rule, text, agent, format, limit, after"`},
		{"/calls?format=xml", `format \"xml\" is neither json nor har`},
		{"/calls?limit=0", `limit`},
		{"/requests?operation=suspend", `"error":"no operation \"suspend\"","hint":"`},
		{"/requests?to=x", `to \"x\" is not`},
		{"/callbacks?operation=enabel", `did you mean enable?`},
		{"/callbacks?state=lost", `no callback has the state`},
		{"/callbacks?from=x", `from \"x\" is not`},
		{"/events?kind=attempt.send", `did you mean attempt.sent?`},
		{"/events?from=x", `from \"x\" is not`},
		{"/devices?acount=x", `did you mean account?`},
	} {
		if w := f.ask("GET", base+c.path, ""); w.Code != 400 || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s: %d %s, want %s", c.path, w.Code, w.Body, c.says)
		}
	}
	for _, c := range []struct{ path, body, says string }{
		{"/calls/count", `{"count":-1}`, `count is how many, it cannot be -1`},
		{"/calls/count", `{"operatoin":"login"}`, `did you mean operation? known fields: operation, method, path, status, refused, device, devices, request, from, to, rule, text, agent, count`},
		{"/calls/count", `{"status":"200"}`, `a whole number`},
		{"/calls/count", `{"operation":"x"}`, `no operation`},
		{"/wait", `{"for":{"calls":{"operatoin":"login"}}}`, `/for/calls/operatoin: unknown field`},
		{"/wait", `{"for":{"calls":{},"request":"x"}}`, `calls go with nothing else`},
		{"/wait", `{"for":{"calls":{"count":-1}}}`, `count is how many`},
		{"/wait", `{"for":{"calls":[]}}`, `an object belongs here`},
	} {
		if w := f.ask("POST", base+c.path, c.body); w.Code != 400 || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s %s: %d %s, want %s", c.path, c.body, w.Code, w.Body, c.says)
		}
	}
}

// The other lists take the filters that make sense for them.
func TestFiltersOfOtherLists(t *testing.T) {
	f := newFixture(t)
	r := f.submit(euicc.OpProfileResume, euicc.IDs{ICCID: global1})
	f.ask("POST", base+"/clock/advance", `{"by":"1h"}`)
	f.submit(euicc.OpDeviceSuspend, euicc.IDs{EID: eid1})
	f.ask("POST", base+"/clock/advance", `{"by":"1h"}`)
	for path, want := range map[string]int{
		"/requests?operation=profile_resume":                      1,
		"/requests?operation=activate":                            0,
		"/requests?account=" + account:                            2,
		"/requests?account=x":                                     0,
		"/requests?device=" + global1:                             1,
		"/requests?device=" + eid1:                                1,
		"/requests?from=2030-01-01T00:30:00Z":                     1,
		"/requests?to=2030-01-01T00:30:00Z":                       1,
		"/callbacks?operation=device_suspend":                     3,
		"/callbacks?operation=activate":                           0,
		"/callbacks?account=" + account:                           4,
		"/callbacks?account=x":                                    0,
		"/callbacks?device=" + global1:                            2,
		"/callbacks?device=5415550101":                            2,
		"/callbacks?device=490154203237518":                       4,
		"/callbacks?device=" + eid2:                               0,
		"/callbacks?from=2030-01-01T00:30:00Z":                    3,
		"/callbacks?to=2030-01-01T00:30:00Z":                      1,
		"/callbacks?request=" + r:                                 1,
		"/callbacks?request=" + r + "&state=held":                 0,
		"/events?kind=request.accepted":                           2,
		"/events?kind=request.accepted&request=" + r:              1,
		"/events?kind=operation.succeeded&device=" + global1:      2,
		"/events?kind=request.accepted&from=2030-01-01T00:30:00Z": 1,
		"/events?kind=request.accepted&to=2030-01-01T00:30:00Z":   1,
		"/devices?device=" + lead2:                                1,
		"/devices?device=5415550101":                              1,
		"/devices?account=" + account:                             2,
		"/devices?account=x":                                      0,
		"/devices?device=" + eid1 + "&account=x":                  0,
	} {
		var list map[string]json.RawMessage
		f.get(base+path, &list)
		name, _, _ := strings.Cut(path[1:], "?")
		var items []any
		if err := json.Unmarshal(list[name], &items); err != nil || len(items) != want {
			t.Errorf("%s: %d, want %d (%v)\n%s", path, len(items), want, err, list[name])
		}
	}
}

// A bulk of which only the beginning is on record is found by each device, as long as its request is known.
func TestDeviceOfALongBody(t *testing.T) {
	f := newFixture(t)
	id := f.submit(euicc.OpProfileSuspend, euicc.IDs{ICCID: global1})
	f.box.RecordCall(sim.Call{RequestID: id, Request: sim.CallBody{Kept: sim.KeptStart}})
	f.box.RecordCall(sim.Call{RequestID: "another", Request: sim.CallBody{Kept: sim.KeptStart}})
	var list tsimclient.CallList
	if f.get(base+"/calls?device="+global1, &list); len(list.Calls) != 1 || list.Calls[0].N != 1 {
		t.Errorf("%+v", list)
	}
}

// What was not found is answered with what is near, and with what differs there, field by field.
func TestCountCalls(t *testing.T) {
	f := newRecord(t)
	for _, c := range []struct {
		body    string
		count   int
		nearest []string // number and differences of each
	}{
		{``, 4, nil},
		{`{"operation":"profile_suspend"}`, 2, nil},
		{`{"operation":"login","count":1}`, 1, nil},
		{`{"operation":"login","count":2}`, 1, []string{"4: it has no operation, want login", "3: operation is profile_suspend, not login", "2: operation is profile_suspend, not login"}},
		{`{"operation":"profile_suspend","devices":500,"status":200}`, 0, []string{
			"2: it names 1 device, not 500", "3: status is 400, not 200; it names 499 devices, not 500",
			"1: operation is login, not profile_suspend; it names 0 devices, not 500",
		}},
		{`{"path":"*/profile_suspend","refused":true,"device":"` + global1 + `"}`, 0, []string{
			"3: it does not name the device " + global1, "2: it was not refused, status is 200",
			"4: path is /api/m2m/v1/nowhere, not */profile_suspend; it does not name the device " + global1,
		}},
		{`{"method":"POST","refused":false,"request":"x","text":"y","from":"2030-01-01T00:02:00Z"}`, 0, []string{
			"3: it was refused with 400: no; it has no request, want x; none of its bodies has \"y\"",
			"2: request is " + request1 + ", not x; it is of 2030-01-01T00:01:00Z, before 2030-01-01T00:02:00Z; none of its bodies has \"y\"",
			"1: it has no request, want x; it is of 2030-01-01T00:00:00Z, before 2030-01-01T00:02:00Z; none of its bodies has \"y\"",
		}},
		{`{"operation":"login","to":"2029-01-01T00:00:00Z"}`, 0, []string{
			"1: it is of 2030-01-01T00:00:00Z, after 2029-01-01T00:00:00Z",
			"4: it has no operation, want login; it is of 2030-01-01T00:03:00Z, after 2029-01-01T00:00:00Z",
			"3: operation is profile_suspend, not login; it is of 2030-01-01T00:02:00Z, after 2029-01-01T00:00:00Z",
		}},
	} {
		w := f.ask("POST", base+"/calls/count", c.body)
		var got tsimclient.CallCount
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
			t.Fatalf("%s: %d %s", c.body, w.Code, w.Body)
		}
		var nearest []string
		for _, n := range got.Nearest {
			nearest = append(nearest, fmt.Sprintf("%d: %s", n.N, strings.Join(n.Differs, "; ")))
		}
		if got.Count != c.count || strings.Join(nearest, "\n") != strings.Join(c.nearest, "\n") {
			t.Errorf("%s: %d, near are\n%s\nwant %d\n%s", c.body, got.Count, strings.Join(nearest, "\n"), c.count, strings.Join(c.nearest, "\n"))
		}
	}
}

func TestWaitForCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newRecord(t)
		f.want("POST", base+"/wait", `{"for":{"calls":{"operation":"login"}}}`, 200, `{"now":"2030-01-01T00:04:00Z"}`)
		var got string
		go func() {
			got = f.ask("POST", base+"/wait", `{"for":{"calls":{"operation":"login","count":3}},"timeout":"1m"}`).Body.String()
		}()
		for range 2 {
			if synctest.Wait(); got != "" {
				t.Errorf("too early: %s", got)
			}
			f.box.RecordCall(sim.Call{Operation: "profile_suspend"})
			f.box.RecordCall(sim.Call{Operation: "login"})
		}
		if synctest.Wait(); got != `{"now":"2030-01-01T00:04:00Z"}`+"\n" {
			t.Errorf("it was answered with %s", got)
		}
		w := f.ask("POST", base+"/wait", `{"for":{"calls":{"operation":"profile_suspend","devices":500}},"timeout":"1s"}`)
		if w.Code != 408 || !strings.HasPrefix(w.Body.String(), `{"error":"it has not come true within 1s: 0 of 1 calls have come","hint":"call 7 is near: it names 0 devices, not 500","nearest":[{"n":7,`) {
			t.Errorf("in vain: %d %s", w.Code, w.Body)
		}
		go func() {
			got = f.ask("POST", base+"/wait", `{"for":{"calls":{"status":201}},"timeout":"1m"}`).Body.String()
		}()
		synctest.Wait()
		f.box.Reset(sim.ResetOptions{})
		if synctest.Wait(); !strings.Contains(got, "the sandbox was reset meanwhile") {
			t.Errorf("a reset ends it with %s", got)
		}
		w = f.ask("POST", base+"/wait", `{"for":{"calls":{}},"timeout":"0s"}`)
		if w.Code != 408 || !strings.Contains(w.Body.String(), `"hint":"no call has come that is like it"`) {
			t.Errorf("of nothing: %d %s", w.Code, w.Body)
		}
	})
}

// Calls that come all the time, none of which is wanted, do not keep a wait from its end.
func TestWaitForCallsEndsInSteadyTraffic(t *testing.T) {
	f := newRecord(t)
	ctx, cancel := context.WithCancel(t.Context())
	looks := 0
	traffic := criteria[sim.Call]{{fits: func(*sim.Call) bool {
		switch looks++; looks {
		case 100:
			cancel()
		case 1000:
			return true // that it has an end
		}
		f.box.RecordCall(sim.Call{})
		return false
	}}}
	c := call{ctx: ctx, box: f.box}
	// The look that is under way when the wait ends sees a page more at the most.
	if found, err := c.awaitCalls(ctx, traffic, 1); err != context.Canceled || found != 0 || looks > 200 {
		t.Errorf("after %d looks at a call, %d are found: %v", looks, found, err)
	}
}

// An archive has all that HAR 1.2 asks for.
func TestHAR(t *testing.T) {
	f := newRecord(t)
	var doc map[string]any
	f.get(base+"/calls?format=har&limit=3", &doc)
	log := doc["log"].(map[string]any)
	if log["version"] != "1.2" || log["creator"].(map[string]any)["name"] != "tsim" || log["creator"].(map[string]any)["version"] != "1.2.3" || log["_next"] != "3" {
		t.Errorf("the log is %v", log)
	}
	entries := log["entries"].([]any)
	if len(entries) != 3 {
		t.Fatalf("%d entries", len(entries))
	}
	has := func(of any, fields ...string) {
		t.Helper()
		for _, field := range fields {
			name, kind, _ := strings.Cut(field, ":")
			if got := fmt.Sprintf("%T", of.(map[string]any)[name]); got != map[string]string{"n": "float64", "s": "string", "l": "[]interface {}", "o": "map[string]interface {}"}[kind] {
				t.Errorf("%s is %s, want %s", name, got, kind)
			}
		}
	}
	for _, e := range entries {
		has(e, "startedDateTime:s", "time:n", "request:o", "response:o", "cache:o", "timings:o")
		entry := e.(map[string]any)
		has(entry["timings"], "send:n", "wait:n", "receive:n")
		has(entry["request"], "method:s", "url:s", "httpVersion:s", "cookies:l", "headers:l", "queryString:l", "postData:o", "headersSize:n", "bodySize:n")
		has(entry["request"].(map[string]any)["postData"], "mimeType:s", "params:l", "text:s")
		has(entry["response"], "status:n", "statusText:s", "httpVersion:s", "cookies:l", "headers:l", "content:o", "redirectURL:s", "headersSize:n", "bodySize:n")
		has(entry["response"].(map[string]any)["content"], "size:n", "mimeType:s")
		if at, err := url.Parse(entry["request"].(map[string]any)["url"].(string)); err != nil || !at.IsAbs() || at.Host == "" {
			t.Errorf("the URL is %v (%v)", at, err)
		}
	}
	w := f.ask("GET", base+"/calls?format=har&after=2&limit=1", "")
	want := `{"log":{"version":"1.2","creator":{"name":"tsim","version":"1.2.3"},"entries":[{"startedDateTime":"2026-01-02T03:04:05Z","time":1.5,` +
		`"request":{"method":"POST","url":"https://tsim:80/api/m2m/v1/devices/profile/actions/profile_suspend?a=1&b=2","httpVersion":"HTTP/1.1","cookies":[],"headers":[],` +
		`"queryString":[{"name":"a","value":"1"},{"name":"b","value":"2"}],"postData":{"mimeType":"","params":[],"text":"","comment":"kept: unread"},"headersSize":-1,"bodySize":100000},` +
		`"response":{"status":400,"statusText":"Bad Request","httpVersion":"HTTP/1.1","cookies":[],"headers":[{"name":"Content-Type","value":"application/json"}],` +
		`"content":{"size":39,"mimeType":"application/json","text":"{\"errorCode\":\"400\",\"errorMessage\":\"no\"}"},"redirectURL":"","headersSize":-1,"bodySize":39},` +
		`"cache":{},"timings":{"send":0,"wait":1.5,"receive":0},"_call":3,"_at":"2030-01-01T00:02:00Z"}],"_next":"3"}}` + "\n"
	if w.Body.String() != want {
		t.Errorf("it is\n%swant\n%s", w.Body, want)
	}
	r := newRequest(t.Context(), "GET", base+"/calls?limit=1", "")
	r.Header.Set("Accept", "application/har+json")
	accepted := httptest.NewRecorder()
	if f.handler.ServeHTTP(accepted, r); !strings.HasPrefix(accepted.Body.String(), `{"log":`) {
		t.Errorf("with Accept it is %.100s", accepted.Body)
	}
	if got := f.ask("GET", base+"/calls?format=har&status=999", "").Code; got != 400 {
		t.Errorf("a bad filter is answered with %d", got)
	}
}
