package tsimtest

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

// What else a test speaks of. Most of it are types of tsimbox and tsimclient, where go doc has all of their fields:
// "go doc tsim/tsimclient.Device".
type (
	// IDs names a device, or a profile of it: EID, ICCID, IMEI, MDN; what is not given is "". Which of them an operation
	// takes is said beside its constant: "go doc tsim/tsimclient.Operation".
	IDs = tsimbox.IDs
	// DoOption says something more about what Do asks for: Plan, Account, Field.
	DoOption = tsimbox.DoOption
	// RefusedError is a call that ThingSpace has refused: Status, Code, Message and so on.
	RefusedError = tsimbox.RefusedError
	// Registration is a listener of your own: URL, Account, Service, Username, Password.
	Registration = tsimbox.Registration
	// FleetDevice is one device of a generated fleet: Account, EID, IMEI, ICCIDs.
	FleetDevice = tsimbox.FleetDevice
	// Credential is what a client logs in with: AppKey, AppSecret, Username, Password.
	Credential = tsimclient.Credential
	// Advanced says what an advance of time did.
	Advanced = tsimclient.Advanced
	// Device is a device with its eUICC as it is now: EID, IMEI, Powered, Connected, Fallback, Profiles.
	Device = tsimclient.Device
	// DevicePatch is what to change of a device: DevicePatch{Powered: new(false)}.
	DevicePatch = tsimclient.DevicePatch
	// ProfilePatch is what to change of a profile of a DevicePatch, by its ICCID.
	ProfilePatch = tsimclient.ProfilePatch
	// For is what to wait for: of a Request, so many Callbacks in a State; or an event of a Kind.
	For = tsimclient.For
	// Hold is a hold that is in force: ID, Callbacks and so on.
	Hold = tsimclient.Hold
	// HoldFilter chooses callbacks to hold: Request, Account, Operation, EID, ICCID, Level.
	HoldFilter = tsimclient.HoldFilter
	// CallFilter chooses calls: Operation, Method, Path, Status, Refused, Device, Devices, Request, From, To, Text, Agent.
	CallFilter = tsimclient.CallFilter
	// Call is a call as it is on record: N, At, Method, Path, Operation, Devices, Status, Code, Error, Pointer and so on.
	Call = tsimclient.Call
	// Callback is a callback as tsim knows it: ID, State, Due, Attempts and so on.
	Callback = tsimclient.Callback
)

// Plan is the service plan to use.
func Plan(name string) DoOption { return tsimbox.Plan(name) }

// Account is another account than the first one of the scenario.
func Account(name string) DoOption { return tsimbox.Account(name) }

// Field is any other field of the body, such as mdnZipCode or smsrOid, with a value that is JSON.
func Field(name string, value any) DoOption { return tsimbox.Field(name, value) }

// Sandbox is a ThingSpace that belongs to one test. Its methods end the test when they fail, so the goroutine of the test
// has to call them; others, such as those of an AnswerFunc, use its Box.
type Sandbox struct {
	URL        string // where the client under test finds ThingSpace
	Name       string
	Account    string             // the first one of the scenario; "" if it has none
	Credential                    // with which the client under test logs in: AppKey, AppSecret, Username, Password
	Control    *tsimclient.Client // for all that there is no method for here
	Box        *tsimbox.Sandbox   // the same sandbox, with contexts and errors

	t     testing.TB
	outer *Sandbox    // of the test that t is a part of, if this is an In
	told  atomic.Bool // a failure has said what tsim knows of it
}

func newSandbox(t testing.TB, box *tsimbox.Sandbox) *Sandbox {
	return &Sandbox{
		URL: box.URL, Name: box.Name, Account: box.Account, Credential: box.Credential, Control: box.Control, Box: box, t: t,
	}
}

// In is the sandbox for a part of the test, as t.Run has it: what fails there ends that part alone.
func (s *Sandbox) In(t testing.TB) *Sandbox {
	part := newSandbox(t, s.Box)
	part.outer = s
	t.Cleanup(part.tellFailure)
	return part
}

// must ends the test on an error, and says how to run it again.
func (s *Sandbox) must(err error) {
	s.t.Helper()
	if err != nil {
		s.fail(err.Error())
	}
}

// fail ends the test.
func (s *Sandbox) fail(text string) {
	s.t.Helper()
	s.noteTold()
	s.t.Fatalf("%s\n%s", strings.TrimSuffix(text, "\n"), runAgain(s.t.Name()))
}

// got is a result, unless the test ends on an error.
func got[T any](s *Sandbox, result T, err error) T {
	s.t.Helper()
	s.must(err)
	return result
}

