package sim

import (
	"strings"

	"tsim/internal/euicc"
)

// Progress is how far a request, or one device of it, has come.
type Progress uint8

// The stages. What failed is decided too: its callbacks say so.
const (
	Undecided Progress = iota // a callback of it is still to be decided
	Succeeded
	Failed
)

// Status is how far a request has come, as a whole and device by device.
type Status struct {
	Progress
	Entries []EntryStatus // in the order of the request; none of what only asks
}

// EntryStatus is one device of a request: the identifiers that were sent, and how far it has come.
type EntryStatus struct {
	IDs euicc.IDs
	Progress
}

// Status says how far a request of an account has come. A request that the journal has forgotten is
// unknown again.
func (s *Sim) Status(account, id string) (Status, error) {
	s.lock()
	defer s.mu.Unlock()
	if err := s.hasAccount(account); err != nil {
		return Status{}, err
	}
	r := s.byRequestID[id]
	if r == nil || r.Account != account {
		return Status{}, Errorf(RequestUnknown, "account %s has no request %q", account, id)
	}
	st := Status{Entries: make([]EntryStatus, len(r.results))}
	copy(st.Entries, r.results)
	for i, ids := range r.Devices {
		if st.Entries[i].Progress == Undecided {
			st.Entries[i].IDs = own(nil, ids)
		}
	}
	st.Progress = r.progress()
	return st, nil
}

// progress is that of the whole: a request has failed when nothing of it has succeeded.
func (r *Request) progress() Progress {
	switch {
	case r.left > 0:
		return Undecided
	case r.failed > 0 && r.failed >= len(r.results):
		return Failed
	}
	return Succeeded
}

// conclude notes what became of an entry. It keeps the identifiers that were sent, as the card's own
// strings where they are the same, so that the body of the call can go.
func (r *Request) conclude(entry int32, d *device, sent euicc.IDs, fault euicc.Fault) {
	e := EntryStatus{IDs: own(d, sent), Progress: Succeeded}
	if fault != euicc.OK {
		e.Progress = Failed
		r.failed++
	}
	r.results[entry] = e
}

// own is the same identifiers without the text that they were read from.
func own(d *device, ids euicc.IDs) euicc.IDs {
	if d == nil {
		d = &device{}
	}
	iccid, mdn := "", ""
	if p := d.Profile(ids.ICCID); p != nil {
		iccid, mdn = p.ICCID, p.MDN
	}
	return euicc.IDs{
		EID: same(ids.EID, d.EID), ICCID: same(ids.ICCID, iccid), IMEI: same(ids.IMEI, d.IMEI), MDN: same(ids.MDN, mdn),
		Conflict: ids.Conflict,
	}
}

// same is the text of a, in the memory of b if it can be.
func same(a, b string) string {
	if a == b {
		return b
	}
	return strings.Clone(a)
}
