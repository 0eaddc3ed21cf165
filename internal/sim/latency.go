package sim

import (
	"math"
	"time"
)

// Latency is how long an operation takes from its acceptance to its execution. The zero value is
// instant.
type Latency struct {
	shape latencyShape
	a, b  time.Duration
}

type latencyShape uint8

const (
	fixed     latencyShape = iota // a
	flat                          // between a and b
	lognormal                     // median a, 95 in 100 below b
)

// Fixed always takes d.
func Fixed(d time.Duration) Latency { return Latency{fixed, d, 0} }

// of is the latency for a draw u from [0, 1).
func (l Latency) of(u float64) time.Duration {
	switch l.shape {
	case flat:
		return l.a + time.Duration(u*float64(l.b-l.a))
	case lognormal:
		const z95 = 1.6448536269514722 // of the standard normal distribution
		sigma := math.Log(float64(l.b)/float64(l.a)) / z95
		z := math.Sqrt2 * math.Erfinv(2*u-1)
		// A draw of exactly 0 is the left tail's end, not a negative infinity.
		return time.Duration(float64(l.a) * math.Exp(sigma*max(z, -8)))
	}
	return l.a
}
