package main

import (
	"errors"
	"time"
)

// slow measures the callbacks of a fast listener while another one, of another account, takes a second
// for each answer. Both calls are made while the clock stands still, so all callbacks are due at one
// instant; then time begins to run. The ceiling is the fast listener alone.
func slow(l *lab, rows []*row) error {
	many, few := pick(l, 5_000, 2_000), pick(l, 1_000, 400)
	fastOne, err := l.listen(0)
	if err != nil {
		return err
	}
	slowOne, err := l.listen(time.Second)
	if err != nil {
		return err
	}
	b, err := l.serve(scenario("manual", "instant",
		account{few, globalInUse, slowOne.url}, account{many, globalInUse, fastOne.url}), quiet)
	if err != nil {
		return err
	}
	iccids, err := b.iccids(few + many)
	if err != nil {
		return err
	}
	tsim := l.side(b.process, b.header, accepted)
	slowCall := callOf(accountName(0), "iccid", iccids[:few])
	fastCall := callOf(accountName(1), "iccid", iccids[few:])
	one := func(beside bool, rates *[]float64) error {
		if err := b.reset(); err != nil {
			return err
		}
		tsim.seen.Clear()
		fast, slow := fastOne.expect(many), slowOne.expect(few)
		if beside {
			if err := tsim.call(l.ctx, actions+"profile_suspend", slowCall); err != nil {
				return err
			}
		}
		if err := tsim.call(l.ctx, actions+"profile_suspend", fastCall); err != nil {
			return err
		}
		began := time.Now()
		err := errors.Join(b.setClock("real"), l.await(fast, "callbacks of the fast listener"))
		rows[0].add(rates, float64(many)/last(fastOne.arrived()).Sub(began).Seconds())
		if beside && err == nil {
			if len(slowOne.arrived()) == few {
				err = errors.New("the slow listener was done before the fast one")
			}
			slowOne.hurry()
			err = errors.Join(err, l.await(slow, "callbacks of the slow listener"))
		}
		if err := errors.Join(err, b.nothingPending()); err != nil {
			return err
		}
		if err := once(fastOne.arrived(), many); err != nil || !beside {
			return err
		}
		return once(slowOne.arrived(), few)
	}
	rows[0].note("%d callbacks for the fast one, %d for the slow one", many, few)
	return l.pairs(l.rounds(), func() error { return one(true, &rows[0].Tsim) }, func() error { return one(false, &rows[0].Ceiling) })
}
