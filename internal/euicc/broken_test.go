package euicc_test

import (
	"testing"

	. "tsim/internal/euicc"
)

// TestInvariantsCanBreak shows each of the twenty a step that breaks it: one that never complains
// proves nothing.
func TestInvariantsCanBreak(t *testing.T) {
	const lead, local = 0, 1
	for i, spoil := range [20]func(s *change, p []Profile){
		func(_ *change, p []Profile) { p[lead].Status = StatusEnable },
		func(_ *change, p []Profile) { p[local].Service = Deactive },
		func(_ *change, p []Profile) { p[lead].Suspended = ByProfile },
		func(_ *change, p []Profile) { p[lead].Service, p[lead].Suspended = PreActive, ByDevice },
		func(_ *change, p []Profile) { p[lead].Status = StatusDelete },
		func(_ *change, p []Profile) { p[local].Role = Default },
		func(s *change, _ []Profile) { s.op, s.was.Profiles[local].Suspended = OpDeviceResume, ByProfile },
		func(s *change, p []Profile) { s.op, p[lead].Suspended = OpDeviceResume, ByDevice },
		// As if the first device_suspend had forgotten one: the second does not.
		func(s *change, _ []Profile) { s.op = OpDeviceSuspend },
		func(s *change, p []Profile) { s.op, p[lead].Suspended = OpDeviceSuspend, ByDevice },
		nil, // of the operations only, not of what they did: see below
		func(s *change, _ []Profile) { s.out = append(s.out, s.out...) },
		func(s *change, p []Profile) { s.op, p[local].Status = OpProfileSuspend, StatusDisable },
		func(_ *change, p []Profile) { p[local].Suspended = ByProfile },
		func(s *change, p []Profile) { s.out[0].Fault, p[lead].MDN = Expired, otherMDN },
		func(s *change, p []Profile) { s.was.Profiles[local].Suspended, p[local].Service = ByProfile, Deactive },
		func(s *change, _ []Profile) { s.was.Profiles[lead].Service = Deactive },
		func(s *change, _ []Profile) { s.was.Profiles[lead].Suspended = ByDevice },
		func(s *change, _ []Profile) { s.is.Fallback = otherID },
		func(_ *change, p []Profile) { p[local].Status = StatusDisable },
	} {
		c := roaming(t)
		s := &change{OpEnable, localID, c, c.Clone(), []Outcome{{State: StateActive, Profile: c.Profiles[local]}}}
		for j, rule := range invariants {
			if !rule.holds(s) {
				t.Fatalf("I%d does not hold of a step that changes nothing", j+1)
			}
		}
		if spoil == nil {
			continue
		}
		spoil(s, s.is.Profiles)
		if rule := invariants[i]; rule.holds(s) {
			t.Errorf("I%d holds although it is not so that %s", i+1, rule.says)
		}
	}
	// Nothing that a card can be breaks I11 while the two operations are right; it was seen failing
	// with wrong ones, and here it is at least known to look.
	c := roaming(t)
	if sameCard(c, applied(c, OpDeviceSuspend)) || !sameCard(c, applied(c, OpDeviceSuspend, OpDeviceResume)) {
		t.Error("I11 compares nothing")
	}
}
