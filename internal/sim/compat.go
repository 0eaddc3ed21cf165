package sim

import "slices"

// Switch is a point on which ThingSpace's documents disagree, or its real clients with them.
type Switch uint8

// The switches.
const (
	DownloadStatus Switch = iota // what a download reports as profileStatus
	Identifiers                  // what is looked at in an identifier
	numSwitches
)

// switches says how each one is spelled. The first word is the default.
var switches = [numSwitches]struct {
	name  string
	words []string
}{
	DownloadStatus: {"downloadStatus", []string{"documented", "sample"}},
	Identifiers:    {"identifiers", []string{"digits", "strict"}},
}

// Switches lists the switches.
func Switches() []Switch {
	all := make([]Switch, numSwitches)
	for i := range all {
		all[i] = Switch(i)
	}
	return all
}

func (s Switch) String() string { return switches[s].name }

// Words lists what a switch can be set to, the default first.
func (s Switch) Words() []string { return switches[s].words }

// Compat is a choice for each switch. The zero value is the defaults.
type Compat [numSwitches]uint8

// Says is the word that a switch is set to.
func (c Compat) Says(s Switch) string { return switches[s].words[c[s]] }

// Set sets a switch to one of its words.
func (c *Compat) Set(s Switch, word string) bool {
	i := slices.Index(switches[s].words, word)
	c[s] = uint8(max(i, 0))
	return i >= 0
}
