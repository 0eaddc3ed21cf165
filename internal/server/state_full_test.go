//go:build linux || darwin

package server

import (
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"tsim/tsimclient"
)

// full makes the files of this process grow no more, as if the disk was full, until the function that it returns is called.
func full(t *testing.T) (room func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ) // then a write fails
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	set := func(to syscall.Rlimit) {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &to); err != nil {
			t.Fatal(err)
		}
	}
	room = func() { set(was) }
	t.Cleanup(func() { room(); signal.Reset(syscall.SIGXFSZ) })
	set(syscall.Rlimit{Cur: 0, Max: was.Max})
	return room
}

// While nothing can be kept, calls that change something are refused with 503, in the dialect of whom they are for; what only
// reads is answered. When there is room again, that ends by itself, and nothing is lost that was replied to before or after.
func TestDiskIsFull(t *testing.T) {
	dir := t.TempDir()
	var log logged
	o := keptIn(dir)
	o.Log = log.logger()
	s := Serve(t, o)
	c := controlOf(s, "box")
	is := create(t, s, "box", "")
	calls := must(login(s.URL(), is.Credentials[0]))
	eid := must(c.AllDevices(t.Context(), tsimclient.DeviceFilter{}, 10))[0].EID
	calls.suspend(t, eid)
	room := full(t)
	suspend := func() (int, string) {
		status, text, err := calls.call("POST", "/api/m2m/v1/devices/profile/actions/device_suspend", map[string]any{
			"accountName": defaultAccount, "devices": []any{map[string]any{"deviceIds": []any{map[string]string{"kind": "eid", "id": eid}}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return status, text
	}
	for range 3 { // the first one finds it out
		status, text := suspend()
		if status != 503 {
			t.Errorf("%d %s", status, text)
		}
		contains(t, text, `"errorCode":"503"`, "cannot keep its state on the disk")
		_, err := c.HoldAll(t.Context(), tsimclient.HoldFilter{EID: eid})
		if err == nil || err.(*tsimclient.Error).Status != 503 {
			t.Errorf("a hold: %v", err)
		}
		_, err = controlOf(s, "").CreateSandbox(t.Context(), tsimclient.SandboxSpec{Name: "late"})
		if err == nil || err.(*tsimclient.Error).Status != 503 {
			t.Errorf("a sandbox: %v", err)
		}
		must(c.Info(t.Context()))
		calls.good(t, "GET", listenersOf, nil)
		if status, text, err := calls.call("POST", listenersOf, "no listener"); err != nil || status == 200 {
			t.Errorf("a bad call: %d %s %v", status, text, err)
		}
	}
	contains(t, log.String(), "level=ERROR", "no longer saved", dir)
	room()
	waitFor(t, "it is well again", func() bool { status, _ := suspend(); return status == 200 })
	contains(t, log.String(), "saved again")
	if err := s.kept(); err != nil {
		t.Fatal(err)
	}
	again := Serve(t, keptIn(crashed(t, dir)))
	if was, is := digests(s), digests(again); was["box"] != is["box"] || len(was) != len(is) {
		t.Errorf("it was %v, and is %v", was, is)
	}
	if n := strings.Count(log.String(), "level=ERROR"); n > 10 {
		t.Errorf("%d errors are logged: %s", n, &log)
	}
	if files := must(os.ReadDir(dir)); len(files) > 6 {
		t.Errorf("there are %d files", len(files))
	}
}
