package main

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
)

// examples are the shell blocks of a page.
var examples = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// The examples of docs/commands.md work when they are pasted likewise, and the page names each command and variable.
func TestExamplesOfTheCommands(t *testing.T) {
	page := read(t, "docs/commands.md")
	server := start(t, nil, "serve", "--addr", "127.0.0.1:0")
	_, url := server.read(`listening on (http://\S+)`)
	script, ran := "set -euxo pipefail\n", 0
	for _, block := range examples.FindAllStringSubmatch(page, -1) {
		script += block[1]
		ran++
	}
	if ran < 6 {
		t.Errorf("only %d blocks are run", ran)
	}
	pasted := exec.CommandContext(t.Context(), "bash", "-c", script)
	pasted.Env = append(os.Environ(), "TSIM_CONTROL_URL="+url)
	if out, err := pasted.CombinedOutput(); err != nil {
		t.Errorf("the examples end with %v:\n%s", err, out)
	}
	server.stop(syscall.SIGTERM)
	each(newRoot(), func(cmd *cobra.Command) {
		_, asking := cmd.Annotations[asks]
		if asking && cmd.Parent().HasParent() && !regexp.MustCompile(`(?m)^\| .tsim `+cmd.Parent().Name()+` .*\b`+cmd.Name()+"`").MatchString(page) {
			t.Errorf("the page does not name %s", cmd.CommandPath())
		}
	})
	known := variables(newRoot())
	for _, name := range regexp.MustCompile(`\bTSIM_[A-Z_]*[A-Z]\b`).FindAllString(page, -1) {
		if !slices.Contains(known, name) {
			t.Errorf("%s is no variable of tsim", name)
		}
	}
	for _, flag := range shared {
		if !strings.Contains(page, "`"+variable(flag)+"`") {
			t.Errorf("the page does not name %s", variable(flag))
		}
	}
}

// The examples of docs/control.md work when they are pasted in the order of the page, in one shell,
// against a tsim that was just started: each call of curl is answered with a 2xx. Left out are only the
// blocks that start a server themselves, which is one.
func TestExamplesOfTheControlReference(t *testing.T) {
	page, err := os.ReadFile("../../docs/control.md")
	if err != nil {
		t.Fatal(err)
	}
	server := start(t, nil, "serve", "--addr", "127.0.0.1:0")
	_, url := server.read(`listening on (http://\S+)`)
	script := "set -euxo pipefail\ncurl() { command curl --fail \"$@\"; }\n"
	ran, left := 0, 0
	for _, block := range examples.FindAllStringSubmatch(string(page), -1) {
		if strings.Contains(block[1], "tsim serve") {
			left++
			continue
		}
		ran++
		script += block[1]
	}
	if ran < 15 || left != 1 {
		t.Errorf("%d blocks are run and %d left out", ran, left)
	}
	const address = "http://127.0.0.1:8080"
	if n := strings.Count(script, address); n != 1 {
		t.Errorf("the examples have the address of the server %d times, not once", n)
	}
	pasted := exec.Command("bash", "-c", strings.Replace(script, address, url, 1))
	pasted.Dir = t.TempDir()
	pasted.Env = append(os.Environ(), "TSIM_CONTROL_TOKEN=letmein") // which this server does not ask for
	out, err := pasted.CombinedOutput()
	if err != nil {
		t.Errorf("the examples end with %v:\n%s", err, out)
	}
	// What the page says of the mailbox, and answers there.
	if taken := regexp.MustCompile(`(?m)^\{"callback":\d+,"attempt":\d+,`).FindAllString(string(out), -1); !slices.Equal(taken, []string{`{"callback":7,"attempt":1,`, `{"callback":1,"attempt":5,`}) {
		t.Errorf("from the mailbox came %q", taken)
	}
	server.stop(syscall.SIGTERM)
}

// The examples of docs/bdd.md work when they are pasted in the order of the page, in one shell, in an empty folder.
func TestExamplesOfTheSuites(t *testing.T) {
	page, err := os.ReadFile("../../docs/bdd.md")
	if err != nil {
		t.Fatal(err)
	}
	script := "set -euxo pipefail\n"
	blocks := examples.FindAllStringSubmatch(string(page), -1)
	for _, block := range blocks {
		script += block[1]
	}
	if len(blocks) < 8 {
		t.Errorf("%d blocks are run", len(blocks))
	}
	pasted := exec.Command("bash", "-c", script)
	pasted.Dir = t.TempDir()
	pasted.Env = append(os.Environ(), "TSIM_SEED=")
	out, err := pasted.CombinedOutput()
	if err != nil {
		t.Errorf("the examples end with %v:\n%s", err, out)
	}
	if n := strings.Count(string(out), "\nas it should be: "); n != 2 {
		t.Errorf("%d of 2 failures are those of the page:\n%s", n, out)
	}
}
