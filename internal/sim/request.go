package sim

import (
	"iter"
	"slices"

	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/scheduler"
)

// MaxDevices is how many devices one request may name (every eUICC action page: "10,000 requests").
const MaxDevices = 10_000

// Request is one accepted call for an operation on devices, or for an answer to a query: a value that does not
// change. Submit fills in Number, Epoch, ID, At and By.
type Request struct {
	Number  uint64 // from 1, in the order of acceptance
	Epoch   uint64 // of the sandbox, when it was accepted
	ID      string // a UUID
	At      Instant
	Account string
	Op      euicc.Op
	Plan    string // the service plan that the call names
	Carrier string // the carrier that the call names
	// CheckFallback asks a deactivation for another profile to fall back to.
	CheckFallback bool
	Devices       *IDList
	Query         *Query // in place of an operation
	Session       string // in which it was asked for
	By            string // the user whose session it was
	// What a rule for replies does, of the name Rule, and its event. Late: the reply is kept back, and the jobs of this
	// request with it, but nobody else's. Lost: nothing ever comes of the request.
	Rule       string
	RuleDid    string
	RuleEvent  uint64
	Late, Lost bool
}

// request is the record of a request.
type request struct {
	Request
	gated     bool       // its reply has not been written yet
	early     bool       // some of it was carried out before the reply
	reserved  int        // of the budget of what is pending, until it is finished
	left      int        // executions that are still to come
	open      int        // callbacks that are not in a final state
	events    int        // events in the journal that tell of it
	failed    int        // entries that nothing came of
	applied   []applied  // what rules did
	smsr      []int32    // of each entry, the number of the device that the SM-SR is busy with; nil when it is busy with none
	results   []Progress // of each entry
	callbacks []uint64   // its callbacks, also those that are forgotten
	accepted  uint64     // the event of its acceptance
	findings  *Findings  // of a query that was answered
}

// Submit accepts a request: every device of it is answered later, by callback, and a query by one. Its jobs wait until
// Replied is called, which the caller owes in any case, because the reply goes first.
func (s *Sim) Submit(r Request) (Request, error) {
	s.lock()
	defer s.mu.Unlock()
	c := &s.usual.submit
	c.Request = r
	s.apply(c)
	made, err := c.made, c.err
	*c = submitRequest{}
	return made, err
}

type submitRequest struct {
	Request Request
	result
	made Request
}

func (c *submitRequest) apply(s *Sim) {
	r := &c.Request
	if r.Session != "" {
		r.By, r.Session = s.userOf(r.Session), "" // all that is to be known of it
	}
	if r.Query != nil {
		c.made, c.err = s.ask(*r)
	} else {
		c.made, c.err = s.submit(*r)
	}
	c.told = c.made.ID
}

func (s *Sim) submit(r Request) (Request, error) {
	if err := s.checkAccount(r.Account); err != nil {
		return Request{}, err
	}
	if err := CheckDevices(r.Devices.Len()); err != nil {
		return Request{}, err
	}
	jobs := r.Devices.Len()
	if r.Lost {
		jobs = 0
	}
	if err := s.reserve(BudgetPending, jobs); err != nil {
		return Request{}, err
	}
	if err := s.countActivation(r.Op); err != nil { // the last, because it counts
		s.giveBack(BudgetPending, jobs)
		return Request{}, err
	}
	req := s.addRequest(r, jobs)
	if r.Lost {
		return req.Request, nil
	}
	s.jobs.Grow(scheduler.Owed, r.Devices.Len())
	for i := range req.Devices.Len() {
		s.scheduleExecution(req, i)
	}
	return req.Request, nil
}

// CheckDevices says whether one request may name so many devices.
func CheckDevices(n int) error {
	if n <= MaxDevices {
		return nil
	}
	return Errorf(TooManyDevices, "More than %d devices in a request: found %d.", MaxDevices, n)
}

// addRequest takes in a request that so many jobs will carry out, for which room is reserved.
func (s *Sim) addRequest(asked Request, jobs int) *request {
	r, number := s.requests.insert()
	r.Request = asked
	r.Number, r.Epoch, r.At = number, s.epoch, s.jobs.Now()
	r.ID = s.requestID(number)
	r.gated, r.reserved, r.results = true, jobs, make([]Progress, r.Devices.Len())
	s.addPending(r, jobs, 0)
	s.requestNumbers[r.ID] = number
	r.accepted = s.record(Event{Kind: RequestAccepted, Cause: asked.RuleEvent, Request: number})
	if asked.Rule != "" {
		r.applied = append(r.applied, applied{Applied{Rule: asked.Rule, Did: asked.RuleDid}, ofReply, 0})
	}
	return r
}

