package euicc

import "fmt"

// Contradiction is a card that cannot be: which profile is wrong (-1 for the card as a whole), which
// of its fields, and why.
type Contradiction struct {
	Profile int
	Field   string // in the scenario's words: "status", "suspended" …
	Msg     string
}

// Contradictions lists what cannot be true of the card together, in the order of its profiles. An
// empty list means that every invariant of a card holds.
func (c *Card) Contradictions() []Contradiction {
	var found []Contradiction
	wrong := func(i int, field, format string, args ...any) {
		found = append(found, Contradiction{i, field, fmt.Sprintf(format, args...)})
	}
	enabled, lead := -1, -1
	for i := range c.Profiles {
		p := &c.Profiles[i]
		for j := range i {
			if c.Profiles[j].ICCID == p.ICCID {
				wrong(i, "iccid", "ICCID %s is on this card twice", p.ICCID)
				break // once for each is enough
			}
		}
		if p.Role == Lead {
			if lead >= 0 {
				wrong(i, "role", "a card has one LEAD profile; %s is it already", c.Profiles[lead].ICCID)
			}
			lead = i
			if p.Network != US {
				wrong(i, "role", "the LEAD profile is a us one, this is %s", p.Network)
			}
			if !p.Status.OnCard() {
				wrong(i, "status", "the LEAD profile is always on the card, it cannot be %s", p.Status)
			}
		}
		if p.Status.Enabled() {
			if enabled >= 0 {
				wrong(i, "status", "one profile of a card can be enabled; %s is it already", c.Profiles[enabled].ICCID)
			}
			enabled = i
			if p.Service != Active {
				wrong(i, "status", "an enabled profile is active, this is %s", p.Service)
			}
		}
		if p.Role == Lead && (p.POL1|p.POL2)&DeleteOnDisable != 0 {
			wrong(i, "pol1", "the LEAD profile is always on the card, so it cannot be deleted when it is disabled")
		}
		if p.Suspended != NotSuspended && p.Service != Active {
			wrong(i, "suspended", "a suspended profile is active, this is %s", p.Service)
		}
		if p.Suspended == ByProfile && p.Network == US {
			wrong(i, "suspended", "a us profile is suspended only with its device (suspended: device)")
		}
	}
	if c.Memory > 0 && c.installed() > int(c.Memory) {
		wrong(-1, "memory", "%d profiles are on a card that can hold %d", c.installed(), c.Memory)
	}
	if c.Fallback != "" {
		if p := c.Profile(c.Fallback); p == nil || !p.Status.OnCard() {
			wrong(-1, "fallback", "the fallback profile %s is not on the card", c.Fallback)
		}
	}
	return found
}
