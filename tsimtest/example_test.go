package tsimtest_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"tsim/tsimclient"
	"tsim/tsimtest"
)

// inTest stands for the *testing.T of your test.
type inTest struct {
	testing.TB
	cleanups []func()
}

func (t *inTest) Helper()                            {}
func (t *inTest) Failed() bool                       { return false }
func (t *inTest) Name() string                       { return "Example" }
func (t *inTest) Context() context.Context           { return context.Background() }
func (t *inTest) Cleanup(f func())                   { t.cleanups = append(t.cleanups, f) }
func (t *inTest) Run(_ string, f func(t testing.TB)) { f(t) }
func (t *inTest) end() {
	for _, cleanup := range slices.Backward(t.cleanups) {
		cleanup()
	}
}

const (
	exampleEID    = "89001012012341234012345678901321"
	exampleGlobal = "89445000000000000027"
)

// Suspend a profile, and hear the callback.
func Example() {
	t := &inTest{} // a *testing.T in your test
	defer t.end()

	box := tsimtest.Start(t)
	heard := box.Listen()
	request := box.Do("profile_suspend", tsimtest.IDs{ICCID: "89445000000000000019"}) // or your own client, with box.URL
	box.Settle()
	c := heard.Want(request, "SUCCESS")[0]
	fmt.Println(c.State, c.ICCID)
	// Output:
	// SUSPENDED 89445000000000000019
}

// A listener that refuses twice: the callback comes again every five minutes.
func ExampleSandbox_Listen() {
	t := &inTest{} // a *testing.T in your test
	defer t.end()

	box := tsimtest.Start(t)
	heard := box.Listen(503, tsimtest.Disconnect, 200)
	request := box.Do("profile_suspend", tsimtest.IDs{ICCID: "89445000000000000019"})
	box.Settle()
	for _, c := range heard.Heard(request) {
		fmt.Println(c.Count, c.Status, c.State)
	}
	// Output:
	// 1 SUCCESS SUSPENDED
	// 2 SUCCESS SUSPENDED
	// 3 SUCCESS SUSPENDED
}

// A device that is off: the warning comes first, and what was asked for when it is back.
func ExampleSandbox_PatchDevice() {
	t := &inTest{} // a *testing.T in your test
	defer t.end()

	box := tsimtest.Start(t)
	heard := box.Listen()
	box.PatchDevice(exampleEID, tsimtest.DevicePatch{Powered: new(false)})
	request := box.Do("enable", tsimtest.IDs{EID: exampleEID, ICCID: exampleGlobal})
	box.Advance(10 * time.Minute)
	box.PatchDevice(exampleEID, tsimtest.DevicePatch{Powered: new(true)})
	box.Settle()
	for _, c := range heard.Heard(request) {
		fmt.Println(c.Status, c.ProfileStatus)
	}
	// Output:
	// warning DOWNLOAD_DISABLE
	// SUCCESS ENABLE
}

// Two callbacks that overtake each other: the first one is held until the second one has been heard.
func ExampleSandbox_Hold() {
	t := &inTest{} // a *testing.T in your test
	defer t.end()

	box := tsimtest.Start(t)
	heard := box.Listen()
	box.HoldAll(tsimtest.HoldFilter{Operation: "profile_suspend"})
	suspended := box.Do("profile_suspend", tsimtest.IDs{ICCID: exampleGlobal})
	resumed := box.Do("profile_resume", tsimtest.IDs{ICCID: exampleGlobal})
	box.Settle()
	heard.Want(suspended)
	heard.Want(resumed, "SUCCESS")
	box.Release(box.Callbacks(suspended)[0].ID)
	box.Settle()
	for _, c := range heard.Heard("") {
		fmt.Println(c.State)
	}
	// Output:
	// ACTIVE
	// SUSPENDED
}

// What ThingSpace refuses at once has no requestId and no callback.
func ExampleSandbox_WantRefused() {
	t := &inTest{} // a *testing.T in your test
	defer t.end()

	box := tsimtest.Start(t)
	refused := box.WantRefused("profile_suspend", tsimtest.IDs{EID: exampleEID}) // which takes an ICCID
	fmt.Println(refused.Status)
	// Output:
	// 400
}

