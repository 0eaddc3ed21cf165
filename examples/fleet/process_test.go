package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tsim/tsimbox"
	"tsim/tsimgodog"
)

// process starts a service that is a program, with what tsim bdd --app tells it.
func process(command ...string) tsimgodog.StartFunc {
	return func(_ context.Context, box *tsimbox.Sandbox) (string, func() error, error) {
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Env = append(os.Environ(), "TSIM_URL="+box.URL, "TSIM_APP_KEY="+box.AppKey, "TSIM_APP_SECRET="+box.AppSecret,
			"TSIM_USERNAME="+box.Username, "TSIM_PASSWORD="+box.Password, "TSIM_ACCOUNT="+box.Account,
			"PORT=0", "FLEET_PATIENCE="+patience.String())
		out, err := cmd.StdoutPipe()
		if err != nil {
			return "", nil, err
		}
		if err := cmd.Start(); err != nil {
			return "", nil, err
		}
		stop := func() error {
			_ = cmd.Process.Kill()
			_ = cmd.Wait() // it was killed
			return nil
		}
		said, err := bufio.NewReader(out).ReadString('\n')
		url, ok := strings.CutPrefix(strings.TrimSpace(said), "fleet listens on ")
		if err != nil || !ok {
			_ = stop()
			return "", nil, fmt.Errorf("it says %q, and not where it listens: %w", said, err)
		}
		return url, stop, nil
	}
}

// Five mistakes that many make are not seen when all goes well: for each there is a misfortune that finds it.
func TestMistakes(t *testing.T) {
	for mistake, misfortune := range map[string]string{
		"counts_callbacks":   "duplicates",
		"forgets_strangers":  "early-callbacks",
		"keeps_session":      "token-flap",
		"acknowledges_first": "garbled-callbacks",
		"repeats_lost_calls": "lost-replies",
	} {
		t.Run(mistake, func(t *testing.T) {
			t.Parallel()
			program := filepath.Join(t.TempDir(), "fleet")
			if out, err := exec.CommandContext(t.Context(), "go", "build", "-tags="+mistake, "-o", program, ".").CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if code, said := suite(t, features, process(program)); code != 0 {
				t.Errorf("undisturbed, it breaks:\n%s", said)
			}
			code, said := suite(t, hasty(t), process(program), misfortune)
			if code != 1 || !strings.Contains(said, "not within") {
				t.Errorf("under %s, the suite ended with %d, and should have found it:\n%s", misfortune, code, said)
			}
			readme, err := os.ReadFile("README.md")
			if row := fmt.Sprintf("| `%s` | `%s` |", mistake, misfortune); err != nil || !strings.Contains(string(readme), row) {
				t.Errorf("README.md has no row %s (%v)", row, err)
			}
		})
	}
}

// hasty is the features in a file that does not wait as long for what will never hold.
func hasty(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(features)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "fleet.feature")
	if err := os.WriteFile(file, bytes.ReplaceAll(text, []byte("within 20 seconds"), []byte("within 5 seconds")), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// The same service in JavaScript does the same.
func TestNode(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal("node is not installed, and CI tests the service in JavaScript")
	}
	if err != nil {
		t.Skip("node is not installed, so the service in JavaScript is not tested")
	}
	holds(t, process(node, "node/fleet.mjs"))
}
