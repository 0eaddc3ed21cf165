package scenario

import (
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
)

type latencies = [euicc.NumOps]config.Latency

var (
	preset       = choice(config.PresetWords(), config.Preset)
	perOperation = table[latencies]{what: "a latency per operation", fields: operations()}
)

// operations is a key for each operation.
func operations() []field[latencies] {
	var fields []field[latencies]
	for _, op := range euicc.Ops() {
		at := func(all *latencies) *config.Latency { return &all[op] }
		fields = append(fields, may(op.String(), at, latency))
	}
	return fields
}

// allLatencies is the name of a preset, or a latency for each operation; one without is instant.
var allLatencies = value[latencies]{
	form{either: []form{preset.form, perOperation.value().form}},
	func(r *reader, n *node, to *latencies) {
		switch {
		case n.kind == object:
			perOperation.read(r, n, to)
		case n.scalar():
			preset.read(r, n, to)
		default:
			r.expected(n, "the name of a preset or a latency per operation")
		}
	},
	func(all, _ *latencies) *node {
		if named := preset.write(all, nil); named != nil {
			return named
		}
		return perOperation.write(all, new(latencies))
	},
}

// spread is a latency that varies.
type spread struct {
	uniform     []time.Duration
	median, p95 time.Duration
}

var varying = table[spread]{
	what: "a latency that varies",
	fields: []field[spread]{
		may("uniform", func(s *spread) *[]time.Duration { return &s.uniform }, upTo(2, duration)),
		may("median", func(s *spread) *time.Duration { return &s.median }, duration),
		may("p95", func(s *spread) *time.Duration { return &s.p95 }, duration),
	},
}

// latency is a fixed time, or a spread.
var latency = value[config.Latency]{
	form{either: []form{duration.form, varying.value().form}},
	func(r *reader, n *node, to *config.Latency) {
		switch {
		case n.kind == object:
			*to = readSpread(r, n)
		case n.scalar():
			var fixed time.Duration
			duration.read(r, n, &fixed)
			*to = config.Fixed(fixed)
		default:
			r.expected(n, "a duration such as 5s, {uniform: [5s, 20s]} or {median: 75s, p95: 6m}")
		}
	},
	func(l, _ *config.Latency) *node {
		switch l.Shape {
		case config.ShapeUniform:
			return varying.write(&spread{uniform: []time.Duration{l.A, l.B}}, new(spread))
		case config.ShapeLognormal:
			return varying.write(&spread{median: l.A, p95: l.B}, new(spread))
		default:
			return duration.write(&l.A, nil)
		}
	},
}

func readSpread(r *reader, n *node) (l config.Latency) {
	before := len(r.problems)
	var s spread
	varying.read(r, n, &s)
	if len(r.problems) > before {
		return l
	}
	uniform, median, p95 := n.get("uniform") != nil, n.get("median") != nil, n.get("p95") != nil
	switch {
	case uniform == median || median != p95:
		r.wrong(n, "a latency that varies is {uniform: [5s, 20s]} or {median: 75s, p95: 6m}")
	case uniform && (len(s.uniform) != 2 || s.uniform[0] > s.uniform[1]):
		r.wrong(n.get("uniform"), "the least and the greatest belong here, as in [5s, 20s]")
	case uniform:
		return config.Uniform(s.uniform[0], s.uniform[1])
	case s.median == 0:
		r.wrong(n.get("median"), "a median is above 0s")
	case s.p95 < s.median:
		r.wrong(n.get("p95"), "95 in 100 are below p95, so it is not below the median, %s", s.median)
	default:
		return config.Lognormal(s.median, s.p95)
	}
	return l
}
