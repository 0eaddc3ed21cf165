package sim

import (
	"strings"

	"tsim/internal/config"
	"tsim/internal/euicc"
)

// What is generated: the devices of fleets, MDNs, and identifiers for what has none. See config.Numbering.

// wantsMDN says whether a profile is to have a generated MDN.
func wantsMDN(p *euicc.Profile) bool { return p.Service == euicc.Active && p.MDN == "" }

// wantMDNs is how many profiles of a card are.
func wantMDNs(c *euicc.Card) (n int) {
	for i := range c.Profiles {
		if wantsMDN(&c.Profiles[i]) {
			n++
		}
	}
	return n
}

// assignMDNs gives each profile that wants one a generated MDN.
func (x *index) assignMDNs(d *device) {
	for i := range d.Profiles {
		if p := &d.Profiles[i]; wantsMDN(p) {
			p.MDN = x.freeMDN()
			x.assignMDN(d)
		}
	}
}

// addFleet generates the devices of a fleet. An index one of whose identifiers is named is left out.
func (x *index) addFleet(a *config.Account, f *config.Fleet) {
	like := device{Card: f.Card.Clone(), account: a}
	var text strings.Builder // in one piece, rather than a million
	x.numbering.Name(&like.Card, 0, &text)
	text.Grow(f.Count * text.Len())
	like.Sort()
	like.defaultPlans()
	for made := 0; made < f.Count; {
		i := len(x.fleet)
		x.fleet = append(x.fleet, like)
		d := &x.fleet[i]
		d.Profiles = append(d.profiles[:0], like.Profiles...)
		x.numbering.Name(&d.Card, uint64(i), &text)
		if x.matches(&d.Card) {
			*d = device{}
			continue
		}
		x.assignMDNs(d)
		d.identity = Identity{d.EID, d.IMEI}
		d.called = &d.identity
		x.devices = append(x.devices, d)
		made++
	}
}

// generatedDevice is the device of a fleet with an index, if there is one.
func (x *index) generatedDevice(i uint64, ok bool) *device {
	if !ok || i >= uint64(len(x.fleet)) {
		return nil
	}
	return &x.fleet[i]
}

// freeMDN is the next generated MDN that nobody has; it stays free until assignMDN.
func (x *index) freeMDN() string {
	for {
		if mdn := config.MDN(len(x.generated)); x.byMDN[mdn] == nil {
			return mdn
		}
		x.generated = append(x.generated, nil)
	}
}

// assignMDN notes to whom the MDN went that freeMDN has found.
func (x *index) assignMDN(d *device) { x.generated = append(x.generated, d) }

// newNumbering is where the seed lets the identifiers of fleets begin.
func newNumbering(seed uint64) config.Numbering {
	r := draws(seed, "fleet")
	return config.Numbering{
		EID: r.Uint64() % config.MaxFirstEID, IMEI: r.Uint64() % config.MaxFirstIMEI, ICCID: r.Uint64() % config.MaxFirstICCID,
	}
}

// freeICCID is the next generated US ICCID that no profile has; it stays free until byICCID has it.
func (x *index) freeICCID() string {
	for ; ; x.iccidsUsed++ {
		one := euicc.Card{Profiles: []euicc.Profile{{Network: euicc.US}}}
		x.numbering.Name(&one, uint64(len(x.fleet)+x.iccidsUsed), &strings.Builder{})
		if iccid := one.Profiles[0].ICCID; x.byICCID[iccid] == nil {
			return iccid
		}
	}
}

// freeEID is a generated EID that no device has. Each device that was added takes the numbering one step
// on, so there is little to try.
func (x *index) freeEID() string {
	for n := int(x.numbered.count); ; n++ {
		var c euicc.Card
		x.numbering.Name(&c, uint64(n), &strings.Builder{})
		if x.deviceByEID(c.EID) == nil {
			return c.EID
		}
	}
}
