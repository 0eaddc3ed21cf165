package main

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"tsim/tsimclient"
)

// A control surface of its own, with a token: found from the start page, and never told to anybody.
func TestControlElsewhere(t *testing.T) {
	env := []string{"TSIM_CONTROL_TOKEN=letmein", "TSIM_CONTROL_ADDR=0.0.0.0:0", "TSIM_ADDR=127.0.0.1:0"}
	server := start(t, env, "serve", "--clock", "manual")
	front, simulated := server.read(`listening on (http://\S+)`)
	head, at := server.read(`control +(http://\S+)/tsim/v1 `)
	rest, _ := server.read(`clock/advance`)
	if simulated == at || !strings.Contains(rest, at+"/tsim/v1/sandboxes/default/clock/advance -H \"Authorization: Bearer $TSIM_CONTROL_TOKEN\"") {
		t.Errorf("the page does not name %s:\n%s", at, rest)
	}
	box := tsimclient.Client{BaseURL: at, Token: "letmein"}
	if _, err := box.Info(t.Context()); err != nil {
		t.Error(err)
	}
	if code, out := health([]string{"TSIM_CONTROL_ADDR=" + strings.TrimPrefix(at, "http://")}); code != 0 || !strings.HasPrefix(out, at+" is well") {
		t.Errorf("health: exit %d, %s", code, out)
	}
	server.stop(syscall.SIGTERM)
	if all := front + head + rest + server.logs.String(); strings.Contains(all, "letmein") || strings.Contains(all, "WARN") {
		t.Errorf("the token is told, or its lack is warned of:\n%s", all)
	}
}

// Where other machines may reach control and nobody has said anything of a token, the start page has one, in a line to
// paste. Nothing else tells it, whatever callers do with it.
func TestTokenOfTheStartPage(t *testing.T) {
	server := start(t, []string{"TSIM_LOG_LEVEL=debug", "TSIM_CLOCK=manual"}, "serve", "--addr", "0.0.0.0:0", "--pprof")
	head, url := server.read(`listening on (http://\S+)`)
	more, token := server.read(`^ +export TSIM_CONTROL_TOKEN=([A-Z0-9]{26})$`)
	rest, _ := server.read(`clock/advance`)
	if page := head + more + rest; strings.Count(page, token) != 1 || !strings.Contains(rest, ` -H "Authorization: Bearer $TSIM_CONTROL_TOKEN" `) {
		t.Errorf("the page is\n%s", page)
	}
	for _, c := range []struct {
		method, path, authorization string
		want                        int
	}{
		{"POST", "/tsim/v1/sandboxes/default/reset", "Bearer " + token, 200},
		{"POST", "/tsim/v1/sandboxes/default/reset", "", 401},
		{"POST", "/tsim/v1/sandboxes/default/reset", "Bearer " + token + "?", 401},
		{"POST", "/tsim/v1/sandboxes/default/reset", "Basic " + token, 401},
		{"GET", "/tsim/v1?token=" + token, "", 401},
		{"GET", "/tsim/v1?token=" + token, "Bearer " + token, 400},
		{"GET", "/tsim/debug/pprof/cmdline", "Bearer " + token, 404},
		{"GET", "/tsim/v1/health", "", 200},
		{"GET", "/api/m2m/v1/plans/0000123456-00001", "Bearer " + token, 401}, // mistaken for ThingSpace's own
		{"POST", "/api/m2m/v1/session/login?token=" + token, "Bearer " + token, 401},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, url+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", c.authorization)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != c.want || strings.Contains(string(body), token) {
			t.Errorf("%+v: %d %s", c, res.StatusCode, body)
		}
	}
	server.stop(syscall.SIGTERM)
	if all := server.logs.String(); !strings.Contains(all, "path=/api/m2m/v1/session/login") || strings.Contains(all, token) || strings.Contains(all, "level=WARN msg=\"whoever") {
		t.Errorf("the log is\n%s", all)
	}
}

// indexOf is the status with which control at a URL answers when it is called by a name; "" is that of the URL.
func indexOf(t testing.TB, url, name string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", url+"/tsim/v1", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = name
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// Who means it may open control to everybody, and is warned where somebody else may come. Names are another matter.
func TestOpenControlIsWarnedOf(t *testing.T) {
	for addr, want := range map[string]int{"0.0.0.0:0": 1, "127.0.0.1:0": 0} {
		server := start(t, []string{"TSIM_CONTROL_OPEN=true", "TSIM_CONTROL_HOST=tsim,tsim.test"}, "serve", "--addr", "127.0.0.1:0", "--control-addr", addr)
		page, at := server.read(`control +(http://\S+)/tsim/v1 `)
		for host, want := range map[string]int{"": 200, "tsim": 200, "tsim.test:8080": 200, "evil.example": 403} {
			if got := indexOf(t, at, host); got != want {
				t.Errorf("%s, called %q: %d, want %d", addr, host, got, want)
			}
		}
		server.stop(syscall.SIGTERM)
		warned := `level=WARN msg="whoever reaches control can steer tsim" because=--control-open control=` + at + "\n"
		if all := page + server.logs.String(); strings.Count(all, warned) != want || strings.Count(all, "level=WARN") != want || strings.Contains(all, "TOKEN") {
			t.Errorf("%s: warned %d times\n%s", addr, want, all)
		}
	}
}

// A token in the environment and an open control in a file of somebody else: one of the two is not meant.
func TestTokenOfOpenControl(t *testing.T) {
	cmd := exec.Command("tsim", "serve")
	cmd.Env = append(os.Environ(), "TSIM_CONTROL_TOKEN=letmein", "TSIM_CONTROL_OPEN=true", "TSIM_SCENARIO=nowhere") // so that nothing is served in any case
	out, _ := cmd.CombinedOutput()
	const want = "tsim: --control-open and --control-token exclude each other: let everybody in, or ask for a token (see 'tsim --help')\n"
	if code := cmd.ProcessState.ExitCode(); code != exitUsage || string(out) != want {
		t.Errorf("exit %d, %s", code, out)
	}
}

func TestControlTokenFitsAHeader(t *testing.T) {
	out, _ := exec.Command("tsim", "serve", "--control-token", "let me in").CombinedOutput()
	if !strings.HasPrefix(string(out), "tsim: --control-token cannot be sent in a header") || strings.Contains(string(out), "let me") {
		t.Errorf("tsim says %s", out)
	}
}