// Do asks ThingSpace for an operation on one device of the account, as a client would, and returns the requestId. What
// comes of it is told by callbacks, once time has passed. The operations are named as in the path of their calls, such as
// "enable" or "profile_suspend".
func (s *Sandbox) Do(op tsimclient.Operation, device IDs, o ...DoOption) (request string) {
	s.t.Helper()
	request, err := s.Box.Do(s.t.Context(), op, device, o...)
	return got(s, request, err)
}

// WantRefused holds a Do to a refusal by ThingSpace itself, before there is a request, and returns that.
func (s *Sandbox) WantRefused(op tsimclient.Operation, device IDs, o ...DoOption) *RefusedError {
	s.t.Helper()
	request, err := s.Box.Do(s.t.Context(), op, device, o...)
	refused, ok := errors.AsType[*RefusedError](err)
	switch {
	case ok:
		return refused
	case err == nil:
		s.fail(fmt.Sprintf("%s was accepted, with the requestId %s; what is wanted is a refusal", op, request))
	}
	s.must(err)
	return nil
}

// DoAll is Do for many devices in one call, up to 10,000.
func (s *Sandbox) DoAll(op tsimclient.Operation, devices []IDs, o ...DoOption) (request string) {
	s.t.Helper()
	request, err := s.Box.DoAll(s.t.Context(), op, devices, o...)
	return got(s, request, err)
}

// Call makes any call of ThingSpace with a bearer and a session, at a path such as "/api/m2m/v1/plans/A-1". A body that is
// a []byte or a json.RawMessage is sent as it is, another one as its JSON, and none if it is nil. A refusal does not end
// the test. When the bearer or the session is over, the call has done nothing: it is repeated, once, with fresh ones.
// Only a call that itself logs in or out is left as it is.
func (s *Sandbox) Call(method, path string, body any) (status int, reply []byte) {
	s.t.Helper()
	status, reply, err := s.Box.Call(s.t.Context(), method, path, body)
	s.must(err)
	return status, reply
}

// Register registers a listener that is not one of Listen's, such as that of the application under test, or one of those
// for another account.
func (s *Sandbox) Register(r Registration) {
	s.t.Helper()
	s.must(s.Box.Register(s.t.Context(), r))
}

// Advance lets time pass, and returns when all that was due is done and answered.
func (s *Sandbox) Advance(by time.Duration) Advanced {
	s.t.Helper()
	done, err := s.Box.Advance(s.t.Context(), by)
	return got(s, done, err)
}

// Settle lets time pass until nothing is owed to anybody any more, but for what is held. When something is still owed after
// 24 simulated hours, the test ends.
func (s *Sandbox) Settle() Advanced {
	s.t.Helper()
	done, err := s.Box.Settle(s.t.Context())
	return got(s, done, err)
}

// Wait returns when something holds (a For, or tsimclient.Idle), or ends the test after a timeout of the wall clock; 0
// is at once. It does not move time. If it waits for an event, the result has that.
func (s *Sandbox) Wait(what tsimclient.Condition, timeout time.Duration) tsimclient.Waited {
	s.t.Helper()
	waited, err := s.Box.Wait(s.t.Context(), what, timeout)
	return got(s, waited, err)
}

// Reset puts the sandbox back to its start, except for what is to be kept: "listeners", "tokens".
func (s *Sandbox) Reset(keep ...tsimclient.Keep) {
	s.t.Helper()
	s.must(s.Box.Reset(s.t.Context(), keep...))
}

// Scenario is the sandbox as it is now, as a scenario in YAML: for the option of that name, ResetTo, or a file. A comment at
// its top says what no scenario can say, such as callbacks that are still to come.
func (s *Sandbox) Scenario() string {
	s.t.Helper()
	text, err := s.Box.Scenario(s.t.Context())
	return got(s, text, err)
}

// ResetTo puts the sandbox to the start of another scenario, which is said as in the option Scenario, except for what is to be kept:
// "listeners", "tokens". Its credentials stay, and its time is moved by what the option Clock says.
func (s *Sandbox) ResetTo(scenario string, keep ...tsimclient.Keep) {
	s.t.Helper()
	s.must(s.Box.ResetTo(s.t.Context(), scenario, keep...))
}

// Device is the device of an EID as it is now.
func (s *Sandbox) Device(eid string) Device {
	s.t.Helper()
	d, err := s.Box.Device(s.t.Context(), eid)
	return got(s, d, err)
}

// PutDevice makes a device what it is said to be, whether or not it is there: anything that is the JSON of a scenario's
// device without the EID, such as a json.RawMessage or a map, with the account beside it if the sandbox has several.
// What Device returns is not in that form: to change a part of a device, use PatchDevice.
func (s *Sandbox) PutDevice(eid string, to any) Device {
	s.t.Helper()
	d, err := s.Box.PutDevice(s.t.Context(), eid, to)
	return got(s, d, err)
}

