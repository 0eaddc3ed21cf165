package main

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"tsim/internal/control"
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
	box := control.Client{Base: at, Token: "letmein"}
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

func TestOpenControlIsWarnedOf(t *testing.T) {
	for addr, want := range map[string]bool{"0.0.0.0:0": true, "127.0.0.1:0": false} {
		server := start(t, nil, "serve", "--addr", "127.0.0.1:0", "--control-addr", addr)
		server.read(`listening on`)
		server.stop(syscall.SIGTERM)
		if got := strings.Contains(server.logs.String(), "level=WARN"); got != want {
			t.Errorf("%s: warned %t\n%s", addr, got, server.logs)
		}
	}
}

func TestControlTokenFitsAHeader(t *testing.T) {
	out, _ := exec.Command("tsim", "serve", "--control-token", "let me in").CombinedOutput()
	if !strings.HasPrefix(string(out), "tsim: --control-token cannot be sent in a header") || strings.Contains(string(out), "let me") {
		t.Errorf("tsim says %s", out)
	}
}
