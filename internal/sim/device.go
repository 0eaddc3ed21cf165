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
	free    Instant   // when the last operation that was accepted for it is due
	smsr    int       // SM-SR operations that are still owed
	last    *Callback // the latest one decided for it
}

// index finds devices by each of their identifiers.
type index struct {
	devices                []*device // by EID
	byEID, byICCID, byIMEI map[string]*device
	mdns                   map[string]bool // generated ones that the configuration names
	mdnsUsed               int
}

func newIndex(accounts []Account) index {
	x := index{
		byEID: map[string]*device{}, byICCID: map[string]*device{}, byIMEI: map[string]*device{}, mdns: map[string]bool{},
	}
	for i := range accounts {
		for j := range accounts[i].Cards {
			x.add(&device{Card: accounts[i].Cards[j].Clone(), account: &accounts[i]})
		}
	}
	slices.SortFunc(x.devices, func(a, b *device) int { return strings.Compare(a.EID, b.EID) })
	return x
}

func (x *index) add(d *device) {
	d.Sort()
	x.devices = append(x.devices, d)
	x.byEID[d.EID] = d
	if d.IMEI != "" {
		x.byIMEI[d.IMEI] = d
	}
	for i := range d.Profiles {
		p := &d.Profiles[i]
		x.byICCID[p.ICCID] = d
		if p.Plan == "" && p.Service != euicc.Deactive {
			p.Plan = d.account.firstPlan(p.Network).Name
		}
		if len(p.MDN) == 10 && p.MDN[3:6] == exchange {
			x.mdns[p.MDN] = true
		}
	}
}

// find is the device of the account that the first known of the identifiers names, or nil.
func (x *index) find(account string, ids euicc.IDs) *device {
	var d *device
	switch {
	case ids.EID != "":
		d = x.byEID[ids.EID]
	case ids.ICCID != "":
		d = x.byICCID[ids.ICCID]
	default:
		d = x.byIMEI[ids.IMEI]
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
	return digits(npa, 3) + exchange + digits(n%10_000, 4)
}

func digits(n, width int) string {
	b := make([]byte, width)
	for i := width - 1; i >= 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return string(b)
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
	d := s.byEID[eid]
	if d == nil {
		return Device{}, Errorf(NotFound, "no device with EID %s", eid)
	}
	return d.view(), nil
}

// SetDevice switches a device on or off, or its network; nil leaves that as it is.
func (s *Sim) SetDevice(eid string, powered, connected *bool) (Device, error) {
	s.lock()
	defer s.mu.Unlock()
	d := s.byEID[eid]
	if d == nil {
		return Device{}, Errorf(NotFound, "no device with EID %s", eid)
	}
	if powered != nil {
		d.Powered = *powered
	}
	if connected != nil {
		d.Connected = *connected
	}
	s.record(Event{Kind: DeviceChanged, EID: eid, Detail: "powered " + yesNo(d.Powered) + ", connected " + yesNo(d.Connected)})
	return d.view(), nil
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
