package control

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tsim/internal/sim"
)

const needsToken = `{"error":"the control surface needs its token","hint":"send Authorization: Bearer and the token that serve was given as --control-token or TSIM_CONTROL_TOKEN"}`

// guarded is a fixture whose control surface asks for a token.
func guarded(t *testing.T, token string) *fixture {
	t.Helper()
	f := newFixture(t)
	f.token = token
	f.serve(func(*sim.Sim, *sim.Facts, int, int) []byte { return nil })
	return f
}

func TestTokenIsAskedFor(t *testing.T) {
	f := guarded(t, "letmein")
	f.want("GET", "/tsim/v1/health", "", 200, `{"status":"ok","version":"1.2.3"}`)
	for _, path := range []string{"/tsim/v1", base, "/tsim/nothing", "/tsim/v1/sandboxes/nobody"} {
		f.want("GET", path, "", 401, needsToken)
	}
	for given, status := range map[string]int{
		"Bearer letmein": 200, "bearer letmein": 200, "Bearer letmei": 401, "Bearer letmein ": 401, "Bearer": 401, "Basic letmein": 401, "letmein": 401,
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", base, nil)
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
	f := guarded(t, "letmein")
	_, c := f.server()
	var told *Error
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
