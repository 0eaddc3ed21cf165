package foreign

import (
	"context"
	"testing"
	"time"

	"tsim/tsimclient"
	"tsim/tsimtest"
)

func TestGoTest(t *testing.T) {
	shared := tsimtest.Start(t, tsimtest.Seed(7), tsimtest.Clock("manual"))
	box := tsimtest.Connect(t, shared.URL,
		tsimtest.Scenario(fleet), tsimtest.ControlURL(shared.URL), tsimtest.DeliveryTimeout(time.Second),
		tsimtest.Rules(tsimtest.Rule{Name: "never", When: tsimtest.When{After: 1000}, Callback: &tsimtest.CallbackRule{Drop: true}}), tsimtest.With("duplicates"))
	if r := box.Rule("never"); r.Does != "drop" || r.Hits != 0 {
		t.Errorf("%+v", r)
	}
	box.DeleteRules("duplicates")
	box.DeleteRule("never")
	box.AddMisfortune("duplicates")
	box.AddRules(tsimtest.Rule{Name: "mine", Outcome: &tsimtest.Outcome{Fault: tsimtest.Fault{Message: "Insufficient memory"}}})
	box.RestartRules()
	if all := box.Rules(); len(all) < 2 || all[0].Name != "mine" {
		t.Errorf("%+v", all)
	}
	box.DeleteRules("")
	heard := box.Listen(503, tsimtest.Disconnect, 200)
	devices := box.Fleet()
	request := box.DoAll("profile_suspend", []tsimtest.IDs{{ICCID: devices[0].ICCIDs[1]}}, tsimtest.Account("A-1"))
	box.Advance(time.Hour)
	heard.Want(request, "SUCCESS", "SUCCESS", "SUCCESS")
	t.Run("part", func(t *testing.T) {
		box := box.In(t)
		box.Want(request, "SUCCESS")
		box.WantEach(request, map[string][]string{tsimtest.Others: {"SUCCESS"}})
		heard.In(box).Want(request, "SUCCESS", "SUCCESS", "SUCCESS")
	})
	if refused := box.WantRefused("enable", tsimtest.IDs{EID: "1"}); refused.Status != 400 {
		t.Errorf("%v", refused)
	}
	box.LiftHold(box.HoldAll(tsimtest.HoldFilter{EID: devices[2].EID}).ID)

	ready := box.Snapshot("ready")
	t.Run("forks", func(t *testing.T) {
		for _, fork := range []*tsimtest.Sandbox{ready.Fork(t), box.Fork(t)} {
			if fork.AppKey == box.AppKey {
				t.Errorf("the fork %s has the app key of its original", fork.Name)
			}
		}
	})
	box.Rewind(ready)

	late := box.ListenFunc(tsimtest.Late(time.Millisecond, 200))
	late.Answer(tsimtest.InTurn(500))
	box.HoldAll(tsimtest.HoldFilter{Operation: "enable"})
	enabled := box.Do("enable", tsimtest.IDs{EID: devices[1].EID, ICCID: devices[1].ICCIDs[1]}, tsimtest.Plan("Global Plan"), tsimtest.Field("carrierName", "mine"))
	box.Settle()
	id := box.Callbacks(enabled)[0].ID
	box.ReleaseAll()
	box.Settle()
	late.Answer(func(context.Context, tsimtest.Message) tsimtest.Answer { return 200 })
	is := func(what string, c tsimtest.Callback, state tsimclient.CallbackState, same bool) {
		t.Helper()
		if c.State != state || (c.ID == id) != same {
			t.Errorf("%s: callback %d is %s, want %s", what, c.ID, c.State, state)
		}
	}
	is("resend", box.Resend(id), tsimclient.StateScheduled, true)
	is("hold", box.Hold(id), tsimclient.StateHeld, true)
	is("release", box.Release(id), tsimclient.StateScheduled, true)
	is("fire", box.Fire(id), tsimclient.StateDelivered, true)
	twin := box.Duplicate(id)
	is("duplicate", twin, tsimclient.StateScheduled, false)
	is("drop", box.Drop(twin.ID), tsimclient.StateDropped, false)
	if n := len(late.Heard(enabled)); n != 5 {
		t.Errorf("%d attempts were heard", n)
	}
	late.Close()

	box.Wait(tsimtest.For{Request: enabled}, time.Second)
	all := box.Calls(tsimtest.CallFilter{Operation: "enable"})
	if call := box.WantCalls(1, tsimtest.CallFilter{Request: enabled})[0]; call.Operation != "enable" || len(all) == 0 {
		t.Errorf("%+v", call)
	}
	if box.Explain(enabled) == "" {
		t.Error("no story")
	}
	box.PutDevice(other, map[string]any{"profiles": []any{}})
	box.PatchDevice(other, tsimtest.DevicePatch{Powered: new(false)})
	if d := box.Device(other); d.Powered {
		t.Errorf("%+v", d)
	}
	box.Register(tsimtest.Registration{URL: heard.URL})
	if status, reply := box.Call("GET", "/api/m2m/v1/callbacks/"+box.Account, nil); status != 200 {
		t.Errorf("%d %s", status, reply)
	}
	box.Reset(tsimclient.KeepListeners)
	box.ResetTo(box.Scenario(), tsimclient.KeepListeners)
}
