package thingspace_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"tsim/internal/config"
	"tsim/internal/sim"
	"tsim/internal/thingspace"
)

// recorded is a sandbox whose calls are looked at, with all that was logged.
type recorded struct {
	*testing.T
	box      *sim.Sim
	registry *sim.Registry
	handler  http.Handler
	log      bytes.Buffer
}

func newRecorded(t *testing.T) *recorded {
	t.Helper()
	cfg := config.Defaults()
	cfg.Name, cfg.Clock = sim.Default, config.Manual
	cfg.Credentials = []config.Credential{{AppKey: "key", AppSecret: "app-s3cret", Username: "user", Password: "pass-s3cret"}}
	cfg.Accounts = []config.Account{{Name: "A-1"}}
	tokens := 0
	box, err := sim.New(cfg, sim.Env{Send: func(string, sim.AttemptID) {}, NewToken: func() string {
		tokens++
		return fmt.Sprint("tok-s3cret-", tokens)
	}})
	if err != nil {
		t.Fatal(err)
	}
	r := &recorded{T: t, box: box, registry: sim.NewRegistry()}
	if err := r.registry.Add(box); err != nil {
		t.Fatal(err)
	}
	r.handler = thingspace.NewHandler(r.registry, slog.New(slog.NewTextHandler(&r.log, &slog.HandlerOptions{Level: slog.LevelDebug})), 0, sim.Durable{})
	return r
}

// send makes a call, whose headers are given in pairs, and says how it was answered.
func (r *recorded) send(method, path, body string, headers ...string) (int, string) {
	r.Helper()
	req := httptest.NewRequestWithContext(r.Context(), method, path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, req)
	return w.Code, w.Body.String()
}

// latest is the last call on record, of the sandbox or of none.
func (r *recorded) latest(calls func(uint64, int) []sim.Call) sim.Call {
	r.Helper()
	all := calls(0, 1<<20)
	if len(all) == 0 {
		r.Fatal("no call is on record")
	}
	return all[len(all)-1]
}

// in is the tokens of a client that has logged in.
func (r *recorded) in() []string {
	r.Helper()
	bearer, _, err := r.box.Issue("key", "app-s3cret")
	if err != nil {
		r.Fatal(err)
	}
	session, err := r.box.Login("user", "pass-s3cret")
	if err != nil {
		r.Fatal(err)
	}
	return []string{"Authorization", "Bearer " + bearer.Token, "VZ-M2M-Token", session, "Content-Type", "application/json"}
}

func basic(key, secret string) []string {
	return []string{
		"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(key+":"+secret)), "Content-Type", "application/x-www-form-urlencoded",
	}
}

const (
	oauth     = "/api/ts/v1/oauth2/token"
	revoke    = "/api/ts/v1/oauth2/revoke"
	loginPath = "/api/m2m/v1/session/login"
	reset     = "/api/m2m/v1/session/password/actions/reset"
	listeners = "/api/m2m/v1/callbacks/A-1"
	list      = "/api/m2m/v1/devices/actions/list"
)

