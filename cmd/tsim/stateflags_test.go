package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestServeSaysWhatGoesOn: of a sandbox that was kept, the start page tells the clock and the time of now, not those that the flags ask for.
func TestServeSaysWhatGoesOn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	args := []string{"serve", "--addr", "127.0.0.1:0", "--clock", "auto", "--state", dir}
	server := start(t, nil, args...)
	_, url := server.read(`listening on (http://\S+)`)
	if page, _ := server.read(`control  `); !strings.Contains(page, "clock auto") || !strings.Contains(page, "is kept in "+dir+"; it is 2030-01-01T00:00:00Z there") {
		t.Errorf("the page says\n%s", page)
	}
	for _, args := range []string{"clock set manual", "clock advance 5m"} {
		if out := output([]string{"TSIM_CONTROL_URL=" + url}, strings.Fields(args)...); strings.Contains(out, "tsim: ") {
			t.Fatalf("%s: %s", args, out)
		}
	}
	server.stop(syscall.SIGTERM)
	again := start(t, nil, args...)
	if page, _ := again.read(`control  `); !strings.Contains(page, "clock manual") || !strings.Contains(page, "is kept in "+dir+"; it is 2030-01-01T00:05:00Z there") {
		t.Errorf("the page says\n%s", page)
	}
	again.stop(syscall.SIGTERM)
}
