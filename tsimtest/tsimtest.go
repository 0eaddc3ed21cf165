// Package tsimtest is tsim inside a Go test: a ThingSpace on a free port, whose time and devices belong to the test, and
// a listener that hears its callbacks.
//
//	func TestSuspend(t *testing.T) {
//		box := tsimtest.Start(t)
//		heard := box.Listen()
//		request := box.Do("profile_suspend", tsimtest.IDs{ICCID: "89445000000000000019"}) // or your own client, with box.URL
//		box.Settle()
//		heard.Want(request, "SUCCESS")
//	}
//
// A sandbox starts from the scenario "default" unless an Option says otherwise; "tsim scenario show default" prints it,
// with its devices. Time stands still until Advance or Settle.
//
// A method that fails ends the test with the story of the request and the line that runs the test again. A test that
// fails otherwise, by an assertion of its own, says the same at its end, with the stories of the latest requests that did
// not go well. All is cleaned up when the test ends. Methods that can fail are to be called by the goroutine of the test, as
// t.FailNow is; in the parts that t.Run makes, take the sandbox with In.
//
// It is tsim/tsimbox with a testing.TB; there is what needs none. The words of the control surface are constants of
// tsim/tsimclient.
package tsimtest

import (
	"context"
	"testing"
	"time"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

// An Option says something about the sandbox of a test.
type Option = tsimbox.Option

// Scenario is what the sandbox starts from: the name of a built-in scenario, a file, or the text of a scenario itself,
// in YAML. Without it, it is the built-in "default"; a file of that name is "./default".
func Scenario(ref string) Option { return tsimbox.Scenario(ref) }

// Seed makes another draw of every chance than the scenario's own seed does. The variable TSIM_SEED beats it.
func Seed(n uint64) Option { return tsimbox.Seed(n) }

// Clock says what moves time: "manual", which it is without this option, "auto" or "real".
func Clock(mode tsimclient.ClockMode) Option { return tsimbox.Clock(mode) }

// DeliveryTimeout is how long of the wall clock a listener has to answer, instead of what the scenario says, which is
// 10 s if it says nothing.
func DeliveryTimeout(d time.Duration) Option { return tsimbox.DeliveryTimeout(d) }

// ControlURL says to Connect where the control surface is, if it has an address of its own.
func ControlURL(url string) Option { return tsimbox.ControlURL(url) }

// Start starts a tsim of its own for the test.
func Start(t testing.TB, o ...Option) *Sandbox {
	t.Helper()
	box, err := tsimbox.Start(t.Context(), o...)
	return begin(t, box, err)
}

// Connect makes a sandbox for the test on a tsim that runs already, and removes it when the test ends. Other tests may do
// the same at the same time. The token of its control surface, if it has one, is the variable TSIM_CONTROL_TOKEN.
func Connect(t testing.TB, url string, o ...Option) *Sandbox {
	t.Helper()
	box, err := tsimbox.Connect(t.Context(), url, o...)
	return begin(t, box, err)
}

func begin(t testing.TB, box *tsimbox.Sandbox, err error) *Sandbox {
	t.Helper()
	if err != nil {
		t.Fatalf("%v\n%s", err, runAgain(t.Name()))
	}
	s := newSandbox(t, box)
	t.Cleanup(func() {
		s.tellFailure()
		if err := box.Close(context.Background()); err != nil { // the context of the test has ended
			t.Error(err)
		}
	})
	return s
}
