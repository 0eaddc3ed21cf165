package sim

import "tsim/internal/euicc"

// MaxAdded is how many devices one call may add ("Add devices").
const MaxAdded = 200

// AddPreactive takes devices into an account, each known by its EID and IMEI. One with an ICCID has
// that as its US profile, not active yet; one without is empty. What is wrong with one device is told
// in its place and disturbs no other.
func (s *Sim) AddPreactive(account string, devices []euicc.IDs) ([]error, error) {
	s.lock()
	defer s.mu.Unlock()
	if err := s.hasAccount(account); err != nil {
		return nil, err
	}
	if n := len(devices); n > MaxAdded {
		return nil, Errorf(TooManyAdded, "a call adds at most %d devices, not %d", MaxAdded, n)
	}
	results := make([]error, len(devices))
	var enrolled []*device
	for i, ids := range devices {
		d, err := s.addDevice(account, ids)
		if results[i] = err; err == nil {
			enrolled = append(enrolled, d)
		}
	}
	s.merge(enrolled)
	return results, nil
}

func (s *Sim) addDevice(account string, ids euicc.IDs) (*device, error) {
	switch {
	case s.withEID(ids.EID) != nil:
		return nil, Errorf(Conflict, "a device with EID %s is there already", ids.EID)
	case s.withIMEI(ids.IMEI) != nil:
		return nil, Errorf(Conflict, "a device with IMEI %s is there already", ids.IMEI)
	case ids.ICCID != "" && s.withICCID(ids.ICCID) != nil:
		return nil, Errorf(Conflict, "a profile with ICCID %s is there already", ids.ICCID)
	}
	d := &device{Card: euicc.Card{EID: ids.EID, IMEI: ids.IMEI, Powered: true, Connected: true}}
	for i := range s.cfg.Accounts {
		if a := &s.cfg.Accounts[i]; a.Name == account {
			d.account = a
		}
	}
	if ids.ICCID != "" {
		d.Profiles = []euicc.Profile{{ICCID: ids.ICCID, Network: euicc.US, Role: euicc.Lead, Status: euicc.StatusDownloadDisable}}
	}
	s.enroll(d, s.jobs.Now())
	s.record(Event{Kind: DeviceChanged, EID: d.EID, ICCID: ids.ICCID, Detail: "added"})
	return d, nil
}
