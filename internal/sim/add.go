package sim

import (
	"slices"
	"sort"
	"strings"

	"tsim/internal/euicc"
)

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
	for i, ids := range devices {
		results[i] = s.addDevice(account, ids)
	}
	return results, nil
}

func (s *Sim) addDevice(account string, ids euicc.IDs) error {
	switch {
	case s.withEID(ids.EID) != nil:
		return Errorf(Conflict, "a device with EID %s is there already", ids.EID)
	case s.withIMEI(ids.IMEI) != nil:
		return Errorf(Conflict, "a device with IMEI %s is there already", ids.IMEI)
	case ids.ICCID != "" && s.withICCID(ids.ICCID) != nil:
		return Errorf(Conflict, "a profile with ICCID %s is there already", ids.ICCID)
	}
	d := &device{added: max(s.jobs.Now(), 1), number: int32(len(s.devices) + 1)}
	d.Card = euicc.Card{EID: ids.EID, IMEI: ids.IMEI, Powered: true, Connected: true}
	for i := range s.cfg.Accounts {
		if a := &s.cfg.Accounts[i]; a.Name == account {
			d.account = a
		}
	}
	if ids.ICCID != "" {
		d.Profiles = []euicc.Profile{{ICCID: ids.ICCID, Network: euicc.US, Role: euicc.Lead, Status: euicc.StatusDownloadDisable}}
	}
	s.insert(d)
	s.record(Event{Kind: DeviceChanged, EID: d.EID, ICCID: ids.ICCID, Detail: "added"})
	return nil
}

// insert takes a device in that was not there from the start.
func (x *index) insert(d *device) {
	at := sort.Search(len(x.devices), func(i int) bool { return strings.Compare(x.devices[i].EID, d.EID) >= 0 })
	x.devices = slices.Insert(x.devices, at, d)
	x.added = append(x.added, d)
	x.byEID[d.EID], x.byIMEI[d.IMEI] = d, d
	for i := range d.Profiles {
		x.byICCID[d.Profiles[i].ICCID] = d
	}
}
