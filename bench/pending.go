package main

import (
	"errors"
	"fmt"
	"time"
)

// pending measures a million things that are still to come, one for each device of a fleet. There are
// two kinds: operations that are owed, each of which will make a callback; and callbacks that are
// decided and wait for a listener that does not answer. Memory is what is resident beyond the idle
// fleet, when nothing moves any more.
func pending(l *lab, rows []*row) error {
	owed, decided, perJob := rows[0], rows[1], rows[2]
	n := l.fleetSize()
	for _, r := range rows[:2] {
		r.note("%d of them; above the idle fleet", n)
	}
	if l.quick { // a tenth as many, so a tenth of the limit
		owed.Target.Limit /= 10
		decided.Target.Limit /= 10
	}
	heap, err := l.role("heap")
	if err != nil {
		return err
	}
	b, err := l.serve(scenario("manual", "{profile_suspend: {uniform: [1s, 1000s]}}", account{n, globalInUse, ""}), quiet)
	if err != nil {
		return err
	}
	bulks, err := b.bulks(n)
	if err != nil {
		return err
	}
	if err := l.rest(); err != nil {
		return err
	}
	before := b.mebibytes("VmRSS")
	first := true
	err = l.pairs(pick(l, 3, 1), func() error {
		if first {
			if err := errors.Join(b.submit(bulks), l.rest()); err != nil {
				return err
			}
			owed.add(&owed.Tsim, b.mebibytes("VmRSS")-before)
			first = false
		} else if err := errors.Join(b.reset(), b.submit(bulks)); err != nil {
			return err // no memory is measured here: the reset left a fleet behind as garbage
		}
		began := time.Now()
		done, err := b.advance("1h")
		took := time.Since(began)
		if err == nil && (done.Ran != 2*n || !done.Idle) {
			err = fmt.Errorf("%d jobs ran, not %d", done.Ran, 2*n)
		}
		perJob.add(&perJob.Tsim, float64(took.Nanoseconds())/1000/float64(2*n))
		return errors.Join(err, b.allSucceeded())
	}, func() error {
		var done heaped
		err := heap.order(heapOrder{n}, &done)
		perJob.add(&perJob.Ceiling, done.MicrosecondsPerJob)
		return err
	})
	l.stopAll()
	if err != nil {
		return err
	}
	return hanging(l, decided, n)
}

// hanging measures callbacks that are decided: the clock stands still until all calls are made, and
// the listener answers none of the posts that reach it.
func hanging(l *lab, r *row, n int) error {
	s, err := l.listen(patience)
	if err != nil {
		return err
	}
	b, err := l.serve(scenario("manual", "instant", account{n, globalInUse, s.url}), quiet)
	if err != nil {
		return err
	}
	bulks, err := b.bulks(n)
	if err != nil {
		return err
	}
	if err := l.rest(); err != nil {
		return err
	}
	before := b.mebibytes("VmRSS")
	if err := errors.Join(b.submit(bulks), b.setClock("real"), b.settle(), l.rest()); err != nil {
		return err
	}
	r.add(&r.Tsim, b.mebibytes("VmRSS")-before)
	c, err := b.counts()
	if err == nil && c.Counts.Callbacks != n {
		err = fmt.Errorf("%d callbacks are pending, not %d", c.Counts.Callbacks, n)
	}
	return err
}

// bulks are calls on a whole fleet, as large as they may be.
func (b *box) bulks(n int) ([][]byte, error) {
	iccids, err := b.iccids(n)
	if err != nil {
		return nil, err
	}
	var all [][]byte
	for from := 0; from < n; from += bulkDevices {
		all = append(all, callOf(accountName(0), "iccid", iccids[from:min(from+bulkDevices, n)]))
	}
	return all, nil
}

func (b *box) submit(bulks [][]byte) error {
	s := b.l.side(b.process, b.header, accepted)
	for _, body := range bulks {
		if err := s.call(b.l.ctx, actions+"profile_suspend", body); err != nil {
			return err
		}
	}
	return nil
}
