package scenario

import "tsim/internal/config"

var (
	compatPreset = choice(config.CompatPresets(), config.CompatPreset)
	perSwitch    = table[config.Compat]{what: "compat", fields: switches()}
)

// switches has a key for each switch of config.
func switches() (fields []field[config.Compat]) {
	for _, s := range config.Switches() {
		one := word(s.Words()...)
		fields = append(fields, field[config.Compat]{key{s.String(), false, one.form}, func(r *reader, n *node, c *config.Compat) {
			var to string
			one.read(r, n, &to)
			c.Set(s, to)
		}, func(c, usual *config.Compat) *node {
			if c[s] == usual[s] {
				return nil
			}
			return letters(c.Value(s))
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
	func(c, usual *config.Compat) *node {
		if preset := compatPreset.write(c, usual); preset != nil {
			return preset
		}
		return perSwitch.write(c, usual)
	},
}
