package control

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tsim/internal/rule"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

const needsToken = `{"error":"the control surface needs its token","hint":"send Authorization: Bearer and the token that serve was given as TSIM_CONTROL_TOKEN, or printed at its start"}`

const foreignHost = `{"error":"control is not called \"evil.example\"",` +
	`"hint":"call it by an IP address or as localhost; if that name is meant, start tsim with --control-host evil.example"}`

// guarded is a fixture whose control surface asks for the token letmein.
func guarded(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	f.token, f.level = "letmein", slog.LevelDebug
	f.serve(func(*sim.Sim, *sim.Facts, int, int, *rule.Callback) []byte { return nil })
	return f
}

func TestTokenIsAskedFor(t *testing.T) {
	f := guarded(t)
	f.want("GET", "/tsim/v1/health", "", 200, `{"status":"ok","version":"1.2.3"}`)
	for _, path := range []string{"/tsim/v1", base, "/tsim/nothing", "/tsim/v1/sandboxes/nobody"} {
		f.want("GET", path, "", 401, needsToken)
	}
	for given, status := range map[string]int{
		"Bearer letmein": 200, "bearer letmein": 200, "Bearer letmei": 401, "Bearer letmein ": 401, "Bearer": 401, "Basic letmein": 401, "letmein": 401,
	} {
		r := newRequest(t.Context(), "GET", base, "")
		r.Header.Set("Authorization", given)
		w := httptest.NewRecorder()
		f.handler.ServeHTTP(w, r)
		if w.Code != status || status == 401 && !strings.Contains(w.Body.String(), "this is not the token") {
			t.Errorf("%s: %d %s", given, w.Code, w.Body)
		}
		if (w.Header().Get("WWW-Authenticate") == "Bearer") != (status == 401) {
			t.Errorf("%s: WWW-Authenticate %q", given, w.Header().Get("WWW-Authenticate"))
		}
	}
	if strings.Contains(f.logged.String(), "letmein") {
		t.Errorf("the log tells the token:\n%s", f.logged.String())
	}
}