// Whatever is secret of a call is masked on record, and is not logged: what is right, what is wrong, and what stands in
// the wrong place. Every secret of this test has s3cret in it.
func TestSecretsAreNotOnRecord(t *testing.T) {
	const sent, got = "sent", "got"
	for _, c := range []struct {
		name, method, path, body string
		headers                  func(r *recorded) []string // nil for a client that has logged in
		status                   int
		where, want              string // what is on record of one of the bodies
	}{
		{"token", "POST", oauth, "grant_type=client_credentials", nil, 200, got, `{"access_token":"*****","scope":"default","token_type":"Bearer","expires_in":3600}`},
		{"token with a wrong secret", "POST", oauth, "grant_type=client_credentials", func(*recorded) []string { return basic("key", "wr0ng-s3cret") }, 401, sent, `grant_type=client_credentials`},
		{"key and secret mixed up", "POST", oauth, "grant_type=client_credentials", func(*recorded) []string { return basic("app-s3cret", "key") }, 401, sent, `grant_type=client_credentials`},
		{"secret in the form", "POST", oauth, "grant_type=client_credentials&client_id=key&client_secret=app-s3cret", nil, 200, sent, "grant_type=client_credentials&client_id=key&client_secret=*****"},
		{"what the form should not have", "POST", oauth, "grant_type=client_credentials&app%5Fs3cret=1&s3cret&={\"x\":\"s3cret\"}", nil, 200, sent, "grant_type=client_credentials&*****&*****&*****"},
		{"JSON for a form", "POST", oauth, `{"client_secret":"app-s3cret"}`, nil, 400, sent, mask},
		{"JSON that says so", "POST", oauth, `{"client_secret":"a=s3cret"}`, func(*recorded) []string {
			return append(basic("key", "app-s3cret")[:2], "Content-Type", "application/json")
		}, 415, sent, mask},
		{"revoke", "POST", revoke, "grant_type=client_credentials&token=tok-s3cret-1", nil, 200, sent, "grant_type=client_credentials&token=*****"},
		{"login", "POST", loginPath, `{"username":"user", "password" : "pass-s3cret"}`, nil, 200, sent, `{"username":"user", "password" : "*****"}`},
		{"login's reply", "POST", loginPath, `{"username":"user","password":"pass-s3cret"}`, nil, 200, got, `{"sessionToken":"*****"}`},
		{"wrong login", "POST", loginPath, `{"username":"user","password":"wr0ng-s3cret"}`, nil, 400, sent, `{"username":"user","password":"*****"}`},
		{"password with escapes", "POST", loginPath, `{"username":"user","p\u0061ssword":"pass-s3cret"}`, nil, 200, sent, `{"username":"user","*****":"*****"}`},
		{"password with a quote", "POST", loginPath, `{"username":"user","password":"a\"s3cret\\","name":"x"}`, nil, 400, sent, `{"username":"user","password":"*****","name":"x"}`},
		{"password of another type", "POST", loginPath, `{"username":"user","password":["s3cret",{"username":"s3cret"}]}`, nil, 400, sent, `{"username":"user","password":"*****"}`},
		{"password that is a number", "POST", loginPath, `{"username":"user","password":535353535353e1}`, nil, 400, got, `{"errorCode":"400","errorMessage":"/password: found *****, expected the user's password"}`},
		{"misspelt password", "POST", loginPath, `{"username":"user","pasword":"s3cret"}`, nil, 400, sent, `{"username":"user","*****":"*****"}`},
		{"a key that is one", "POST", loginPath, `{"s3cret":"user"}`, nil, 400, sent, `{"*****":"*****"}`},
		{"a body that is one", "POST", loginPath, `"s3cret"`, nil, 400, sent, `"*****"`},
		{"what its refusal repeats", "POST", loginPath, `"s3cret"`, nil, 400, got, `{"errorCode":"400","errorMessage":"the body: found *****, expected an object with username and password"}`},
		{"a form for JSON", "POST", loginPath, `username=user&password=s3cret`, nil, 400, sent, ``},
		{"JSON that is none", "POST", loginPath, `{"username":"user","password":'s3cret'}`, nil, 400, sent, ``},
		{"JSON that ends early", "POST", loginPath, `{"username":"user","password":"s3cret`, nil, 400, sent, ``},
		{"new password", "PUT", reset, `{"oldPassword":"pass-s3cret"}`, nil, 200, sent, `{"oldPassword":"*****"}`},
		{"new password's reply", "PUT", reset, `{"oldPassword":"pass-s3cret"}`, nil, 200, got, `{"newPassword":"*****"}`},
		{"wrong old password", "PUT", reset, `{"oldPassword":"wr0ng-s3cret"}`, nil, 400, sent, `{"oldPassword":"*****"}`},
		{"listener", "POST", listeners, `{"name":"DeviceProfileService","url":"http://me:s3cret@h/p","username":"me","password":"s3cret"}`, nil, 200, sent,
			`{"name":"DeviceProfileService","url":"http://me:xxxxx@h/p","username":"me","password":"*****"}`},
		{"listener with escapes", "POST", listeners, `{"name":"DeviceProfileService","url":"http:\/\/me:s3cret\u0040h\/p"}`, nil, 200, sent,
			`{"name":"DeviceProfileService","url":"http://me:xxxxx@h/p"}`},
		{"listener's URL that is none", "POST", listeners, `{"name":"DeviceProfileService","url":"me:s3cret@h"}`, nil, 400, sent, `{"name":"DeviceProfileService","url":"xxxxx@h"}`},
		{"listener's password that is too long", "POST", listeners, `{"name":"X","url":"http://h/","password":"` + strings.Repeat("s3cret", 10) + `"}`, nil, 400, sent,
			`{"name":"X","url":"http://h/","password":"*****"}`},
		{"listeners", "GET", listeners, ``, nil, 200, got, `[{"accountName":"A-1","serviceName":"DeviceProfileService","url":"http://me:xxxxx@h/","username":"me","password":"*****"}]`},
		{"logout", "POST", "/api/m2m/v1/session/logout", ``, nil, 200, got, `{"sessionToken":"*****"}`},
		{"login at another call", "POST", list, `{"accountName":"A-1","username":"user","password":"s3cret","x":{"sessionToken":{"y":["s3cret"]}},"z":1}`, nil, 200, sent,
			`{"accountName":"A-1","username":"user","password":"*****","x":{"sessionToken":"*****"},"z":1}`},
		{"login at another call, with escapes", "POST", list, `{"p\u0061ssword":"s3cret","accountName":"A-1"}`, nil, 200, sent, `{"p\u0061ssword":"*****","accountName":"A-1"}`},
		{"login at another call, no JSON", "POST", list, `{Password: s3cret, 'appSecret': 's3cret'}`, nil, 400, sent, ``},
		{"login at another call, cut off", "POST", list, `{"password":"s3cret`, nil, 400, sent, ``},
		{"a form at another call", "POST", list, `password=s3cret`, nil, 400, sent, ``},
		{"JSON in a string", "POST", list, `"{\"username\":\"user\",\"password\":\"s3cret\"}"`, nil, 400, sent, `"*****"`},
		{"JSON in a field", "POST", list, `{"accountName":"A-1","body":"{\"password\":\"s3cret\"}"}`, nil, 200, sent, `{"accountName":"A-1","body":"*****"}`},
		{"JSON in a username", "POST", loginPath, `{"username":"{\"password\":\"s3cret\"}","password":"x"}`, nil, 400, sent, `{"username":"*****","password":"*****"}`},
		{"a form of lines", "POST", oauth, "grant_type=client_credentials\nclient_secret=app-s3cret", nil, 400, sent, "grant_type=*****"},
		{"a form with semicolons", "POST", oauth, "scope=a;client_secret=app-s3cret&grant_type=client_credentials", nil, 400, sent, "scope=*****&grant_type=client_credentials"},
		{"a form in a form", "POST", oauth, "grant_type=client_credentials&scope=a%26client_secret=app-s3cret", nil, 200, sent, "grant_type=client_credentials&scope=*****"},
		{"a URL for a service", "POST", listeners, `{"name":"http://me:s3cret@h/","url":"http://h/"}`, nil, 400, sent, `{"name":"http://me:xxxxx@h/","url":"http://h/"}`},
		{"a URL for an account", "POST", list, `{"accountName":"http://me:s3cret@h/"}`, nil, 400, sent, `{"accountName":"http://me:xxxxx@h/"}`},
		{"a URL in another case", "POST", list, `{"accountName":"A-1","callbackUrl":"http://me:s3cret@h/"}`, nil, 200, sent, `{"accountName":"A-1","callbackUrl":"http://me:xxxxx@h/"}`},
		{"a URL in the query", "POST", list + "?url=http%3A%2F%2Fme%3As3cret%40h&x=1;password=s3cret", `{"accountName":"A-1"}`, nil, 200, sent, `{"accountName":"A-1"}`},
		{"no colon", "POST", list, `{"password" "s3cret"}`, nil, 400, sent, ``},
		{"a string that ends early", "POST", list, `{"password":"a"b,s3cret"}`, nil, 400, sent, ``},
		{"something behind JSON", "POST", list, `{"password":"p"}s3cret`, nil, 400, sent, ``},
		{"UTF-16", "POST", list, "{\x00\"\x00p\x00w\x00d\x00\"\x00:\x00\"\x00s3cret\x00\"\x00}\x00", nil, 400, sent, ``},
		{"a long list of secrets", "POST", list, `{"accountName":"A-1","password":[` + strings.Repeat("1,", 30_000) + `1],"x":"y"}`, nil, 200, sent, `{"accountName":"A-1","password":"*****","x":"y"}`},
		{"no bearer", "POST", list, `{}`, func(*recorded) []string { return []string{"Authorization", "s3cret", "VZ-M2M-Token", "s3cret"} }, 401, sent, ``},
		{"a path that is none", "POST", "/api/m2m/v1/session/logn?session_token=s3cret&a=1", `{"password":"s3cret"}`, nil, 404, sent, ``},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRecorded(t)
			if err := r.box.Register(config.Listener{Account: "A-1", Service: config.ProfileService, URL: "http://me:s3cret@h/", Username: "me", Password: "s3cret"}); err != nil {
				t.Fatal(err)
			}
			headers := r.in()
			switch {
			case c.headers != nil:
				headers = c.headers(r)
			case c.path == oauth || c.path == revoke:
				headers = basic("key", "app-s3cret")
			}
			status, text := r.send(c.method, c.path, c.body, headers...)
			if status != c.status {
				t.Errorf("it was answered with %d %s, want %d", status, text, c.status)
			}
			calls := append(r.box.Calls(0, 10), r.registry.Calls(0, 10)...)
			if len(calls) != 1 {
				t.Fatalf("%d calls are on record", len(calls))
			}
			call := calls[0]
			body := call.Request
			if c.where == got {
				body = call.Reply
			}
			if string(body.Text) != c.want {
				t.Errorf("on record is\n%s, want\n%s", body.Text, c.want)
			}
			if told := fmt.Sprintf("%s %s %+v", call.Request.Text, call.Reply.Text, call); strings.Contains(told, "s3cret") || strings.Contains(told, "535353535353") {
				t.Errorf("a secret is on record: %s", told)
			}
			if log := r.log.String(); strings.Contains(log, "s3cret") || strings.Contains(log, "535353535353") {
				t.Errorf("a secret is logged: %s", log)
			}
		})
	}
}

