package sim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/sim"
)

func TestOutcomeDelay(t *testing.T) {
	w := ruledWorld(t, outcome(rule.Outcome{Delay: 3 * minute}))
	first := w.request(euicc.OpDownload, byLocal(1))
	w.pass(3*minute - 1)
	w.expectTold(first)
	w.pass(1)
	w.expectTold(first, "LOCAL ACTIVE, delivered")
	expectList(t, "events", w.ruleEvents(), "rule.applied rule-1: delay 3m0s")
	if left := w.idle(); left.Pending != 0 {
		t.Errorf("%+v", left)
	}
}

// TestOutcomeDelayKeepsTheOrderOfACard: what was asked for later waits for what is delayed.
func TestOutcomeDelayKeepsTheOrderOfACard(t *testing.T) {
	delayed := outcome(rule.Outcome{Delay: minute})
	delayed.When.Operations = []string{"download"}
	w := ruledWorld(t, delayed)
	first := w.request(euicc.OpDownload, byLocal(1))
	second := w.request(euicc.OpServicePlan, byLocal(1))
	w.pass(minute - 1)
	w.expectTold(second)
	w.pass(1)
	w.expectTold(first, "LOCAL ACTIVE, delivered")
	w.expectTold(second, "LOCAL ACTIVE, delivered")
}

func TestOutcomeFault(t *testing.T) {
	fault := &rule.Fault{Message: "Insufficient memory"}
	w := ruledWorld(t, outcome(rule.Outcome{Fault: fault}))
	before, _ := w.Device(eid(1))
	r := w.requestIdle(euicc.OpDownload, byLocal(1), byLocal(9))
	w.expectTold(r, "LOCAL by a rule, delivered", "LEAD by a rule, delivered")
	if after, _ := w.Device(eid(1)); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("the card is %+v, was %+v", after, before)
	}
	if status, _ := w.Status(account, r.ID); status.Progress != sim.Failed {
		t.Errorf("status %v", status)
	}
	for _, c := range w.callbacks(r) {
		if c.Told != fault {
			t.Errorf("callback %d tells %v", c.ID, c.Told)
		}
	}
	kinds := report(t, w, r).Callbacks
	if n := kinds[sim.CallbackKind{Status: euicc.Failed, Fault: euicc.ByRule, Told: fault, State: sim.Delivered}]; n != 2 {
		t.Errorf("%v", kinds)
	}
}

// TestOutcomeApplied against what is told, in both directions.
func TestOutcomeApplied(t *testing.T) {
	lie := outcome(rule.Outcome{Fault: &rule.Fault{Message: "Insufficient memory"}, Applied: new(true)})
	lie.When.EID = eid(1)
	w := ruledWorld(t, lie, outcome(rule.Outcome{Applied: new(false)}))
	r := w.requestIdle(euicc.OpDownload, byLocal(1), byLocal(2))
	w.expectTold(r, "LOCAL by a rule, delivered", "LOCAL ACTIVE, delivered")
	if p := w.profile(local(1)); p.Status != euicc.StatusDownloadDisable || p.MDN == "" {
		t.Errorf("it is %+v", p)
	}
	if p := w.profile(local(2)); p.Status != euicc.StatusNotDownloaded || p.Service != euicc.PreActive || p.MDN != "" {
		t.Errorf("it is %+v", p)
	}
	if r := w.requestIdle(euicc.OpDownload, byLocal(2)); len(w.callbacks(r)) != 1 || w.callbacks(r)[0].Outcome.Fault != euicc.OK {
		t.Errorf("told %q", w.told(r))
	}
}

// TestNothingToApply: what a guard refuses is not done, whatever the rule says.
func TestNothingToApply(t *testing.T) {
	w := ruledWorld(t, outcome(rule.Outcome{Fault: &rule.Fault{Message: "Insufficient memory"}, Applied: new(true)}))
	w.expectTold(w.requestIdle(euicc.OpEnable, byLocal(1)), "LOCAL by a rule, delivered")
	w.expectTold(w.requestIdle(euicc.OpEnable, byLocal(9)), "LEAD by a rule, delivered")
	w.expectSkipped("rule.skipped rule-1: it was not done, because it failed: not downloaded",
		"rule.skipped rule-1: it was not done, because it failed: device not found")
}

// TestOutcomeOfAWholeDevice is told for each of its profiles and for the device.
func TestOutcomeOfAWholeDevice(t *testing.T) {
	w := ruledWorld(t, outcome(rule.Outcome{Fault: &rule.Fault{Code: "X.Y", Message: "out of luck"}}))
	r := w.requestIdle(euicc.OpDeviceSuspend, byEID(1))
	w.expectTold(r, "LEAD by a rule, delivered", "device by a rule, delivered")
	if p := w.profile(lead(1)); p.Suspended != euicc.NotSuspended {
		t.Errorf("it is %+v", p)
	}
}

