package scenario

import (
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
)

var smsr = table[config.SMSR]{
	what: "smsr",
	fields: []field[config.SMSR]{
		may("validity", func(s *config.SMSR) *validities { return &s.Validity }, allValidities),
		may("warning", func(s *config.SMSR) *time.Duration { return &s.Warning }, lifetime),
	},
}

type validities = [euicc.NumOps]time.Duration

var validityPerOperation = func() table[validities] {
	t := table[validities]{what: "a validity period per operation of the SM-SR"}
	for _, op := range euicc.Ops() {
		if op.SMSR() {
			t.fields = append(t.fields, may(op.String(), func(all *validities) *time.Duration { return &all[op] }, period))
		}
	}
	return t
}()

// allValidities is one period for all operations of the SM-SR, or one for each; one without has its own.
var allValidities = value[validities]{
	form{either: []form{period.form, validityPerOperation.value().form}},
	func(r *reader, n *node, to *validities) {
		if n.kind == object {
			validityPerOperation.read(r, n, to)
			return
		}
		var all time.Duration
		period.read(r, n, &all)
		for op := range to {
			to[op] = all
		}
	},
	func(all, usual *validities) *node {
		for _, v := range all {
			if v != all[0] {
				return validityPerOperation.write(all, usual)
			}
		}
		return period.write(&all[0], nil)
	},
}

// period is a duration above zero.
var period = value[time.Duration]{duration.form, func(r *reader, n *node, to *time.Duration) {
	before := len(r.problems)
	if duration.read(r, n, to); *to == 0 && len(r.problems) == before {
		r.expected(n, "a duration above 0s")
	}
}, duration.write}

// lifetime is how long something lasts, or until something happens.
var lifetime = value[time.Duration]{
	form{either: []form{period.form, {kind: "string", words: []string{never}}}},
	func(r *reader, n *node, to *time.Duration) {
		if n.kind == text && n.text == never {
			*to = config.Forever
			return
		}
		period.read(r, n, to)
	},
	func(d, _ *time.Duration) *node {
		if *d == config.Forever {
			return letters(never)
		}
		return period.write(d, nil)
	},
}

const never = "never"
