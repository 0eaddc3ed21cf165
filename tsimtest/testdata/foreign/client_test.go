// Package foreign is a module of somebody else's: it calls whatever is public.
package foreign

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

// onWrite is called when something is written.
type onWrite func()

func (on onWrite) Write(p []byte) (int, error) {
	on()
	return len(p), nil
}

const (
	eid    = "89001012012341234012345678901224"
	other  = "89001012012341234012345678901321"
	global = "89445000000000000019"
)

func must[T any](t *testing.T) func(T, error) T {
	return func(result T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
}

func TestClient(t *testing.T) {
	ctx := t.Context()
	box := must[*tsimbox.Sandbox](t)(tsimbox.Start(ctx))
	defer func() { _ = box.Close(context.Background()) }()
	c := &tsimclient.Client{BaseURL: box.URL, HTTPClient: box.Control.HTTPClient}

	if health := must[tsimclient.Health](t)(c.Health(ctx)); health.Status != "ok" {
		t.Errorf("%+v", health)
	}
	if index := must[tsimclient.Index](t)(c.Index(ctx)); len(index.Endpoints) == 0 || len(index.Budgets) == 0 {
		t.Errorf("%+v", index)
	}
	if described := must[json.RawMessage](t)(c.OpenAPI(ctx)); len(described) == 0 {
		t.Error("no description")
	}
	made := must[tsimclient.Sandbox](t)(c.CreateSandbox(ctx, tsimclient.SandboxSpec{Name: "mine", ScenarioSpec: tsimclient.ScenarioSpec{Clock: tsimclient.ClockManual}, TTL: "1h"}))
	if list := must[tsimclient.SandboxList](t)(c.Sandboxes(ctx, tsimclient.Page{Limit: 10})); len(list.Sandboxes) != 2 {
		t.Errorf("%+v", list)
	}
	mine := *c
	mine.Sandbox = made.Name
	if gone := must[tsimclient.Deleted](t)(mine.DeleteSandbox(ctx)); gone.Deleted != "mine" {
		t.Errorf("%+v", gone)
	}
	_, err := mine.Info(ctx)
	var told *tsimclient.Error
	if !errors.As(err, &told) || told.Status != 404 || told.Unwrap() != nil || told.Error() == "" {
		t.Errorf("%v", err)
	}
	must[tsimclient.Sandbox](t)(c.Info(ctx))
	must[tsimclient.Clock](t)(c.SetClock(ctx, tsimclient.ClockSettings{Mode: new(tsimclient.ClockManual)}))

	must[tsimclient.DeviceList](t)(c.Devices(ctx, tsimclient.DeviceFilter{}, tsimclient.Page{Limit: 1}))
	if all := must[[]tsimclient.Device](t)(c.AllDevices(ctx, tsimclient.DeviceFilter{}, 20)); len(all) != 17 {
		t.Errorf("%+v", all)
	}
	must[tsimclient.Device](t)(c.Device(ctx, eid))
	const added = "89999012012341234012345678901224"
	must[tsimclient.DeviceList](t)(c.AddDevices(ctx, []any{map[string]any{"eid": added, "profiles": []any{}}}))
	must[tsimclient.Device](t)(c.PutDevice(ctx, added, map[string]any{"profiles": []any{}}))
	must[tsimclient.Device](t)(c.PatchDevice(ctx, added, tsimclient.DevicePatch{Connected: new(false)}))
	must[tsimclient.Deleted](t)(c.DeleteDevice(ctx, added))

	if err := box.Register(ctx, tsimbox.Registration{URL: "mailbox:"}); err != nil {
		t.Fatal(err)
	}
	request := must[string](t)(box.Do(ctx, tsimclient.OpProfileSuspend, tsimbox.IDs{ICCID: global}))
	if hold := must[tsimclient.Hold](t)(c.HoldAll(ctx, tsimclient.HoldFilter{Level: tsimclient.LevelDevice})); hold.Note != "" {
		t.Errorf("%+v", hold)
	}
	must[tsimclient.HoldList](t)(c.Holds(ctx, tsimclient.Page{}))
	must[tsimclient.Released](t)(c.LiftHold(ctx, 1))
	must[tsimclient.Hold](t)(c.HoldAll(ctx, tsimclient.HoldFilter{Request: request}))
	must[tsimclient.Advanced](t)(c.Advance(ctx, tsimclient.Advance{Until: tsimclient.Idle}))
	id := must[[]tsimclient.Callback](t)(c.AllCallbacks(ctx, tsimclient.CallbackFilter{State: tsimclient.StateHeld}, 10))[0].ID
	must[tsimclient.Released](t)(c.ReleaseAll(ctx))
	for _, steer := range []func(context.Context, uint64) (tsimclient.Callback, error){
		func(ctx context.Context, id uint64) (tsimclient.Callback, error) { return c.Hold(ctx, id) },
		func(ctx context.Context, id uint64) (tsimclient.Callback, error) { return c.Release(ctx, id) },
		func(ctx context.Context, id uint64) (tsimclient.Callback, error) { return c.Duplicate(ctx, id) },
		func(ctx context.Context, id uint64) (tsimclient.Callback, error) { return c.Drop(ctx, id+1) },
		func(ctx context.Context, id uint64) (tsimclient.Callback, error) { return c.Fire(ctx, id) },
		func(ctx context.Context, id uint64) (tsimclient.Callback, error) { return c.Callback(ctx, id) },
	} {
		must[tsimclient.Callback](t)(steer(ctx, id))
	}
	if _, err := c.Resend(ctx, id); !errors.As(err, &told) || told.Status != 409 {
		t.Errorf("one that is not archived is sent again: %v", err)
	}
	mail := must[tsimclient.Mail](t)(c.TakeMail(ctx, box.Account, tsimclient.DeviceProfileService, time.Second))
	must[tsimclient.Callback](t)(c.AnswerMail(ctx, box.Account, tsimclient.DeviceProfileService, mail.Callback, 200))

	must[tsimclient.Waited](t)(c.Wait(ctx, tsimclient.Wait{For: tsimclient.For{Request: request}, Timeout: "5s"}))
	must[tsimclient.CallbackList](t)(c.Callbacks(ctx, tsimclient.CallbackFilter{Request: request}, tsimclient.Page{}))
	must[tsimclient.RequestList](t)(c.Requests(ctx, tsimclient.RequestFilter{}, tsimclient.Page{}))
	if r := must[tsimclient.Request](t)(c.Request(ctx, request, tsimclient.Page{})); r.Operation != tsimclient.OpProfileSuspend || len(r.Entries) != 1 {
		t.Errorf("%+v", r)
	}
	must[string](t)(c.Explain(ctx, request))
	found := must[tsimclient.CallList](t)(c.Calls(ctx, tsimclient.CallFilter{Request: request, Devices: new(1)}, tsimclient.Page{Limit: 10}))
	if len(found.Calls) != 1 || found.Calls[0].Operation != tsimclient.OpProfileSuspend {
		t.Fatalf("%+v", found)
	}
	if call := must[tsimclient.Call](t)(c.Call(ctx, found.Calls[0].N)); call.Sent.Kept != tsimclient.KeptWhole || call.Sent.Text == "" {
		t.Errorf("%+v", call)
	}
	must[[]tsimclient.Call](t)(c.AllCalls(ctx, tsimclient.CallFilter{Refused: new(false)}, 100))
	must[json.RawMessage](t)(c.CallsHAR(ctx, tsimclient.CallFilter{Path: "*/session/*"}, tsimclient.Page{}))
	if n := must[tsimclient.CallCount](t)(c.CountCalls(ctx, tsimclient.CallsWanted{CallFilter: tsimclient.CallFilter{Status: 500}})); n.Count != 0 || len(n.Nearest) == 0 {
		t.Errorf("%+v", n)
	}
	twice := tsimclient.Rule{Name: "twice", Callback: &tsimclient.CallbackRule{Duplicate: 1}}
	fails := tsimclient.Rule{Name: "fails", Outcome: &tsimclient.Outcome{Fault: tsimclient.Fault{Message: "Insufficient memory"}}}
	slow := tsimclient.Rule{Name: "slow", Reply: &tsimclient.Reply{Delay: tsimclient.Delay{After: "1ms"}}}
	must[tsimclient.RuleList](t)(c.AddRules(ctx, twice, fails))
	if named := must[tsimclient.RuleList](t)(c.AddMisfortune(ctx, "duplicates")); len(named.Rules) == 0 || named.Rules[0].Set != "duplicates" {
		t.Errorf("%+v", named)
	}
	if removed := must[tsimclient.RulesRemoved](t)(c.DeleteRules(ctx, "duplicates")); removed.Rules == 0 {
		t.Errorf("%+v", removed)
	}
	must[tsimclient.RuleReport](t)(c.PutRule(ctx, slow))
	written := json.RawMessage(`{"name":"written","when":{"operation":"enable"},"reply":{"status":503}}`)
	must[tsimclient.RuleList](t)(c.AddRulesAsWritten(ctx, written))
	must[tsimclient.RuleReport](t)(c.PutRuleAsWritten(ctx, "written", written))
	must[tsimclient.Deleted](t)(c.DeleteRule(ctx, "written"))
	must[tsimclient.RuleReport](t)(c.RestartRule(ctx, "twice"))
	must[tsimclient.RuleList](t)(c.RestartRules(ctx))
	if is := must[tsimclient.RuleReport](t)(c.Rule(ctx, "fails")); is.Outcome.Fault != fails.Outcome.Fault {
		t.Errorf("%+v", is)
	}
	must[tsimclient.Deleted](t)(c.DeleteRule(ctx, "fails"))
	if list := must[tsimclient.RuleList](t)(c.Rules(ctx)); len(list.Rules) < 2 || list.Rules[0].Reply == nil || list.Rules[0].Reply.Delay != slow.Reply.Delay {
		t.Errorf("%+v", list)
	}
	must[tsimclient.RuleList](t)(c.SetRules(ctx))
	var delay tsimclient.Delay
	if err := delay.UnmarshalJSON(must[[]byte](t)(slow.Reply.Delay.MarshalJSON())); err != nil || delay != slow.Reply.Delay {
		t.Errorf("%+v, %v", delay, err)
	}
	var fault tsimclient.Fault
	if err := fault.UnmarshalJSON(must[[]byte](t)(fails.Outcome.Fault.MarshalJSON())); err != nil || fault != fails.Outcome.Fault {
		t.Errorf("%+v, %v", fault, err)
	}
	if list := must[tsimclient.MisfortuneList](t)(c.Misfortunes(ctx)); len(list.Misfortunes) == 0 {
		t.Error("no misfortunes")
	}
	must[tsimclient.CallList](t)(c.ServerCalls(ctx, tsimclient.CallFilter{}, tsimclient.Page{}))
	must[tsimclient.EventList](t)(c.Events(ctx, tsimclient.EventFilter{}, tsimclient.Page{After: "1"}))
	must[[]tsimclient.Event](t)(c.AllEvents(ctx, tsimclient.EventFilter{}, 1000))
	must[tsimclient.Sandbox](t)(c.Reset(ctx, tsimclient.KeepTokens))
	if clock := must[tsimclient.Clock](t)(c.Clock(ctx)); clock.Epoch != 2 {
		t.Errorf("%+v", clock)
	}
	if text := must[string](t)(c.Scenario(ctx)); text == "" {
		t.Error("no scenario")
	}
	recording, stop := context.WithCancel(ctx)
	if err := c.Record(recording, onWrite(stop)); err != nil {
		t.Error(err)
	}
	must[tsimclient.RecordingList](t)(c.Recordings(ctx))
	seed := uint64(9)
	if box := must[tsimclient.Sandbox](t)(c.ResetTo(ctx, tsimclient.ScenarioSpec{Seed: &seed}, tsimclient.KeepTokens)); box.Seed != seed || box.Clock.Epoch != 3 {
		t.Errorf("%+v", box)
	}
}

func TestSnapshots(t *testing.T) {
	ctx := t.Context()
	box := must[*tsimbox.Sandbox](t)(tsimbox.Start(ctx))
	defer func() { _ = box.Close(context.Background()) }()
	c := box.Control
	if saved := must[tsimclient.SavedSnapshot](t)(c.SaveSnapshot(ctx, "ready")); saved.Name != "ready" || saved.Devices == 0 {
		t.Errorf("%+v", saved)
	}
	must[tsimclient.SnapshotList](t)(c.Snapshots(ctx, tsimclient.Page{}))
	must[tsimclient.Sandbox](t)(c.Fork(ctx, "ready", tsimclient.ForkSpec{TTL: "1m"}))
	var document bytes.Buffer
	if d := must[tsimclient.Digest](t)(c.Digest(ctx)); d.Digest == "" || d.Inputs == 0 {
		t.Errorf("%+v", d)
	}
	if err := c.WriteState(ctx, "ready", &document); err != nil {
		t.Error(err)
	}
	must[tsimclient.Sandbox](t)(c.ForkDocument(ctx, &document, tsimclient.ForkSpec{TTL: "1m"}))
	must[tsimclient.Sandbox](t)(c.Rewind(ctx, "ready"))
	for event, err := range c.FollowEvents(ctx, tsimclient.EventFilter{}, "1000000") { // there is no such event
		if missed, ok := err.(*tsimclient.Resync); !ok || missed.Error() == "" {
			t.Errorf("%+v, %v", event, err)
		}
		break
	}
	must[tsimclient.Deleted](t)(c.DeleteSnapshot(ctx, "ready"))
}
