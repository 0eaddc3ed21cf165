package tsimbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

// A call can have a plan, any identifiers, and any other field.
func TestDo(t *testing.T) {
	w := start(t, tsimbox.Scenario(small+"  - name: A-2\n"))
	heard := w.listen()
	request := w.do("serviceplan", tsimbox.IDs{EID: eid, ICCID: global, IMEI: "490154203237518"}, tsimbox.Plan("Global Plus"))
	w.settle()
	w.want(heard, request, "SUCCESS")
	d, err := w.box.Device(t.Context(), eid)
	if err != nil || d.Profiles[1].Plan != "Global Plus" {
		t.Errorf("the device is %+v, %v", d, err)
	}
	deactivated := w.do("deactivate", tsimbox.IDs{ICCID: global}, tsimbox.Field("etfWaiver", true))
	w.settle()
	w.want(heard, deactivated, "SUCCESS")
	again := w.do("activate", tsimbox.IDs{ICCID: global}, tsimbox.Field("mdnZipCode", "97401"))
	w.settle()
	w.want(heard, again, "SUCCESS")

	byMDN := w.do("activate", tsimbox.IDs{MDN: "5415550100"})
	w.settle()
	w.want(heard, byMDN, "Device is already active")
	_, err = w.box.Do(t.Context(), "activate", tsimbox.IDs{ICCID: global}, tsimbox.Account("A-3"))
	var refused *tsimbox.RefusedError
	if !errors.As(err, &refused) || refused.Status != 400 || refused.Code != "400" || !strings.Contains(refused.Message, "A-3") || !json.Valid(refused.Reply) {
		t.Fatalf("another account: %v", err)
	}
	if want := "POST /api/m2m/v1/devices/profile/actions/activate was answered with 400 {"; !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v\nwant %s", err, want)
	}
	if err := w.box.Register(t.Context(), tsimbox.Registration{URL: "mailbox:", Account: "A-2", Service: "CarrierService"}); err != nil {
		t.Error(err)
	}
	if err := w.box.Register(t.Context(), tsimbox.Registration{URL: "nowhere"}); !errors.As(err, &refused) {
		t.Errorf("a listener at nowhere: %v", err)
	}
}

// A listener hears another account when it is registered there, too.
func TestListenerOfTwoAccounts(t *testing.T) {
	w := start(t, tsimbox.Scenario(small+"  - name: A-2\n    fleets: [{count: 1, profiles: [{network: global, service: active, status: ENABLE}]}]\n"))
	heard := w.listen()
	if err := w.box.Register(t.Context(), tsimbox.Registration{URL: heard.URL, Account: "A-2"}); err != nil {
		t.Fatal(err)
	}
	fleet, err := w.box.Fleet(t.Context())
	must(t, fleet, err)
	for account, iccid := range map[string]string{"A-1": global, "A-2": fleet[0].ICCIDs[0]} {
		request := w.do("profile_suspend", tsimbox.IDs{ICCID: iccid}, tsimbox.Account(account))
		w.settle()
		w.want(heard, request, "SUCCESS")
	}
}

// A body is sent as it is, or as its JSON.
func TestBodiesOfCalls(t *testing.T) {
	w := start(t)
	const path = "/api/m2m/v1/devices/profile/actions/device_suspend"
	text := `{"accountName":"` + w.box.Account + `","devices":[{"deviceIds":[{"kind":"eid","id":"` + eid + `"}]}]}`
	var decoded any
	if err := json.Unmarshal([]byte(text), &decoded); err != nil {
		t.Fatal(err)
	}
	for _, body := range []any{[]byte(text), json.RawMessage(text), decoded} {
		if status, reply := w.call("POST", path, body); status != 200 {
			t.Errorf("%T: %d %s", body, status, reply)
		}
	}
	for _, body := range []any{[]byte("{"), json.RawMessage("{"), nil} {
		if status, reply := w.call("POST", path, body); status != 400 {
			t.Errorf("%s: %d %s", body, status, reply)
		}
	}
}

