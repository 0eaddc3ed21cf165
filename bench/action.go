package main

import (
	"errors"
	"net/http"
	"strings"
	"time"
)

// connections is how many a loaded server has.
const connections = 16

// bareSide starts the bare server; it accepts everything.
func (l *lab) bareSide(header http.Header) (*side, error) {
	p, err := l.bareServer()
	return l.side(p, header, accepted), err
}

// turns are calls that never run out: each device is suspended, and when all are, resumed again.
func turns(bodies [][]byte) calls {
	return func(n int) (string, []byte) {
		op := "profile_suspend"
		if n/len(bodies)%2 == 1 {
			op = "profile_resume"
		}
		return actions + op, bodies[n%len(bodies)]
	}
}

// actionSides are tsim with a fleet at instant latency, nobody listening, its ceiling, and what both
// are called with.
func actionSides(l *lab, logLevel string) (b *box, tsim, ceiling *side, bodies [][]byte, err error) {
	const devices = 10_000
	if b, err = l.serve(scenario("real", "instant", account{devices, globalInUse, ""}), logLevel); err != nil {
		return
	}
	iccids, err := b.iccids(devices)
	if err != nil {
		return
	}
	ceiling, err = l.bareSide(b.header)
	return b, l.side(b.process, b.header, accepted), ceiling, callsOf(accountName(0), iccids), err
}

// action measures one-device actions: how many a second, and what each costs in CPU time until all
// that it brings is done.
func action(l *lab, rows []*row) error {
	if err := actionRounds(l, quiet, l.rounds(), rows[0], rows[1]); err != nil {
		return err
	}
	l.stopAll()
	return actionRounds(l, "info", pick(l, 3, 1), rows[2], rows[3])
}

func actionRounds(l *lab, logLevel string, rounds int, rate, cpu *row) error {
	b, tsim, ceiling, bodies, err := actionSides(l, logLevel)
	if err != nil {
		return err
	}
	asked := 0
	one := func(s *side, rates, cpus *[]float64) error {
		before := s.p.cpu()
		n, perSecond, err := s.closed(l.ctx, connections, pick[time.Duration](l, 500, 250)*time.Millisecond, asked, turns(bodies))
		if s == tsim {
			asked += n
			err = errors.Join(err, b.settle())
		}
		rate.add(rates, perSecond)
		cpu.add(cpus, (s.p.cpu()-before)*1e6/float64(n))
		return err
	}
	if err := warm(l, bodies, tsim, ceiling); err != nil {
		return err
	}
	asked += warmth
	err = l.pairs(rounds, func() error { return one(tsim, &rate.Tsim, &cpu.Tsim) },
		func() error { return one(ceiling, &rate.Ceiling, &cpu.Ceiling) })
	if err != nil {
		return err
	}
	return errors.Join(b.nothingPending(), b.allSucceeded())
}

// warmth is how many calls each side gets before it is measured: connections are made, the heap
// finds its size.
const warmth = 2000

func warm(l *lab, bodies [][]byte, sides ...*side) error {
	for _, s := range sides {
		for n := range warmth {
			path, body := turns(bodies)(n)
			if err := s.call(l.ctx, path, body); err != nil {
				return err
			}
		}
	}
	return nil
}

// latency measures the 99th percentile of calls that come at a steady, modest pace. Both sides have
// their turn many times in a round, so that what else the machine does hits both.
func latency(l *lab, rows []*row) error {
	b, tsim, ceiling, bodies, err := actionSides(l, quiet)
	if err != nil {
		return err
	}
	if err := warm(l, bodies, tsim, ceiling); err != nil {
		return err
	}
	asked := warmth
	var all [2][]float64
	const gap, slice, slices = 5 * time.Millisecond, 250 * time.Millisecond, 4
	for range l.rounds() {
		var took [2][]float64
		err := l.pairs(pick(l, slices, slices/2), func() error {
			ms, err := tsim.paced(l.ctx, gap, slice, asked, turns(bodies))
			asked += len(ms)
			took[0] = append(took[0], ms...)
			return err
		}, func() error {
			ms, err := ceiling.paced(l.ctx, gap, slice, asked, turns(bodies))
			took[1] = append(took[1], ms...)
			return err
		})
		if err != nil {
			return err
		}
		rows[0].add(&rows[0].Tsim, percentile(took[0], 99))
		rows[0].add(&rows[0].Ceiling, percentile(took[1], 99))
		all[0], all[1] = append(all[0], took[0]...), append(all[1], took[1]...)
	}
	// The p99 of a round is its second or third worst call, so one more view of them all.
	rows[0].note("%d calls a side and round; of all rounds together p50 %s against %s, p99 %s against %s",
		pick(l, slices, slices/2)*int(slice/gap), number(median(all[0])), number(median(all[1])),
		number(percentile(all[0], 99)), number(percentile(all[1], 99)))
	return errors.Join(b.nothingPending(), b.allSucceeded())
}

// invalid measures refusals: the same calls, with a letter in the identifier.
func invalid(l *lab, rows []*row) error {
	b, tsim, ceiling, bodies, err := actionSides(l, quiet)
	if err != nil {
		return err
	}
	if err := warm(l, bodies, tsim, ceiling); err != nil {
		return err
	}
	wrong := []byte(strings.Replace(string(bodies[0]), `"id":"8944`, `"id":"89X4`, 1))
	tsim.good = refused("/devices/0/deviceIds/0/id")
	next := func(int) (string, []byte) { return actions + "profile_suspend", wrong }
	one := func(s *side, rates *[]float64) error {
		_, perSecond, err := s.closed(l.ctx, connections, pick[time.Duration](l, 400, 250)*time.Millisecond, 0, next)
		rows[0].add(rates, perSecond)
		return err
	}
	err = l.pairs(l.rounds(), func() error { return one(tsim, &rows[0].Tsim) }, func() error { return one(ceiling, &rows[0].Ceiling) })
	return errors.Join(err, b.nothingPending())
}

// first makes a call and says when it began.
func (s *side) first(l *lab, path string, body []byte) (time.Time, error) {
	began := time.Now()
	err := s.call(l.ctx, path, body)
	return began, err
}
