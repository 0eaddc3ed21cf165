package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tsim/internal/scenario"
	"tsim/tsimclient"
)

// Flags beat variables, which beat the scenario; here that comes through standard input.
func TestFlagsBeatTheScenario(t *testing.T) {
	text := strings.ReplaceAll(secure, "LISTENER", "http://127.0.0.1:1") + "seed: 5\nspeed: 2\nlatency: {profile_suspend: 1h}\n"
	server := startWith(t, strings.NewReader(text), []string{"TSIM_SPEED=3", "TSIM_LATENCY=realistic", "TSIM_LOG_FORMAT=", "TSIM_CLOCK=auto"},
		"serve", "--addr", "127.0.0.1:0", "--scenario", "-", "--latency", "instant", "--clock", "manual", "--log-format", "json")
	_, url := server.read(`listening on (http://\S+)`)
	suspend(t, url)
	box := tsimclient.Client{BaseURL: url}
	clock, err := box.Clock(t.Context())
	if err != nil || clock.Speed != 3 || clock.Mode != tsimclient.ClockManual || !clock.NextDue.Equal(clock.Now) {
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

// What is wrong with a variable names it.
func TestVariables(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0") // so that nothing is served in any case
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	nowhere := filepath.Join(t.TempDir(), "none.pem")
	const help = " (see 'tsim --help')"
	for _, c := range []struct {
		name, value string
		code        int
		want        string
	}{
		{"TSIM_ADDR", "8080", exitUsage, `TSIM_ADDR "8080": expected host:port, such as 127.0.0.1:8080` + help},
		{"TSIM_CLOCK", "sundial", exitUsage, `TSIM_CLOCK "sundial": expected real, manual, auto` + help},
		{"TSIM_SEED", "-1", exitUsage, `TSIM_SEED "-1": expected a whole number from 0` + help},
		{"TSIM_CLOK", "manual", exitUsage, "TSIM_CLOK is no variable of tsim; did you mean TSIM_CLOCK?" + help},
		{"TSIM_CALLBACK_CA", nowhere, exitFailed, "--callback-ca: open " + nowhere + ": no such file or directory"},
		{"TSIM_SCENARIO", nowhere, exitFailed, fmt.Sprintf("no scenario %q: it is neither a file nor built in (%s)", nowhere, strings.Join(scenario.Names(), ", "))},
	} {
		cmd := exec.Command("tsim", "serve")
		cmd.Env = append(os.Environ(), "TSIM_ADDR="+taken.Addr().String(), c.name+"="+c.value)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != c.code || string(out) != "tsim: "+c.want+"\n" {
			t.Errorf("%s=%s: exit %d, %s, want %s", c.name, c.value, code, out, c.want)
		}
	}
}

// Whatever somebody says to whichever flag, as a flag or as a variable: the answer is in words, and says what would be
// right.
func TestNonsenseForEveryFlag(t *testing.T) {
	refused := map[string]bool{}
	each(newRoot(), func(cmd *cobra.Command) {
		cmd.LocalFlags() // which finds those of the commands above, too
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			for _, nonsense := range []string{"nonsense", "-1", "1e999", "99999999999999999999", `a"b`, "::", "=", "\xff"} {
				asFlag := cmd.ParseFlags([]string{"--" + f.Name + "=" + nonsense})
				if asFlag == nil {
					continue
				}
				refused[f.Name] = true
				f.Changed = false
				said := map[string]error{"--" + f.Name: cmd.FlagErrorFunc()(cmd, asFlag)}
				if hasVariable(cmd, f) {
					said[variable(f.Name)] = fromEnvironment(cmd, []string{variable(f.Name) + "=" + nonsense})
				}
				for word, err := range said {
					_, usage := errors.AsType[usageError](err)
					if want := fmt.Sprintf("%s %q: expected ", word, nonsense); !usage || !strings.HasPrefix(err.Error(), want) {
						t.Errorf("%s: it says %v, want %s…", cmd.CommandPath(), err, want)
					} else if own := regexp.MustCompile("strconv|pars|syntax|range|csv").FindString(err.Error()); own != "" {
						t.Errorf("%s: it speaks of %s: %v", cmd.CommandPath(), own, err)
					}
				}
			}
		})
	})
	for _, name := range []string{"addr", "control-addr", "seed", "clock", "latency", "speed", "compat", "log-level", "tls", "tls-host", "callback-allow", "pprof", "path", "output", "limit", "ttl"} {
		if !refused[name] {
			t.Errorf("no nonsense is refused for --%s", name)
		}
	}
}
