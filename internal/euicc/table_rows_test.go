package euicc

import (
	"slices"
	"testing"
)

// A row says all that there is to say of an operation.
func TestRowsAreWhole(t *testing.T) {
	for _, op := range Ops() {
		switch row := table[op]; {
		case row.line == notSaid:
			t.Errorf("%s: nobody has said whether it is provisioning", op)
		case row.effect == nil:
			t.Errorf("%s has no effect", op)
		case len(row.guards) == 0:
			t.Errorf("%s has no guards", op)
		}
	}
	if len(opWords) != int(NumOps) {
		t.Errorf("%d words for %d operations", len(opWords), NumOps)
	}
}

// What a row says of an operation and what its guards look at belong together: what the SM-SR carries out looks
// whether it is busy, and has a period of validity; provisioning looks at the limit of the day, and a change of
// plan at that of the month.
func TestRowsAndGuardsAgree(t *testing.T) {
	for _, op := range Ops() {
		for _, agree := range []struct {
			fault Fault
			said  bool
		}{{UpdateInProgress, op.SMSR()}, {DayLimit, op.Provisioning()}, {MonthLimit, op.ChangesPlan()}} {
			guarded := slices.ContainsFunc(table[op].guards, func(g guard) bool { return g.fault == agree.fault })
			if guarded != agree.said {
				t.Errorf("%s: a guard says %q: %v, the row: %v", op, agree.fault, guarded, agree.said)
			}
		}
	}
}
