package sim

import (
	"sort"

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

// defaultPlans gives a profile without a plan the first one of its network.
func (d *device) defaultPlans() {
	for i := range d.Profiles {
		if p := &d.Profiles[i]; p.Plan == "" && p.Service != euicc.Deactive {
			p.Plan = d.account.FirstPlan(p.Network).Name
		}
	}
}

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
	c := &switchDevice{EID: eid, Powered: powered, Connected: connected}
	s.do(c)
	return c.device, c.err
}

type switchDevice struct {
	EID                string
	Powered, Connected *bool
	result
	device config.Device
}

func (c *switchDevice) apply(s *Sim) {
	d := s.deviceByEID(c.EID)
	if d == nil {
		c.err = Errorf(NotFound, "no device with EID %s", c.EID)
		return
	}
	s.change(d, c.Powered, c.Connected)
	s.notify()
	c.device = d.view()
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
