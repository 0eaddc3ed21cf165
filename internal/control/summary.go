package control

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tsim/internal/euicc"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

// maxFaultStrings is how many sentences a summary names. Whoever has more kinds of faults in one bulk wants the most
// frequent ones first.
const maxFaultStrings = 10

// summary counts the callbacks of a request. Different faults may be told with the same sentence.
func (c *call) summary(s *sim.RequestReport) *tsimclient.Summary {
	v := &tsimclient.Summary{
		Status: map[tsimclient.CallbackStatus]int{}, State: map[tsimclient.CallbackState]int{}, Forgotten: s.Forgotten,
	}
	failed := map[string]int{}
	for kind, n := range s.Callbacks {
		v.Callbacks += n
		v.Status[tsimclient.CallbackStatus(kind.Status.String())] += n
		v.State[tsimclient.CallbackState(kind.State.String())] += n
		if kind.Fault != euicc.OK {
			failed[c.o.FaultString(c.box, kind.Fault, kind.Told)] += n
		}
	}
	sentences := slices.SortedFunc(maps.Keys(failed), func(a, b string) int {
		return cmp.Or(cmp.Compare(failed[b], failed[a]), cmp.Compare(a, b))
	})
	for i, sentence := range sentences {
		if i < maxFaultStrings {
			v.Failed = append(v.Failed, tsimclient.FaultCount{FaultString: sentence, Callbacks: failed[sentence]})
		} else {
			v.OtherFailed += failed[sentence]
		}
	}
	return v
}

// tellSummary is a summary for people. It is left out where there is nothing to count, and where the one device of the
// request follows with all its callbacks.
func tellSummary(b *strings.Builder, r *tsimclient.Request) {
	v := r.Summary
	whole := r.Devices == 1 && len(r.Entries) == 1 && v.Forgotten == 0
	if v.Callbacks+v.Forgotten == 0 || whole {
		return
	}
	parts := []string{counts(euicc.Words[euicc.OutcomeStatus](), v.Status), counts(stateWords(), v.State)}
	if v.Callbacks == 0 {
		parts = nil
	}
	if v.Forgotten > 0 {
		parts = append(parts, fmt.Sprintf("%d more forgotten", v.Forgotten))
	}
	fmt.Fprintf(b, "%d callback(s): %s\n", v.Callbacks, strings.Join(parts, "; "))
	for _, f := range v.Failed {
		fmt.Fprintf(b, "  %d %s: %s\n", f.Callbacks, euicc.Failed, f.FaultString)
	}
	if v.OtherFailed > 0 {
		fmt.Fprintf(b, "  and %d others\n", v.OtherFailed)
	}
}

// counts lists what there is of some words, in their order: "850 SUCCESS, 150 Failed".
func counts[W ~string](words []string, of map[W]int) string {
	var parts []string
	for _, word := range words {
		if n := of[W(word)]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, word))
		}
	}
	return strings.Join(parts, ", ")
}