// What cannot be called says what can.
func TestCallsOfWhatIsNot(t *testing.T) {
	w := start(t)
	_, err := w.box.Do(t.Context(), "suspend", tsimbox.IDs{ICCID: global})
	var refused *tsimbox.RefusedError
	if !errors.As(err, &refused) || refused.Status != 404 ||
		!strings.Contains(err.Error(), `; "suspend" is none of the operations, which are activate, activate_enable, `) {
		t.Errorf("%v", err)
	}
	_, _, err = w.box.Call(t.Context(), "GET", "api/m2m/v1/plans/A-1", nil)
	if want := `the path "api/m2m/v1/plans/A-1" does not begin with a slash; that of a call is like /api/m2m/v1/plans/A-1`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// The devices of a fleet, in one call: those that the scenario names are not among them, nor do they disturb it.
func TestFleetAndDoAll(t *testing.T) {
	scenario := small + "    fleets: [{count: 300, profiles: [{network: us, service: active, status: ENABLE}, {network: global, service: active, status: DISABLE}]}]\n"
	shared := start(t)
	var fleets [][]tsimbox.FleetDevice
	for _, w := range []*world{start(t, tsimbox.Scenario(scenario)), connect(t, shared, tsimbox.Scenario(scenario))} {
		fleet, err := w.box.Fleet(t.Context())
		if err != nil || len(fleet) != 300 {
			t.Fatalf("%d devices, %v", len(fleet), err)
		}
		var devices []tsimbox.IDs
		for _, d := range fleet {
			if d.Account != "A-1" || len(d.EID) != 32 || len(d.IMEI) != 15 || len(d.ICCIDs) != 2 || d.EID == eid {
				t.Fatalf("%+v", d)
			}
			devices = append(devices, tsimbox.IDs{ICCID: d.ICCIDs[1]})
		}
		heard := w.listen()
		request, err := w.box.DoAll(t.Context(), "profile_suspend", devices)
		if err != nil {
			t.Fatal(err)
		}
		w.settle()
		w.want(heard, request, slices.Repeat([]string{"SUCCESS"}, 300)...)
		fleets = append(fleets, fleet)
	}
	if one, two := fmt.Sprint(fleets[0]), fmt.Sprint(fleets[1]); one != two {
		t.Error("Connect has another fleet than Start, from the same scenario")
	}
	none, err := shared.box.Fleet(t.Context())
	if err != nil || len(none) > 0 {
		t.Errorf("a scenario without fleets has %+v, %v", none, err)
	}
}

// Each thing that can be done to one callback.
func TestSteeringOneCallback(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	heard := w.listen()
	request := w.do("device_suspend", tsimbox.IDs{EID: eid})
	w.advance(0) // nothing is decided yet
	if all := w.callbacks(request); len(all) > 0 {
		t.Fatalf("%+v", all)
	}
	hold, err := w.box.HoldAll(ctx, tsimclient.HoldFilter{Request: request})
	if err != nil || hold.Request != request {
		t.Fatalf("%+v, %v", hold, err)
	}
	w.settle()
	all := w.callbacks(request)
	if w.want(heard, request); len(all) < 2 {
		t.Fatalf("%d callbacks are held", len(all))
	}
	first, last := all[0].ID, all[len(all)-1].ID
	state := func(want tsimclient.CallbackState) func(tsimclient.Callback, error) {
		return func(c tsimclient.Callback, err error) {
			t.Helper()
			if err != nil || c.State != want {
				t.Errorf("callback %d is %s, want %s: %v", c.ID, c.State, want, err)
			}
		}
	}
	state(tsimclient.StateDelivered)(w.box.Fire(ctx, last))
	w.want(heard, request, "SUCCESS")
	state(tsimclient.StateScheduled)(w.box.Release(ctx, first))
	state(tsimclient.StateHeld)(w.box.Hold(ctx, first))
	state(tsimclient.StateDropped)(w.box.Drop(ctx, first))
	state(tsimclient.StateScheduled)(w.box.Duplicate(ctx, last))
	if err := w.box.ReleaseAll(ctx); err != nil {
		t.Error(err)
	}
	w.settle()
	w.want(heard, request, slices.Repeat([]string{"SUCCESS"}, len(all))...) // one dropped, one twice

	heard.Answer(tsimbox.InTurn(500))
	lost := w.do("device_resume", tsimbox.IDs{EID: eid})
	w.settle()
	heard.Answer(tsimbox.InTurn(200))
	state(tsimclient.StateScheduled)(w.box.Resend(ctx, w.callbacks(lost)[0].ID))
	var told *tsimclient.Error
	if _, err := w.box.Resend(ctx, last); !errors.As(err, &told) || told.Status != 409 {
		t.Errorf("one that was delivered is sent again: %v", err)
	}
}

// One hold of two is lifted: what the other one holds stays where it is.
func TestLiftHold(t *testing.T) {
	w := start(t)
	heard := w.listen()
	request := w.do("device_suspend", tsimbox.IDs{EID: eid})
	first, err := w.box.HoldAll(t.Context(), tsimclient.HoldFilter{Request: request})
	must(t, first, err)
	second, err := w.box.HoldAll(t.Context(), tsimclient.HoldFilter{Level: tsimclient.LevelProfile})
	must(t, second, err)
	w.settle()
	if err := w.box.LiftHold(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	w.settle()
	if m := w.want(heard, request, "SUCCESS")[0]; m.ProfileRole != "" {
		t.Errorf("heard %+v, which is not about the device", m)
	}
}

// What is still owed after the day that Settle lets pass is an error, and says what it waits for.
func TestSettleInVain(t *testing.T) {
	w := start(t, tsimbox.Scenario(small+"start: 2030-01-01T00:00:00Z\ndelivery: {interval: 12h}\n"))
	heard := w.listen(500)
	request := w.do("profile_suspend", tsimbox.IDs{ICCID: global})
	done, err := w.box.Settle(t.Context())
	var told *tsimclient.Error
	if !errors.As(err, &told) || len(told.Pending) != 1 || done.Idle || done.Pending != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	if want := "24 simulated hours have passed, and something is still owed:\n" +
		"- callback 1 of the profile_suspend of request " + request + ": attempt 3 failed with 500, the next one is due at 2030-01-02T12:00:00Z, " +
		"and the clock is in manual mode: it stands at 2030-01-02T00:00:00Z until it is advanced (to let more time pass, Advance)"; err.Error() != want {
		t.Errorf("it says\n%v\nwant\n%s", err, want)
	}
	w.advance(24 * time.Hour)
	w.want(heard, request, "SUCCESS", "SUCCESS", "SUCCESS", "SUCCESS")
	w.settle()
}

func TestDevices(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	d, err := w.box.PutDevice(ctx, eid, json.RawMessage(`{"profiles":[{"iccid":"`+global+`","network":"global","service":"active","status":"DISABLE"}]}`))
	if err != nil || len(d.Profiles) != 1 || d.Profiles[0].Status != tsimclient.StatusDisable {
		t.Errorf("set: %+v, %v", d, err)
	}
	if d, err := w.box.PatchDevice(ctx, eid, tsimclient.DevicePatch{Powered: new(false)}); err != nil || d.Powered {
		t.Errorf("patched: %+v, %v", d, err)
	}
	heard := w.listen()
	request := w.do("enable", tsimbox.IDs{EID: eid, ICCID: global})
	w.advance(4 * time.Minute)
	w.want(heard, request, "warning")
	story, err := w.box.Explain(ctx, request)
	if err != nil || !strings.Contains(story, "the device is switched off; the SM-SR tries until") {
		t.Errorf("%s, %v", story, err)
	}
	if err := w.box.Reset(ctx, tsimclient.KeepListeners); err != nil {
		t.Error(err)
	}
	if d, err := w.box.Device(ctx, eid); err != nil || !d.Powered || len(d.Profiles) == 1 {
		t.Errorf("after the reset: %+v, %v", d, err)
	}
	again := w.do("profile_suspend", tsimbox.IDs{ICCID: global})
	w.settle()
	w.want(heard, again, "SUCCESS")
}

// With a clock that moves by itself, Want waits; an event can be waited for, too.
func TestWait(t *testing.T) {
	w := start(t, tsimbox.Clock(tsimclient.ClockAuto))
	heard := w.listen()
	request := w.do("profile_suspend", tsimbox.IDs{ICCID: global})
	w.want(heard, request, "SUCCESS")
	waited, err := w.box.Wait(t.Context(), tsimclient.For{Kind: tsimclient.EventAttemptAcknowledged, Request: request}, time.Second)
	if err != nil || waited.Event == nil || waited.Event.Request != request {
		t.Errorf("%+v, %v", waited, err)
	}
	if _, err := w.box.Wait(t.Context(), tsimclient.Idle, time.Second); err != nil {
		t.Error(err)
	}
}

// Errors about a request have its story, and what is behind them.
func TestErrorsTellTheStory(t *testing.T) {
	w := start(t)
	heard := w.listen()
	request := w.do("profile_suspend", tsimbox.IDs{ICCID: global})
	all, err := heard.Want(t.Context(), request, "SUCCESS")
	var told *tsimbox.RequestError
	if !errors.As(err, &told) || told.Request != request || len(all) > 0 {
		t.Fatalf("%v", err)
	}
	for _, part := range []string{
		`the listener heard [] of the request, want ["SUCCESS"]` + "\n", "request " + request + ": profile_suspend", "the clock is in manual mode",
	} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("it says\n%v\nwithout %s", err, part)
		}
	}
	_, err = w.box.Wait(t.Context(), tsimclient.For{Request: request}, time.Millisecond)
	var timeout *tsimclient.Error
	if !errors.As(err, &told) || !errors.As(err, &timeout) || timeout.Status != 408 || len(timeout.Pending) != 1 || !strings.Contains(told.Story, request) {
		t.Errorf("a wait in vain: %v", err)
	}
	_, err = heard.Want(t.Context(), "nobody", "SUCCESS")
	if !errors.As(err, &told) || !strings.Contains(told.Story, "no request") {
		t.Errorf("an unknown request: %v", err)
	}
	_, err = w.box.Wait(t.Context(), tsimclient.Idle, time.Millisecond)
	if errors.As(err, &told) || !errors.As(err, &timeout) {
		t.Errorf("waiting for idle: %v", err)
	}
}