// requestID is the requestId of a number. The name of the sandbox and the epoch have a say in it, so that
// an application that serves two sandboxes, or goes on after a reset, never sees one twice.
func (s *Sim) requestID(number uint64) string {
	return uuid(s.cfg.Seed, "request "+s.cfg.Name, s.epoch, number)
}

// scheduleExecution adds the job of one entry. The operations of one card run in the order in which they
// were accepted.
func (s *Sim) scheduleExecution(r *request, entry int) {
	due := r.At.Add(s.cfg.Latency[r.Op].Quantile(uniform(s.cfg.Seed, "latency", r.Number, uint64(entry))))
	j := job{kind: execution, about: r.Number, entry: int32(entry)}
	ids := r.Devices.At(entry)
	d, _ := s.ofAccount(r.Account, ids)
	if d != nil {
		due = max(due, d.free)
	}
	if s.rules.Has(rule.AtOutcome) {
		due = s.delayByRule(r, j, d, ids, due)
	}
	if d != nil {
		d.free = due
		// Identifiers that do not belong together never reach the SM-SR.
		if _, fault := d.Target(ids); r.Op.SMSR() && fault == euicc.OK {
			j.busy = r.occupy(j.entry, d)
		}
	}
	s.schedule(r, due, j)
}

// Replying says that the reply to a request that was Late is about to be written. From now on its jobs are owed, and wait for
// Replied as those of any other request do: or a client that has read its reply could find nothing owed yet.
func (s *Sim) Replying(r Request) { s.doNow(&writeReply{Epoch: r.Epoch, Request: r.Number}) }

type writeReply struct {
	Epoch, Request uint64
	result
}

func (c *writeReply) apply(s *Sim) {
	r := s.requests.get(c.Request)
	if c.none = c.Epoch != s.epoch || r == nil; !c.none {
		s.takeBack(r)
	}
}

// Replied says that the reply to a request is written, or that there will be none: its jobs may run.
func (s *Sim) Replied(r Request) {
	s.mu.Lock()
	c := &s.usual.reply
	*c = endReply{Epoch: r.Epoch, Request: r.Number}
	s.apply(c)
	s.mu.Unlock()
	s.notify()
}

type endReply struct {
	Epoch, Request uint64
	result
}

func (c *endReply) apply(s *Sim) {
	r := s.requests.get(c.Request)
	if c.none = c.Epoch != s.epoch || r == nil || !r.gated; !c.none {
		s.endReply(r)
	}
}

// endReply lets the jobs of a request run.
func (s *Sim) endReply(r *request) {
	r.gated = false
	s.takeBack(r)
	if r.early {
		s.earlyRequests--
		for id := range s.callbacksOf(r, 0) {
			s.unblock(id)
		}
	}
}

// request is the one of a number, which is not forgotten.
func (s *Sim) request(number uint64) *request { return s.requests.get(number) }

// requestByID is the one of a requestId, or nil.
func (s *Sim) requestByID(id string) *request { return s.requests.get(s.requestNumbers[id]) }

// addPending notes that so many more executions and callbacks of a request are to come, or fewer. It is the
// one place that counts them.
func (s *Sim) addPending(r *request, executions, callbacks int) {
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

// addCallback makes a callback one of its request, and one that is still to come.
func (s *Sim) addCallback(r *request, c *callback) {
	if r.callbacks == nil {
		r.callbacks = make([]uint64, 0, max(r.Devices.Len(), 1)) // mostly one for each device
	}
	r.callbacks = append(r.callbacks, c.id)
	s.addPending(r, 0, 1)
}

// callbacksOf goes through the callbacks of a request that are not forgotten, from the one after a number on.
func (s *Sim) callbacksOf(r *request, after uint64) iter.Seq2[uint64, *callback] {
	return func(yield func(uint64, *callback) bool) {
		from, _ := slices.BinarySearch(r.callbacks, after+1)
		for _, id := range r.callbacks[from:] {
			if c := s.callbacks.get(id); c != nil && !yield(id, c) {
				return
			}
		}
	}
}

// finished says whether nothing of the request is still to come.
func (r *request) finished() bool { return r.left == 0 && r.open == 0 }

// forgetRequest drops a finished request that no event tells of any more.
func (s *Sim) forgetRequest(r *request) {
	if r.events == 0 && r.finished() {
		delete(s.requestNumbers, r.ID)
		s.rules.Forget(r.Number)
		s.requests.delete(r.Number)
	}
}
