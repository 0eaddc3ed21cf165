package thingspace_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const secondSandbox = `
name: second
compat: {errors: platform}
credentials: [{appKey: k2, appSecret: s, username: u, password: p}]
`

// A refusal is spelled as the sandbox says that the first of the credentials names: the bearer, or the app
// key that stands in its place, then the session token. The bearer alone decides who serves the call.
func TestTheFirstCredentialDecidesTheDialect(t *testing.T) {
	g := sandbox(t)
	first := g.header
	g.open([]byte(secondSandbox), "")
	second := g.header

	const path = "/api/m2m/v1/callbacks/0000123456-00001"
	documented := map[string]string{
		"bearer missing":  `{"errorCode":"401","errorMessage":"900902: Missing Credentials: send the header Authorization: Bearer <access_token>"}`,
		"session invalid": `{"errorCode":"400","errorMessage":"UnifiedWebService.INPUT_INVALID.SessionToken.Invalid: the VZ-M2M-Token is not a session token; log in again"}`,
	}
	platform := map[string]string{
		"bearer missing":  `{"fault":{"code":"900902","message":"Missing Credentials","description":"send the header Authorization: Bearer <access_token>"}}`,
		"session invalid": `{"errorCode":"UnifiedWebService.INPUT_INVALID.SessionToken.Invalid","errorMessage":"the VZ-M2M-Token is not a session token; log in again"}`,
	}
	const bearer, token = "Authorization", "Vz-M2m-Token"
	for name, c := range map[string]struct {
		bearer, session string
		want            string
	}{
		"both of the second":             {second.Get(bearer), "nobody", platform["session invalid"]},
		"bearer first, session second":   {first.Get(bearer), second.Get(token), documented["session invalid"]},
		"bearer second, session first":   {second.Get(bearer), first.Get(token), platform["session invalid"]},
		"no bearer, session second":      {"", second.Get(token), platform["bearer missing"]},
		"no bearer, session first":       {"", first.Get(token), documented["bearer missing"]},
		"app key second, session first":  {"Basic azI6cw==", first.Get(token), platform["bearer missing"]},
		"app key first, session second":  {"Basic a2V5OnM=", second.Get(token), documented["bearer missing"]},
		"unknown key and session second": {"Basic bm9ib2R5OnM=", second.Get(token), platform["bearer missing"]},
		"nothing at all":                 {"", "", documented["bearer missing"]},
	} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header = http.Header{bearer: {c.bearer}, token: {c.session}}
		w := httptest.NewRecorder()
		g.handler.ServeHTTP(w, r)
		if got := w.Body.String(); got != c.want {
			t.Errorf("%s:\n%s, want\n%s", name, got, c.want)
		}
	}
}

// The session that a login gives names its sandbox, without a bearer.
func TestALoginNamesItsSandbox(t *testing.T) {
	g := sandbox(t)
	g.open([]byte(secondSandbox), "")
	g.call("POST /api/m2m/v1/session/login\n\n{\"username\":\"u\",\"password\":\"p\"}")
	var in struct{ SessionToken string }
	if err := json.Unmarshal([]byte(g.last[strings.IndexByte(g.last, '{'):]), &in); err != nil {
		t.Fatal(err)
	}
	g.call("GET /api/m2m/v1/nothing\nAuthorization:\nVZ-M2M-Token: " + in.SessionToken)
	want := "404 application/json\n" +
		`{"errorCode":"UnifiedWebService.REQUEST_FAILED.UnexpectedError","errorMessage":"no such call: GET /api/m2m/v1/nothing; tsim does not simulate it"}` + "\n"
	if g.last != want {
		t.Errorf("%s, want\n%s", g.last, want)
	}
}

// Tokens of a sandbox that is gone name nothing: the default dialect answers.
func TestDialectOfASandboxThatIsGone(t *testing.T) {
	g := sandbox(t)
	second := g.open([]byte(secondSandbox), "")
	g.registry.Remove(second)
	r := httptest.NewRequest(http.MethodGet, "/api/m2m/v1/callbacks/0000123456-00001", nil)
	r.Header = g.header
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, r)
	want := `{"errorCode":"401","errorMessage":"900901: Invalid Credentials: the bearer token is unknown or has expired; request a new one"}`
	if got := w.Body.String(); got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
}
