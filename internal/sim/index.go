package sim

import (
	"slices"
	"sort"
	"strings"

	"tsim/internal/config"
	"tsim/internal/euicc"
)

// index finds devices by each of their identifiers: those that somebody has named in maps, those of
// fleets by their numbering.
type index struct {
	devices                       []*device      // by EID
	numbered                      table[*device] // the same by their numbers
	byEID, byICCID, byIMEI, byMDN map[string]*device
	numbering                     config.Numbering
	fleet                         []device  // by their index in config.Numbering; a gap has no EID
	generated                     []*device // whom each generated MDN was given to; nil for one that somebody has named
	iccidsUsed                    int       // after those of the fleets
}

func newIndex(accounts []config.Account, seed uint64) index {
	x := index{
		byEID: map[string]*device{}, byICCID: map[string]*device{}, byIMEI: map[string]*device{}, byMDN: map[string]*device{},
		numbering: newNumbering(seed),
	}
	room, mdns := 0, 0
	for i := range accounts {
		a := &accounts[i]
		for j := range a.Cards {
			d := &device{Card: a.Cards[j].Clone(), account: a}
			d.defaultPlans()
			x.devices = append(x.devices, d)
			x.addIDs(d)
		}
		for j := range a.Fleets {
			room += a.Fleets[j].Count
			mdns += a.Fleets[j].Count * wantMDNs(&a.Fleets[j].Card)
		}
	}
	for _, d := range x.devices {
		x.assignMDNs(d) // now that all the MDNs are known that the configuration names
	}
	// Each identifier that is named already costs a gap at the most.
	x.fleet = make([]device, 0, room+len(x.byEID)+len(x.byICCID)+len(x.byIMEI))
	x.devices = slices.Grow(x.devices, room)
	x.generated = slices.Grow(x.generated, mdns)
	for i := range accounts {
		for j := range accounts[i].Fleets {
			x.addFleet(&accounts[i], &accounts[i].Fleets[j])
		}
	}
	slices.SortFunc(x.devices, func(a, b *device) int { return strings.Compare(a.EID, b.EID) })
	for _, d := range x.devices {
		x.assignNumber(d)
	}
	return x
}

// assignNumber gives a device the next number.
func (x *index) assignNumber(d *device) {
	entry, number := x.numbered.insert()
	*entry, d.number = d, int32(number)
}

// deviceByNumber is the device of a number, or nil.
func (x *index) deviceByNumber(number int32) *device {
	if d := x.numbered.get(uint64(number)); d != nil {
		return *d
	}
	return nil
}

// enroll takes in a device that was not there from the start, but for its place in the list by EID.
func (x *index) enroll(d *device, now Instant) {
	x.assignNumber(d)
	d.added = max(now, 1)
	x.addIDs(d)
}

// merge puts devices that were enrolled into the list by EID: from its end, so that each device of the list
// moves once at the most.
func (x *index) merge(enrolled []*device) {
	slices.SortFunc(enrolled, func(a, b *device) int { return strings.Compare(a.EID, b.EID) })
	end := len(x.devices)
	x.devices = append(x.devices, enrolled...)
	for j, d := range slices.Backward(enrolled) {
		at := sort.Search(end, func(i int) bool { return x.devices[i].EID > d.EID })
		copy(x.devices[at+j+1:], x.devices[at:end])
		x.devices[at+j] = d
		end = at
	}
}

// remove takes a device out of everything.
func (x *index) remove(d *device) {
	x.removeIDs(d)
	x.numbered.delete(uint64(d.number))
	at := sort.Search(len(x.devices), func(i int) bool { return x.devices[i].EID >= d.EID })
	x.devices = slices.Delete(x.devices, at, at+1)
	d.Card = euicc.Card{} // a generated one is found by its index, and then compared
}

// addIDs makes a device one that is found by each of its identifiers.
func (x *index) addIDs(d *device) {
	d.Sort()
	x.byEID[d.EID] = d
	if d.IMEI != "" {
		x.byIMEI[d.IMEI] = d
	}
	for i := range d.Profiles {
		p := &d.Profiles[i]
		x.byICCID[p.ICCID] = d
		if p.MDN != "" {
			x.byMDN[p.MDN] = d
		}
	}
}

// removeIDs forgets the identifiers of a device that somebody has named.
func (x *index) removeIDs(d *device) {
	drop := func(from map[string]*device, id string) {
		if from[id] == d {
			delete(from, id)
		}
	}
	drop(x.byEID, d.EID)
	drop(x.byIMEI, d.IMEI)
	for i := range d.Profiles {
		drop(x.byICCID, d.Profiles[i].ICCID)
		drop(x.byMDN, d.Profiles[i].MDN)
	}
}

// matches says whether the configuration names one of a card's identifiers.
func (x *index) matches(c *euicc.Card) bool {
	named := x.byEID[c.EID] != nil || x.byIMEI[c.IMEI] != nil
	for i := range c.Profiles {
		named = named || x.byICCID[c.Profiles[i].ICCID] != nil
	}
	return named
}

// deviceByEID is the device of an EID, or nil.
func (x *index) deviceByEID(eid string) *device {
	if d := x.byEID[eid]; d != nil {
		return d
	}
	if d := x.generatedDevice(x.numbering.IndexOfEID(eid)); d != nil && d.EID == eid {
		return d
	}
	return nil
}

func (x *index) deviceByICCID(iccid string) *device {
	if d := x.byICCID[iccid]; d != nil {
		return d
	}
	if d := x.generatedDevice(x.numbering.IndexOfICCID(iccid)); d != nil && d.Profile(iccid) != nil {
		return d
	}
	return nil
}

func (x *index) deviceByIMEI(imei string) *device {
	if d := x.byIMEI[imei]; d != nil {
		return d
	}
	if d := x.generatedDevice(x.numbering.IndexOfIMEI(imei)); d != nil && d.IMEI == imei {
		return d
	}
	return nil
}

func (x *index) deviceByMDN(mdn string) *device {
	has := func(p euicc.Profile) bool { return p.MDN == mdn }
	if d := x.byMDN[mdn]; d != nil && slices.ContainsFunc(d.Profiles, has) {
		return d
	}
	if n, ok := config.IndexOfMDN(mdn); ok && n < len(x.generated) {
		if d := x.generated[n]; d != nil && slices.ContainsFunc(d.Profiles, has) {
			return d
		}
	}
	return nil
}

// deviceByAnyID is the device that the first known of the identifiers names, or nil, whichever account it is of.
func (x *index) deviceByAnyID(ids euicc.IDs) *device {
	switch {
	case ids.EID != "":
		return x.deviceByEID(ids.EID)
	case ids.ICCID != "":
		return x.deviceByICCID(ids.ICCID)
	case ids.IMEI != "":
		return x.deviceByIMEI(ids.IMEI)
	case ids.MDN != "":
		return x.deviceByMDN(ids.MDN)
	}
	return nil
}

// ofAccount is the device of an account that identifiers name, or nil and why there is none.
func (x *index) ofAccount(account string, ids euicc.IDs) (*device, euicc.Fault) {
	d := x.deviceByAnyID(ids)
	switch {
	case d == nil:
		return nil, euicc.DeviceNotFound
	case d.account.Name != account:
		return nil, euicc.OfAnotherAccount
	}
	return d, euicc.OK
}
