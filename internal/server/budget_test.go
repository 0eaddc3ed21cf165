package server

import (
	"testing"

	"tsim/internal/sim"
	"tsim/tsimclient"
)

// A call that asks for more than is left to all sandboxes together is refused in the dialect of its own, and is
// taken as soon as there is room.
func TestPendingWorkIsBounded(t *testing.T) {
	budgets := sim.NewBudgets()
	budgets.Limit(sim.BudgetPending, 1)
	s := Serve(t, Options{Budgets: budgets})
	open := func(name, compat string) (*client, *tsimclient.Client) {
		t.Helper()
		admin := &tsimclient.Client{BaseURL: s.URL(), Sandbox: name}
		n := tsimclient.SandboxSpec{Name: name, ScenarioSpec: tsimclient.ScenarioSpec{Clock: "manual"}}
		if compat != "" {
			n.Compat = []byte(compat)
		}
		box, err := admin.CreateSandbox(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		c, err := login(s.URL(), box.Credentials[0])
		if err != nil {
			t.Fatal(err)
		}
		return c, admin
	}
	one, first := open("one", "")
	two, _ := open("two", `"platform"`)
	call := func(c *client, status int, want string) {
		t.Helper()
		got, text, err := c.call("POST", "/api/m2m/v1/devices/profile/actions/device_suspend", map[string]any{
			"accountName": defaultAccount, "devices": []any{map[string]any{"deviceIds": []any{map[string]string{"kind": "eid", "id": defaultEID}}}},
		})
		if err != nil || got != status || want != "" && text != want {
			t.Errorf("it is answered with %d %s %v, want %d %s", got, text, err, status, want)
		}
	}
	call(one, 200, "")
	const says = "this needs 1 of the budget pending, and 1 of its 1 are in use in all sandboxes; " +
		`let time pass until requests are done, or reset sandboxes, or start tsim with --budget pending= and more than that"}`
	call(one, 503, `{"errorCode":"503","errorMessage":"`+says)
	call(two, 503, `{"errorCode":"UnifiedWebService.REQUEST_FAILED.UnexpectedError","errorMessage":"`+says)
	if _, err := first.Advance(t.Context(), tsimclient.Advance{Until: tsimclient.Idle}); err != nil {
		t.Fatal(err)
	}
	call(two, 200, "")
	if _, err := (&tsimclient.Client{BaseURL: s.URL(), Sandbox: "two"}).DeleteSandbox(t.Context()); err != nil {
		t.Fatal(err)
	}
	call(one, 200, "")
}
