package tsimtest_test

import (
	"fmt"
	"testing"
	"time"

	"tsim/tsimtest"
)

// An expensive world is built once, and has as many endings as there are parts of the test.
func ExampleSnapshot_Fork() {
	t := &inTest{} // a *testing.T in your test
	defer t.end()

	world := tsimtest.Start(t, tsimtest.Scenario("fleet")) // ten thousand devices
	var all []tsimtest.IDs
	for _, d := range world.Fleet()[:100] {
		all = append(all, tsimtest.IDs{EID: d.EID, ICCID: d.ICCIDs[1]})
	}
	world.DoAll("enable", all)
	world.Settle()
	ready := world.Snapshot("ready")

	for _, off := range []bool{false, true} {
		t.Run(fmt.Sprintf("off=%v", off), func(t testing.TB) { // func(t *testing.T) { t.Parallel() … in your test
			box := ready.Fork(t)
			heard := box.Listen()
			box.PatchDevice(all[0].EID, tsimtest.DevicePatch{Powered: new(!off)})
			request := box.Do("disable", all[0])
			box.Settle()
			for _, c := range heard.Heard(request) {
				fmt.Println(c.Status)
			}
		})
	}
	// Output:
	// SUCCESS
	// warning
	// Failed
}

// Back to where it was, as often as you like.
func ExampleSandbox_Rewind() {
	t := &inTest{} // a *testing.T in your test
	defer t.end()

	box := tsimtest.Start(t)
	heard := box.Listen()
	ready := box.Snapshot("ready")
	for _, answer := range []tsimtest.Answer{200, 503} {
		heard.Answer(tsimtest.InTurn(answer))
		request := box.Do("profile_suspend", tsimtest.IDs{ICCID: exampleGlobal})
		box.Settle()
		fmt.Println(len(heard.Heard(request)), "attempts")
		box.Rewind(ready)
	}
	// Output:
	// 1 attempts
	// 4 attempts
}

// TestParallelForks: parts of a test that run at once each have a sandbox of their own, and none of them disturbs another one,
// here and on a server that others use.
func TestParallelForks(t *testing.T) {
	for where, world := range map[string]func(t *testing.T) *tsimtest.Sandbox{
		"in process": func(t *testing.T) *tsimtest.Sandbox { return tsimtest.Start(t) },
		"connected":  func(t *testing.T) *tsimtest.Sandbox { return tsimtest.Connect(t, tsimtest.Start(t).URL) },
	} {
		t.Run(where, func(t *testing.T) {
			box := world(t)
			heard := box.Listen()
			pending := box.Do("profile_suspend", tsimtest.IDs{ICCID: exampleGlobal})
			ready := box.Snapshot("ready")
			requests := make(chan string, 10)
			t.Run("endings", func(t *testing.T) {
				for i := range 10 {
					t.Run(fmt.Sprint(i), func(t *testing.T) {
						t.Parallel()
						fork := ready.Fork(t)
						if fork.Credential == box.Credential || fork.Name == box.Name {
							t.Errorf("it is %s with %+v", fork.Name, fork.Credential)
						}
						its := fork.Listen()
						fork.Advance(time.Duration(i) * time.Minute)
						fork.Settle()
						its.Want(pending, "SUCCESS")
						request := fork.Do("profile_resume", tsimtest.IDs{ICCID: exampleGlobal})
						requests <- request
						fork.Settle()
						its.Want(request, "SUCCESS")
					})
				}
			})
			if all := heard.Heard(""); len(all) != 0 {
				t.Errorf("the listener of the world has heard %+v", all)
			}
			box.Settle()
			heard.Want(pending, "SUCCESS")
			own := box.Do("profile_resume", tsimtest.IDs{ICCID: exampleGlobal})
			close(requests)
			for request := range requests {
				if request == own || request == pending {
					t.Errorf("requestId %s comes again", request)
				}
			}
			// What was pending at the snapshot comes again after the rewind, with its requestId.
			box.Rewind(ready)
			box.Settle()
			heard.Want(pending, "SUCCESS", "SUCCESS")
			now := box.Fork(t)
			if d := now.Device(box.Device(exampleEID).EID); d.EID != exampleEID {
				t.Errorf("%+v", d)
			}
		})
	}
}
