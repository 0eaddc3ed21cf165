package config

import "slices"

// Switch is a point on which ThingSpace's documents disagree, or its real clients with them.
type Switch uint8

// The switches.
const (
	DownloadStatus Switch = iota // what a download reports as profileStatus
	Errors                       // the dialect of refusals
	FaultPrefix                  // whether a faultstring begins with the class of its code
	SetFallback                  // the request and the callback of setfallbackattribute
	DeviceCallback               // how much the callback about a device as a whole tells
	DeleteRequires               // what a delete asks for
	Identifiers                  // what is looked at in identifiers
	Ports                        // to which ports callbacks may go
	Shapes                       // of two replies that the SDKs model in another way than the pages
	numSwitches
)

// switches says how each one is spelled. The first word is the default.
var switches = [numSwitches]struct {
	name  string
	words []string
}{
	DownloadStatus: {"downloadStatus", []string{"documented", "sample"}},
	Errors:         {"errors", []string{"documented", "likely", "platform"}},
	FaultPrefix:    {"faultPrefix", []string{"off", "on"}},
	SetFallback:    {"setFallback", []string{"current", "legacy"}},
	DeviceCallback: {"deviceCallback", []string{"short", "full"}},
	DeleteRequires: {"deleteRequires", []string{"disabled", "deactivated", "nothing"}},
	Identifiers:    {"identifiers", []string{"digits", "strict"}},
	Ports:          {"ports", []string{"any", "verizon"}},
	Shapes:         {"shapes", []string{"sdk", "documented"}},
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

// Value is the word that a switch is set to.
func (c Compat) Value(s Switch) string { return switches[s].words[c[s]] }

// compatPresets are choices for all switches at once, each by the words that are not the default.
var compatPresets = []struct {
	name  string
	words map[Switch]string
}{
	{"documented", nil}, // what the pages of the actions say
	{"likely", map[Switch]string{Errors: "likely", FaultPrefix: "on", Ports: "verizon"}},     // what the service most probably does
	{"platform", map[Switch]string{Errors: "platform", FaultPrefix: "on", Ports: "verizon"}}, // what the platform around them does
}

// CompatPresets lists the words that CompatPreset understands, the default first.
func CompatPresets() []string {
	var names []string
	for _, p := range compatPresets {
		names = append(names, p.name)
	}
	return names
}

// CompatPreset is the choices that one of CompatPresets stands for.
func CompatPreset(name string) (c Compat, ok bool) {
	for _, p := range compatPresets {
		if p.name == name {
			for s, word := range p.words {
				c.Set(s, word)
			}
			return c, true
		}
	}
	return c, false
}

// Set sets a switch to one of its words.
func (c *Compat) Set(s Switch, word string) bool {
	i := slices.Index(switches[s].words, word)
	c[s] = uint8(max(i, 0))
	return i >= 0
}