// One sandbox for the parts of a test: each has it as its own, so that what fails ends that part.
func ExampleSandbox_In() {
	t := &inTest{} // a *testing.T in your test
	defer t.end()

	box := tsimtest.Start(t)
	box.Listen()
	for _, op := range []tsimclient.Operation{tsimclient.OpProfileSuspend, tsimclient.OpProfileResume} {
		t.Run(string(op), func(t testing.TB) {
			box := box.In(t)
			request := box.Do(op, tsimtest.IDs{ICCID: exampleGlobal})
			box.Settle()
			fmt.Println(box.Want(request, "SUCCESS")[0].State)
		})
	}
	// Output:
	// SUSPENDED
	// ACTIVE
}

// Tests share a server: each has a sandbox of its own on it.
func ExampleConnect() {
	t := &inTest{} // a *testing.T in your test
	defer t.end()

	server := tsimtest.Start(t) // or "tsim serve" somewhere else
	box := tsimtest.Connect(t, server.URL, tsimtest.Seed(7))
	heard := box.Listen()
	request := box.Do("profile_suspend", tsimtest.IDs{ICCID: "89445000000000000019"})
	box.Settle()
	heard.Want(request, "SUCCESS")
	fmt.Println(len(heard.Heard("")), "callback,", box.AppKey != server.AppKey)
	// Output:
	// 1 callback, true
}

// What your client sent: here one call for two devices.
func ExampleSandbox_WantCalls() {
	t := &inTest{} // a *testing.T in your test
	defer t.end()

	box := tsimtest.Start(t)
	box.DoAll("profile_suspend", []tsimtest.IDs{{ICCID: "89445000000000000019"}, {ICCID: exampleGlobal}}) // or your own client
	call := box.WantCalls(1, tsimtest.CallFilter{Operation: "profile_suspend"})[0]
	fmt.Println(call.Method, call.Path, call.Devices, call.Status)
	// Output:
	// POST /api/m2m/v1/devices/profile/actions/profile_suspend 2 200
}

// Where time moves by itself, wait.
func ExampleSandbox_Wait() {
	t := &inTest{} // a *testing.T in your test
	defer t.end()

	box := tsimtest.Start(t, tsimtest.Clock("auto"))
	box.Listen(503, 200)
	request := box.Do("profile_suspend", tsimtest.IDs{ICCID: "89445000000000000019"})
	waited := box.Wait(tsimtest.For{Request: request, Kind: "attempt.acknowledged"}, 10*time.Second)
	fmt.Println(waited.Event.Kind)
	// Output:
	// attempt.acknowledged
}

// Each callback comes twice: a client that knows a callback by its requestId and profile counts it once.
func ExampleWith() {
	t := &inTest{} // a *testing.T in your test
	defer t.end()

	box := tsimtest.Start(t, tsimtest.With("duplicates"))
	heard := box.Listen()
	request := box.Do("profile_suspend", tsimtest.IDs{ICCID: exampleGlobal})
	box.Settle()

	type key struct{ request, iccid string }
	done := map[key]bool{} // what the client has taken in
	all := heard.Heard(request)
	for _, c := range all {
		done[key{c.RequestID, c.ICCID}] = true
	}
	fmt.Println(len(all), "callbacks, of", len(done))
	// Output:
	// 2 callbacks, of 1
}

// A rule of your own: the first enable of a card fails, and the client asks again.
func ExampleRules() {
	t := &inTest{} // a *testing.T in your test
	defer t.end()

	box := tsimtest.Start(t, tsimtest.Rules(tsimtest.Rule{
		Name:    "fails-once",
		When:    tsimtest.When{Operation: []tsimclient.Operation{"enable"}, First: 1, Per: "card"},
		Outcome: &tsimtest.Outcome{Fault: tsimtest.Fault{Message: "Profile update in progress"}},
	}))
	heard := box.Listen()
	for range 2 {
		request := box.Do("enable", tsimtest.IDs{EID: exampleEID, ICCID: exampleGlobal})
		box.Settle()
		c := heard.Heard(request)[0]
		fmt.Printf("%s %q\n", c.Status, c.FaultString)
	}
	fmt.Println(box.Rule("fails-once").Hits)
	// Output:
	// Failed "Profile update in progress"
	// SUCCESS ""
	// 1
}
