package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tsim/internal/control"
	"tsim/internal/sim"
)

// Flags beat variables, which beat the scenario; here that comes through standard input.
func TestFlagsBeatTheScenario(t *testing.T) {
	text := strings.ReplaceAll(secure, "LISTENER", "http://127.0.0.1:1") + "seed: 5\nspeed: 2\nlatency: {profile_suspend: 1h}\n"
	server := startWith(t, strings.NewReader(text), []string{"TSIM_SPEED=3", "TSIM_LATENCY=realistic", "TSIM_LOG_FORMAT=", "TSIM_CLOCK=auto"},
		"serve", "--addr", "127.0.0.1:0", "--scenario", "-", "--latency", "instant", "--clock", "manual", "--log-format", "json")
	_, url := server.read(`listening on (http://\S+)`)
	suspend(t, url)
	box := control.Client{Base: url}
	clock, err := box.Clock(t.Context())
	if err != nil || clock.Speed != 3 || clock.Mode != sim.Manual.String() || !clock.NextDue.Equal(clock.Now) {
		t.Errorf("%+v, %v; want speed 3, manual, and a suspension that is due now", clock, err)
	}
	server.stop(syscall.SIGTERM)
	lines := strings.Split(strings.TrimSpace(server.logs.String()), "\n")
	var first struct {
		Msg  string
		Seed uint64
	}
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil || first.Msg != "listening" || first.Seed != 5 {
		t.Errorf("the log begins with %s (%v)", lines[0], err)
	}
}

func TestQuietLog(t *testing.T) {
	server := start(t, []string{"TSIM_LOG_LEVEL=error"}, "serve", "--addr", "127.0.0.1:0")
	server.read(`listening on (http://\S+)`)
	server.stop(os.Interrupt)
	if got := server.logs.String(); got != "" {
		t.Errorf("with --log-level error, the log says\n%s", got)
	}
}

// Every flag has its variable, and what is wrong with a variable names it.
func TestVariables(t *testing.T) {
	for name, value := range map[string]string{
		"TSIM_SPEED": "fast", "TSIM_LATENCY": "none", "TSIM_LOG_FORMAT": "xml", "TSIM_LOG_LEVEL": "loud",
		"TSIM_CLOCK": "sundial", "TSIM_TLS": "perhaps", "TSIM_CALLBACK_INSECURE": "perhaps", "TSIM_SEED": "-1",
	} {
		cmd := exec.Command("tsim", "serve")
		cmd.Env = append(os.Environ(), name+"="+value)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != exitUsage || !strings.HasPrefix(string(out), "tsim: "+name+": invalid argument \""+value+"\"") {
			t.Errorf("%s=%s: exit %d, %s", name, value, code, out)
		}
	}
	nowhere := filepath.Join(t.TempDir(), "none.pem")
	for _, name := range []string{"TSIM_CALLBACK_CA", "TSIM_SCENARIO"} {
		cmd := exec.Command("tsim", "serve")
		cmd.Env = append(os.Environ(), name+"="+nowhere)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != exitFailed || !strings.Contains(string(out), nowhere) {
			t.Errorf("%s=%s: exit %d, %s", name, nowhere, code, out)
		}
	}
}
