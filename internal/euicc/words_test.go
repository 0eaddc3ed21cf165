package euicc_test

import (
	"fmt"
	"testing"

	. "tsim/internal/euicc"
)

func roundTrip[T interface {
	Network | Role | Service | Status | Suspension | OutcomeStatus | Op
	fmt.Stringer
}](t *testing.T, want ...T) {
	t.Helper()
	words := Words[T]()
	if len(words) != len(want) {
		t.Fatalf("%T: %q are %d words, want %d", want[0], words, len(words), len(want))
	}
	for i, word := range words {
		v, ok := Parse[T](word)
		if !ok || v != want[i] || v.String() != word {
			t.Errorf("%T: %q is %v, %v", want[0], word, v, ok)
		}
	}
	for _, word := range []string{"", "any", "lead", " LEAD", "Active", "PROFILE", "enable "} {
		if v, ok := Parse[T](word); ok || v != 0 {
			t.Errorf("%T: %q is %v, want none", want[0], word, v)
		}
	}
}

func TestWords(t *testing.T) {
	roundTrip(t, US, Global)
	roundTrip(t, Lead, Local, Default)
	roundTrip(t, PreActive, Active, Deactive)
	roundTrip(t, StatusNotDownloaded, StatusDownloadDisable, StatusDownloadEnable, StatusEnable, StatusDisable, StatusDelete)
	roundTrip(t, NotSuspended, ByProfile, ByDevice)
	roundTrip(t, Success, Failed, Warned)
	roundTrip(t, Ops()...)
}

// TestOutcomeStatus: a fault counts for more than a warning.
func TestOutcomeStatus(t *testing.T) {
	for want, outcomes := range map[OutcomeStatus][]Outcome{
		Success: {{}, {Device: true}},
		Failed:  {{Fault: Expired}, {Fault: Expired, Warning: Unreachable}},
		Warned:  {{Warning: NotEnabled}, {Warning: Unreachable}},
	} {
		for _, o := range outcomes {
			if got := o.Status(); got != want {
				t.Errorf("%+v: %v, want %v", o, got, want)
			}
		}
	}
}

// TestFaultWords: every fault says something of its own.
func TestFaultWords(t *testing.T) {
	seen := map[string]bool{OK.String(): true}
	for _, f := range Faults() {
		if f.String() == "" || seen[f.String()] {
			t.Errorf("fault %d says %q", f, f)
		}
		seen[f.String()] = true
	}
}

func TestPlanFits(t *testing.T) {
	for _, test := range []struct {
		plan       Plan
		us, global bool
	}{
		{Plan{}, true, true},
		{Plan{"", US}, true, true},
		{Plan{"p", US}, true, false},
		{Plan{"p", Global}, false, true},
		{Plan{"p", AnyNetwork}, true, true},
		{Plan{"p", NoNetwork}, false, false},
	} {
		if us, global := test.plan.Fits(US), test.plan.Fits(Global); us != test.us || global != test.global {
			t.Errorf("%+v fits us %v, global %v", test.plan, us, global)
		}
	}
}