const mask = "*****"

// What a call on record says of itself.
func TestCallsOnRecord(t *testing.T) {
	r := newRecorded(t)
	in := r.in()
	bad := `{"accountName":"A-1","devices":[{"deviceIds":[{"kind":"iccid","id":"1"}]}]}`
	r.send("POST", suspend, bad, in...)
	c := r.latest(r.box.Calls)
	if c.Number != 1 || c.Method != "POST" || c.Path != suspend || c.Operation != "profile_suspend" || c.Status != 400 || c.Code != "400" ||
		!strings.Contains(c.Message, "found \"1\"") || c.Pointer != "/devices/0/deviceIds/0/id" || c.RequestID != "" || c.Devices != 1 ||
		c.Authorization != "Bearer *****" || !c.Session || c.At != r.box.Clock().Now || c.Wall.Came.IsZero() ||
		string(c.Request.Text) != bad || c.Request.Size != len(bad) || c.Request.Type != "application/json" || c.Reply.Size != len(c.Reply.Text) {
		t.Errorf("it is %+v", c)
	}
	body := strings.ReplaceAll(suspendBody(2), "0000123456-00001", "A-1")
	_, reply := r.send("POST", strings.Replace(suspend, "v1/", "v1//", 1), body, in...)
	if c := r.latest(r.box.Calls); c.Number != 2 || c.Path != suspend || c.RequestID == "" || string(c.Reply.Text) != reply || c.Devices != 2 || c.Pointer+c.Code+c.Message != "" {
		t.Errorf("it is %+v", c)
	}
	for _, c := range []struct {
		method, path, body, operation string
		status, devices               int
		kept                          sim.Kept
	}{
		{"GET", suspend, "{}", "", 405, 0, sim.KeptUnread},
		{"POST", "/nowhere", "{}", "", 404, 0, sim.KeptUnread},
		{"GET", listeners, "", "listeners", 200, 0, sim.KeptWhole},
		{"POST", "/m2m/v1/devices/profile/actions/setfallbackattribute", `{"accountName":"A-1","devices":[{"kind":"eid","id":"89001012012341234012345678901224"},{"kind":"iccid","id":"89148000000000000019"}]}`,
			"setfallbackattribute_3", 200, 1, sim.KeptWhole},
		{"POST", suspend, strings.ReplaceAll(suspendBody(10_001), "0000123456-00001", "A-1"), "profile_suspend", 400, 10_001, sim.KeptStart},
		{"POST", suspend, strings.Replace(suspendBody(5000), `"id":"8`, `"id":"x`, 1), "profile_suspend", 400, 5000, sim.KeptStart},
		{"POST", suspend, strings.Replace(suspendBody(60), `"id":"8`, strings.Repeat(" ", 100_000)+`"id":"x`, 1), "profile_suspend", 400, 60, sim.KeptStart},
		{"POST", list, `{"accountName":"A-9"}`, "list", 400, 0, sim.KeptWhole},
	} {
		status, text := r.send(c.method, c.path, c.body, in...)
		got := r.latest(r.box.Calls)
		if status != c.status || got.Status != status || got.Operation != c.operation || got.Devices != c.devices || got.Request.Kept != c.kept || got.Request.Size != len(c.body) {
			t.Errorf("%s %s: %d %.200s\nis on record as %s, %d devices, status %d, %d bytes of which %v is kept", c.method, c.path, status, text, got.Operation, got.Devices, got.Status, got.Request.Size, got.Request.Kept)
		}
		if len(got.Request.Text) > sim.MaxCallBody || !strings.HasPrefix(c.body, string(got.Request.Text)) {
			t.Errorf("%s %s: %d bytes are kept", c.method, c.path, len(got.Request.Text))
		}
	}
}

