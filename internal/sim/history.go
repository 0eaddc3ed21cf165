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

// recordHistory notes what came of an operation for the profiles of a card.
func (s *Sim) recordHistory(r *request, d *device, outcomes []euicc.Outcome) {
	for i := range outcomes {
		out := &outcomes[i]
		if d == nil || out.Device || d.Profile(out.Profile.ICCID) == nil {
			continue
		}
		p := &out.Profile
		record, _ := s.history.insert()
		*record = Record{
			At: s.jobs.Now(), Account: r.Account, EID: d.EID, ICCID: p.ICCID, IMEI: d.IMEI, MDN: p.MDN, Plan: p.Plan,
			Op: r.Op, By: r.By, Failed: out.Fault != euicc.OK,
		}
		if s.history.live > maxHistory {
			s.history.delete(s.history.oldest())
		}
	}
}

// HistoryFilter chooses records; zero fields choose all.
type HistoryFilter struct {
	Account  string
	Devices  []euicc.IDs // any of them, each by one identifier
	From, To Instant     // To 0 is for ever
}

// History lists up to limit records, oldest first, and says whether there are more.
func (s *Sim) History(f *HistoryFilter, limit int) (page []Record, more bool, err error) {
	s.lock()
	defer s.mu.Unlock()
	if len(f.Devices) > 0 && !slices.ContainsFunc(f.Devices, func(ids euicc.IDs) bool { return s.deviceByAnyID(ids) != nil }) {
		return nil, false, Errorf(DeviceUnknown, "no device has these identifiers")
	}
	page, more = s.records(f, limit)
	return page, more, nil
}

// missing says why none of the devices that a history is asked of is one of the account; OK when one is, or
// when none is named.
func (s *Sim) missing(account string, devices []euicc.IDs) euicc.Fault {
	why := euicc.OK
	for _, ids := range devices {
		d, fault := s.ofAccount(account, ids)
		if d != nil {
			return euicc.OK
		}
		why = max(why, fault)
	}
	return why
}

func (s *Sim) records(f *HistoryFilter, limit int) (page []Record, more bool) {
	asked := idSetOf(f.Devices)
	for _, r := range s.history.after(0) {
		if f.Account != "" && r.Account != f.Account || r.At < f.From || f.To != 0 && r.At > f.To {
			continue
		}
		if !asked.has(r.EID, r.ICCID, r.IMEI, r.MDN) {
			continue
		}
		if len(page) == limit {
			return page, true
		}
		page = append(page, *r)
	}
	return page, false
}

// tellActivations says of lines when their profiles were activated the last time, and by whom.
func (s *Sim) tellActivations(lines []Line) {
	latest := map[string]*Record{}
	for _, r := range s.history.after(0) {
		if !r.Failed && r.Op.Activates() {
			latest[r.ICCID] = r
		}
	}
	for i := range lines {
		if r := latest[lines[i].Profile.ICCID]; r != nil {
			lines[i].Activated, lines[i].ActivatedBy = r.At, r.By
		}
	}
}