// A context that has ended ends each method.
func TestContexts(t *testing.T) {
	w := start(t)
	heard := w.listen()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for what, f := range map[string]func() error{
		"Do":      func() error { _, err := w.box.Do(over, "enable", tsimbox.IDs{EID: eid}); return err },
		"Listen":  func() error { _, err := w.box.Listen(over); return err },
		"Advance": func() error { _, err := w.box.Advance(over, time.Second); return err },
		"Settle":  func() error { _, err := w.box.Settle(over); return err },
		"Wait":    func() error { _, err := w.box.Wait(over, tsimclient.Idle, time.Second); return err },
		"Want":    func() error { _, err := heard.Want(over, ""); return err },
		"Fleet":   func() error { _, err := w.box.Fleet(over); return err },
	} {
		if err := f(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Who joins a sandbox that is there already is a client of it, and leaves it there.
func TestJoin(t *testing.T) {
	owner, err := tsimbox.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = owner.Close(context.Background()) }()
	control := &tsimclient.Client{BaseURL: owner.URL}
	guest, err := tsimbox.Join(t.Context(), owner.URL, control)
	if err != nil {
		t.Fatal(err)
	}
	request, err := guest.Do(t.Context(), tsimclient.OpProfileSuspend, tsimbox.IDs{ICCID: "89445000000000000019"})
	if err == nil {
		err = guest.Close(t.Context())
	}
	if _, failed := owner.Explain(t.Context(), request); err != nil || failed != nil || guest.Account != owner.Account {
		t.Errorf("%v, %v, account %q", err, failed, guest.Account)
	}
	control.Sandbox = "nowhere"
	if _, err := tsimbox.Join(t.Context(), owner.URL, control); err == nil || !strings.Contains(err.Error(), `no sandbox "nowhere"`) {
		t.Errorf("nowhere is joined: %v", err)
	}
}

// A sandbox as it is now can be the scenario of another one, or of itself once more.
func TestScenario(t *testing.T) {
	ctx := t.Context()
	w := start(t, tsimbox.Scenario("suspended-fleet"), tsimbox.With("duplicates"))
	fleet, err := w.box.Fleet(ctx)
	if err != nil || len(fleet) == 0 {
		t.Fatal(fleet, err)
	}
	off := false
	if _, err := w.box.PatchDevice(ctx, fleet[0].EID, tsimclient.DevicePatch{Powered: &off}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.box.Advance(ctx, time.Hour); err != nil {
		t.Fatal(err)
	}
	text, err := w.box.Scenario(ctx)
	if err != nil || !strings.Contains(text, "\nstart: 2030-01-01T01:00:00Z\n") || !strings.Contains(text, "\nclock: manual\n") {
		t.Fatal(text, err)
	}
	again := start(t, tsimbox.Scenario(text))
	for _, box := range []*tsimbox.Sandbox{again.box, w.box} {
		if box == w.box {
			credential := box.Credential
			if err := box.ResetTo(ctx, "two-networks"); err != nil {
				t.Fatal(err)
			}
			if info, err := box.Control.Info(ctx); err != nil || info.Scenario != "two-networks" || info.Clock.Mode != tsimclient.ClockManual || info.Credentials[0] != credential {
				t.Errorf("%+v, %v", info, err)
			}
			if fleet, err := box.Fleet(ctx); err != nil || len(fleet) != 0 {
				t.Errorf("the fleet of another scenario: %v, %v", fleet, err)
			}
			if err := box.ResetTo(ctx, text); err != nil {
				t.Fatal(err)
			}
		}
		d, err := box.Device(ctx, fleet[0].EID)
		if err != nil || d.Powered {
			t.Errorf("%+v, %v", d, err)
		}
		if n, err := box.Fleet(ctx); err != nil || len(n) != len(fleet)-1 {
			t.Errorf("a fleet of %d without the one that was named, of %d: %v", len(n), len(fleet), err)
		}
		if _, err := box.Do(ctx, tsimclient.OpProfileSuspend, tsimbox.IDs{ICCID: fleet[1].ICCIDs[1]}); err != nil {
			t.Error(err)
		}
	}
	if err := w.box.ResetTo(ctx, "two-network"); err == nil || !strings.Contains(err.Error(), "two-network") {
		t.Errorf("what is no scenario: %v", err)
	}
}
