package tsimbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"tsim/tsimclient"
)

// Advance lets time pass, and returns when all that was due is done and every listener has answered or has run out of
// its time.
func (s *Sandbox) Advance(ctx context.Context, by time.Duration) (tsimclient.Advanced, error) {
	return s.Control.Advance(ctx, tsimclient.Advance{By: by.String()})
}

// Settle lets time pass until nothing is owed to anybody any more, but for what is held: all retries included. When
// something is still owed after 24 simulated hours, it is a *tsimclient.Error with that as its Pending.
func (s *Sandbox) Settle(ctx context.Context) (tsimclient.Advanced, error) {
	done, err := s.Control.Advance(ctx, tsimclient.Advance{Until: tsimclient.Idle})
	if err != nil || done.Idle {
		return done, err
	}
	_, err = s.Control.Wait(ctx, tsimclient.Wait{For: tsimclient.Idle, Timeout: "0s"}) // which knows why
	told, ok := errors.AsType[*tsimclient.Error](err)
	if !ok || told.Status != http.StatusRequestTimeout {
		return done, err
	}
	var owed []string
	for i := range told.Pending {
		p := &told.Pending[i]
		what := "the operation"
		if p.Callback > 0 {
			what = fmt.Sprintf("callback %d", p.Callback)
		}
		owed = append(owed, fmt.Sprintf("- %s of the %s of request %s: %s", what, p.Operation, p.Request, p.Why))
	}
	return done, &tsimclient.Error{
		Message: "24 simulated hours have passed, and something is still owed:\n" + strings.Join(few(owed), "\n"),
		Hint:    "to let more time pass, Advance", Pending: told.Pending,
	}
}

// Wait returns when something holds (tsimclient.Idle or a tsimclient.For), or fails after a timeout of the wall clock, up
// to 10 minutes; 0 is at once. It does not move time. The error is a *RequestError if it is about a request.
func (s *Sandbox) Wait(ctx context.Context, what tsimclient.Condition, timeout time.Duration) (tsimclient.Waited, error) {
	waited, err := s.Control.Wait(ctx, tsimclient.Wait{For: what, Timeout: timeout.String()})
	if of, ok := what.(tsimclient.For); ok && err != nil {
		err = s.withStory(ctx, of.Request, err)
	}
	return waited, err
}

// Reset puts the sandbox back to its start, except for what is to be kept. Listeners that are not kept still hear what
// comes, but have to be registered again: with Register, and their URL.
func (s *Sandbox) Reset(ctx context.Context, keep ...tsimclient.Keep) error {
	_, err := s.Control.Reset(ctx, keep...)
	return err
}

// Scenario is the sandbox as it is now, as a scenario in YAML: for the option of that name, ResetTo, or a file. A comment at
// its top says what no scenario can say, such as callbacks that are still to come.
func (s *Sandbox) Scenario(ctx context.Context) (string, error) { return s.Control.Scenario(ctx) }

// ResetTo puts the sandbox to the start of another scenario, which is said as in the option Scenario, except for what is to be kept.
// Its credentials stay, and its time is moved by what the option Clock says; seed, rules and time-outs are those of the
// scenario. Account is the first one of that then, so nothing else may use the sandbox meanwhile. For listeners it is a Reset.
func (s *Sandbox) ResetTo(ctx context.Context, scenario string, keep ...tsimclient.Keep) error {
	to := options{scenario: scenario, clock: s.clock}
	spec, err := to.spec()
	if err != nil {
		return err
	}
	info, err := s.Control.ResetTo(ctx, spec.ScenarioSpec, keep...)
	if err != nil {
		return err
	}
	s.scenario, s.Account = scenario, firstAccount(&info)
	return nil
}

// Device is the device of an EID as it is now.
func (s *Sandbox) Device(ctx context.Context, eid string) (tsimclient.Device, error) {
	return s.Control.Device(ctx, eid)
}

// PutDevice makes a device what it is said to be, whether or not it is there: anything that is the JSON of a scenario's
// device without the EID, such as a json.RawMessage or a map, with the account beside it if the sandbox has several.
// What Device returns is not in that form: to change a part of a device, use PatchDevice.
func (s *Sandbox) PutDevice(ctx context.Context, eid string, to any) (tsimclient.Device, error) {
	return s.Control.PutDevice(ctx, eid, to)
}

