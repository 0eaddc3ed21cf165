package main

import (
	"fmt"
	"strings"
	"time"
)

// growth measures what becomes slower when there is more of it: a value is the exponent of the curve that fits best to
// the microseconds at each size. 0 is flat, 1 is in proportion. The note has the medians.
func growth(l *lab, sizes []int, microseconds func(i int) float64, finish func()) contest {
	x, all := make([]float64, len(sizes)), make([][]float64, len(sizes))
	return contest{
		rounds: pick(l, 5, 2),
		tsim: func() []float64 {
			y := make([]float64, len(sizes))
			for i := range sizes {
				x[i], y[i] = float64(sizes[i]), microseconds(i)
				all[i] = append(all[i], y[i])
			}
			return []float64{exponent(x, y)}
		},
		finish: func() string {
			finish()
			var note strings.Builder
			middle := make([]float64, len(sizes))
			for i := range sizes {
				middle[i] = median(all[i])
				fmt.Fprintf(&note, "%d: %s µs, ", sizes[i], number(middle[i]))
			}
			return note.String() + "steepest between two neighbours " + number(steepest(x, middle))
		},
	}
}

// growthByDevices: one-device actions, all over fleets of different sizes.
func growthByDevices(l *lab) contest {
	type measured struct {
		*box
		next  calls
		asked int
	}
	sizes := pick(l, []int{1_000, 10_000, 100_000, 1_000_000}, []int{1_000, 10_000, 100_000})
	var fleets []*measured
	for _, size := range sizes {
		b, iccids := fleetOf(l, size)
		some := make([]string, 1_000) // spread over the whole fleet
		for j := range some {
			some[j] = iccids[j*(size/len(some))]
		}
		m := &measured{b, turns(callsOf(some, 1)), warmth}
		warm(l, m.next, b.calls)
		fleets = append(fleets, m)
	}
	return growth(l, sizes, func(i int) float64 {
		m := fleets[i]
		n, rate, err := m.calls.closed(l.ctx, pick[time.Duration](l, 400, 200)*time.Millisecond, m.asked, m.next)
		check(err)
		m.asked += n
		m.settle()
		m.allSucceeded()
		return 1e6 / rate
	}, func() {})
}

// growthByCall: the time of a device, in calls with few and with many. A call has a price of its own, which
// many devices share: a negative exponent is as it should be.
func growthByCall(l *lab) contest {
	sizes := []int{1, 10, 100, 1_000, bulkDevices}
	b, iccids := fleetOf(l, bulkDevices)
	of := func(i int) float64 {
		body := callOf(0, "iccid", iccids[:sizes[i]])
		var took []float64
		for call := range 10 { // an even number, which ends as it began
			took = append(took, b.calls.timed(l.ctx, actions+turn(call), body)*1000/float64(sizes[i]))
			b.settle()
		}
		return median(took)
	}
	for i := range sizes {
		of(i) // warms up
	}
	return growth(l, sizes, of, b.allSucceeded)
}

// growthByEvents: one-device actions with a journal that is empty, and up to one that is full.
func growthByEvents(l *lab) contest {
	sizes := pick(l, []int{10, 100, 1_000, 10_000, 100_000}, []int{10, 100, 1_000, 10_000})
	b, iccids := fleetOf(l, bulkDevices+untouched) // the former fill the journal, two events each time
	return growth(l, sizes, func(i int) float64 { return actionAfter(b, iccids, sizes[i]) }, b.allSucceeded)
}

// untouched is how many devices nothing has happened to when an action on each of them is timed.
const untouched = 50

// actionAfter is how many microseconds an action takes when the journal has so many events.
func actionAfter(b *box, iccids []string, events int) float64 {
	calls := 2 // that add few events when there are few
	if events >= 1_000 {
		calls = untouched
	}
	var took []float64
	for len(took) < untouched {
		b.reset()
		for call, need := 0, events/2; need > 0; call++ {
			some := iccids[:min(need, bulkDevices)]
			b.call(turn(call), callOf(0, "iccid", some))
			need -= len(some)
		}
		b.settle()
		for i := range calls {
			one := callOf(0, "iccid", iccids[bulkDevices+i:bulkDevices+i+1])
			took = append(took, b.calls.timed(b.l.ctx, actions+"profile_suspend", one)*1000)
		}
		if n := b.counts().Events; n < min(events, 100_000) {
			check(fmt.Errorf("%d events in the journal, not %d", n, events))
		}
	}
	return median(took)
}
