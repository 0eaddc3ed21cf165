package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// On a server that runs already, each scenario has a sandbox that nobody else has, and that is gone in the end.
func TestBDDOnAServer(t *testing.T) {
	t.Setenv("TSIM_SEED", "")
	server := start(t, nil, "serve", "--addr", "127.0.0.1:0", "--control-addr", "127.0.0.1:0")
	_, url := server.read(`listening on (http://\S+)`)
	_, control := server.read(`control +(http://\S+)/tsim/v1 `)
	file := filepath.Join(t.TempDir(), "vans.feature")
	feature := `Feature: Vans
  Background:
    Given a device "van-7" with the profiles
      | profile | service | status |
      | Global  | active  | ENABLE |

  Scenario Outline: <n>
    When I POST to "/forget" of my application
    And I POST to "/suspend/{van-7.Global.iccid}" of my application
    And time passes until nothing is owed
    Then GET "/heard" of my application answers 200
      | /callbacks | 1 |
    Examples:
      | n |
      | 1 |
      | 2 |
`
	if err := os.WriteFile(file, []byte(feature), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("tsim", "bdd", "--server", url, "--control-url", control, "--app", "vans", "--under", "duplicates", "--sweep", file).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "2 scenarios and 2 runs under misfortune: 2 passed, 2 breaks ") {
		t.Errorf("%v\n%s", err, out)
	}
	again := regexp.MustCompile(`(?m)run it again: (.*)$`).FindStringSubmatch(string(out))
	if want := "tsim bdd --server '" + url + "' --control-url '" + control + "' --app 'vans' --under duplicates --sweep=1 --seed 1 " + file + ":15"; again == nil || again[1] != want {
		t.Errorf("to run it again it says %q, want %s", again, want)
	}
	box, err := exec.Command("curl", "-s", control+"/tsim/v1/sandboxes").CombinedOutput()
	if n := strings.Count(string(box), `"name":"default"`); err != nil || n != 1 || strings.Count(string(box), `"scenario":"story"`) != 0 {
		t.Errorf("it leaves sandboxes behind: %s, %v", box, err)
	}
	server.stop(syscall.SIGTERM)
}
