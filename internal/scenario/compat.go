package scenario

import (
	"slices"

	"tsim/internal/config"
)

var (
	compatPreset = choice(config.CompatPresets(), config.CompatPreset)
	perSwitch    = table[config.Compat]{what: "compat", fields: switches()}
)

// switches has a key for each switch of config.
func switches() (fields []field[config.Compat]) {
	for _, s := range config.Switches() {
		word := choice(s.Words(), func(word string) (string, bool) { return word, slices.Contains(s.Words(), word) })
		fields = append(fields, field[config.Compat]{key{s.String(), false, word.form}, func(r *reader, n *node, c *config.Compat) {
			var to string
			word.read(r, n, &to)
			c.Set(s, to)
		}})
	}
	return fields
}

// compat is the name of a preset, or a word for each switch.
var compat = value[config.Compat]{
	form{either: []form{compatPreset.form, perSwitch.value().form}},
	func(r *reader, n *node, to *config.Compat) {
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