// What is on record stays as it came, though the buffers of bodies are used again.
func TestBodiesOnRecordStay(t *testing.T) {
	r := newRecorded(t)
	in := r.in()
	var bodies []string
	for n := range 20 {
		body := strings.Replace(suspendBody([]int{1, 300, 2000}[n%3]), "8914800000", fmt.Sprintf("89148%05d", n), 1)
		bodies = append(bodies, body)
		r.send("POST", suspend, body, in...)
	}
	for n, c := range r.box.Calls(0, 100) {
		if want := bodies[n][:min(len(bodies[n]), sim.MaxCallBody)]; string(c.Request.Text) != want {
			t.Errorf("call %d is\n%.200s, was\n%.200s", n+1, c.Request.Text, want)
		}
	}
}

// A call belongs to the sandbox that its first credential names, be it good or not; others to none.
func TestCallsOfNoSandbox(t *testing.T) {
	r := newRecorded(t)
	in := r.in()
	for _, c := range []struct {
		name    string
		path    string
		headers []string
		of      bool
	}{
		{"nothing", suspend, nil, false},
		{"unknown bearer", suspend, []string{"Authorization", "Bearer x"}, false},
		{"no session", suspend, in[:2], true},
		{"a session alone", suspend, in[2:4], true},
		{"unknown key", oauth, basic("nobody", "x"), false},
		{"wrong secret", oauth, basic("key", "x"), true},
		{"nowhere", "/nowhere", nil, false},
		{"nowhere with a bearer", "/nowhere", in[:2], true},
	} {
		before := len(r.box.Calls(0, 100))
		r.send("POST", c.path, "", c.headers...)
		if of := len(r.box.Calls(0, 100)) > before; of != c.of {
			t.Errorf("%s: of the sandbox is %t, want %t", c.name, of, c.of)
		}
	}
	var schemes []string
	for _, call := range append(r.registry.Calls(0, 100), r.box.Calls(0, 100)...) {
		schemes = append(schemes, call.Authorization)
	}
	if want := ",Bearer *****,Basic *****,,Bearer *****,,Basic *****,Bearer *****"; strings.Join(schemes, ",") != want {
		t.Errorf("the authorizations are %q", schemes)
	}
	if strays := r.registry.Calls(0, 100); len(strays) != 4 || strays[3].Path != "/nowhere" || strays[0].At != 0 {
		t.Errorf("calls of no sandbox: %+v", strays)
	}
}

