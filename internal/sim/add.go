package sim

import (
	"tsim/internal/config"
	"tsim/internal/euicc"
)

// MaxAdded is how many devices one call may add ("Add devices").
const MaxAdded = 200

// AddPreactive takes devices into an account, each known by its IMEI and by an EID or ICCID; "" means the
// only account that there is. One with an ICCID has that as its US profile, not active yet; one without
// is empty. One without an EID gets a generated one. What is wrong with one device is told in its place
// and disturbs no other.
func (s *Sim) AddPreactive(account string, devices []euicc.IDs) ([]error, error) {
	c := &enrollDevices{Account: account, Devices: devices}
	s.do(c)
	return c.results, c.err
}

type enrollDevices struct {
	Account string
	Devices []euicc.IDs
	result
	results []error
}

func (c *enrollDevices) apply(s *Sim) { c.results, c.err = s.enrollDevices(c.Account, c.Devices) }

func (s *Sim) enrollDevices(account string, devices []euicc.IDs) ([]error, error) {
	a, err := s.account(account)
	if err != nil {
		return nil, err
	}
	if err := CheckAdded(len(devices)); err != nil {
		return nil, err
	}
	if err := s.makeRoomFor(len(devices)); err != nil {
		return nil, err
	}
	results := make([]error, len(devices))
	var enrolled []*device
	for i, ids := range devices {
		d, err := s.addDevice(a, ids)
		if results[i] = err; err == nil {
			enrolled = append(enrolled, d)
		}
	}
	s.merge(enrolled)
	s.freeRoom() // those that are not added need no room
	return results, nil
}

// CheckAdded says whether one call may add so many devices.
func CheckAdded(n int) error {
	if n <= MaxAdded {
		return nil
	}
	return Errorf(TooManyAdded, "a call adds at most %d devices, not %d", MaxAdded, n)
}

func (s *Sim) addDevice(a *config.Account, ids euicc.IDs) (*device, error) {
	switch {
	case s.deviceByEID(ids.EID) != nil:
		return nil, Errorf(Conflict, "a device with EID %s is there already", ids.EID)
	case s.deviceByIMEI(ids.IMEI) != nil:
		return nil, Errorf(Conflict, "a device with IMEI %s is there already", ids.IMEI)
	case ids.ICCID != "" && s.deviceByICCID(ids.ICCID) != nil:
		return nil, Errorf(Conflict, "a profile with ICCID %s is there already", ids.ICCID)
	}
	if ids.EID == "" {
		ids.EID = s.freeEID()
	}
	d := &device{Card: euicc.Card{EID: ids.EID, IMEI: ids.IMEI, Powered: true, Connected: true}, account: a}
	if ids.ICCID != "" {
		d.Profiles = []euicc.Profile{{ICCID: ids.ICCID, Network: euicc.US, Role: euicc.Lead, Status: euicc.StatusDownloadDisable}}
	}
	s.enroll(d, s.jobs.Now())
	s.record(Event{Kind: DeviceChanged, EID: d.EID, ICCID: ids.ICCID, Detail: "added"})
	return d, nil
}
