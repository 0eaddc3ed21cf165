package sim

import (
	"fmt"

	"tsim/internal/config"
	"tsim/internal/euicc"
)

// Setting state: what a test says of its devices, as a scenario could have said it. Contradictions
// are refused as there.

// AddDevices puts devices into the sandbox, all or none. A device without an account belongs to the
// only one that there is.
func (s *Sim) AddDevices(devices []config.Device) ([]config.Device, error) {
	c := &addDevices{Devices: devices}
	s.do(c)
	return c.added, c.err
}

type addDevices struct {
	Devices []config.Device
	result
	added []config.Device
}

func (c *addDevices) apply(s *Sim) { c.added, c.err = s.addDevices(c.Devices) }

func (s *Sim) addDevices(devices []config.Device) ([]config.Device, error) {
	k := config.NewChecker(s.cfg.Compat)
	accounts := make([]*config.Account, len(devices))
	for i := range devices {
		at := ""
		if len(devices) > 1 {
			at = fmt.Sprintf("/%d", i)
		}
		accounts[i] = s.accountFor(k, at, devices[i].Account)
		s.checkUnused(k, at, &devices[i].Card, nil)
		if accounts[i] != nil {
			k.Card(at, accounts[i], &devices[i].Card)
		}
	}
	if err := Impossible(k.Problems()); err != nil {
		return nil, err
	}
	if err := s.makeRoomFor(len(devices)); err != nil {
		return nil, err
	}
	views, enrolled := make([]config.Device, len(devices)), make([]*device, len(devices))
	for i := range devices {
		d := &device{Card: devices[i].Clone(), account: accounts[i]}
		d.defaultPlans()
		s.enroll(d, s.jobs.Now())
		s.assignMDNs(d)
		s.record(Event{Kind: DeviceChanged, EID: d.EID, Detail: "added"})
		views[i], enrolled[i] = d.view(), d
	}
	s.merge(enrolled)
	return views, nil
}

// PutDevice makes a device what it is said to be, whether or not it is there. It says whether it is
// new.
func (s *Sim) PutDevice(to config.Device) (config.Device, bool, error) {
	s.lock()
	defer s.mu.Unlock()
	if s.deviceByEID(to.EID) == nil {
		c := &addDevices{Devices: []config.Device{to}}
		s.apply(c)
		if c.err != nil {
			return config.Device{}, false, c.err
		}
		return c.added[0], true, nil
	}
	c := &changeDevice{EID: to.EID, Device: to}
	s.apply(c)
	return c.changed, false, c.err
}

// ChangeDevice lets change rewrite a device, but for its EID, and moves it to an account unless that
// is "". The sandbox is locked meanwhile. An operation that waits for the device is tried again.
func (s *Sim) ChangeDevice(eid, account string, change func(*euicc.Card) error) (config.Device, error) {
	s.lock()
	defer s.mu.Unlock()
	d := s.deviceByEID(eid)
	if d == nil {
		return config.Device{}, Errorf(NotFound, "no device with EID %s", eid)
	}
	c := &changeDevice{EID: eid, Device: config.Device{Account: account, Card: d.Clone()}}
	if err := change(&c.Device.Card); err != nil {
		return config.Device{}, err
	}
	s.apply(c)
	return c.changed, c.err
}

// changeDevice makes the device of an EID what it is said to be.
type changeDevice struct {
	EID    string
	Device config.Device
	result
	changed config.Device
}

func (c *changeDevice) apply(s *Sim) { c.changed, c.err = s.changeDevice(c.EID, c.Device) }

func (s *Sim) changeDevice(eid string, to config.Device) (config.Device, error) {
	d := s.deviceByEID(eid)
	if d == nil {
		return config.Device{}, Errorf(NotFound, "no device with EID %s", eid)
	}
	card, account := to.Clone(), to.Account
	card.EID = eid
	k := config.NewChecker(s.cfg.Compat)
	a := d.account
	if account != "" {
		a = s.accountFor(k, "", account)
	}
	s.checkUnused(k, "", &card, d)
	if a != nil {
		k.Card("", a, &card)
	}
	if err := Impossible(k.Problems()); err != nil {
		return config.Device{}, err
	}
	s.removeIDs(d)
	d.Card, d.account, d.called = card, a, nil
	d.defaultPlans()
	s.addIDs(d)
	s.assignMDNs(d)
	s.record(Event{Kind: DeviceChanged, EID: d.EID, Detail: "set"})
	s.backAgain(d)
	s.notify()
	return d.view(), nil
}

// RemoveDevice takes a device out. Operations that are still owed to it find no device, and say so.
func (s *Sim) RemoveDevice(eid string) error {
	c := &removeDevice{EID: eid}
	s.do(c)
	return c.err
}

type removeDevice struct {
	EID string
	result
}

func (c *removeDevice) apply(s *Sim) {
	d := s.deviceByEID(c.EID)
	if d == nil {
		c.err = Errorf(NotFound, "no device with EID %s", c.EID)
		return
	}
	s.remove(d)
	s.freeRoom()
	s.record(Event{Kind: DeviceChanged, EID: c.EID, Detail: "removed"})
	s.backAgain(d)
	s.notify()
}

// accountFor is the account that a device is said to belong to.
func (s *Sim) accountFor(k *config.Checker, at, name string) *config.Account {
	if name == "" && len(s.cfg.Accounts) == 1 {
		return &s.cfg.Accounts[0]
	}
	for i := range s.cfg.Accounts {
		if s.cfg.Accounts[i].Name == name {
			return &s.cfg.Accounts[i]
		}
	}
	if name == "" {
		k.Add(at+"/account", "account is missing; the sandbox has %d of them", len(s.cfg.Accounts))
	} else {
		k.Add(at+"/account", "no account %q in this sandbox", name)
	}
	return nil
}

// checkUnused looks for identifiers of a card that another device of the sandbox has, generated ones
// included.
func (s *Sim) checkUnused(k *config.Checker, at string, c *euicc.Card, self *device) {
	look := func(pointer, what, id string, d *device) {
		if id != "" && d != nil && d != self {
			k.Add(at+pointer, "%s %s is there already, of the device %s", what, id, d.EID)
		}
	}
	look("/eid", "EID", c.EID, s.deviceByEID(c.EID))
	look("/imei", "IMEI", c.IMEI, s.deviceByIMEI(c.IMEI))
	for i := range c.Profiles {
		p := &c.Profiles[i]
		look(fmt.Sprintf("/profiles/%d/iccid", i), "ICCID", p.ICCID, s.deviceByICCID(p.ICCID))
		look(fmt.Sprintf("/profiles/%d/mdn", i), "MDN", p.MDN, s.deviceByMDN(p.MDN))
	}
}
