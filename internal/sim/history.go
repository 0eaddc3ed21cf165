package sim

import (
	"slices"

	"tsim/internal/euicc"
)

// Record is one operation that was carried out on a profile, or that was refused.
type Record struct {
	At                    Instant
	Account               string
	EID, ICCID, IMEI, MDN string
	Plan                  string
	Op                    euicc.Op
	By                    string // the user who asked for it
	Failed                bool
}

// maxHistory is how many records a sandbox keeps: the latest ones.
const maxHistory = 50_000

// remember notes what came of an operation for the profiles of a card.
func (s *Sim) remember(r *Request, d *device, outcomes []euicc.Outcome) {
	for i := range outcomes {
		out := &outcomes[i]
		if d == nil || out.Device || d.Profile(out.Profile.ICCID) == nil {
			continue
		}
		p := &out.Profile
		place, _ := s.history.place()
		*place = Record{
			At: s.jobs.Now(), Account: r.Account, EID: d.EID, ICCID: p.ICCID, IMEI: d.IMEI, MDN: p.MDN, Plan: p.Plan,
			Op: r.Op, By: r.by, Failed: out.Fault != euicc.OK,
		}
	}
}

// HistoryFilter chooses records; zero fields choose all.
type HistoryFilter struct {
	Account  string
	Devices  []euicc.IDs // any of them
	From, To Instant     // To 0 is for ever
}

// History lists up to limit records, oldest first, and says whether there are more.
func (s *Sim) History(f *HistoryFilter, limit int) (page []Record, more bool, err error) {
	s.lock()
	defer s.mu.Unlock()
	if len(f.Devices) > 0 && !s.knows(f.Account, f.Devices) {
		return nil, false, Errorf(DeviceUnknown, "no device has these identifiers")
	}
	page, more = s.records(f, limit)
	return page, more, nil
}

// knows says whether one of the identifiers belongs to a line of the account, or of any.
func (s *Sim) knows(account string, ids []euicc.IDs) bool {
	found, _ := s.lines(&LineFilter{Account: account, Devices: ids}, 0, 1)
	return len(found) > 0
}

func (s *Sim) records(f *HistoryFilter, limit int) (page []Record, more bool) {
	for r := range s.history.from(0) {
		if f.Account != "" && r.Account != f.Account || r.At < f.From || f.To != 0 && r.At > f.To {
			continue
		}
		if len(f.Devices) > 0 && !slices.ContainsFunc(f.Devices, func(ids euicc.IDs) bool {
			return names(ids, r.EID, r.ICCID, r.IMEI, r.MDN)
		}) {
			continue
		}
		if len(page) == limit {
			return page, true
		}
		page = append(page, *r)
	}
	return page, false
}

// activations are the latest activation of each profile that has one.
func (s *Sim) activations() map[string]*Record {
	all := map[string]*Record{}
	for r := range s.history.from(0) {
		if !r.Failed && (r.Op == euicc.OpActivate || r.Op == euicc.OpActivateEnable) {
			all[r.ICCID] = r
		}
	}
	return all
}