func TestOutcomeWarn(t *testing.T) {
	w := ruledWorld(t, outcome(rule.Outcome{Warn: true, Delay: minute}))
	r := w.request(euicc.OpDownload, byLocal(1))
	w.pass(0)
	w.expectTold(r, "LOCAL PRE_ACTIVE (waits), delivered")
	w.pass(minute - 1)
	if len(w.callbacks(r)) != 1 {
		t.Errorf("told %q", w.told(r))
	}
	w.pass(1)
	w.expectTold(r, "LOCAL PRE_ACTIVE (waits), delivered", "LOCAL ACTIVE, delivered")
	// What is asked for afterwards comes after both.
	w = ruledWorld(t, outcome(rule.Outcome{Warn: true, Delay: minute}))
	r = w.request(euicc.OpDownload, byLocal(1))
	w.requestIdle(euicc.OpServicePlan, byLocal(1))
	w.expectTold(r, "LOCAL PRE_ACTIVE (waits), delivered", "LOCAL ACTIVE, delivered")
	if all := w.Callbacks(sim.CallbackFilter{}, 0, 10); len(all) != 3 || all[2].Request.Op != euicc.OpServicePlan || all[2].Outcome.Fault != euicc.OK {
		t.Errorf("%+v", all)
	}
	w = ruledWorld(t, outcome(rule.Outcome{Warn: true}))
	r = w.requestIdle(euicc.OpDownload, byLocal(1), byLocal(9)) // of the second there is no profile to warn of
	w.expectTold(r, "LOCAL PRE_ACTIVE (waits), delivered", "LOCAL ACTIVE, delivered", "LEAD device not found, delivered")
	w.expectSkipped("rule.skipped rule-1: no warning, because there is no such profile")
}

// expectSkipped is the events of what a rule could not do.
func (w *world) expectSkipped(want ...string) {
	w.Helper()
	got := slices.DeleteFunc(w.ruleEvents(), func(e string) bool { return !strings.HasPrefix(e, "rule.skipped") })
	if !slices.Equal(got, want) {
		w.Errorf("%q, want %q", got, want)
	}
	if u, _ := w.Rule("rule-1"); u.Skipped != len(want) {
		w.Errorf("%+v", u)
	}
}

// TestOutcomeExpire takes the whole validity period, with the warning that belongs to it, whatever happens to the device.
func TestOutcomeExpire(t *testing.T) {
	w := ruledWorld(t, outcome(rule.Outcome{Expire: true}))
	r := w.request(euicc.OpDownload, byLocal(1))
	w.pass(minute)
	if why := report(t, w, r).Entries[0].Why; !strings.Contains(why, "as the rule rule-1 has it") {
		t.Errorf("why: %s", why)
	}
	w.power(1, false)
	w.power(1, true)
	w.idle()
	w.expectTold(r, "LOCAL PRE_ACTIVE (waits), delivered", "LOCAL expired, delivered")
	period := newConfig().SMSR.Validity[euicc.OpDownload]
	if at := w.since(); at != period {
		t.Errorf("it took %s, the validity period is %s", at, period)
	}
	if p := w.profile(local(1)); p.Status != euicc.StatusNotDownloaded {
		t.Errorf("it is %+v", p)
	}
	// What could not be done in any case is told at once.
	if r := w.requestIdle(euicc.OpEnable, byLocal(1)); w.told(r)[0] != "LOCAL not downloaded, delivered" {
		t.Errorf("told %q", w.told(r))
	}
	w.expectSkipped("rule.skipped rule-1: it did not expire, because it failed at once: not downloaded")
}

func TestOutcomeSilent(t *testing.T) {
	w := ruledWorld(t, outcome(rule.Outcome{Silent: true}))
	r := w.requestIdle(euicc.OpDownload, byLocal(1))
	w.expectTold(r)
	if p := w.profile(local(1)); p.Status != euicc.StatusDownloadDisable {
		t.Errorf("it is %+v", p)
	}
	if status, _ := w.Status(account, r.ID); status.Progress != sim.Succeeded {
		t.Errorf("status %v", status)
	}
	if got := report(t, w, r).Entries[0].Rules; len(got) != 1 || got[0] != (sim.Applied{Rule: "rule-1", Did: "silent"}) {
		t.Errorf("%+v", got)
	}
}
