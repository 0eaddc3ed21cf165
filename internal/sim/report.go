package sim

import (
	"iter"

	"tsim/internal/bound"
	"tsim/internal/euicc"
	"tsim/internal/rule"
)

// RequestReport is all that came of a request, and all that is still to come, with the reason.
type RequestReport struct {
	Request Request
	Seed    uint64
	Clock   Clock
	Size    int // how many devices it names
	Left    int // of them, executions still to come
	Open    int // callbacks with something still to come
	// Callbacks counts those of the whole request, and Forgotten those that the journal has forgotten since.
	Callbacks map[CallbackKind]int
	Forgotten int
	Rules     []Applied // what they did to the reply
	Entries   []EntryReport
}

// CallbackKind is what callbacks of a request may have in common: what they say, and how far they have come.
type CallbackKind struct {
	Status euicc.OutcomeStatus
	Fault  euicc.Fault // of those that failed
	Told   *rule.Fault // what a rule tells in its place
	State  CallbackState
}

// EntryReport is what came of one device of a request.
type EntryReport struct {
	N         int       // from 1
	IDs       euicc.IDs // as the call gave them
	Done      bool
	Rules     []Applied // what rules did to it
	Due       Instant   // of the execution, while it is still to come
	Why       string    // it is still to come
	Callbacks []CallbackReport
}

// CallbackReport is a callback with the reason why it has not been delivered.
type CallbackReport struct {
	Callback
	Why   string
	Rules []Applied // what rules did to it
}

// CardContext is what the guards saw of a card beside the profile.
type CardContext struct {
	Powered, Connected, Busy bool
	Enabled                  string // ICCID of the profile in use
	Lead                     euicc.State
}

func cardContext(d *device, busy bool) *CardContext {
	c := &CardContext{Powered: d.Powered, Connected: d.Connected, Busy: busy}
	if p := d.Enabled(); p != nil {
		c.Enabled = p.ICCID
	}
	if p := d.Lead(); p != nil {
		c.Lead = p.State()
	}
	return c
}

// Requests lists up to limit requests with a number above after, oldest first, without their entries.
func (s *Sim) Requests(after uint64, limit int) (page []RequestReport) {
	s.lock()
	defer s.mu.Unlock()
	for _, r := range s.requests.after(after) {
		if len(page) >= limit {
			break
		}
		page = append(page, s.outline(r))
	}
	return page
}

func (s *Sim) outline(r *request) RequestReport {
	return RequestReport{Request: r.Request, Seed: s.cfg.Seed, Clock: s.clockNow(), Size: r.Devices.Len(), Left: r.left, Open: r.open}
}

// RequestReport tells of a request: of up to limit of its entries, after the one of that number.
func (s *Sim) RequestReport(id string, after, limit int) (RequestReport, error) {
	s.lock()
	defer s.mu.Unlock()
	r := s.requestByID(id)
	if r == nil {
		return RequestReport{}, Errorf(NotFound, "no request %q", bound.Short(id))
	}
	return s.requestReport(r, after, limit), nil
}

func (s *Sim) requestReport(r *request, after, limit int) RequestReport {
	st := s.outline(r)
	st.Rules = r.rulesOf(ofReply, 0)
	first, last := min(after, st.Size), min(after+limit, st.Size)
	undecided := map[entryKey]int{}
	for n := first; n < last; n++ {
		e := EntryReport{N: n + 1, IDs: r.Devices.At(n), Done: r.results[n] != Undecided, Rules: r.rulesOf(int32(n), 0)}
		if r.Lost {
			e.Why = "the rule " + r.Rule + " lets the call be accepted, and nothing come of it"
		}
		if !e.Done {
			undecided[entryKey{r.Number, int32(n)}] = len(st.Entries)
		}
		st.Entries = append(st.Entries, e)
	}
	for i, job := range s.decidedBy(undecided) {
		e := &st.Entries[i]
		e.Due, e.Why = job.Due, s.whyNotDone(&job.Job, job.Due)
	}
	st.Callbacks, st.Forgotten = map[CallbackKind]int{}, len(r.callbacks)
	for _, c := range s.callbacksOf(r, 0) {
		st.Callbacks[CallbackKind{c.outcome.Status(), c.outcome.Fault, s.told(c), c.state}]++
		st.Forgotten--
		if n := int(c.entry); n >= first && n < last {
			e := &st.Entries[n-first]
			e.Callbacks = append(e.Callbacks, CallbackReport{s.view(c), s.whyNotDelivered(c), r.rulesOf(int32(n), c.id)})
		}
	}
	return st
}

