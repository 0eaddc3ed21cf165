package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// health runs tsim health and returns its exit code and what it printed.
func health(env []string, args ...string) (int, string) {
	cmd := exec.Command("tsim", append([]string{"health"}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	out, _ := cmd.CombinedOutput()
	return cmd.ProcessState.ExitCode(), string(out)
}

// A container has one set of variables, which tells serve where to listen and health where to ask.
func TestHealth(t *testing.T) {
	for name, env := range map[string][]string{
		"plain": nil,
		"tls":   {"TSIM_TLS=1", "TSIM_TLS_DIR=" + t.TempDir()},
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t, env, "serve", "--addr", "0.0.0.0:0")
			_, url := server.read(`listening on (http\S+)`)
			_, at, _ := strings.Cut(url, "127.0.0.1")
			for _, addr := range []string{"0.0.0.0" + at, at, "127.0.0.1" + at, "localhost" + at} {
				if code, out := health(append(env, "TSIM_ADDR="+addr)); code != 0 || !regexp.MustCompile(`^https?://\S+ is well: tsim \S+\n$`).MatchString(out) {
					t.Errorf("%s: exit %d, %s", addr, code, out)
				}
			}
			if name == "tls" {
				if code, out := health(nil, "--addr", "127.0.0.1"+at); code != 1 || !strings.Contains(out, "--tls") {
					t.Errorf("health without --tls: exit %d, %s", code, out)
				}
			}
			server.stop(syscall.SIGTERM)
		})
	}
}

func TestUnwell(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	_ = l.Close()
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	for _, c := range []struct {
		addr string
		code int
		want string
	}{
		{nobody, 1, "connection refused"},
		{strings.TrimPrefix(other.URL, "http://"), 1, "is not well: the answer was 404"},
		{"127.0.0.1:0", 2, `--addr "127.0.0.1:0": expected host:port`},
		{"127.0.0.1", 2, "expected host:port"},
	} {
		if code, out := health(nil, "--addr", c.addr); code != c.code || !strings.Contains(out, c.want) {
			t.Errorf("%s: exit %d, %s", c.addr, code, out)
		}
	}
}
