package main

import (
	"bytes"
	"errors"
	"time"
)

// bulkDevices is the most that one call takes.
const bulkDevices = 10_000

// bulk measures the largest call: the time to its reply, and to the refusal of one that is all right
// up to its last device.
func bulk(l *lab, rows []*row) error {
	b, err := l.serve(scenario("real", "instant", account{bulkDevices, globalInUse, ""}), quiet)
	if err != nil {
		return err
	}
	iccids, err := b.iccids(bulkDevices)
	if err != nil {
		return err
	}
	ceiling, err := l.bareSide(b.header)
	if err != nil {
		return err
	}
	tsim := l.side(b.process, b.header, accepted)
	refusing := l.side(b.process, b.header, refused("/devices/9999/deviceIds/0/id"))
	body := callOf(accountName(0), "iccid", iccids)
	wrong := bytes.Clone(body)
	wrong[bytes.LastIndex(wrong, []byte(`"8944`))+3] = 'X'
	rows[0].note("a body of %d KiB; each value is the median of %d calls", len(body)>>10, each)

	calls := 0
	accept := func() (float64, error) {
		op := "profile_suspend"
		if calls++; calls%2 == 0 {
			op = "profile_resume"
		}
		ms, err := tsim.timed(l.ctx, actions+op, body)
		return ms, errors.Join(err, b.settle()) // what one call brings does not burden the next
	}
	bare := func() (float64, error) { return ceiling.timed(l.ctx, actions, body) }
	refuse := func() (float64, error) { return refusing.timed(l.ctx, actions+"profile_suspend", wrong) }
	for range each { // warm up
		for _, f := range []func() (float64, error){accept, bare, refuse} {
			if _, err := f(); err != nil {
				return err
			}
		}
	}
	err = l.pairs(l.rounds(), func() error { return several(rows[0], &rows[0].Tsim, accept) },
		func() error { return several(rows[0], &rows[0].Ceiling, bare) })
	if err != nil {
		return err
	}
	err = l.pairs(l.rounds(), func() error { return several(rows[1], &rows[1].Tsim, refuse) },
		func() error { return several(rows[1], &rows[1].Ceiling, accept) })
	return errors.Join(err, b.nothingPending(), b.allSucceeded())
}

// each is how many calls make one value; a single one depends on when the garbage is collected.
const each = 5

func several(r *row, values *[]float64, measure func() (float64, error)) error {
	var all []float64
	for range each {
		v, err := measure()
		if err != nil {
			return err
		}
		all = append(all, v)
	}
	r.add(values, median(all))
	return nil
}

// bulkMemory measures how much memory more than before is resident at the peak, while the largest
// call is handled, by servers that were just started. What the operating system had given a server at
// its start and the server does not need any more is not counted, as with any program.
func bulkMemory(l *lab, rows []*row) error {
	one := func(s *side, iccids []string, values *[]float64) error {
		body := callOf(accountName(0), "iccid", iccids)
		small := callOf(accountName(0), "iccid", iccids[:1])
		// Code and connections that the first call of a process needs are not the large call's.
		if err := s.call(l.ctx, actions+"profile_suspend", small); err != nil {
			return err
		}
		if err := l.sleep(200 * time.Millisecond); err != nil {
			return err
		}
		if !s.p.forgetPeak() {
			rows[0].note("the peak cannot be read on this system")
			return nil
		}
		before := s.p.mebibytes("VmRSS")
		if err := s.call(l.ctx, actions+"profile_suspend", body); err != nil {
			return err
		}
		rows[0].add(values, max(s.p.mebibytes("VmHWM")-before, 0)*(1<<20)/float64(len(body)))
		return nil
	}
	var iccids []string
	for range pick(l, 5, 2) {
		// The operations stay pending: only the call itself is handled.
		b, err := l.serve(scenario("real", "{profile_suspend: 1h}", account{bulkDevices, globalInUse, ""}), quiet)
		if err != nil {
			return err
		}
		if iccids == nil {
			if iccids, err = b.iccids(bulkDevices); err != nil {
				return err
			}
		}
		bare, err := l.bareSide(b.header)
		if err != nil {
			return err
		}
		err = errors.Join(one(l.side(b.process, b.header, accepted), iccids, &rows[0].Tsim), one(bare, iccids, &rows[0].Ceiling))
		l.stopAll()
		if err != nil {
			return err
		}
	}
	return nil
}
