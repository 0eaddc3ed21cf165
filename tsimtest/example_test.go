package tsimtest_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"tsim/tsimtest"
)

// inTest stands for the *testing.T of your test.
type inTest struct {
	testing.TB
	cleanups []func()
}

func (t *inTest) Helper()                  {}
func (t *inTest) Name() string             { return "Example" }
func (t *inTest) Context() context.Context { return context.Background() }
func (t *inTest) Cleanup(f func())         { t.cleanups = append(t.cleanups, f) }
func (t *inTest) end() {
	for _, cleanup := range slices.Backward(t.cleanups) {
		cleanup()
	}
}

// A listener that is down for a while: the callback comes again every five minutes.
func Example_retry() {
	t := &inTest{} // a *testing.T in your test
	defer t.end()

	box := tsimtest.Start(t)
	heard := box.Listen(503, 503, 200)
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
func Example_unreachable() {
	t := &inTest{} // a *testing.T in your test
	defer t.end()

	const eid, global = "89001012012341234012345678901321", "89445000000000000027"
	box := tsimtest.Start(t)
	heard := box.Listen()
	box.Patch(eid, tsimtest.DevicePatch{Powered: new(false)})
	request := box.Do("enable", tsimtest.IDs{EID: eid, ICCID: global})
	box.Advance(10 * time.Minute)
	box.Patch(eid, tsimtest.DevicePatch{Powered: new(true)})
	box.Settle()
	for _, c := range heard.Heard(request) {
		fmt.Println(c.Status, c.ProfileStatus)
	}
	// Output:
	// warning DOWNLOAD_DISABLE
	// SUCCESS ENABLE
}
