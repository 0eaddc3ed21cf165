package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"tsim/scenarios"
)

// program is a tsim that runs in a process of its own.
type program struct {
	t     testing.TB
	cmd   *exec.Cmd
	lines *bufio.Scanner // of its standard output
	logs  *strings.Builder
}

func start(t testing.TB, env []string, args ...string) *program {
	t.Helper()
	return startWith(t, nil, env, args...)
}

func startWith(t testing.TB, in io.Reader, env []string, args ...string) *program {
	t.Helper()
	// A program that says nothing must not keep the test for ever.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	p := &program{t: t, cmd: exec.CommandContext(ctx, "tsim", args...), logs: &strings.Builder{}}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdin, p.cmd.Stderr = in, p.logs
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// read reads its output until a line matches, and returns what it read and the first group.
func (p *program) read(pattern string) (text, group string) {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	for p.lines.Scan() {
		text += p.lines.Text() + "\n"
		if m := re.FindStringSubmatch(p.lines.Text()); m != nil {
			return text, strings.Join(m[1:], "")
		}
	}
	p.t.Fatalf("no line matches %s in\n%s%s", pattern, text, p.logs)
	return "", ""
}

// stop ends the program as a terminal or a container engine does: it exits with 0.
func (p *program) stop(signal os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		p.t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, p.cmd.Stdout.(io.Reader))
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("tsim %v: %v\n%s", p.cmd.Args[1:], err, p.logs)
	}
}

// The walk that serve prints works when it is pasted, in each mode of the clock.
func TestPrintedWalk(t *testing.T) {
	// The default scenario, whose operations take seconds, a thousand times as fast.
	text, err := scenarios.Files.ReadFile("default.yaml")
	if err != nil {
		t.Fatal(err)
	}
	scenario := filepath.Join(t.TempDir(), "fast.yaml")
	if err := os.WriteFile(scenario, append(text, "\nspeed: 1000\n"...), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, options := range map[string][]string{
		"real":   {"TSIM_CLOCK=real"},
		"manual": {"TSIM_CLOCK=manual"},
		"auto":   {"TSIM_CLOCK=auto"},
		"tls":    {"TSIM_CLOCK=manual", "TSIM_TLS=true", "TSIM_TLS_DIR=" + filepath.Join(t.TempDir(), "it's a place")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listener := start(t, nil, "listen", "--no-register", "-o", "text", "-v", "--addr", "127.0.0.1:0")
			_, url := listener.read(`on (http://\S+)`)
			server := start(t, append(options, "TSIM_ADDR=127.0.0.1:1"), "serve", "--addr", "127.0.0.1:0", "--scenario", scenario)
			text, _ := server.read(`The listener prints`)
			if options[0] == "TSIM_CLOCK=manual" {
				more, _ := server.read(`curl .*-X POST`)
				text += more
			}
			_, walk, ok := strings.Cut(text, "paste this:")
			if !ok {
				t.Fatalf("no walk in\n%s", text)
			}
			walk = strings.ReplaceAll(walk, "http://127.0.0.1:9001", url)
			walk = regexp.MustCompile(`(?m)^The listener.*$`).ReplaceAllString(walk, "")
			out, err := exec.Command("sh", "-c", walk).CombinedOutput()
			if err != nil || !strings.Contains(string(out), `{"requestId":"`) {
				t.Fatalf("the walk ends with %v:\n%s", err, out)
			}
			body, _ := listener.read(`^}$`)
			if !strings.Contains(body, `"state": "SUSPENDED"`) {
				t.Errorf("the listener printed\n%s", body)
			}
			server.stop(syscall.SIGTERM)
			listener.stop(os.Interrupt)
			for _, want := range []string{"msg=listening", "msg=request", "msg=callback", "msg=stopping"} {
				if !strings.Contains(server.logs.String(), want) {
					t.Errorf("the log has no %s:\n%s", want, server.logs)
				}
			}
			for _, secret := range []string{"demo-secret", "demo-pass"} {
				if strings.Contains(server.logs.String(), secret) {
					t.Errorf("the log tells the secret %s:\n%s", secret, server.logs)
				}
			}
		})
	}
}

// A port that is taken: the answer names the flag that takes another one.
func TestTakenPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().String()
	for _, words := range [][]string{
		{"serve", "--addr"}, {"serve", "--addr", "127.0.0.1:0", "--control-addr"}, {"listen", "--addr"},
	} {
		out, err := exec.Command("tsim", append(words, taken)...).CombinedOutput()
		want := fmt.Sprintf("tsim: %s is taken already; choose another with %s (port 0 takes a free one)\n", taken, words[len(words)-1])
		if code := err.(*exec.ExitError).ExitCode(); code != exitFailed || string(out) != want {
			t.Errorf("tsim %q: exit %d, output %q, want %q", words, code, out, want)
		}
	}
}

// A terminal that is closed ends serve as well as Ctrl-C does.
func TestHangUp(t *testing.T) {
	server := start(t, nil, "serve", "--addr", "127.0.0.1:0")
	server.read(`listening on`)
	server.stop(syscall.SIGHUP)
	if !strings.Contains(server.logs.String(), "msg=stopping") {
		t.Errorf("the log: %s", server.logs)
	}
}

// TestListenTakesWhatACallbackCanBe, and no more.
func TestListenTakesWhatACallbackCanBe(t *testing.T) {
	listener := &ear{flags: &listenFlags{status: 200}, paper: &paper{out: io.Discard}}
	for size, want := range map[int]int{1 << 20: 200, 1<<20 + 1: 413} {
		w := httptest.NewRecorder()
		listener.ServeHTTP(w, httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("x", size))))
		if w.Code != want {
			t.Errorf("%d bytes are answered with %d, want %d", size, w.Code, want)
		}
	}
}
