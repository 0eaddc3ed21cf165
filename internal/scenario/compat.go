package scenario

import (
	"slices"

	"tsim/internal/sim"
)

var (
	compatPreset = choice(sim.CompatPresets(), sim.CompatPreset)
	perSwitch    = table[sim.Compat]{what: "compat", fields: switches()}
)

// switches has a key for each switch of sim.
func switches() (fields []field[sim.Compat]) {
	for _, s := range sim.Switches() {
		word := choice(s.Words(), func(word string) (string, bool) { return word, slices.Contains(s.Words(), word) })
		fields = append(fields, field[sim.Compat]{key{s.String(), false, word.form}, func(r *reader, n *node, c *sim.Compat) {
			var to string
			word.read(r, n, &to)
			c.Set(s, to)
		}})
	}
	return fields
}

// compat is the name of a preset, or a word for each switch.
var compat = value[sim.Compat]{
	form{either: []form{compatPreset.form, perSwitch.value().form}},
	func(r *reader, n *node, to *sim.Compat) {
		switch {
		case n.kind == object:
			perSwitch.read(r, n, to)
		case n.scalar():
			compatPreset.read(r, n, to)
		default:
			r.expected(n, "the name of a preset or a word per switch")
		}
	},
}
