package main

import (
	"bytes"
	"fmt"
	"time"
)

// bulkDevices is the most that one call takes.
const bulkDevices = 10_000

// bulk is tsim with as many devices as the largest call has, that call, and a way to have it accepted.
func bulk(l *lab) (b *box, body []byte, accept func() float64) {
	b, iccids := fleetOf(l, bulkDevices)
	body = callOf(0, "iccid", iccids)
	calls := 0
	return b, body, func() float64 {
		ms := b.calls.timed(l.ctx, actions+turn(calls), body)
		calls++
		b.settle() // what one call brings does not burden the next
		return ms
	}
}

// several makes a value of five calls, because a single one depends on when the garbage is collected. The first five
// warm up.
func several(measure func() float64) func() []float64 {
	five := func() []float64 {
		all := make([]float64, 5)
		for i := range all {
			all[i] = measure()
		}
		return []float64{median(all)}
	}
	five()
	return five
}

// bulkReply measures the largest call: the time to its reply.
func bulkReply(l *lab) contest {
	b, body, accept := bulk(l)
	bare := l.bareServer(b.calls.header)
	return contest{
		rounds:  l.rounds(),
		tsim:    several(accept),
		ceiling: several(func() float64 { return bare.timed(l.ctx, actions, body) }),
		finish: func() string {
			b.allDone()
			return fmt.Sprintf("a body of %d KiB; each value is the median of 5 calls", len(body)>>10)
		},
	}
}

// bulkRefusal measures the refusal of the largest call, which is all right up to its last device. The ceiling is the
// time in which it is accepted.
func bulkRefusal(l *lab) contest {
	b, body, accept := bulk(l)
	wrong := bytes.Clone(body)
	wrong[bytes.LastIndex(wrong, []byte(`"8944`))+3] = 'X'
	refusing := l.side(b.process, b.calls.header, refused("/devices/9999/deviceIds/0/id"))
	return contest{
		rounds:  l.rounds(),
		tsim:    several(func() float64 { return refusing.timed(l.ctx, actions+"profile_suspend", wrong) }),
		ceiling: several(accept),
		finish:  b.allDone,
	}
}

// bulkMemory measures how much memory more than before is resident at the peak, while the largest
// call is handled, by servers that were just started. What the operating system had given a server at
// its start and the server does not need any more is not counted, as with any program.
func bulkMemory(l *lab) contest {
	// The operations stay pending: only the call itself is handled.
	later := scenario("real", "{profile_suspend: 1h}", account{bulkDevices, globalInUse, ""})
	b := l.serve(later)
	iccids := b.iccids(bulkDevices)
	b.stop()
	note := ""
	one := func(s *side) []float64 {
		defer s.p.stop()
		// Code and connections that the first call of a process needs are not the large call's.
		check(s.call(l.ctx, actions+"profile_suspend", callOf(0, "iccid", iccids[:1])))
		l.sleep(200 * time.Millisecond)
		if !s.p.forgetPeak() {
			note = "the peak cannot be read on this system"
			return nil
		}
		before := s.p.mebibytes("VmRSS")
		body := callOf(0, "iccid", iccids)
		check(s.call(l.ctx, actions+"profile_suspend", body))
		return []float64{max(s.p.mebibytes("VmHWM")-before, 0) * (1 << 20) / float64(len(body))}
	}
	return contest{
		rounds:  pick(l, 5, 2),
		tsim:    func() []float64 { return one(l.serve(later).calls) },
		ceiling: func() []float64 { return one(l.bareServer(b.calls.header)) },
		finish:  func() string { return note },
	}
}