func TestClientBringsItsToken(t *testing.T) {
	f := guarded(t)
	_, c := f.server()
	var told *tsimclient.Error
	if _, err := c.Info(t.Context()); !errors.As(err, &told) || told.Status != http.StatusUnauthorized || told.Hint == "" {
		t.Errorf("without a token: %v", err)
	}
	c.Token = "letmein"
	if _, err := c.Info(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := c.Reset(t.Context()); err != nil {
		t.Error(err)
	}
}

// answered is what the handler says to a request.
func (f *fixture) answered(r *http.Request) string {
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	for name := range w.Header() {
		if strings.HasPrefix(name, "Access-Control-") {
			f.t.Errorf("%s %s: %s: %s", r.Method, r.URL.Path, name, w.Header().Get(name))
		}
	}
	return fmt.Sprintf("%d %s", w.Code, strings.TrimSuffix(w.Body.String(), "\n"))
}

// A page that a browser shows may send what it likes to this machine: what changes something is refused, and of what
// does not, the page is not let see the answer, because there is no header that would allow it.
func TestPagesOfOthers(t *testing.T) {
	const from = `{"error":"control obeys no web page of another origin, and this call came from ORIGIN",` +
		`"hint":"call it from a program, which sends neither Origin nor Sec-Fetch-Site"}`
	told := func(origin string) string { return "403 " + strings.Replace(from, "ORIGIN", origin, 1) }
	f := newFixture(t)
	reset := `200 {"name":"default",`
	for _, c := range []struct {
		origin, site, want string
	}{
		{"http://evil.example", "cross-site", told("http://evil.example")},
		{"http://evil.example", "", told("http://evil.example")}, // an old browser
		{"http://127.0.0.1:3000", "same-site", told("http://127.0.0.1:3000")},
		{"http://127.0.0.1:3000", "", told("http://127.0.0.1:3000")},
		{"null", "", told("null")}, // a file, or a frame in a sandbox
		{"", "cross-site", told("one that its browser does not name")},
		{"http://127.0.0.1:8080", "same-origin", reset},
		{"http://127.0.0.1:8080", "", reset},
		{"", "none", reset},
		{"", "", reset}, // a program
	} {
		for _, contentType := range []string{"text/plain", "application/x-www-form-urlencoded", "application/json", ""} {
			r := newRequest(t.Context(), "POST", base+"/reset", "{}")
			for name, value := range map[string]string{"Origin": c.origin, "Sec-Fetch-Site": c.site, "Content-Type": contentType} {
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			before := f.box.Clock().Epoch
			got := f.answered(r)
			if got != c.want && (c.want != reset || !strings.HasPrefix(got, reset)) {
				t.Errorf("%+v, %q: %s, want %s", c, contentType, got, c.want)
			}
			if done := f.box.Clock().Epoch != before; done != (c.want == reset) {
				t.Errorf("%+v, %q: the sandbox was reset: %t", c, contentType, done)
			}
		}
	}
	// Neither a token, should the page have it, nor a preflight helps.
	g := guarded(t)
	r := newRequest(t.Context(), "POST", base+"/reset", "")
	r.Header.Set("Origin", "http://evil.example")
	r.Header.Set("Authorization", "Bearer letmein")
	if got := g.answered(r); got != told("http://evil.example") {
		t.Errorf("with the token: %s", got)
	}
	r = newRequest(t.Context(), "OPTIONS", base+"/reset", "")
	r.Header.Set("Origin", "http://evil.example")
	r.Header.Set("Access-Control-Request-Method", "POST")
	if got, want := f.answered(r), `405 {"error":"OPTIONS does not apply to /tsim/v1/sandboxes/default/reset","hint":"allowed: POST"}`; got != want {
		t.Errorf("preflight: %s, want %s", got, want)
	}
}

// A name that somebody else owns may lead to this machine, and then a page of that name is no stranger to the browser.
func TestRebound(t *testing.T) {
	f := newFixture(t)
	f.hosts = []string{"tsim", "TSIM.test."}
	f.serve(nil)
	const yes = `200 {"now":`
	no := func(name, start string) string {
		return `403 {"error":"control is not called \"` + name + `\"","hint":"call it by an IP address or as localhost` + start + `"}`
	}
	for host, want := range map[string]string{
		"127.0.0.1:8080": yes, "127.0.0.1": yes, "192.168.1.20:8080": yes, "[::1]:8080": yes, "[::1]": yes, "[fe80::1%25eth0]:1": yes,
		"localhost": yes, "localhost:8080": yes, "LocalHost.:8080": yes, "app.localhost:8080": yes,
		"tsim": yes, "tsim:8080": yes, "Tsim.Test:80": yes,
		"evil.example":           "403 " + foreignHost,
		"evil.example:8080":      "403 " + foreignHost,
		"EVIL.example.:8080":     "403 " + foreignHost,
		"localhost.evil.example": no("localhost.evil.example", "; if that name is meant, start tsim with --control-host localhost.evil.example"),
		"127.0.0.1.evil.example": no("127.0.0.1.evil.example", "; if that name is meant, start tsim with --control-host 127.0.0.1.evil.example"),
		"notlocalhost":           no("notlocalhost", "; if that name is meant, start tsim with --control-host notlocalhost"),
		"not.tsim":               no("not.tsim", "; if that name is meant, start tsim with --control-host not.tsim"),
		"":                       no("", ""),
		"$(id).evil":             no("$(id).evil", ""), // nothing to paste into a shell
	} {
		r := newRequest(t.Context(), "GET", base+"/clock", "")
		r.Host = host
		got := f.answered(r)
		if want == yes && !strings.HasPrefix(got, yes) || want != yes && got != want {
			t.Errorf("Host: %s: %s, want %s", host, got, want)
		}
	}
	// With a token the name does not matter: a page of that name has no token.
	g := guarded(t)
	r := newRequest(t.Context(), "GET", base+"/clock", "")
	r.Host = "evil.example"
	if got := g.answered(r); got != "401 "+needsToken {
		t.Errorf("without the token: %s", got)
	}
	r.Header.Set("Authorization", "Bearer letmein")
	if got := g.answered(r); !strings.HasPrefix(got, `200 {"now":`) {
		t.Errorf("with the token: %s", got)
	}
}

// Every endpoint there is, and every path that is none: only health answers whoever asks.
func TestEveryEndpointIsGuarded(t *testing.T) {
	f := newFixture(t)
	table := append(routes(), route{method: "GET", pattern: "/tsim/"}, route{method: "DELETE", pattern: "/tsim/v2"}, route{method: "POST", pattern: "/tsim/v1/"},
		route{method: "GET", pattern: "/tsim/v1/../v1"}, route{method: "GET", pattern: "/tsim/v1/health/"}, route{method: "PUT", pattern: "/tsim/v1//health"})
	for _, c := range table {
		r := newRequest(t.Context(), c.method, strings.NewReplacer("{", "", "}", "").Replace(c.pattern), "{}")
		r.Host = "evil.example"
		r.Header.Set("Origin", "http://evil.example") // its own, as the browser has it
		want := "403 " + foreignHost
		if c.pattern == prefix+"/health" {
			want = `200 {"status":"ok","version":"1.2.3"}`
		}
		if got := f.answered(r); got != want {
			t.Errorf("%s %s: %s, want %s", c.method, c.pattern, got, want)
		}
		r.Host = "127.0.0.1:8080"
		if got := f.answered(r); strings.HasPrefix(got, "403 ") != (c.method != "GET") {
			t.Errorf("%s %s of another origin: %s", c.method, c.pattern, got)
		}
	}
}
