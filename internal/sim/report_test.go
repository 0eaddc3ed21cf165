package sim_test

import (
	"maps"
	"testing"

	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// The callbacks of a request are counted whichever entries are asked for, and those that are forgotten apart.
func TestReportCountsAllCallbacks(t *testing.T) {
	w := start(t, newConfig())
	r := w.requestIdle(euicc.OpDeviceSuspend, byEID(1), byEID(9), byEID(2))
	expect := func(forgotten int, want map[sim.CallbackKind]int) {
		t.Helper()
		for _, page := range [][2]int{{0, 0}, {0, 1}, {1, 1}, {0, 100}, {3, 100}} {
			s, err := w.RequestReport(r.ID, page[0], page[1])
			if err != nil || !maps.Equal(s.Callbacks, want) || s.Forgotten != forgotten {
				t.Errorf("page %v: %v and %d forgotten, %v; want %v and %d", page, s.Callbacks, s.Forgotten, err, want, forgotten)
			}
		}
	}
	good := sim.CallbackKind{Status: euicc.Success, State: sim.Delivered}
	unknown := sim.CallbackKind{Status: euicc.Failed, Fault: euicc.DeviceNotFound, State: sim.Delivered}
	expect(0, map[sim.CallbackKind]int{good: 4, unknown: 1})

	// One that is held outlives the journal; the others do not.
	if _, err := w.Steer(1, sim.Duplicate); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Steer(6, sim.Hold); err != nil {
		t.Fatal(err)
	}
	held := sim.CallbackKind{Status: euicc.Success, State: sim.Held}
	expect(0, map[sim.CallbackKind]int{good: 4, unknown: 1, held: 1})
	fill(w)
	expect(5, map[sim.CallbackKind]int{held: 1})
}

// A warning is counted apart from what comes after it.
func TestReportCountsWarnings(t *testing.T) {
	w := ready(t, euicc.OpDownload)
	r := w.requestIdle(euicc.OpDownload, byLocal(1))
	s, err := w.RequestReport(r.ID, 0, 10)
	want := map[sim.CallbackKind]int{
		{Status: euicc.Warned, State: sim.Delivered}:                       1,
		{Status: euicc.Failed, Fault: euicc.Expired, State: sim.Delivered}: 1,
	}
	if err != nil || !maps.Equal(s.Callbacks, want) {
		t.Errorf("%v, %v; want %v", s.Callbacks, err, want)
	}
}
