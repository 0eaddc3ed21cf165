package sim_test

import (
	"testing"

	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// TestAwaitLeavesItsFilter: what is waited for is the caller's, who may wait for it again.
func TestAwaitLeavesItsFilter(t *testing.T) {
	w := start(t, newConfig())
	w.requestIdle(euicc.OpProfileSuspend, byLocal(1))
	kind := sim.AttemptAcknowledged
	f := sim.EventFilter{Kind: &kind}
	for range 2 {
		if e, err := w.Await(t.Context(), sim.Condition{Event: &f}); err != nil || e.Kind != kind || f != (sim.EventFilter{Kind: &kind}) {
			t.Fatalf("event %+v, %v; the filter is %+v", e, err, f)
		}
	}
}
