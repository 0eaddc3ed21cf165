package sim

import (
	"slices"
	"sort"
	"strings"

	"tsim/internal/euicc"
)

// device is a card with what the sandbox keeps beside it.
type device struct {
	euicc.Card
	account *Account
	number  int32     // in the lists
	smsr    int32     // SM-SR operations that are still owed
	added   Instant   // 0 for one that was there from the start
	free    Instant   // when the last operation that was accepted for it is due
	last    *callback // the latest one decided for it
	called  *Identity // as callbacks know it; nil since it was changed
	waiting *waiting  // the SM-SR operation that waits for it
	// What a generated device needs lies beside it, as far as there is room: in a large fleet, to look
	// elsewhere costs more than everything else.
	identity Identity
	profiles [2]euicc.Profile
}

// known is what the device is called now; callbacks share it.
func (d *device) known() *Identity {
	if d.called == nil {
		d.called = &Identity{d.EID, d.IMEI}
	}
	return d.called
}

// index finds devices by each of their identifiers: those that the configuration names in maps, those
// of fleets by their numbering.
type index struct {
	devices                []*device // by EID
	byEID, byICCID, byIMEI map[string]*device
	added                  []*device // by calls, in that order
	numbering              numbering
	fleet                  []device        // by the number of the device; a gap has no EID
	mdns                   map[string]bool // generated ones that the configuration names
	mdnsUsed               int
	iccidsUsed             int // after those of the fleets
}

func newIndex(accounts []Account, seed uint64) index {
	x := index{
		byEID: map[string]*device{}, byICCID: map[string]*device{}, byIMEI: map[string]*device{}, mdns: map[string]bool{},
		numbering: newNumbering(seed),
	}
	room := 0
	for i := range accounts {
		a := &accounts[i]
		for j := range a.Cards {
			x.add(&device{Card: a.Cards[j].Clone(), account: a})
		}
		for j := range a.Fleets {
			room += a.Fleets[j].Count
		}
	}
	for _, d := range x.devices {
		x.number(d) // now that all the numbers are known that the configuration names
	}
	// Each identifier that is named already costs a gap at the most.
	x.fleet = make([]device, 0, room+len(x.byEID)+len(x.byICCID)+len(x.byIMEI))
	x.devices = slices.Grow(x.devices, room)
	for i := range accounts {
		for j := range accounts[i].Fleets {
			x.addFleet(&accounts[i], &accounts[i].Fleets[j])
		}
	}
	slices.SortFunc(x.devices, func(a, b *device) int { return strings.Compare(a.EID, b.EID) })
	for i, d := range x.devices {
		d.number = int32(i + 1)
	}
	return x
}

// add takes in a device that the configuration names.
func (x *index) add(d *device) {
	x.devices = append(x.devices, d)
	x.link(d)
}

// link makes a device one that is found by each of its identifiers.
func (x *index) link(d *device) {
	d.Sort()
	x.byEID[d.EID] = d
	if d.IMEI != "" {
		x.byIMEI[d.IMEI] = d
	}
	d.defaultPlans()
	for i := range d.Profiles {
		p := &d.Profiles[i]
		x.byICCID[p.ICCID] = d
		if len(p.MDN) == 10 && p.MDN[3:6] == exchange {
			x.mdns[p.MDN] = true
		}
	}
}

// defaultPlans gives a profile without a plan the first one of its network.
func (d *device) defaultPlans() {
	for i := range d.Profiles {
		if p := &d.Profiles[i]; p.Plan == "" && p.Service != euicc.Deactive {
			p.Plan = d.account.firstPlan(p.Network).Name
		}
	}
}

// number gives each active profile without a number a generated one.
func (x *index) number(d *device) {
	for i := range d.Profiles {
		if p := &d.Profiles[i]; p.Service == euicc.Active && p.MDN == "" {
			p.MDN = x.freeMDN()
			x.takeMDN()
		}
	}
}

// addFleet generates the devices of a fleet. A number one of whose identifiers is named is left out.
func (x *index) addFleet(a *Account, f *Fleet) {
	like := device{Card: f.Card.Clone(), account: a}
	var text strings.Builder // in one piece, rather than a million
	x.numbering.name(&like.Card, 0, &text)
	text.Grow(f.Count * text.Len())
	like.Sort()
	like.defaultPlans()
	for made := 0; made < f.Count; {
		n := len(x.fleet)
		x.fleet = append(x.fleet, like)
		d := &x.fleet[n]
		d.Profiles = append(d.profiles[:0], like.Profiles...)
		x.numbering.name(&d.Card, uint64(n), &text)
		if x.names(&d.Card) {
			*d = device{}
			continue
		}
		x.number(d)
		d.identity = Identity{d.EID, d.IMEI}
		d.called = &d.identity
		x.devices = append(x.devices, d)
		made++
	}
}

