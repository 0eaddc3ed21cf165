package config

import (
	"math"
	"slices"
	"time"

	"tsim/internal/euicc"
)

// Latency is how long an operation takes from its acceptance to its execution. The zero value is
// instant.
type Latency struct {
	Shape Shape
	A, B  time.Duration
}

// Shape says what the two times of a Latency mean.
type Shape uint8

// The shapes.
const (
	ShapeFixed     Shape = iota // always A
	ShapeUniform                // between A and B, all of it equally likely
	ShapeLognormal              // median A, 95 in 100 below B
)

// Fixed always takes d.
func Fixed(d time.Duration) Latency { return Latency{ShapeFixed, d, 0} }

// Uniform takes anything between from and to, which is not less, all of it equally likely.
func Uniform(from, to time.Duration) Latency { return Latency{ShapeUniform, from, to} }

// Lognormal takes half of the times less than median, which is above zero, and 95 of 100 times less
// than p95, which is not less than median: mostly quick, now and then very slow.
func Lognormal(median, p95 time.Duration) Latency { return Latency{ShapeLognormal, median, p95} }

// realistic is what an operation takes in the real world: fits to what operators and vendors say of theirs;
// ThingSpace publishes no figures.
var realistic = [euicc.NumOps]Latency{
	euicc.OpActivate:            activation,
	euicc.OpActivateEnable:      activation,
	euicc.OpDownload:            Lognormal(60*time.Second, 170*time.Second),
	euicc.OpDownloadDisable:     Lognormal(60*time.Second, 170*time.Second),
	euicc.OpDownloadEnable:      Lognormal(135*time.Second, 530*time.Second), // a download, then an enable
	euicc.OpEnable:              Lognormal(75*time.Second, 360*time.Second),
	euicc.OpDisable:             Lognormal(75*time.Second, 360*time.Second),
	euicc.OpDelete:              quick,
	euicc.OpSetFallback:         quick,
	euicc.OpDeactivate:          quick,
	euicc.OpServicePlan:         quick,
	euicc.OpRenewActivationCode: quick,
	euicc.OpProfileSuspend:      quick,
	euicc.OpProfileResume:       quick,
	euicc.OpDeviceSuspend:       quick,
	euicc.OpDeviceResume:        quick,
}

var (
	activation = Lognormal(75*time.Second, 300*time.Second)
	quick      = Lognormal(20*time.Second, 90*time.Second)
)

// latencyPresets are latencies of all operations under one name; divisor 0 is instant.
var latencyPresets = []struct {
	word    string
	divisor time.Duration
}{{"instant", 0}, {"fast", 100}, {"realistic", 1}}

// PresetWords lists the words that Preset understands.
func PresetWords() []string {
	var words []string
	for _, p := range latencyPresets {
		words = append(words, p.word)
	}
	return words
}

// Preset is the latencies that one of PresetWords stands for.
func Preset(word string) (all [euicc.NumOps]Latency, ok bool) {
	i := slices.Index(PresetWords(), word)
	if i < 0 {
		return all, false
	}
	if d := latencyPresets[i].divisor; d > 0 {
		for op, l := range realistic {
			all[op] = Latency{l.Shape, l.A / d, l.B / d}
		}
	}
	return all, true
}

// Quantile is the latency that a share u of all, from 0 to below 1, stays below: with a draw from there for u,
// a latency at random.
func (l Latency) Quantile(u float64) time.Duration {
	switch l.Shape {
	case ShapeUniform:
		return l.A + time.Duration(u*float64(l.B-l.A))
	case ShapeLognormal:
		const z95 = 1.6448536269514722 // of the standard normal distribution
		sigma := math.Log(float64(l.B)/float64(l.A)) / z95
		z := math.Sqrt2 * math.Erfinv(2*u-1)
		// A draw of exactly 0 is the left tail's end, not a negative infinity; the right tail's end is
		// a duration still.
		return time.Duration(min(float64(l.A)*math.Exp(sigma*max(z, -8)), 1<<62))
	}
	return l.A
}