// PatchDevice changes what it names of a device.
func (s *Sandbox) PatchDevice(eid string, change DevicePatch) Device {
	s.t.Helper()
	d, err := s.Box.PatchDevice(s.t.Context(), eid, change)
	return got(s, d, err)
}

// Fleet is the devices of the generated fleets of the scenario, by EID. Ask before you add others.
func (s *Sandbox) Fleet() []FleetDevice {
	s.t.Helper()
	fleet, err := s.Box.Fleet(s.t.Context())
	return got(s, fleet, err)
}

// Explain is the story of a request for people: each device, each callback, each attempt, and why what is still to come
// has not come yet.
func (s *Sandbox) Explain(request string) string {
	s.t.Helper()
	story, err := s.Box.Explain(s.t.Context(), request)
	return got(s, story, err)
}

// Callbacks are the callbacks of a request as tsim knows them, pending ones included, oldest first; there are none before
// the operation has been carried out. Their IDs are for Hold, Fire and so on.
func (s *Sandbox) Callbacks(request string) []Callback {
	s.t.Helper()
	all, err := s.Box.Callbacks(s.t.Context(), request)
	return got(s, all, err)
}

// Calls are the calls of a filter that the sandbox was sent, oldest first, refused ones included: without their bodies,
// which Control.Call has. Left out are the calls by which this Sandbox itself logged in and registered the listeners of
// Listen, unless the filter has an Agent.
func (s *Sandbox) Calls(f CallFilter) []Call {
	s.t.Helper()
	calls, err := s.Box.Calls(s.t.Context(), f)
	return got(s, calls, err)
}

// WantCalls returns the calls of a filter if there are just so many, as Calls has them. If not, it ends the test, and
// says which calls are near, and what differs in them. Let the client finish first: while calls still come, the list and
// what is near can be of different moments.
func (s *Sandbox) WantCalls(n int, f CallFilter) []Call {
	s.t.Helper()
	calls, err := s.Box.WantCalls(s.t.Context(), n, f)
	return got(s, calls, err)
}

// HoldAll keeps the callbacks back that match, those to come included, until LiftHold or ReleaseAll.
func (s *Sandbox) HoldAll(what HoldFilter) Hold {
	s.t.Helper()
	hold, err := s.Box.HoldAll(s.t.Context(), what)
	return got(s, hold, err)
}

// LiftHold ends a hold of that ID, and lets go of the callbacks that no other one holds.
func (s *Sandbox) LiftHold(id uint64) {
	s.t.Helper()
	s.must(s.Box.LiftHold(s.t.Context(), id))
}

// ReleaseAll ends all holds, and lets go of all that is held.
func (s *Sandbox) ReleaseAll() {
	s.t.Helper()
	s.must(s.Box.ReleaseAll(s.t.Context()))
}

// Hold keeps one callback back until it is released, fired or dropped. With a listener that answers, callbacks are
// delivered in the same Advance that decides them: to hold one that is still to come, use HoldAll before. This and what
// else is done to one callback returns it as it is then; what does not apply to its state ends the test.
func (s *Sandbox) Hold(id uint64) Callback {
	s.t.Helper()
	c, err := s.Box.Hold(s.t.Context(), id)
	return got(s, c, err)
}

// Release lets a callback go that is held: it is sent when time passes.
func (s *Sandbox) Release(id uint64) Callback {
	s.t.Helper()
	c, err := s.Box.Release(s.t.Context(), id)
	return got(s, c, err)
}

// Fire sends a callback now, whatever the clock says, and returns when the listener has answered.
func (s *Sandbox) Fire(id uint64) Callback {
	s.t.Helper()
	c, err := s.Box.Fire(s.t.Context(), id)
	return got(s, c, err)
}

// Drop never sends a callback.
func (s *Sandbox) Drop(id uint64) Callback {
	s.t.Helper()
	c, err := s.Box.Drop(s.t.Context(), id)
	return got(s, c, err)
}

// Duplicate sends a callback once more, and returns the new one, which is due now.
func (s *Sandbox) Duplicate(id uint64) Callback {
	s.t.Helper()
	c, err := s.Box.Duplicate(s.t.Context(), id)
	return got(s, c, err)
}

// Resend begins anew with a callback that is archived, because every attempt failed.
func (s *Sandbox) Resend(id uint64) Callback {
	s.t.Helper()
	c, err := s.Box.Resend(s.t.Context(), id)
	return got(s, c, err)
}
