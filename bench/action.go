package main

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// connections is how many a loaded server has.
const connections = 16

// turn is an action that can be repeated for ever: devices are suspended, and resumed the next time.
func turn(n int) string { return []string{"profile_suspend", "profile_resume"}[n%2] }

// turns are calls that never run out: each body is sent to suspend, and when all were, to resume again.
func turns(bodies [][]byte) calls {
	return func(n int) (string, []byte) { return actions + turn(n/len(bodies)), bodies[n%len(bodies)] }
}

// fleetOf is tsim with a fleet of Global profiles at instant latency, nobody listening, and their ICCIDs.
func fleetOf(l *lab, devices int, more ...string) (*box, []string) {
	b := l.serve(scenario("real", "instant", account{devices, globalInUse, ""}), more...)
	return b, b.iccids(devices)
}

// actionSides are tsim with a fleet, its ceiling, and calls for both, of which warmth have been made.
func actionSides(l *lab, more ...string) (b *box, ceiling *side, next calls) {
	b, iccids := fleetOf(l, 10_000, more...)
	ceiling, next = l.bareServer(b.calls.header), turns(callsOf(iccids, 1))
	warm(l, next, b.calls, ceiling)
	return b, ceiling, next
}

// warmth is how many calls each side gets before it is measured: connections are made, the heap
// finds its size.
const warmth = 2000

func warm(l *lab, next calls, sides ...*side) {
	for _, s := range sides {
		for n := range warmth {
			path, body := next(n)
			check(s.call(l.ctx, path, body))
		}
	}
}

// action measures one-device actions: how many a second, and what each costs in CPU time until all
// that it brings is done.
func action(logLevel string, full, quick int) func(*lab) contest {
	return func(l *lab) contest {
		b, ceiling, next := actionSides(l, "--log-level", logLevel)
		return contest{
			rounds:  pick(l, full, quick),
			tsim:    strain(l, b.calls, next, b.settle),
			ceiling: strain(l, ceiling, next, func() {}),
			finish:  b.allDone,
		}
	}
}

// strain makes calls for a while, after those that warmed up, until all that they bring is done: how many a second, and the CPU
// time of each.
func strain(l *lab, s *side, next calls, done func()) func() []float64 {
	asked := warmth
	return func() []float64 {
		before := s.p.cpu()
		n, rate, err := s.closed(l.ctx, pick[time.Duration](l, 500, 250)*time.Millisecond, asked, next)
		check(err)
		asked += n
		done()
		return []float64{rate, (s.p.cpu() - before) * 1e6 / float64(n)}
	}
}

// allDone checks that whatever was asked for has been done, as the end of a bench.
func (b *box) allDone() string {
	b.nothingPending()
	b.allSucceeded()
	return ""
}

// latency measures the 99th percentile of calls that come at a steady, modest pace. Both sides have
// their turn many times for one value, so that what else the machine does hits both.
func latency(l *lab) contest {
	const gap, slice = 5 * time.Millisecond, 250 * time.Millisecond
	slices := pick(l, 4, 2)
	b, ceiling, next := actionSides(l)
	type sample struct {
		asked       int
		latest, all []float64
	}
	one := func(s *side, m *sample) []float64 {
		ms, err := s.paced(l.ctx, gap, slice, m.asked, next)
		check(err)
		m.asked += len(ms)
		m.latest, m.all = append(m.latest, ms...), append(m.all, ms...)
		if len(m.latest) < slices*len(ms) {
			return []float64{math.NaN()}
		}
		defer func() { m.latest = nil }()
		return []float64{percentile(m.latest, 99)}
	}
	tsim, bare := &sample{asked: warmth}, &sample{asked: warmth}
	return contest{
		rounds:  l.rounds() * slices,
		tsim:    func() []float64 { return one(b.calls, tsim) },
		ceiling: func() []float64 { return one(ceiling, bare) },
		finish: func() string {
			b.allDone()
			// The p99 of a value is its second or third worst call, so one more view of them all.
			return fmt.Sprintf("%d calls a side and value; of all together p50 %s against %s, p99 %s against %s",
				slices*int(slice/gap), number(median(tsim.all)), number(median(bare.all)),
				number(percentile(tsim.all, 99)), number(percentile(bare.all, 99)))
		},
	}
}

// invalid measures refusals: the same calls, with a letter in the identifier.
func invalid(l *lab) contest {
	b, ceiling, next := actionSides(l)
	path, body := next(0)
	wrong := []byte(strings.Replace(string(body), `"id":"8944`, `"id":"89X4`, 1))
	b.calls.good = refused("/devices/0/deviceIds/0/id")
	one := func(s *side) []float64 {
		_, rate, err := s.closed(l.ctx, pick[time.Duration](l, 400, 250)*time.Millisecond, 0,
			func(int) (string, []byte) { return path, wrong })
		check(err)
		return []float64{rate}
	}
	return contest{
		rounds:  l.rounds(),
		tsim:    func() []float64 { return one(b.calls) },
		ceiling: func() []float64 { return one(ceiling) },
		finish:  func() string { b.nothingPending(); return "" },
	}
}
