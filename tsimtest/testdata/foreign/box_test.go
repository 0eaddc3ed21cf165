package foreign

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

const fleet = `name: mine
credentials: [{appKey: k, appSecret: s, username: u, password: p}]
accounts:
  - name: A-1
    plans: [{name: Global Plan, network: global}]
    fleets: [{count: 3, profiles: [{network: us, service: active, status: ENABLE}, {network: global, service: active, status: DISABLE}]}]
`

func TestBox(t *testing.T) {
	ctx := t.Context()
	shared := must[*tsimbox.Sandbox](t)(tsimbox.Start(ctx, tsimbox.Seed(7), tsimbox.Clock(tsimclient.ClockManual)))
	defer func() { _ = shared.Close(context.Background()) }()
	if guest := must[*tsimbox.Sandbox](t)(tsimbox.Join(ctx, shared.URL, shared.Control)); guest.Name != shared.Name {
		t.Errorf("it has joined %s", guest.Name)
	}
	if m := must[tsimbox.Message](t)(tsimbox.ReadMessage([]byte(`{"status":"SUCCESS"}`))); m.Status != "SUCCESS" {
		t.Errorf("%+v", m)
	}
	box := must[*tsimbox.Sandbox](t)(tsimbox.Connect(ctx, shared.URL,
		tsimbox.Scenario(fleet), tsimbox.ControlURL(shared.URL), tsimbox.DeliveryTimeout(time.Second),
		tsimbox.Rules(tsimclient.Rule{Name: "never", When: tsimclient.When{After: 1000}, Callback: &tsimclient.CallbackRule{Drop: true}}),
		tsimbox.With("duplicates")))
	if r := must[tsimclient.RuleReport](t)(box.Rule(ctx, "never")); r.Does != "drop" {
		t.Errorf("%+v", r)
	}
	if err := errors.Join(box.DeleteRules(ctx, "duplicates"), box.DeleteRule(ctx, "never"), box.AddMisfortune(ctx, "duplicates"), box.RestartRules(ctx),
		box.AddRules(ctx, tsimclient.Rule{Name: "mine", Callback: &tsimclient.CallbackRule{Hold: true}})); err != nil {
		t.Error(err)
	}
	if all := must[[]tsimclient.RuleReport](t)(box.Rules(ctx)); len(all) < 2 || all[0].Name != "mine" {
		t.Errorf("%+v", all)
	}
	if err := box.DeleteRules(ctx, ""); err != nil {
		t.Error(err)
	}
	defer func() {
		if err := box.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	heard := must[*tsimbox.Listener](t)(box.Listen(ctx, 503, tsimbox.Disconnect, 200))
	devices := must[[]tsimbox.FleetDevice](t)(box.Fleet(ctx))
	var ids []tsimbox.IDs
	for _, d := range devices {
		ids = append(ids, tsimbox.IDs{EID: d.EID, ICCID: d.ICCIDs[1]})
	}
	request := must[string](t)(box.DoAll(ctx, tsimclient.OpEnable, ids[:1],
		tsimbox.Plan("Global Plan"), tsimbox.Account("A-1"), tsimbox.Field("carrierName", "mine")))
	if troubled := must[[]string](t)(box.Troubled(ctx)); len(troubled) != 1 || troubled[0] != request {
		t.Errorf("%q are not done, want %q", troubled, request)
	}
	must[tsimclient.Advanced](t)(box.Advance(ctx, time.Hour))
	must[tsimclient.Advanced](t)(box.Settle(ctx))
	must[[]tsimbox.Message](t)(heard.Want(ctx, request, "SUCCESS", "SUCCESS", "SUCCESS"))
	must[[]tsimbox.Message](t)(box.Want(ctx, request, "SUCCESS"))
	if err := box.WantEach(ctx, request, map[string][]string{tsimbox.Others: {"SUCCESS"}}); err != nil {
		t.Error(err)
	}
	_, err := heard.Want(ctx, request)
	var untold *tsimbox.RequestError
	if !errors.As(err, &untold) || untold.Story == "" || untold.Unwrap() == nil || untold.Error() == "" {
		t.Errorf("%v", err)
	}
	_, err = box.Do(ctx, "reticulate", tsimbox.IDs{EID: devices[0].EID})
	var refused *tsimbox.RefusedError
	if !errors.As(err, &refused) || refused.Status != http.StatusNotFound || refused.Error() == "" {
		t.Errorf("%v", err)
	}

	late := must[*tsimbox.Listener](t)(box.ListenFunc(ctx, tsimbox.Late(time.Millisecond, 200)))
	late.Answer(tsimbox.InTurn(500))
	held := must[tsimclient.Hold](t)(box.HoldAll(ctx, tsimclient.HoldFilter{ICCID: devices[2].ICCIDs[1]}))
	if err := box.LiftHold(ctx, held.ID); err != nil {
		t.Error(err)
	}
	snap := must[*tsimbox.Snapshot](t)(box.Snapshot(ctx, "ready"))
	for _, fork := range []*tsimbox.Sandbox{must[*tsimbox.Sandbox](t)(snap.Fork(ctx)), must[*tsimbox.Sandbox](t)(box.Fork(ctx))} {
		if fork.AppKey == box.AppKey {
			t.Errorf("the fork %s has the app key of its original", fork.Name)
		}
		if err := fork.Close(ctx); err != nil {
			t.Error(err)
		}
	}
	if err := box.Rewind(ctx, snap); err != nil {
		t.Error(err)
	}
	must[tsimclient.Hold](t)(box.HoldAll(ctx, tsimclient.HoldFilter{Operation: tsimclient.OpProfileSuspend}))
	suspended := must[string](t)(box.Do(ctx, tsimclient.OpProfileSuspend, tsimbox.IDs{ICCID: devices[1].ICCIDs[1]}))
	must[tsimclient.Advanced](t)(box.Settle(ctx))
	id := must[[]tsimclient.Callback](t)(box.Callbacks(ctx, suspended))[0].ID
	if err := box.ReleaseAll(ctx); err != nil {
		t.Error(err)
	}
	must[tsimclient.Advanced](t)(box.Settle(ctx))
	late.Answer(tsimbox.InTurn())
	must[tsimclient.Callback](t)(box.Resend(ctx, id))
	must[tsimclient.Callback](t)(box.Hold(ctx, id))
	must[tsimclient.Callback](t)(box.Release(ctx, id))
	must[tsimclient.Callback](t)(box.Fire(ctx, id))
	twin := must[tsimclient.Callback](t)(box.Duplicate(ctx, id))
	must[tsimclient.Callback](t)(box.Drop(ctx, twin.ID))
	if n := len(late.Heard(suspended)); n != 5 {
		t.Errorf("%d attempts were heard", n)
	}
	if err := late.Close(); err != nil {
		t.Error(err)
	}

	must[tsimclient.Waited](t)(box.Wait(ctx, tsimclient.Idle, time.Second))
	calls := must[[]tsimclient.Call](t)(box.Calls(ctx, tsimclient.CallFilter{Operation: tsimclient.OpProfileSuspend}))
	must[[]tsimclient.Call](t)(box.WantCalls(ctx, len(calls), tsimclient.CallFilter{Operation: tsimclient.OpProfileSuspend}))
	_, err = box.WantCalls(ctx, 9, tsimclient.CallFilter{Operation: tsimclient.OpProfileSuspend})
	var others *tsimbox.CallsError
	if !errors.As(err, &others) || others.Want != 9 || len(others.Calls) != len(calls) || len(others.Nearest) == 0 || others.Error() == "" {
		t.Errorf("%v", err)
	}
	must[string](t)(box.Explain(ctx, suspended))
	must[tsimclient.Device](t)(box.PutDevice(ctx, other, map[string]any{"profiles": []any{}}))
	must[tsimclient.Device](t)(box.PatchDevice(ctx, other, tsimclient.DevicePatch{Powered: new(false)}))
	if d := must[tsimclient.Device](t)(box.Device(ctx, other)); d.Powered {
		t.Errorf("%+v", d)
	}
	if err := box.Register(ctx, tsimbox.Registration{URL: heard.URL, Username: "me"}); err != nil {
		t.Error(err)
	}
	if status, reply, err := box.Call(ctx, http.MethodGet, "/api/m2m/v1/callbacks/A-1", nil); err != nil || status != http.StatusOK {
		t.Errorf("%d %s, %v", status, reply, err)
	}
	if err := box.Reset(ctx, tsimclient.KeepListeners); err != nil {
		t.Error(err)
	}
	if text, err := box.Scenario(ctx); err != nil {
		t.Error(err)
	} else if err := box.ResetTo(ctx, text, tsimclient.KeepListeners); err != nil {
		t.Error(err)
	}
}
