package tsimtest_test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tsim/tsimtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	eid    = "89001012012341234012345678901224"
	global = "89445000000000000019"
)

func TestStart(t *testing.T) {
	box := tsimtest.Start(t)
	heard := box.Listen()
	request := box.Do("profile_suspend", tsimtest.IDs{ICCID: global})
	heard.Want(request)
	box.Settle()
	if c := heard.Want(request, "SUCCESS")[0]; c.State != "SUSPENDED" || c.ICCID != global || c.EID != eid || c.Count != 1 {
		t.Errorf("heard %+v", c)
	}
	again := box.Do("profile_suspend", tsimtest.IDs{ICCID: global})
	box.Settle()
	heard.Want(again, "Profile is already suspended")
	heard.Want(again, "Failed")
}

func TestRetriesAndSteering(t *testing.T) {
	box := tsimtest.Start(t)
	heard := box.Listen(503, 200)
	box.HoldAll(tsimtest.HoldFilter{Level: "profile"})
	request := box.Do("device_suspend", tsimtest.IDs{EID: eid})
	box.Settle()
	heard.Want(request, "SUCCESS", "SUCCESS") // the device, twice
	box.ReleaseAll()
	box.Duplicate(box.Callbacks(request)[0].ID)
	box.Settle()
	if heard := heard.Want(request, "SUCCESS", "SUCCESS", "SUCCESS", "SUCCESS", "SUCCESS"); heard[1].Count != 2 {
		t.Errorf("heard %+v", heard)
	}
}

func TestPutDevice(t *testing.T) {
	box := tsimtest.Start(t)
	box.PutDevice(eid, json.RawMessage(`{"profiles":[{"iccid":"`+global+`","network":"global","service":"active","status":"DISABLE"}]}`))
	box.PatchDevice(eid, tsimtest.DevicePatch{Powered: new(false)})
	if d := box.Device(eid); d.Powered || len(d.Profiles) != 1 || d.Profiles[0].Status != "DISABLE" {
		t.Errorf("the device is %+v", d)
	}
	heard := box.Listen()
	request := box.Do("enable", tsimtest.IDs{EID: eid, ICCID: global})
	box.Advance(4 * time.Minute)
	heard.Want(request, "warning")
	if story := box.Explain(request); !strings.Contains(story, "the device is switched off; the SM-SR tries until") {
		t.Error(story)
	}
}

func TestAutoClockIsWaitedFor(t *testing.T) {
	box := tsimtest.Start(t, tsimtest.Clock("auto"))
	heard := box.Listen()
	heard.Want(box.Do("profile_suspend", tsimtest.IDs{ICCID: global}), "SUCCESS")
}

func TestConnect(t *testing.T) {
	shared := tsimtest.Start(t)
	for n := range 8 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			box := tsimtest.Connect(t, shared.URL, tsimtest.Seed(uint64(n)))
			heard := box.Listen()
			request := box.Do("profile_suspend", tsimtest.IDs{ICCID: global})
			box.Settle()
			heard.Want(request, "SUCCESS")
			if box.Name == "default" || len(heard.Heard("")) != 1 {
				t.Errorf("sandbox %s heard %d callbacks", box.Name, len(heard.Heard("")))
			}
		})
	}
}

// fatal is a test that ends, and keeps what it said.
type fatal struct {
	testing.TB
	said string
}

func (f *fatal) Name() string { return "TestOfSomebody" }

func (f *fatal) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	panic(f)
}

func TestAFailureTellsTheStory(t *testing.T) {
	f := &fatal{TB: t}
	box := tsimtest.Start(f, tsimtest.Seed(7))
	heard := box.Listen()
	expect := func(request string, parts ...string) {
		t.Helper()
		func() {
			defer func() { _ = recover() }()
			heard.Want(request, "SUCCESS")
		}()
		for _, part := range append(parts, "request "+request+": profile_suspend",
			"the clock is in manual mode", "run it again: go test -count=1 -run '^TestOfSomebody$' tsim/tsimtest") {
			if !strings.Contains(f.said, part) {
				t.Errorf("it said\n%s\nwithout %s", f.said, part)
			}
		}
	}
	expect(box.Do("profile_suspend", tsimtest.IDs{ICCID: global}), `the listener heard [] of the request, want ["SUCCESS"]`)

	box.Settle()
	one := tsimtest.IDs{ICCID: global}
	bulk := box.DoAll("profile_suspend", []tsimtest.IDs{one, one})
	box.Settle()
	expect(bulk, "2 callback(s): 2 Failed; 2 delivered\n  2 Failed: Profile is already suspended\n- entry 1 iccid "+global+"\n", " is Failed, delivered\n")
}

// Calls that are not as wanted end the test with what is near.
func TestWantCalls(t *testing.T) {
	f := &fatal{TB: t}
	box := tsimtest.Start(f)
	box.Do("profile_suspend", tsimtest.IDs{ICCID: global})
	box.WantCalls(0, tsimtest.CallFilter{Operation: "login"}) // that of the box itself is none of the client
	box.WantCalls(1, tsimtest.CallFilter{Operation: "login", Agent: "*"})
	if calls := box.Calls(tsimtest.CallFilter{}); len(calls) != 1 || calls[0].Operation != "profile_suspend" {
		t.Errorf("%+v", calls)
	}
	box.Listen()
	box.WantCalls(0, tsimtest.CallFilter{Method: "POST", Path: "*/callbacks/*"})
	box.WantCalls(1, tsimtest.CallFilter{Method: "POST", Path: "*/callbacks/*", Agent: "tsimbox"})
	for _, c := range []struct {
		n     int
		of    tsimtest.CallFilter
		parts []string
	}{
		{1, tsimtest.CallFilter{Operation: "profile_suspend", Devices: new(2)}, []string{
			"0 calls fit, want 1", "- near is call 3, POST /api/m2m/v1/devices/profile/actions/profile_suspend, answered with 200: it names 1 device, not 2",
		}},
		{2, tsimtest.CallFilter{Operation: "profile_suspend"}, []string{"1 call fits, want 2", "- call 3, POST"}},
		{0, tsimtest.CallFilter{Operation: "profile_suspend"}, []string{"1 call fits, want 0", "- call 3, POST"}},
	} {
		func() {
			defer func() { _ = recover() }()
			f.said = ""
			box.WantCalls(c.n, c.of)
		}()
		for _, part := range c.parts {
			if !strings.Contains(f.said, part) {
				t.Errorf("it said\n%s\nwithout %s", f.said, part)
			}
		}
	}
}

// firstTest is what somebody writes in an empty module.
const firstTest = `package mine
import (
	"testing"
	"tsim/tsimtest"
)
func TestSuspend(t *testing.T) {
	box := tsimtest.Start(t)
	heard := box.Listen()
	request := box.Do("profile_suspend", tsimtest.IDs{ICCID: "89445000000000000019"})
	box.Settle()
	heard.Want(request, "SUCCESS")
}
`

func TestFirstTestOfAnEmptyModule(t *testing.T) {
	if n := strings.Count(firstTest, "\n"); n > 12 {
		t.Errorf("it has %d lines", n)
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", ".")
	cmd.Dir, cmd.Env = module(t, map[string]string{"mine_test.go": firstTest}), environment()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
