package sim

import (
	"iter"
	"slices"

	"tsim/internal/euicc"
	"tsim/internal/scheduler"
)

// MaxDevices is how many devices one request may name (every eUICC action page: "10,000 requests").
const MaxDevices = 10_000

// Request is one accepted call for an operation on devices. Submit fills in ID, At and By. What is
// exported does not change afterwards, but for Findings.
type Request struct {
	ID      string // a UUID
	At      Instant
	Account string
	Op      euicc.Op
	Plan    string // the service plan that the call names
	Carrier string // the carrier that the call names
	// CheckFallback asks a deactivation for another profile to fall back to.
	CheckFallback bool
	Devices       *IDList
	Query         *Query    // in place of an operation
	Findings      *Findings // of a query that was carried out
	Session       string    // in which it was asked for
	By            string    // the user whose session it was

	number   uint64
	epoch    uint64     // in which it was accepted
	gated    bool       // its reply has not been written yet
	reserved int        // of the budget of what is pending, until it is finished
	left     int        // executions that are still to come
	open     int        // callbacks that are not delivered, archived or unheard
	events   int        // events in the journal that tell of it
	failed   int        // entries that nothing came of
	cards    []*device  // of each entry, the one that the SM-SR is busy with; nil when it is busy with none
	results  []Progress // of each entry
	told     []uint64   // its callbacks, also those that are forgotten
	caused   uint64     // the event of its acceptance
}

// Submit accepts a request: every device of it is answered later, by callback. Its jobs wait until
// Replied is called, which the caller owes in any case, because the reply goes first.
func (s *Sim) Submit(r Request) (*Request, error) {
	s.lock()
	defer s.mu.Unlock()
	if err := s.hasAccount(r.Account); err != nil {
		return nil, err
	}
	if err := CheckDevices(r.Devices.Len()); err != nil {
		return nil, err
	}
	if err := s.reserve(BudgetPending, r.Devices.Len()); err != nil {
		return nil, err
	}
	if err := s.takeActivation(r.Op); err != nil { // the last, because it counts those that it takes
		s.giveBack(BudgetPending, r.Devices.Len())
		return nil, err
	}
	req := s.admit(r, r.Devices.Len())
	s.jobs.Grow(scheduler.Owed, r.Devices.Len())
	for i := range req.Devices.Len() {
		s.accept(req, i)
	}
	return req, nil
}

// CheckDevices says whether one request may name so many devices.
func CheckDevices(n int) error {
	if n <= MaxDevices {
		return nil
	}
	return Errorf(TooManyDevices, "More than %d devices in a request: found %d.", MaxDevices, n)
}

// admit takes a request in that so many jobs will carry out, for which room is reserved.
func (s *Sim) admit(r Request, jobs int) *Request {
	r.reserved = jobs
	r.epoch, r.gated, r.At, r.By = s.epoch, true, s.jobs.Now(), s.userOf(r.Session)
	r.results = make([]Progress, r.Devices.Len())
	req := &r
	s.stillToCome(req, jobs, 0)
	place, number := s.requests.put()
	*place, req.number = req, number
	req.ID = s.requestID(req.number)
	s.byRequestID[req.ID] = req
	req.caused = s.record(Event{Kind: RequestAccepted, Request: req})
	return req
}

// requestID is the requestId of a number. The name of the sandbox and the epoch have a say in it, so that
// an application that serves two sandboxes, or goes on after a reset, never sees one twice.
func (s *Sim) requestID(number uint64) string {
	return uuid(s.cfg.Seed, "request "+s.cfg.Name, s.epoch, number)
}

// accept owes the execution of one entry. The operations of one card run in the order in which they
// were accepted.
func (s *Sim) accept(r *Request, entry int) {
	due := r.At.Add(s.cfg.Latency[r.Op].of(uniform(s.cfg.Seed, "latency", r.number, uint64(entry))))
	j := job{kind: execution, number: r.number, entry: int32(entry)}
	ids := r.Devices.At(entry)
	if d, _ := s.ofAccount(r.Account, ids); d != nil {
		due = max(due, d.free)
		d.free = due
		// Identifiers that do not belong together never reach the SM-SR.
		if _, fault := d.Target(ids); r.Op.SMSR() && fault == euicc.OK {
			j.busy = r.reach(j.entry, d)
		}
	}
	s.jobs.Add(due, scheduler.Owed, j)
}

// Replied says that the reply to a request is written, or that there will be none: its jobs may run.
func (s *Sim) Replied(r *Request) {
	s.mu.Lock()
	r.gated = false
	s.mu.Unlock()
	s.poke()
}

// request is the one of a number, which is not forgotten.
func (s *Sim) request(number uint64) *Request { return *s.requests.get(number) }

// stillToCome notes that so many more executions and callbacks of a request are to come, or fewer. It is the
// one place that counts them.
func (s *Sim) stillToCome(r *Request, executions, callbacks int) {
	before := r.finished()
	r.left += executions
	r.open += callbacks
	s.open += callbacks
	switch after := r.finished(); {
	case before && !after:
		s.unfinished++
	case !before && after:
		s.unfinished--
		s.giveBack(BudgetPending, r.reserved)
		r.reserved = 0
	}
}

// callbacksOf goes through the callbacks of a request that are not forgotten, from the one after a number on.
func (s *Sim) callbacksOf(r *Request, after uint64) iter.Seq[*callback] {
	return func(yield func(*callback) bool) {
		from, _ := slices.BinarySearch(r.told, after+1)
		for _, id := range r.told[from:] {
			if c := s.callbacks.get(id); c != nil && !yield(c) {
				return
			}
		}
	}
}

// finished says whether nothing of the request is still to come.
func (r *Request) finished() bool { return r.left == 0 && r.open == 0 }

// forgetRequest drops a finished request that no event tells of any more.
func (s *Sim) forgetRequest(r *Request) {
	if r.events == 0 && r.finished() {
		*s.requests.get(r.number) = nil // a page of pointers would keep it
		s.requests.take(r.number)
		delete(s.byRequestID, r.ID)
	}
}
