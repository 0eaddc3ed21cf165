package server_test

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"tsim/internal/server"
	"tsim/tsimclient"
)

// options are those of a server whose control surface is somewhere else.
func options(control, token string) server.Options {
	return server.Options{
		Addr: "127.0.0.1:0", ControlAddr: control, ControlToken: token, Config: newConfig("http://x"), Log: slog.New(slog.DiscardHandler),
	}
}

func fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestControlHasItsOwnAddress(t *testing.T) {
	s := server.Serve(t, options("127.0.0.1:0", ""))
	if s.URL() == s.ControlURL() {
		t.Fatalf("both are at %s", s.URL())
	}
	if _, err := (&tsimclient.Client{BaseURL: s.ControlURL()}).Info(t.Context()); err != nil {
		t.Error(err)
	}
	_, unknown := fetch(t, s.URL()+"/nothing/of/this/name")
	for _, path := range []string{"/tsim", "/tsim/v1", "/tsim/v1/health", "/tsim/v1/sandboxes/default"} {
		status, body := fetch(t, s.URL()+path)
		if want := strings.Replace(unknown, "/nothing/of/this/name", path, 1); status != 404 || body != want {
			t.Errorf("%s at the simulated address: %d %s, want what an unknown path is told: %s", path, status, body, want)
		}
	}
	if status, body := fetch(t, s.ControlURL()+"/api/m2m/v1/session/login"); status != 404 || !strings.Contains(body, `"hint"`) {
		t.Errorf("a simulated call at the control address: %d %s", status, body)
	}
	ask(t, s.URL(), "profile_suspend")
}

func TestControlTokenAtBothAddresses(t *testing.T) {
	for _, addr := range []string{"", "127.0.0.1:0"} {
		s := server.Serve(t, options(addr, "letmein"))
		if status, _ := fetch(t, s.ControlURL()+"/tsim/v1"); status != http.StatusUnauthorized {
			t.Errorf("control at %q answers %d without the token", addr, status)
		}
		if _, err := (&tsimclient.Client{BaseURL: s.ControlURL(), Token: "letmein"}).Info(t.Context()); err != nil {
			t.Error(err)
		}
		ask(t, s.URL(), "profile_suspend") // ThingSpace's own bearer is another matter
	}
}

func TestExposed(t *testing.T) {
	for addr, want := range map[string]bool{"127.0.0.1:0": false, "[::1]:0": false, "0.0.0.0:0": true, ":0": true} {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Logf("%s is not there: %v", addr, err)
			continue
		}
		_ = l.Close()
		if got := server.Serve(t, options(addr, "")).ControlExposed(); got != want {
			t.Errorf("%s: exposed %t", addr, got)
		}
	}
}

// Who listens beyond the loopback and says nothing of a token gets one, and another one at the next start. Whoever
// means it says so.
func TestTokenBeyondTheLoopback(t *testing.T) {
	for _, c := range []struct {
		addr, control, token string
		open, made           bool
	}{
		{addr: "127.0.0.1:0"},
		{addr: "127.0.0.1:0", token: "letmein"},
		{addr: "0.0.0.0:0", made: true},
		{addr: "0.0.0.0:0", token: "letmein"},
		{addr: "0.0.0.0:0", open: true},
		{addr: "0.0.0.0:0", control: "127.0.0.1:0"},
		{addr: "127.0.0.1:0", control: "0.0.0.0:0", made: true},
	} {
		o := options(c.control, c.token)
		o.Addr, o.ControlOpen = c.addr, c.open
		s, other := server.Serve(t, o), server.Serve(t, o)
		if made := s.ControlToken() != c.token; made != c.made || made && (len(s.ControlToken()) < 26 || s.ControlToken() == other.ControlToken()) {
			t.Errorf("%+v: the tokens are %q and %q", c, s.ControlToken(), other.ControlToken())
		}
		want := http.StatusOK
		if s.ControlToken() != "" {
			want = http.StatusUnauthorized
		}
		if status, _ := fetch(t, s.ControlURL()+"/tsim/v1"); status != want {
			t.Errorf("%+v: %d without a token, want %d", c, status, want)
		}
		if _, err := (&tsimclient.Client{BaseURL: s.ControlURL(), Token: s.ControlToken()}).Info(t.Context()); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
		if status, _ := fetch(t, s.ControlURL()+"/tsim/v1/health"); status != http.StatusOK {
			t.Errorf("%+v: health answers %d", c, status)
		}
	}
}

// Names, pages and tokens are a matter of control; whoever calls ThingSpace calls it as ever.
func TestSimulatedCallsAreNotGuarded(t *testing.T) {
	o := options("", "")
	o.ControlHosts = []string{"tsim"}
	s := server.Serve(t, o)
	for _, c := range []struct {
		path, host, origin string
		want               int
	}{
		{"/api/ts/v1/oauth2/token", "evil.example", "http://evil.example", 200},
		{"/api/ts/v1/oauth2/token", "tsim", "http://evil.example", 200},
		{"/tsim/v1/sandboxes/default/reset", "evil.example", "http://evil.example", 403},
		{"/tsim/v1/sandboxes/default/reset", "tsim", "http://evil.example", 403},
		{"/tsim/v1/sandboxes/default/reset", "tsim", "http://tsim", 200},
	} {
		body := ""
		if strings.HasPrefix(c.path, "/api/") {
			body = "grant_type=client_credentials"
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+c.path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = c.host
		r.SetBasicAuth("k", "s")
		r.Header.Set("Origin", c.origin)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := caller.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != c.want {
			t.Errorf("%+v: %d", c, res.StatusCode)
		}
	}
}

// A control address that is taken leaves nothing open behind it.
func TestControlAddressIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := options(l.Addr().String(), "")
	o.Addr = front.Addr().String()
	_ = front.Close()
	if _, err := server.Start(o); err == nil {
		t.Fatal("a taken port is taken")
	}
	again, err := net.Listen("tcp", o.Addr)
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Close()
}
