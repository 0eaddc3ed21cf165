package main

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// growth measures what becomes slower when there is more of it. A row is the exponent of the curve
// that fits best: 0 is flat, 1 is in proportion.
func growth(l *lab, rows []*row) error {
	for i, f := range []func(*lab, *row) error{byDevices, byCall, byEvents} {
		if err := f(l, rows[i]); err != nil {
			rows[i].Wrong = err.Error()
		}
		l.stopAll()
	}
	return nil
}

// curve is microseconds over sizes, one list of them for each round.
type curve struct {
	sizes  []int
	rounds [][]float64
}

// tell adds the exponent of each round to a row, and notes the medians.
func (c *curve) tell(r *row) {
	x := make([]float64, len(c.sizes))
	middle := make([]float64, len(c.sizes))
	var at strings.Builder
	for i, size := range c.sizes {
		x[i] = float64(size)
		var y []float64
		for _, round := range c.rounds {
			y = append(y, round[i])
		}
		middle[i] = median(y)
		fmt.Fprintf(&at, " %d: %s µs,", size, number(middle[i]))
	}
	for _, y := range c.rounds {
		r.add(&r.Tsim, exponent(x, y))
	}
	r.note("%s steepest between two neighbours %s", strings.TrimSpace(at.String()), number(steepest(x, middle)))
}

// byDevices: one-device actions, all over fleets of different sizes.
func byDevices(l *lab, r *row) error {
	c := curve{sizes: pick(l, []int{1_000, 10_000, 100_000, 1_000_000}, []int{1_000, 10_000, 100_000})}
	sides := make([]*side, len(c.sizes))
	bodies := make([][][]byte, len(c.sizes))
	boxes := make([]*box, len(c.sizes))
	asked := make([]int, len(c.sizes))
	for i, size := range c.sizes {
		b, err := l.serve(scenario("real", "instant", account{size, globalInUse, ""}), quiet)
		if err != nil {
			return err
		}
		iccids, err := b.iccids(size)
		if err != nil {
			return err
		}
		some := make([]string, 1_000) // spread over the whole fleet
		for j := range some {
			some[j] = iccids[j*(size/len(some))]
		}
		boxes[i], sides[i], bodies[i] = b, l.side(b.process, b.header, accepted), callsOf(accountName(0), some)
		if err := warm(l, bodies[i], sides[i]); err != nil {
			return err
		}
		asked[i] = warmth
	}
	for range pick(l, 5, 2) {
		y := make([]float64, len(c.sizes))
		for i, s := range sides {
			n, rate, err := s.closed(l.ctx, connections, pick[time.Duration](l, 400, 200)*time.Millisecond, asked[i], turns(bodies[i]))
			if err := errors.Join(err, boxes[i].settle(), boxes[i].allSucceeded()); err != nil {
				return err
			}
			asked[i] += n
			y[i] = 1e6 / rate
		}
		c.rounds = append(c.rounds, y)
	}
	c.tell(r)
	return nil
}

// byCall: the time of a device, in calls with few and with many. A call has a price of its own, which
// many devices share: a negative exponent is as it should be.
func byCall(l *lab, r *row) error {
	c := curve{sizes: []int{1, 10, 100, 1_000, bulkDevices}}
	b, err := l.serve(scenario("real", "instant", account{bulkDevices, globalInUse, ""}), quiet)
	if err != nil {
		return err
	}
	iccids, err := b.iccids(bulkDevices)
	if err != nil {
		return err
	}
	s := l.side(b.process, b.header, accepted)
	for round := range pick(l, 5, 2) + 1 { // the first one warms up
		y := make([]float64, len(c.sizes))
		for i, size := range c.sizes {
			body := callOf(accountName(0), "iccid", iccids[:size])
			var took []float64
			for call := range 10 { // suspends and resumes in turn, and ends as it began
				op := []string{"profile_suspend", "profile_resume"}[call%2]
				ms, err := s.timed(l.ctx, actions+op, body)
				if err := errors.Join(err, b.settle()); err != nil {
					return err
				}
				took = append(took, ms*1000/float64(size))
			}
			y[i] = median(took)
		}
		if round > 0 {
			c.rounds = append(c.rounds, y)
		}
	}
	c.tell(r)
	return b.allSucceeded()
}

// byEvents: one-device actions with a journal that is empty, and up to one that is full.
func byEvents(l *lab, r *row) error {
	const devices = bulkDevices + untouched // the former fill the journal, two events each time
	c := curve{sizes: pick(l, []int{10, 100, 1_000, 10_000, 100_000}, []int{10, 100, 1_000, 10_000})}
	b, err := l.serve(scenario("real", "instant", account{devices, globalInUse, ""}), quiet)
	if err != nil {
		return err
	}
	iccids, err := b.iccids(devices)
	if err != nil {
		return err
	}
	s := l.side(b.process, b.header, accepted)
	for range pick(l, 5, 2) {
		y := make([]float64, len(c.sizes))
		for i, size := range c.sizes {
			if y[i], err = actionAfter(b, s, iccids, size); err != nil {
				return err
			}
		}
		c.rounds = append(c.rounds, y)
	}
	c.tell(r)
	return nil
}

// untouched is how many devices nothing has happened to when an action on each of them is timed.
const untouched = 50

// actionAfter is how many microseconds an action takes when the journal has so many events.
func actionAfter(b *box, s *side, iccids []string, events int) (float64, error) {
	calls := 2 // that add few events when there are few
	if events >= 1_000 {
		calls = untouched
	}
	var took []float64
	for len(took) < untouched {
		if err := b.reset(); err != nil {
			return 0, err
		}
		s.seen.Clear()
		for call, need := 0, events/2; need > 0; call++ {
			op := []string{"profile_suspend", "profile_resume"}[call%2]
			some := iccids[:min(need, bulkDevices)]
			if err := s.call(b.l.ctx, actions+op, callOf(accountName(0), "iccid", some)); err != nil {
				return 0, err
			}
			need -= len(some)
		}
		if err := b.settle(); err != nil {
			return 0, err
		}
		for i := range calls {
			one := iccids[bulkDevices+i : bulkDevices+i+1]
			ms, err := s.timed(b.l.ctx, actions+"profile_suspend", callOf(accountName(0), "iccid", one))
			if err != nil {
				return 0, err
			}
			took = append(took, ms*1000)
		}
		c, err := b.counts()
		if err == nil && c.Counts.Events < min(events, 100_000) {
			err = fmt.Errorf("%d events in the journal, not %d", c.Counts.Events, events)
		}
		if err != nil {
			return 0, err
		}
	}
	return median(took), b.allSucceeded()
}
