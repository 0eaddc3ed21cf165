package main

import (
	"errors"
	"time"
)

// startup measures how long it is from the start of the process to its first answer: tsim with the
// scenario default hands out a bearer token, the bare server a UUID.
func startup(l *lab, rows []*row) error {
	one := func(start func() (*process, error), values *[]float64) error {
		p, err := start()
		if err != nil {
			return err
		}
		defer p.stop()
		if err := p.awaitURL(); err != nil {
			return err
		}
		_, err = firstAnswer(l, p.url, "demo-key", "demo-secret")
		rows[0].add(values, milliseconds(time.Since(p.began)))
		return err
	}
	return l.pairs(pick(l, 21, 7), func() error { return one(l.startDefault, &rows[0].Tsim) },
		func() error { return one(func() (*process, error) { return l.role("server") }, &rows[0].Ceiling) })
}

// startDefault starts tsim as a newcomer does.
func (l *lab) startDefault() (*process, error) {
	return l.start(l.tsim, "serve", "--addr", "127.0.0.1:0")
}

// rest leaves a server alone before its memory is read.
func (l *lab) rest() error { return l.sleep(pick(l, time.Second, 300*time.Millisecond)) }

// idle measures the memory of tsim with the scenario default, a second after its first answer.
func idle(l *lab, rows []*row) error {
	for range pick(l, 3, 1) {
		p, err := l.startDefault()
		if err != nil {
			return err
		}
		if err := p.awaitURL(); err != nil {
			return err
		}
		if _, err := firstAnswer(l, p.url, "demo-key", "demo-secret"); err != nil {
			return err
		}
		if err := l.rest(); err != nil {
			return err
		}
		rows[0].add(&rows[0].Tsim, p.mebibytes("VmRSS"))
		p.stop()
	}
	return nil
}

// fleetSize is how many devices are many.
func (l *lab) fleetSize() int { return pick(l, 1_000_000, 100_000) }

// fleet measures what a device of a large fleet costs: the memory that is resident a second after the
// first answer, less that of a server with one device; and how long that answer takes.
func fleet(l *lab, rows []*row) error {
	memory, ready := rows[0], rows[1]
	one := func(devices int) (mib, seconds float64, err error) {
		b, err := l.serve(scenario("real", "instant", account{devices, globalInUse, ""}), quiet)
		if err != nil {
			return 0, 0, err
		}
		seconds = time.Since(b.began).Seconds()
		if err := l.rest(); err != nil {
			return 0, 0, err
		}
		mib = b.mebibytes("VmRSS")
		// The last device is there, and can be used.
		iccids, err := b.iccids(max(devices, 2))
		if err == nil && devices > 1 {
			err = l.side(b.process, b.header, accepted).call(l.ctx, actions+"profile_suspend",
				callOf(accountName(0), "iccid", iccids[devices-1:]))
			err = errors.Join(err, b.nothingPending(), b.allSucceeded())
		}
		b.stop()
		return mib, seconds, err
	}
	n := l.fleetSize()
	for range pick(l, 3, 1) {
		alone, _, err := one(2)
		if err != nil {
			return err
		}
		all, seconds, err := one(n)
		if err != nil {
			return err
		}
		memory.add(&memory.Tsim, (all-alone)*(1<<20)/float64(n))
		ready.add(&ready.Tsim, seconds)
	}
	memory.note("%d devices", n)
	return nil
}