// names says whether the configuration names one of a card's identifiers.
func (x *index) names(c *euicc.Card) bool {
	named := x.byEID[c.EID] != nil || x.byIMEI[c.IMEI] != nil
	for i := range c.Profiles {
		named = named || x.byICCID[c.Profiles[i].ICCID] != nil
	}
	return named
}

// withEID is the device of an EID, or nil.
func (x *index) withEID(eid string) *device {
	if d := x.byEID[eid]; d != nil {
		return d
	}
	if d := x.numbered(x.numbering.byEID(eid)); d != nil && d.EID == eid {
		return d
	}
	return nil
}

func (x *index) withICCID(iccid string) *device {
	if d := x.byICCID[iccid]; d != nil {
		return d
	}
	if d := x.numbered(x.numbering.byICCID(iccid)); d != nil && d.Profile(iccid) != nil {
		return d
	}
	return nil
}

func (x *index) withIMEI(imei string) *device {
	if d := x.byIMEI[imei]; d != nil {
		return d
	}
	if d := x.numbered(x.numbering.byIMEI(imei)); d != nil && d.IMEI == imei {
		return d
	}
	return nil
}

// numbered is the generated device of a number, if there is one.
func (x *index) numbered(n uint64, ok bool) *device {
	if !ok || n >= uint64(len(x.fleet)) {
		return nil
	}
	return &x.fleet[n]
}

// find is the device of the account that the first known of the identifiers names, or nil.
func (x *index) find(account string, ids euicc.IDs) *device {
	var d *device
	switch {
	case ids.EID != "":
		d = x.withEID(ids.EID)
	case ids.ICCID != "":
		d = x.withICCID(ids.ICCID)
	default:
		d = x.withIMEI(ids.IMEI)
	}
	if d == nil || d.account.Name != account {
		return nil
	}
	return d
}

// exchange is the middle of every generated number: 555 is what the numbering plan keeps for fiction.
const exchange = "555"

// freeMDN is the next generated number that nobody has; it stays free until takeMDN.
func (x *index) freeMDN() string {
	for {
		if mdn := generatedMDN(x.mdnsUsed); !x.mdns[mdn] {
			return mdn
		}
		x.mdnsUsed++
	}
}

func (x *index) takeMDN() { x.mdnsUsed++ }

// generatedMDN is the n-th number NPA 555 xxxx. Area codes begin at 201 and leave out the service
// codes, which end in 11.
func generatedMDN(n int) string {
	npa := 201 + n/10_000
	npa += (npa - 201 + 89) / 99 // 211, 311 …: one in a hundred is skipped
	b := appendDigits(make([]byte, 0, 10), uint64(npa), 3)
	b = append(b, exchange...)
	return string(appendDigits(b, uint64(n%10_000), 4))
}

// Device is a card as it is now, and whose it is.
type Device struct {
	Account string
	euicc.Card
}

func (d *device) view() Device { return Device{d.account.Name, d.Clone()} }

// Devices lists up to limit devices whose EID is greater than after, by EID.
func (s *Sim) Devices(after string, limit int) []Device {
	s.lock()
	defer s.mu.Unlock()
	first := sort.Search(len(s.devices), func(i int) bool { return s.devices[i].EID > after })
	var page []Device
	for _, d := range s.devices[first:][:min(max(limit, 0), len(s.devices)-first)] {
		page = append(page, d.view())
	}
	return page
}

// Device is the device of an EID.
func (s *Sim) Device(eid string) (Device, error) {
	s.lock()
	defer s.mu.Unlock()
	d := s.withEID(eid)
	if d == nil {
		return Device{}, Errorf(NotFound, "no device with EID %s", eid)
	}
	return d.view(), nil
}

// SetDevice switches a device on or off, or its network; nil leaves that as it is.
func (s *Sim) SetDevice(eid string, powered, connected *bool) (Device, error) {
	s.lock()
	defer s.mu.Unlock()
	d := s.withEID(eid)
	if d == nil {
		return Device{}, Errorf(NotFound, "no device with EID %s", eid)
	}
	s.change(d, powered, connected)
	s.poke()
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
