package tsimtest

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"tsim/tsimclient"
)

// Control is the client of the control surface, for all that a Sandbox has no method for.
type Control = tsimclient.Client

// The wire of the control surface; docs/control.md explains each.
type (
	// Credential is what a client logs in with.
	Credential = tsimclient.Credential
	// Advanced says what an advance of time did.
	Advanced = tsimclient.Advanced
	// Device is a device with its eUICC as it is now.
	Device = tsimclient.Device
	// Profile is one profile of a device.
	Profile = tsimclient.Profile
	// PatchDevice is what to change of a device.
	PatchDevice = tsimclient.DevicePatch
	// PatchProfile is what to change of a profile.
	PatchProfile = tsimclient.ProfilePatch
	// For is what to wait for.
	For = tsimclient.For
	// Hold chooses callbacks to hold.
	Hold = tsimclient.HoldFilter
	// Delivery is a callback as tsim tells of it, with its attempts.
	Delivery = tsimclient.Callback
)

// Sandbox is a ThingSpace that belongs to one test. Its methods end the test when they fail.
type Sandbox struct {
	URL        string // where the client under test finds ThingSpace
	Name       string
	Account    string // the first one
	Credential        // with which the client under test logs in
	Control    *Control

	t    testing.TB
	seed *uint64 // nil as long as nobody has said it
	http *http.Client

	mu     sync.Mutex
	tokens tokens
}

// must ends the test on an error.
func (s *Sandbox) must(err error) {
	s.t.Helper()
	if err != nil {
		s.fail("", "%v", err)
	}
}

// fail ends the test: with the story of a request if there is one, and how to run it again.
func (s *Sandbox) fail(request, format string, args ...any) {
	s.t.Helper()
	text := fmt.Sprintf(format, args...)
	if request != "" {
		story, err := s.Control.Explain(s.t.Context(), request)
		if err != nil {
			story = err.Error()
		}
		text += "\n" + story
	}
	s.t.Fatalf("%s\nrun it again: %s", text, again(s.t.Name(), s.seed))
}

// Advance lets time pass, and returns when all that was due is done and answered.
func (s *Sandbox) Advance(by time.Duration) Advanced {
	s.t.Helper()
	done, err := s.Control.Advance(s.t.Context(), tsimclient.Advance{By: by.String()})
	s.must(err)
	return done
}

// Settle lets time pass until nothing is owed to anybody any more, but for what is held.
func (s *Sandbox) Settle() Advanced {
	s.t.Helper()
	done, err := s.Control.Advance(s.t.Context(), tsimclient.Advance{Until: tsimclient.Idle})
	s.must(err)
	return done
}

// Device is the device of an EID as it is now.
func (s *Sandbox) Device(eid string) Device {
	s.t.Helper()
	d, err := s.Control.Device(s.t.Context(), eid)
	s.must(err)
	return d
}

// SetDevice makes a device what it is said to be, whether or not it is there: anything that is the
// JSON of a scenario's device, such as a json.RawMessage or a map.
func (s *Sandbox) SetDevice(eid string, to any) Device {
	s.t.Helper()
	d, err := s.Control.PutDevice(s.t.Context(), eid, to)
	s.must(err)
	return d
}

// Patch changes what it names of a device.
func (s *Sandbox) Patch(eid string, change PatchDevice) Device {
	s.t.Helper()
	d, err := s.Control.PatchDevice(s.t.Context(), eid, change)
	s.must(err)
	return d
}

// Wait returns when something holds, or ends the test after a timeout of the wall clock. It does not
// move time.
func (s *Sandbox) Wait(what For, timeout time.Duration) {
	s.t.Helper()
	if _, err := s.Control.Wait(s.t.Context(), tsimclient.Wait{For: what, Timeout: timeout.String()}); err != nil {
		s.fail(what.Request, "%v", err)
	}
}

// Explain is the story of a request for people: each device, each callback, each attempt, and why
// what is still to come has not come yet.
func (s *Sandbox) Explain(request string) string {
	s.t.Helper()
	story, err := s.Control.Explain(s.t.Context(), request)
	s.must(err)
	return story
}

// Hold keeps the callbacks back that match, those to come included, until Release.
func (s *Sandbox) Hold(what Hold) {
	s.t.Helper()
	_, err := s.Control.HoldAll(s.t.Context(), what)
	s.must(err)
}

// Release lets go of all that is held.
func (s *Sandbox) Release() {
	s.t.Helper()
	_, err := s.Control.ReleaseAll(s.t.Context())
	s.must(err)
}

// Deliveries are the callbacks of a request as tsim knows them, pending ones included.
func (s *Sandbox) Deliveries(request string) []Delivery {
	s.t.Helper()
	all, err := s.Control.AllCallbacks(s.t.Context(), tsimclient.CallbackFilter{Request: request}, 100_000)
	s.must(err)
	return all
}

// Duplicate sends a callback once more.
func (s *Sandbox) Duplicate(id uint64) Delivery {
	s.t.Helper()
	c, err := s.Control.Duplicate(s.t.Context(), id)
	s.must(err)
	return c
}
