//go:build unix

package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// With few file descriptors, serve answers those who have a connection, says in its log what is wrong, and
// recovers when there are some again.
func TestFewDescriptors(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "ulimit -n 64 && exec tsim serve --addr 127.0.0.1:0")
	out, err1 := cmd.StdoutPipe()
	logs, err2 := cmd.StderrPipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	addr := ""
	for lines := bufio.NewScanner(out); addr == "" && lines.Scan(); {
		_, addr, _ = strings.Cut(lines.Text(), "listening on http://")
	}
	if addr == "" {
		t.Fatal("it does not listen")
	}
	dial := func() net.Conn {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	ask := func(c net.Conn) {
		t.Helper()
		fmt.Fprint(c, "GET /tsim/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || res.StatusCode != 200 {
			t.Fatal(res, err)
		}
		_ = res.Body.Close()
	}
	first := dial()
	ask(first)
	var more []net.Conn
	for range 80 {
		more = append(more, dial())
	}
	said := false
	for lines := bufio.NewScanner(logs); !said && lines.Scan(); {
		said = strings.Contains(lines.Text(), "too many open files")
	}
	if !said {
		t.Error("the log does not say that there are too many open files")
	}
	ask(first)
	for _, c := range more {
		_ = c.Close()
	}
	last := dial()
	ask(last)
	_, _ = first.Close(), last.Close()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
