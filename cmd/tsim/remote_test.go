package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"tsim/scenarios"
	"tsim/tsimbox"
)

// The scripts in testdata/remote each have a server of their own with the scenario default, which begins in 2030 and whose
// clock is moved by hand.
func TestRemoteScripts(t *testing.T) {
	text, err := scenarios.Files.ReadFile("default.yaml")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{Dir: "testdata/remote", Setup: func(env *testscript.Env) error {
		box, err := tsimbox.Start(context.Background(), tsimbox.Scenario(string(text)+"\nstart: 2030-01-01T00:00:00Z\n"))
		if err != nil {
			return err
		}
		env.Defer(func() {
			if err := box.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
		env.Setenv("GORACE", quickExit)
		env.Setenv("TSIM_CONTROL_URL", box.URL)
		return nil
	}})
}

// A server that is not there, or that asks for a token: the error says what would be right.
func TestRemoteElsewhere(t *testing.T) {
	server := start(t, []string{"TSIM_CONTROL_TOKEN=letmein"}, "serve", "--addr", "127.0.0.1:0")
	_, url := server.read(`listening on (http://\S+)`)
	_, port, _ := strings.Cut(url, "127.0.0.1")
	for want, env := range map[string][]string{
		"tsim: " + url + " asks for its control token: set TSIM_CONTROL_": {"TSIM_ADDR=0.0.0.0" + port},
		"now    2": {"TSIM_CONTROL_ADDR=" + port, "TSIM_ADDR=127.0.0.1:1", "TSIM_CONTROL_TOKEN=letmein"},
		"tsim: no tsim answers at http://127.0.0.1:1: connection refused; start one with 'tsim serve', or say with --control-url where it is\n": {"TSIM_ADDR=127.0.0.1:1"},
		"tsim: TSIM_SANDBX is no variable of tsim; did you mean TSIM_SANDBOX?":                                                                  {"TSIM_SANDBX=a"},
		`tsim: --addr "127.0.0.1:0": expected host:port`:                                                                                        {"TSIM_ADDR=127.0.0.1:0"},
	} {
		if out := output(env, "clock", "show"); !strings.HasPrefix(out, want) {
			t.Errorf("%q: it says\n%s, want\n%s", env, out, want)
		}
	}
	server.stop(os.Interrupt)
}

// output is what tsim prints, all of it.
func output(env []string, args ...string) string {
	cmd := exec.Command("tsim", args...)
	cmd.Env = append(os.Environ(), env...)
	out, _ := cmd.CombinedOutput()
	return string(out)
}