// entryKey names an entry of a request.
type entryKey struct {
	request uint64
	entry   int32
}

// decidedBy finds the jobs that will decide some entries, each with the number that asked has for its entry. The queue
// may be long: it is looked through once at the most, and no further than needed.
func (s *Sim) decidedBy(asked map[entryKey]int) iter.Seq2[int, *scheduledJob] {
	return func(yield func(int, *scheduledJob) bool) {
		left := len(asked)
		if left == 0 {
			return
		}
		for item := range s.executions {
			j := &item.Job
			if j.kind != execution && j.kind != expiry && j.kind != query {
				continue
			}
			if n, ok := asked[entryKey{j.about, j.entry}]; ok {
				if left--; !yield(n, item) || left == 0 {
					return
				}
			}
		}
	}
}

// executions goes through the jobs of requests, those that are put aside included.
func (s *Sim) executions(yield func(*scheduledJob) bool) {
	for item := range s.jobs.Each {
		if !yield(item) {
			return
		}
	}
	for _, jobs := range s.aside { // in any order, as those of the queue
		for i := range jobs {
			if !yield(&jobs[i]) {
				return
			}
		}
	}
}

// PendingItem is something that is still to come, and why.
type PendingItem struct {
	Request  Request
	Entry    int // from 1; 0 for a query, which has none
	EID      string
	Callback uint64 // 0 for what is still to be carried out
	Due      Instant
	Why      string
}

// Pending lists up to limit of what is still to come of a request, or of all of them with "": request by
// request, first what is to be carried out, then the callbacks.
func (s *Sim) Pending(request string, limit int) (all []PendingItem) {
	s.lock()
	defer s.mu.Unlock()
	for r := range s.withSomethingToCome(request) {
		if all = append(all, s.pendingOf(r, limit-len(all))...); len(all) == limit {
			break
		}
	}
	undecided := map[entryKey]int{}
	for i, o := range all {
		if o.Callback == 0 {
			undecided[entryKey{o.Request.Number, int32(max(o.Entry-1, 0))}] = i
		}
	}
	for i, job := range s.decidedBy(undecided) {
		all[i].Due, all[i].Why = job.Due, s.whyNotDone(&job.Job, job.Due)
	}
	return all
}

// withSomethingToCome goes through the requests that are not finished; all of them with "".
func (s *Sim) withSomethingToCome(id string) iter.Seq[*request] {
	return func(yield func(*request) bool) {
		if id != "" {
			if r := s.requestByID(id); r != nil && !r.finished() {
				yield(r)
			}
			return
		}
		for _, r := range s.requests.after(0) {
			if !r.finished() && !yield(r) {
				return
			}
		}
	}
}

// pendingOf is up to limit of what is still to come of one request. When and why its executions come is for
// decidedBy to say.
func (s *Sim) pendingOf(r *request, limit int) (all []PendingItem) {
	first := 1 // the number of the first entry
	if r.Query != nil {
		first = 0
	}
	if r.Query != nil && r.left > 0 {
		all = append(all, PendingItem{Request: r.Request})
	}
	for n, progress := range r.results {
		if progress == Undecided && len(all) < limit {
			all = append(all, PendingItem{Request: r.Request, Entry: n + 1, EID: r.Devices.At(n).EID})
		}
	}
	for _, c := range s.callbacksOf(r, 0) {
		if !c.final() && len(all) < limit {
			all = append(all, PendingItem{r.Request, int(c.entry) + first, c.card.EID, c.id, c.due, s.whyNotDelivered(c)})
		}
	}
	return all[:min(len(all), limit)]
}
