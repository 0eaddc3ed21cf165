package main

import (
	"fmt"
	"strings"
)

// strangers are rules that never match, spread over the places in which rules interfere: by an identifier that nobody has, by an
// operation that nobody asks for, or by a count that nobody reaches.
func strangers(n int) string {
	whens := []string{`eid: "99*%02d"`, "operation: [download, enable], times: 1%02d", "nth: 10000%02d"}
	places := []string{"reply: {status: 503}", "outcome: {silent: true}", "callback: {drop: true}"}
	text := strings.Builder{}
	text.WriteString("rules:\n")
	for i := range n {
		fmt.Fprintf(&text, "  - {name: never-%d, when: {"+whens[i/len(places)%len(whens)]+"}, %s}\n", i, i%100, places[i%len(places)])
	}
	return text.String()
}

// rules measures one-device actions in a sandbox with 100 rules that never match, beside the same in one without rules.
func rules(l *lab) contest {
	without, iccids := fleetOf(l, 10_000)
	with := l.serve(scenario("real", "instant", account{10_000, globalInUse, ""}) + strangers(100))
	next := turns(callsOf(iccids, 1))
	warm(l, next, with.calls, without.calls)
	return contest{
		rounds:  pick(l, 15, 3),
		tsim:    strain(l, with.calls, next, with.settle),
		ceiling: strain(l, without.calls, next, without.settle),
		finish: func() string {
			without.allDone()
			return with.allDone()
		},
	}
}
