package sim

import (
	"slices"
	"sort"
	"strings"

	"tsim/internal/config"
	"tsim/internal/euicc"
)

// device is a card with what the sandbox keeps beside it.
type device struct {
	euicc.Card
	account *config.Account
	number  int32     // in the lists, from 1; nobody else ever has it
	smsr    int32     // SM-SR operations that are still owed
	added   Instant   // 0 for one that was there from the start
	free    Instant   // when the last operation that was accepted for it is due
	last    uint64    // the callback at the end of its chain; 0 for none
	called  *Identity // as callbacks know it; nil since it was changed
	waiting *waiting  // the SM-SR operation that waits for it
	// What a generated device needs lies beside it, as far as there is room: in a large fleet, to look
	// elsewhere costs more than everything else.
	identity Identity
	profiles [2]euicc.Profile
}

// name is what the device is called now; callbacks share it.
func (d *device) name() *Identity {
	if d.called == nil {
		d.called = &Identity{d.EID, d.IMEI}
	}
	return d.called
}

// index finds devices by each of their identifiers: those that somebody has named in maps, those of
// fleets by their numbering.
type index struct {
	devices                       []*device      // by EID
	numbered                      table[*device] // the same by their numbers
	byEID, byICCID, byIMEI, byMDN map[string]*device
	numbering                     config.Numbering
	fleet                         []device  // by the number of generation; a gap has no EID
	generated                     []*device // whom each generated MDN was given to; nil for one that somebody has named
	iccidsUsed                    int       // after those of the fleets
}

func newIndex(accounts []config.Account, seed uint64) index {
	x := index{
		byEID: map[string]*device{}, byICCID: map[string]*device{}, byIMEI: map[string]*device{}, byMDN: map[string]*device{},
		numbering: newNumbering(seed),
	}
	room, numbers := 0, 0
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
			numbers += a.Fleets[j].Count * wantMDNs(&a.Fleets[j].Card)
		}
	}
	for _, d := range x.devices {
		x.assignMDNs(d) // now that all the numbers are known that the configuration names
	}
	// Each identifier that is named already costs a gap at the most.
	x.fleet = make([]device, 0, room+len(x.byEID)+len(x.byICCID)+len(x.byIMEI))
	x.devices = slices.Grow(x.devices, room)
	x.generated = slices.Grow(x.generated, numbers)
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
	d.Card = euicc.Card{} // a generated one is found by its number, and then compared
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

// defaultPlans gives a profile without a plan the first one of its network.
func (d *device) defaultPlans() {
	for i := range d.Profiles {
		if p := &d.Profiles[i]; p.Plan == "" && p.Service != euicc.Deactive {
			p.Plan = d.account.FirstPlan(p.Network).Name
		}
	}
}

// wantsMDN says whether a profile is to have a generated number.
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

// assignMDNs gives each profile that wants one a generated number.
func (x *index) assignMDNs(d *device) {
	for i := range d.Profiles {
		if p := &d.Profiles[i]; wantsMDN(p) {
			p.MDN = x.freeMDN()
			x.assignMDN(d)
		}
	}
}

// addFleet generates the devices of a fleet. A number one of whose identifiers is named is left out.
func (x *index) addFleet(a *config.Account, f *config.Fleet) {
	like := device{Card: f.Card.Clone(), account: a}
	var text strings.Builder // in one piece, rather than a million
	x.numbering.Name(&like.Card, 0, &text)
	text.Grow(f.Count * text.Len())
	like.Sort()
	like.defaultPlans()
	for made := 0; made < f.Count; {
		n := len(x.fleet)
		x.fleet = append(x.fleet, like)
		d := &x.fleet[n]
		d.Profiles = append(d.profiles[:0], like.Profiles...)
		x.numbering.Name(&d.Card, uint64(n), &text)
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

// generatedDevice is the generated device of a number, if there is one.
func (x *index) generatedDevice(n uint64, ok bool) *device {
	if !ok || n >= uint64(len(x.fleet)) {
		return nil
	}
	return &x.fleet[n]
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

// freeMDN is the next generated number that nobody has; it stays free until assignMDN.
func (x *index) freeMDN() string {
	for {
		if mdn := config.MDN(len(x.generated)); x.byMDN[mdn] == nil {
			return mdn
		}
		x.generated = append(x.generated, nil)
	}
}

// assignMDN notes to whom the number went that freeMDN has found.
func (x *index) assignMDN(d *device) { x.generated = append(x.generated, d) }

func (d *device) view() config.Device { return config.Device{Account: d.account.Name, Card: d.Clone()} }

// Devices lists up to limit devices whose EID is greater than after, by EID.
func (s *Sim) Devices(after string, limit int) []config.Device {
	s.lock()
	defer s.mu.Unlock()
	first := sort.Search(len(s.devices), func(i int) bool { return s.devices[i].EID > after })
	var page []config.Device
	for _, d := range s.devices[first:][:min(max(limit, 0), len(s.devices)-first)] {
		page = append(page, d.view())
	}
	return page
}

// Device is the device of an EID.
func (s *Sim) Device(eid string) (config.Device, error) {
	s.lock()
	defer s.mu.Unlock()
	d := s.deviceByEID(eid)
	if d == nil {
		return config.Device{}, Errorf(NotFound, "no device with EID %s", eid)
	}
	return d.view(), nil
}

// SetDevice switches a device on or off, or its network; nil leaves that as it is.
func (s *Sim) SetDevice(eid string, powered, connected *bool) (config.Device, error) {
	s.lock()
	defer s.mu.Unlock()
	d := s.deviceByEID(eid)
	if d == nil {
		return config.Device{}, Errorf(NotFound, "no device with EID %s", eid)
	}
	s.change(d, powered, connected)
	s.notify()
	return d.view(), nil
}

// change is what happens to a device from outside.
func (s *Sim) change(d *device, powered, connected *bool) {
	online := d.Connected
	if powered != nil {
		d.Powered = *powered
	}
	if connected != nil {
		d.Connected = *connected
	}
	cause := s.record(Event{
		Kind: DeviceChanged, EID: d.EID, Detail: "powered " + yesNo(d.Powered) + ", connected " + yesNo(d.Connected),
	})
	if online && !d.Connected && d.LoseNetwork() {
		s.record(Event{Kind: ProfileFellBack, Cause: cause, EID: d.EID, ICCID: d.Fallback})
	}
	if d.Reachable() {
		s.backAgain(d)
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

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