// PatchDevice changes what it names of a device: whether it is powered, or what its profiles are, say.
func (s *Sandbox) PatchDevice(ctx context.Context, eid string, change tsimclient.DevicePatch) (tsimclient.Device, error) {
	return s.Control.PatchDevice(ctx, eid, change)
}

// FleetDevice is one device of a generated fleet.
type FleetDevice struct {
	Account   string
	EID, IMEI string
	ICCIDs    []string // of its profiles, in the order of the scenario
}

// Fleet is the devices of the generated fleets of the scenario, by EID, which is the order in which they were generated:
// all devices that the scenario does not name itself. Ask before you add others.
func (s *Sandbox) Fleet(ctx context.Context) ([]FleetDevice, error) {
	cfg, err := load(s.scenario)
	if err != nil {
		return nil, err
	}
	named, size := map[string]bool{}, 0
	for _, account := range cfg.Accounts {
		size += account.Size()
		for i := range account.Cards {
			named[account.Cards[i].EID] = true
		}
	}
	devices, err := s.Control.AllDevices(ctx, tsimclient.DeviceFilter{}, size)
	if err != nil {
		return nil, err
	}
	var fleet []FleetDevice
	for _, d := range devices {
		if named[d.EID] {
			continue
		}
		one := FleetDevice{Account: d.Account, EID: d.EID, IMEI: d.IMEI}
		for _, p := range d.Profiles {
			one.ICCIDs = append(one.ICCIDs, p.ICCID)
		}
		fleet = append(fleet, one)
	}
	return fleet, nil
}

// Explain is the story of a request for people: each device, each callback, each attempt, and why what is still to come
// has not come yet.
func (s *Sandbox) Explain(ctx context.Context, request string) (string, error) {
	return s.Control.Explain(ctx, request)
}

// Callbacks are the callbacks of a request as tsim knows them, pending ones included, oldest first; there are none before
// the operation has been carried out. Their IDs are for Hold, Fire and so on.
func (s *Sandbox) Callbacks(ctx context.Context, request string) ([]tsimclient.Callback, error) {
	return s.Control.AllCallbacks(ctx, tsimclient.CallbackFilter{Request: request}, mostCallbacks)
}

// mostCallbacks is above what 10,000 devices of a request can bring.
const mostCallbacks = 200_000

// HoldAll keeps the callbacks back that match, those to come included, until LiftHold or ReleaseAll.
func (s *Sandbox) HoldAll(ctx context.Context, what tsimclient.HoldFilter) (tsimclient.Hold, error) {
	return s.Control.HoldAll(ctx, what)
}

// LiftHold ends a hold of that ID, and lets go of the callbacks that no other one holds.
func (s *Sandbox) LiftHold(ctx context.Context, id uint64) error {
	_, err := s.Control.LiftHold(ctx, id)
	return err
}

// ReleaseAll ends all holds, and lets go of all that is held.
func (s *Sandbox) ReleaseAll(ctx context.Context) error {
	_, err := s.Control.ReleaseAll(ctx)
	return err
}

// Hold keeps one callback back until it is released, fired or dropped. With a listener that answers, callbacks are
// delivered in the same Advance that decides them: to hold one that is still to come, use HoldAll before. This and what
// else is done to one callback returns it as it is then; what does not apply to its state is refused.
func (s *Sandbox) Hold(ctx context.Context, id uint64) (tsimclient.Callback, error) {
	return s.Control.Hold(ctx, id)
}

// Release lets a callback go that is held: it is sent when time passes.
func (s *Sandbox) Release(ctx context.Context, id uint64) (tsimclient.Callback, error) {
	return s.Control.Release(ctx, id)
}

// Fire sends a callback now, whatever the clock says, and returns when the listener has answered.
func (s *Sandbox) Fire(ctx context.Context, id uint64) (tsimclient.Callback, error) {
	return s.Control.Fire(ctx, id)
}

// Drop never sends a callback.
func (s *Sandbox) Drop(ctx context.Context, id uint64) (tsimclient.Callback, error) {
	return s.Control.Drop(ctx, id)
}

// Duplicate sends a callback once more, and returns the new one, which is due now.
func (s *Sandbox) Duplicate(ctx context.Context, id uint64) (tsimclient.Callback, error) {
	return s.Control.Duplicate(ctx, id)
}

// Resend begins anew with a callback that is archived, because every attempt failed.
func (s *Sandbox) Resend(ctx context.Context, id uint64) (tsimclient.Callback, error) {
	return s.Control.Resend(ctx, id)
}
