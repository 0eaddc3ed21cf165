package main

import (
	"fmt"
	"time"
)

// startup measures how long it is from the start of the process to its first answer: tsim with the
// scenario default hands out a bearer token, the bare server a UUID.
func startup(l *lab) contest {
	one := func(p *process) []float64 {
		defer p.stop()
		l.greet(p)
		return []float64{milliseconds(time.Since(p.began))}
	}
	return contest{
		rounds:  pick(l, 21, 7),
		tsim:    func() []float64 { return one(l.startDefault()) },
		ceiling: func() []float64 { return one(l.role("server")) },
		finish:  func() string { return "" },
	}
}

// startDefault starts tsim as a newcomer does.
func (l *lab) startDefault() *process { return l.start(l.tsim, "serve", "--addr", "127.0.0.1:0") }

// greet waits for the first answer of a server.
func (l *lab) greet(p *process) {
	p.awaitURL()
	l.firstAnswer(p.url, "demo-key", "demo-secret")
}

// idle measures the memory of tsim with the scenario default, a second after its first answer.
func idle(l *lab) contest {
	return contest{
		rounds: pick(l, 3, 1),
		tsim: func() []float64 {
			p := l.startDefault()
			defer p.stop()
			l.greet(p)
			l.rest()
			return []float64{p.mebibytes("VmRSS")}
		},
		finish: func() string { return "" },
	}
}

// fleetSize is how many devices are many.
func (l *lab) fleetSize() int { return pick(l, 1_000_000, 100_000) }

// fleet measures what a device of a large fleet costs: the memory that is resident a second after the
// first answer, less that of a server with two devices; and how long that answer takes.
func fleet(l *lab) contest {
	one := func(devices int) (mib, seconds float64) {
		b := l.serve(scenario("real", "instant", account{devices, globalInUse, ""}))
		defer b.stop()
		seconds = time.Since(b.began).Seconds()
		l.rest()
		mib = b.mebibytes("VmRSS")
		// The last device is there, and can be used.
		b.call("profile_suspend", callOf(0, "iccid", b.iccids(devices)[devices-1:]))
		b.allDone()
		return mib, seconds
	}
	n := l.fleetSize()
	return contest{
		rounds: pick(l, 3, 1),
		tsim: func() []float64 {
			alone, _ := one(2)
			all, seconds := one(n)
			return []float64{(all - alone) * (1 << 20) / float64(n), seconds}
		},
		finish: func() string { return fmt.Sprintf("%d devices", n) },
	}
}