// Every row of the table whose bodies have secrets by their names says so.
func TestRowsWithCredentialsSaySo(t *testing.T) {
	for _, what := range thingspace.FieldsNamedLikeSecrets() {
		t.Errorf("%s has a field that is named like a secret, and no credentials: true", what)
	}
}

// Masking takes anything, and what it leaves of JSON is JSON.
func FuzzMask(f *testing.F) {
	for _, seed := range []string{`{"password":"x","a":[{"token":1}]}`, `{"password`, `]]}}"`, `"\`, `{"a":{"b":"c"}}`, "{secret: 'x'}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) { thingspace.CheckMask(t, body) })
}

// lookingWriter looks at the record when a reply is written.
type lookingWriter struct {
	http.ResponseWriter
	look func()
}

func (w lookingWriter) Write(b []byte) (int, error) {
	w.look()
	return w.ResponseWriter.Write(b)
}

// Who has a reply finds the call on record.
func TestRecordComesBeforeTheReply(t *testing.T) {
	r := newRecorded(t)
	for n, path := range []string{suspend, oauth} {
		looked := false
		w := lookingWriter{httptest.NewRecorder(), func() {
			looked = len(r.box.Calls(0, 10))+len(r.registry.Calls(0, 10)) == n+1
		}}
		r.handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "POST", path, nil))
		if !looked {
			t.Errorf("the reply of %s came before its record", path)
		}
	}
}

// A call on record keeps no more in memory than can be seen of it.
func TestCallsOnRecordAreSmall(t *testing.T) {
	r := newRecorded(t)
	in := r.in()
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	r.send("GET", listeners, "", in...)
	before := heap()
	const calls, long = 100, 256 << 10
	for range calls {
		text := "GET " + listeners + "?a=" + strings.Repeat("x", long) + " HTTP/1.1\r\nHost: tsim\r\nAuthorization: " + in[1] + "\r\nVZ-M2M-Token: " + in[3] + "\r\n\r\n"
		req, err := http.ReadRequest(bufio.NewReaderSize(strings.NewReader(text), 1<<20))
		if err != nil {
			t.Fatal(err)
		}
		r.handler.ServeHTTP(httptest.NewRecorder(), req)
	}
	r.log.Reset()
	if grown := int64(heap()) - int64(before); grown > calls*long/4 {
		t.Errorf("%d calls keep %d bytes", calls, grown)
	}
	if n := len(r.box.Calls(0, 1000)); n != calls+1 {
		t.Errorf("%d calls are on record", n)
	}
}
