package main

import (
	"fmt"
	"math"
	"time"

	"tsim/tsimclient"
)

// bulks is tsim with a large fleet, and calls on all of it, as large as they may be. beyond is the memory that is
// resident beyond the idle fleet, in MiB for a million devices, when nothing moves any more.
func bulks(l *lab, latency, listener string) (b *box, submit func(), beyond func() float64) {
	n := l.fleetSize()
	b = l.serve(scenario("manual", latency, account{n, globalInUse, listener}))
	bodies := callsOf(b.iccids(n), bulkDevices)
	l.rest()
	before := b.mebibytes("VmRSS")
	submit = func() {
		for _, body := range bodies {
			b.call("profile_suspend", body)
		}
	}
	beyond = func() float64 {
		l.rest()
		return (b.mebibytes("VmRSS") - before) * 1e6 / float64(n)
	}
	return b, submit, beyond
}

// owed measures a million operations that are still to come, one for each device of a fleet: their memory, and the time
// that an advance over them takes. Each is a job, and so is the delivery of its callback.
func owed(l *lab) contest {
	n := l.fleetSize()
	b, submit, beyond := bulks(l, "{profile_suspend: {uniform: [1s, 1000s]}}", "")
	heap := l.role("heap")
	first := true
	return contest{
		rounds: pick(l, 3, 1),
		tsim: func() []float64 {
			memory := math.NaN() // later the reset leaves a fleet behind as garbage
			if !first {
				b.reset()
			}
			submit()
			if first {
				memory, first = beyond(), false
			}
			began := time.Now()
			done := must(b.control.Advance(l.ctx, tsimclient.Advance{By: "1h"}))
			took := time.Since(began)
			if done.Ran != 2*n || !done.Idle {
				check(fmt.Errorf("%d jobs ran, not %d", done.Ran, 2*n))
			}
			b.allSucceeded()
			return []float64{memory, float64(took.Nanoseconds()) / 1000 / float64(2*n)}
		},
		ceiling: func() []float64 {
			var done heaped
			heap.order(heapOrder{n}, &done)
			return []float64{math.NaN(), done.MicrosecondsPerJob}
		},
		finish: func() string { return fmt.Sprintf("of %d; above the idle fleet", n) },
	}
}

// hanging measures a million callbacks that are decided: the clock stands still until all calls are made, and
// the listener answers none of the posts that reach it.
func hanging(l *lab) contest {
	n := l.fleetSize()
	b, submit, beyond := bulks(l, "instant", l.listen(patience).url)
	return contest{
		rounds: 1,
		tsim: func() []float64 {
			submit()
			b.setClock("real")
			b.settle()
			return []float64{beyond()}
		},
		finish: func() string {
			if c := b.counts().Callbacks; c != n {
				check(fmt.Errorf("%d callbacks are pending, not %d", c, n))
			}
			return fmt.Sprintf("of %d; above the idle fleet", n)
		},
	}
}
