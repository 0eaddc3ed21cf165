package control

import (
	"cmp"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestProfiles(t *testing.T) {
	for _, c := range []struct {
		on            bool
		token, path   string
		host          string
		status        int
		body          string
		authorization string
	}{
		{on: false, path: profiles, status: 404, body: `"there is nothing at /tsim/debug/pprof/"`},
		{on: true, path: profiles, status: 200, body: "goroutine"},
		{on: true, path: profiles + "goroutine?debug=1", status: 200, body: "goroutine profile: total"},
		{on: true, path: profiles + "symbol", status: 200, body: "num_symbols"},
		{on: true, path: profiles + "cmdline", status: 404},
		{on: true, path: profiles, token: "letmein", status: 401, body: needsToken},
		{on: true, path: profiles, host: "evil.example", status: 403, body: foreignHost},
		{on: true, path: profiles, token: "letmein", authorization: "Bearer letmein", status: 200, body: "goroutine"},
	} {
		h := New(Options{Pprof: c.on, Token: c.token, Log: slog.New(slog.DiscardHandler)})
		r := newRequest(t.Context(), "GET", c.path, "")
		r.Host = cmp.Or(c.host, r.Host)
		r.Header.Set("Authorization", c.authorization)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%+v: %d %s", c, w.Code, w.Body)
		}
	}
}
