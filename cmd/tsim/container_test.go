package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/pflag"
)

func read(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What the container files and the documents ask of tsim is something that it understands.
func TestContainerFiles(t *testing.T) {
	for file, want := range map[string]int{"Dockerfile": 2, "compose.yaml": 1} {
		text, commands := read(t, file), 0
		for _, m := range regexp.MustCompile(`(?m)(?:CMD|command:) (\[.*\])$`).FindAllStringSubmatch(text, -1) {
			commands++
			var words []string
			if err := json.Unmarshal([]byte(m[1]), &words); err != nil {
				t.Fatalf("%s: %s: %v", file, m[1], err)
			}
			if words[0] == "/tsim" {
				words = words[1:]
			}
			understood(t, words)
		}
		if commands != want {
			t.Errorf("%s has %d commands, want %d", file, commands, want)
		}
	}
	var goMod, image [2]int
	scan(t, read(t, "go.mod"), `(?m)^go (\d+)\.(\d+)`, &goMod)
	scan(t, read(t, "Dockerfile"), `golang:(\d+)\.(\d+)`, &image)
	if image != goMod {
		t.Errorf("the Dockerfile builds with Go %v, go.mod says %v", image, goMod)
	}
}

// The image alone asks for a token. With the environment of the compose file it asks for none, and answers to the name
// of its service: so that file publishes it to this machine alone.
func TestControlInAContainer(t *testing.T) {
	compose := read(t, "compose.yaml")
	ports := regexp.MustCompile(`(?m)^ +ports: .*$`).FindAllString(compose, -1)
	if len(ports) != 1 || strings.TrimSpace(ports[0]) != `ports: ["127.0.0.1:8080:8080"]` {
		t.Errorf("compose.yaml publishes %q", ports)
	}
	image := strings.Fields(regexp.MustCompile(`(?m)^ENV .*$`).FindString(read(t, "Dockerfile")))
	if len(image) != 3 || image[1] != "TSIM_ADDR=0.0.0.0:8080" {
		t.Fatalf("the image has the environment %q", image)
	}
	var env []string
	for _, m := range regexp.MustCompile(`(?m)^ +(TSIM_\w+): "?([^"\n]+)"?$`).FindAllStringSubmatch(compose, -1) {
		env = append(env, m[1]+"="+m[2])
	}
	for _, c := range []struct {
		env         []string
		tsim, local int
	}{
		{nil, http.StatusUnauthorized, http.StatusUnauthorized},
		{env, http.StatusOK, http.StatusOK},
		{[]string{"TSIM_CONTROL_OPEN=true"}, http.StatusForbidden, http.StatusOK},
	} {
		server := start(t, append(c.env, "TSIM_ADDR=0.0.0.0:0"), "serve")
		_, at := server.read(`listening on http://127\.0\.0\.1(:\d+)`)
		for host, want := range map[string]int{"tsim:8080": c.tsim, "127.0.0.1:8080": c.local} {
			if got := indexOf(t, "http://127.0.0.1"+at, host); got != want {
				t.Errorf("%q, called %s: %d, want %d", c.env, host, got, want)
			}
		}
		if code, out := health(append(c.env, "TSIM_ADDR=0.0.0.0"+at)); code != 0 {
			t.Errorf("%q: health: exit %d, %s", c.env, code, out)
		}
		server.stop(syscall.SIGTERM)
	}
}

func scan(t testing.TB, text, pattern string, to *[2]int) {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("nothing matches %s", pattern)
	}
	if _, err := fmt.Sscan(m[1]+" "+m[2], &to[0], &to[1]); err != nil {
		t.Fatal(err)
	}
}

// Every variable that is named anywhere, in tsimtest too, is one of serve's flags.
func TestVariablesExist(t *testing.T) {
	known := map[string]bool{}
	newServe().Flags().VisitAll(func(f *pflag.Flag) { known[variable(f.Name)] = true })
	for _, file := range []string{"Dockerfile", "compose.yaml", "README.md", "docs/https.md", "docs/container.md", "docs/control.md", "tsimtest/tsimtest.go", "tsimbox/options.go"} {
		for _, name := range regexp.MustCompile(`\bTSIM_[A-Z_]*[A-Z]\b`).FindAllString(read(t, file), -1) {
			if !known[name] {
				t.Errorf("%s: %s is no variable of serve", file, name)
			}
		}
	}
}

// The commands of the documents are understood.
func TestDocumentedCommands(t *testing.T) {
	found := 0
	for _, file := range []string{"README.md", "docs/https.md", "docs/container.md"} {
		blocks := strings.Join(regexp.MustCompile("(?s)```sh\n.*?```").FindAllString(read(t, file), -1), "\n")
		for _, m := range regexp.MustCompile(`(?m)(?:^|\| |\$\(|sudo |go run \./cmd/)tsim ([^|>"#)\n]*)`).FindAllStringSubmatch(blocks, -1) {
			words := strings.Fields(strings.TrimSuffix(m[1], "$("))
			if len(words) > 0 && words[len(words)-1] == "--tls-dir" { // the rest is a command of its own
				words = words[:len(words)-1]
			}
			found++
			understood(t, words)
		}
	}
	if found < 15 {
		t.Errorf("only %d commands were found", found)
	}
}
