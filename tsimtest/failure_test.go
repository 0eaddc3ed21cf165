package tsimtest_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tsim/tsimclient"
	"tsim/tsimtest"
)

// part is a test that may fail, with what it says.
type part struct {
	testing.TB
	name     string
	failed   bool
	said     []string
	cleanups []func()
}

func (p *part) Helper()                  {}
func (p *part) Name() string             { return p.name }
func (p *part) Failed() bool             { return p.failed }
func (p *part) Context() context.Context { return context.Background() }
func (p *part) Cleanup(f func())         { p.cleanups = append(p.cleanups, f) }
func (p *part) Error(args ...any)        { p.failed, p.said = true, append(p.said, fmt.Sprint(args...)) }
func (p *part) Logf(format string, args ...any) {
	p.said = append(p.said, fmt.Sprintf(format, args...))
}
func (p *part) Fatalf(format string, args ...any) {
	p.Error(fmt.Sprintf(format, args...))
	panic(p)
}

// run is t.Run.
func (p *part) run(f func()) {
	defer func() {
		if v := recover(); v != nil && v != any(p) {
			panic(v)
		}
		for _, cleanup := range slices.Backward(p.cleanups) {
			cleanup()
		}
	}()
	f()
}

func (p *part) is(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(p.said, want) {
		t.Errorf("%s said\n%s\nwant\n%s", p.name, strings.Join(p.said, "\n"), strings.Join(want, "\n"))
	}
}

const line = "run it again: go test -count=1 -run '^TestOfSomebody$' tsim/tsimtest"

// A test that fails by an assertion of its own says what tsim knows: of the requests that did not go well, the latest
// three.
func TestOwnAssertions(t *testing.T) {
	t.Setenv("TSIM_SEED", "")
	p := &part{TB: t, name: "TestOfSomebody"}
	var stories []string
	p.run(func() {
		box := tsimtest.Start(p)
		box.Do("profile_suspend", tsimtest.IDs{ICCID: global})
		box.Settle() // of which no listener hears
		box.Listen()
		var refused []string
		for range 2 {
			refused = append(refused, box.Do("profile_suspend", tsimtest.IDs{ICCID: global}))
		}
		box.Do("profile_resume", tsimtest.IDs{ICCID: global})
		box.Settle()
		open := box.Do("profile_suspend", tsimtest.IDs{ICCID: global})
		for _, request := range append(refused, open) {
			stories = append(stories, box.Explain(request))
		}
		p.Error("my own assertion")
	})
	p.is(t, "my own assertion", strings.Join(stories, "")+line)
}

// Whatever did not go well is told, and what went well is not.
func TestTroubles(t *testing.T) {
	t.Setenv("TSIM_SEED", "")
	do := func(box *tsimtest.Sandbox) string { return box.Do("profile_suspend", tsimtest.IDs{ICCID: global}) }
	for what, c := range map[string]struct {
		trouble func(*tsimtest.Sandbox, *tsimtest.Listener) (request string)
		told    bool
	}{
		"nothing": {func(box *tsimtest.Sandbox, _ *tsimtest.Listener) string { return do(box) }, false},
		"a callback that came twice": {func(box *tsimtest.Sandbox, heard *tsimtest.Listener) string {
			heard.Answer(tsimtest.InTurn(500, 200))
			return do(box)
		}, false},
		"archived": {func(box *tsimtest.Sandbox, heard *tsimtest.Listener) string {
			heard.Close()
			return do(box)
		}, true},
		"unheard": {func(box *tsimtest.Sandbox, _ *tsimtest.Listener) string {
			box.Reset()
			return do(box)
		}, true},
		"held": {func(box *tsimtest.Sandbox, _ *tsimtest.Listener) string {
			box.HoldAll(tsimtest.HoldFilter{})
			return do(box)
		}, true},
		"dropped": {func(box *tsimtest.Sandbox, _ *tsimtest.Listener) string {
			box.HoldAll(tsimtest.HoldFilter{})
			request := do(box)
			box.Settle()
			box.Drop(box.Callbacks(request)[0].ID)
			return request
		}, true},
		"a warning": {func(box *tsimtest.Sandbox, _ *tsimtest.Listener) string {
			box.PatchDevice(exampleEID, tsimtest.DevicePatch{Powered: new(false)})
			request := box.Do("enable", tsimtest.IDs{EID: exampleEID, ICCID: exampleGlobal})
			box.Advance(10 * time.Minute)
			box.PatchDevice(exampleEID, tsimtest.DevicePatch{Powered: new(true)})
			return request
		}, true},
	} {
		p := &part{TB: t, name: "TestOfSomebody"}
		var story string
		p.run(func() {
			box := tsimtest.Start(p)
			request := c.trouble(box, box.Listen())
			box.Settle()
			story = box.Explain(request)
			p.Error(what)
		})
		if !c.told {
			story = ""
		}
		p.is(t, what, story+line)
	}
}

