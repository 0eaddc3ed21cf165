package sim_test

import (
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// limited is a sandbox with limits and an open session.
func limited(t *testing.T, l config.Limits) (w *world, bearer, session string) {
	t.Helper()
	cfg := newConfig()
	cfg.Limits = l
	w = start(t, cfg)
	bearer, _ = w.issue()
	return w, bearer, w.login()
}

// TestCallsPerSecond are counted by the gateway: after the bearer, and before the session.
func TestCallsPerSecond(t *testing.T) {
	w, bearer, session := limited(t, config.Limits{CallsPerSecond: 2})
	w.pass(300 * time.Millisecond)
	ask := func(want sim.Kind) {
		t.Helper()
		err := w.Authenticate(bearer, session)
		if want != 0 {
			expectKind(t, err, want)
		} else if err != nil {
			t.Fatal(err)
		}
	}
	expectKind(t, w.Authenticate("nobody", session), sim.BearerInvalid)
	expectKind(t, w.Authenticate(bearer, "nobody"), sim.SessionInvalid)
	ask(0)
	ask(sim.Throttled)
	expectKind(t, w.Authenticate(bearer, "nobody"), sim.Throttled)
	w.pass(699 * time.Millisecond)
	ask(sim.Throttled)
	w.pass(time.Millisecond) // a second of the clock begins
	ask(0)
	ask(0)
	ask(sim.Throttled)
	w.Reset(sim.ResetOptions{Tokens: true})
	ask(0)
}

// TestThrottledCallsDoNotUseTheSession: it dies as if they had not been made.
func TestThrottledCallsDoNotUseTheSession(t *testing.T) {
	w, bearer, session := limited(t, config.Limits{CallsPerSecond: 1})
	w.pass(10 * minute)
	expectKind(t, w.Authenticate(bearer, "nobody"), sim.SessionInvalid)
	expectKind(t, w.Authenticate(bearer, session), sim.Throttled)
	w.pass(10 * minute)
	expectKind(t, w.Authenticate(bearer, session), sim.SessionExpired)
}

// TestActivatesPerMinute are counted within any minute, and only those that were accepted.
func TestActivatesPerMinute(t *testing.T) {
	w, _, _ := limited(t, config.Limits{ActivatesPerMinute: 2})
	ask := func(op euicc.Op, account string) error {
		r, err := w.Submit(sim.Request{Account: account, Op: op, Devices: sim.ListOf(byLocal(1), byLocal(2))})
		if err == nil {
			w.Replied(r)
		}
		return err
	}
	accept := func(op euicc.Op) {
		t.Helper()
		if err := ask(op, account); err != nil {
			t.Fatal(err)
		}
	}
	accept(euicc.OpActivate)
	w.pass(40 * time.Second)
	expectKind(t, ask(euicc.OpActivate, "nobody"), sim.AccountUnknown)
	accept(euicc.OpActivateEnable)
	expectKind(t, ask(euicc.OpActivate, account), sim.Throttled)
	accept(euicc.OpProfileSuspend) // is no activation
	w.pass(20*time.Second - 1)
	expectKind(t, ask(euicc.OpActivateEnable, account), sim.Throttled)
	w.pass(1) // the first one is a minute ago
	accept(euicc.OpActivate)
	expectKind(t, ask(euicc.OpActivate, account), sim.Throttled)
	w.pass(time.Hour)
	accept(euicc.OpActivate)
	accept(euicc.OpActivate)
	expectKind(t, ask(euicc.OpActivate, account), sim.Throttled)
}

// TestProvisioningPerDay: each profile has its own, whoever is named; what is refused does not count,
// and neither does what is done on the card.
func TestProvisioningPerDay(t *testing.T) {
	w, _, _ := limited(t, config.Limits{ProvisioningPerLineAndDay: 3})
	do := func(op euicc.Op, ids euicc.IDs, want ...string) {
		t.Helper()
		w.expectTold(w.requestIdle(op, ids), want...)
	}
	do(euicc.OpDownload, byLocal(1), "LOCAL ACTIVE, delivered")
	do(euicc.OpActivate, byLocal(1), "LOCAL already active, delivered")
	do(euicc.OpProfileSuspend, byLocal(1), "LOCAL SUSPENDED, delivered")
	do(euicc.OpProfileResume, byLocal(1), "LOCAL ACTIVE, delivered")
	do(euicc.OpDeviceSuspend, byEID(1), "LEAD SUSPENDED, delivered", "LOCAL SUSPENDED, delivered", "device SUSPENDED, delivered")
	do(euicc.OpDeviceResume, byEID(1), "LEAD ACTIVE, delivered", "LOCAL limit of the day, delivered", "device ACTIVE, delivered")
	do(euicc.OpProfileResume, byLocal(1), "LOCAL limit of the day, delivered")
	do(euicc.OpProfileSuspend, byLocal(1), "LOCAL already suspended, delivered")
	do(euicc.OpEnable, byLocal(1), "LOCAL suspended, delivered")
	do(euicc.OpActivate, byLocal(2), "LOCAL ACTIVE, delivered")
	if p := w.profile(local(1)); p.Suspended != euicc.ByDevice {
		t.Fatalf("the limit did not keep it: %+v", p)
	}
	w.advance(sim.Goal{To: w.Info().Start.Add(24*time.Hour - 1)})
	do(euicc.OpProfileResume, byLocal(1), "LOCAL limit of the day, delivered")
	w.pass(1) // midnight, UTC
	do(euicc.OpProfileResume, byLocal(1), "LOCAL ACTIVE, delivered")
	do(euicc.OpEnable, byLocal(1), "LOCAL ACTIVE, delivered")
	do(euicc.OpDeviceSuspend, byEID(1), "LEAD SUSPENDED, delivered", "LOCAL SUSPENDED, delivered", "device SUSPENDED, delivered")
	do(euicc.OpDeviceResume, byEID(1), "LEAD ACTIVE, delivered", "LOCAL ACTIVE, delivered", "device ACTIVE, delivered")
	do(euicc.OpDeactivate, byLocal(1), "LOCAL limit of the day, delivered")
	w.Reset(sim.ResetOptions{})
	do(euicc.OpActivate, byLocal(1), "LOCAL ACTIVE, delivered")
}

// TestSpentDevice: when no profile has anything left, the device says the same.
func TestSpentDevice(t *testing.T) {
	w, _, _ := limited(t, config.Limits{ProvisioningPerLineAndDay: 1})
	w.requestIdle(euicc.OpDeviceSuspend, byEID(1))
	r := w.requestIdle(euicc.OpDeviceResume, byEID(1))
	w.expectTold(r, "LEAD limit of the day, delivered", "device limit of the day, delivered")
}

// TestPlanChangesPerMonth are those of a calendar month.
func TestPlanChangesPerMonth(t *testing.T) {
	w, _, _ := limited(t, config.Limits{PlanChangesPerMonth: 2})
	do := func(plan, want string) {
		t.Helper()
		r := w.submit(euicc.OpServicePlan, plan, euicc.IDs{EID: eid(1), ICCID: lead(1)})
		w.Replied(r)
		w.idle()
		w.expectTold(r, want)
	}
	const done, refused = "LEAD ACTIVE, delivered", "LEAD limit of the month, delivered"
	do(usPlan, done)
	do(global, "LEAD plan of another network, delivered")
	w.pass(20 * 24 * time.Hour)
	do(usPlan, done)
	do(usPlan, refused)
	w.requestIdle(euicc.OpDeviceSuspend, byEID(1)) // has no limit of its own
	w.requestIdle(euicc.OpDeviceResume, byEID(1))
	w.advance(sim.Goal{To: w.Info().Start.Add(31*24*time.Hour - 1)})
	do(usPlan, refused)
	w.pass(1) // February
	do(usPlan, done)
	do(usPlan, done)
	do(usPlan, refused)
}

// TestBothLimitsOfALine: the day comes before the month, and a change of plan counts for both.
func TestBothLimitsOfALine(t *testing.T) {
	w, _, _ := limited(t, config.Limits{ProvisioningPerLineAndDay: 2, PlanChangesPerMonth: 1})
	change := func(want string) {
		t.Helper()
		w.expectTold(w.requestIdle(euicc.OpServicePlan, euicc.IDs{EID: eid(1), ICCID: lead(1)}), want)
	}
	change("LEAD ACTIVE, delivered")
	change("LEAD limit of the month, delivered")
	w.requestIdle(euicc.OpDeviceSuspend, byEID(1))
	w.expectTold(w.requestIdle(euicc.OpDeviceResume, byEID(1)), "LEAD limit of the day, delivered", "device limit of the day, delivered")
	w.pass(24 * time.Hour)
	w.requestIdle(euicc.OpDeviceResume, byEID(1))
	change("LEAD limit of the month, delivered")
	w.requestIdle(euicc.OpProfileSuspend, euicc.IDs{ICCID: lead(1)})
	w.requestIdle(euicc.OpDeviceSuspend, byEID(1))
	w.pass(30 * 24 * time.Hour)
	w.requestIdle(euicc.OpDeviceResume, byEID(1))
	change("LEAD ACTIVE, delivered")
	change("LEAD limit of the day, delivered")
}

// TestNoLimits is how things are when nobody sets any.
func TestNoLimits(t *testing.T) {
	w, bearer, session := limited(t, config.Limits{})
	w.requestIdle(euicc.OpActivate, byLocal(1))
	for range 150 {
		if err := w.Authenticate(bearer, session); err != nil {
			t.Fatal(err)
		}
		w.request(euicc.OpActivate, byLocal(2))
		w.request(euicc.OpProfileSuspend, byLocal(1))
		w.request(euicc.OpProfileResume, byLocal(1))
	}
	w.idle()
	for _, c := range w.Callbacks(sim.CallbackFilter{}, 0, 1_000_000) {
		if f := c.Outcome.Fault; f != euicc.OK && f != euicc.AlreadyActive {
			t.Fatalf("%s is told", f)
		}
	}
}
