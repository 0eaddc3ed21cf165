package sim

import (
	"tsim/internal/bound"
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
	if err := s.checkAccount(account); err != nil {
		return Status{}, err
	}
	r := s.requestByID(id)
	if r == nil || r.Account != account {
		return Status{}, Errorf(RequestUnknown, "account %s has no request %q", account, bound.Short(id))
	}
	st := Status{Progress: r.progress(), Entries: make([]EntryStatus, len(r.results))}
	for i, progress := range r.results {
		st.Entries[i] = EntryStatus{r.Devices.At(i), progress}
	}
	return st, nil
}

// progress is that of the whole: a request has failed when nothing of it has succeeded.
func (r *request) progress() Progress {
	switch {
	case r.left > 0 || r.Lost:
		return Undecided
	case r.failed > 0 && r.failed >= len(r.results):
		return Failed
	}
	return Succeeded
}

// setResult notes what became of an entry.
func (r *request) setResult(entry int32, fault euicc.Fault) {
	r.results[entry] = Succeeded
	if fault != euicc.OK {
		r.results[entry] = Failed
		r.failed++
	}
}
