//go:build unix

package deliver

import (
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"tsim/internal/sim"
)

// TestFewDescriptors runs itself in a process that may have few of them.
func TestFewDescriptors(t *testing.T) {
	const variable = "DELIVER_TEST_FEW_DESCRIPTORS"
	if url := os.Getenv(variable); url != "" {
		fewDescriptors(t, url)
		return
	}
	srv := newListener(t, func(http.ResponseWriter, *http.Request) {})
	cmd := exec.Command(os.Args[0], "-test.run=^TestFewDescriptors$", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), variable+"="+srv.URL)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// fewDescriptors: without any left an attempt fails and says so, and with some again it does not.
func fewDescriptors(t *testing.T, listener string) {
	d := newDeliverer(t, Options{})
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = 64
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	var held []*os.File
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		held = append(held, f)
	}
	if len(held) == 0 {
		t.Fatal("there were no descriptors to take")
	}
	want := sim.Answer{Result: sim.Other, Err: "no file descriptor is left; let the process have more (ulimit -n), or have less at the same time"}
	for _, url := range []string{listener, "http://localhost:1", "http://nowhere.invalid:1"} {
		a := answer(d, url, long)
		if a.Took = 0; a != want {
			t.Errorf("%s: %v, %s", url, a, a.Err)
		}
	}
	for _, f := range held {
		f.Close()
	}
	if a := answer(d, listener, long); a.Status != http.StatusOK {
		t.Errorf("with descriptors again: %v, %s", a, a.Err)
	}
}