// A test that passes says nothing, nor does one that has said it all.
func TestNothingTwice(t *testing.T) {
	t.Setenv("TSIM_SEED", "")
	p := &part{TB: t, name: "TestOfSomebody"}
	p.run(func() { tsimtest.Start(p) })
	p.is(t)
	p = &part{TB: t, name: "TestOfSomebody"}
	p.run(func() {
		box := tsimtest.Start(p)
		box.Account = "nobody"
		box.Register(tsimtest.Registration{URL: "nowhere"})
	})
	if len(p.said) != 1 || !strings.HasSuffix(p.said[0], "\n"+line) {
		t.Errorf("it said %q", p.said)
	}
}

// A sandbox that is gone cannot be asked.
func TestOwnAssertionAfterTheEnd(t *testing.T) {
	t.Setenv("TSIM_SEED", "")
	p := &part{TB: t, name: "TestOfSomebody"}
	p.run(func() {
		box := tsimtest.Start(p)
		if err := box.Box.Close(t.Context()); err != nil {
			t.Error(err)
		}
		p.Error("my own assertion")
	})
	if len(p.said) != 2 || !strings.Contains(p.said[1], "connection refused") || !strings.HasSuffix(p.said[1], "\n"+line) {
		t.Errorf("it said %q", p.said)
	}
}

// What fails in a part of a test ends that part, and is said there; the whole says nothing more.
func TestParts(t *testing.T) {
	t.Setenv("TSIM_SEED", "")
	whole := &part{TB: t, name: "TestOfSomebody"}
	first, second, third := &part{TB: t, name: "TestOfSomebody/1"}, &part{TB: t, name: "TestOfSomebody/2"}, &part{TB: t, name: "TestOfSomebody/3"}
	const again = "run it again: go test -count=1 -run '^TestOfSomebody$/^%d$' tsim/tsimtest"
	whole.run(func() {
		box := tsimtest.Start(whole)
		heard := box.Listen()
		request := box.Do("profile_suspend", tsimtest.IDs{ICCID: global})
		box.Settle()
		first.run(func() {
			heard.In(box.In(first)).Want(request, "Failed")
			t.Error("the part goes on")
		})
		first.is(t, `the listener heard ["SUCCESS"] of the request, want ["Failed"]`+"\n"+box.Explain(request)+fmt.Sprintf(again, 1))
		second.run(func() {
			box.In(second)
			second.Error("my own assertion")
		})
		second.is(t, "my own assertion", fmt.Sprintf(again, 2))
		third.run(func() { box.In(third).Want(request, "SUCCESS") })
		third.is(t)
		whole.failed = true
	})
	whole.is(t)
}

// A refusal that is wanted is returned, and one that does not come ends the test.
func TestWantRefused(t *testing.T) {
	t.Setenv("TSIM_SEED", "")
	box := tsimtest.Start(t)
	refused := box.WantRefused("profile_suspend", tsimtest.IDs{EID: eid})
	if refused.Status != 400 || refused.Message == "" {
		t.Errorf("%+v", refused)
	}
	p := &part{TB: t, name: "TestOfSomebody"}
	p.run(func() { box.In(p).WantRefused("profile_suspend", tsimtest.IDs{ICCID: global}) })
	requests, err := box.Control.Requests(t.Context(), tsimclient.RequestFilter{}, tsimclient.Page{})
	if err != nil || len(requests.Requests) != 1 {
		t.Fatalf("%+v, %v", requests, err)
	}
	p.is(t, "profile_suspend was accepted, with the requestId "+requests.Requests[0].ID+"; what is wanted is a refusal\n"+line)
}
