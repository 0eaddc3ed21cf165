package sim

import (
	"iter"

	"tsim/internal/bound"
	"tsim/internal/euicc"
)

// Story is all that came of a request, and all that is still to come, with the reason.
type Story struct {
	Request Request // as it is now
	Number  uint64  // of the request, from 1
	Seed    uint64
	Clock   Clock
	Size    int // how many devices it names
	Left    int // of them, executions still to come
	Open    int // callbacks with something still to come
	Entries []Entry
}

// Entry is what came of one device of a request.
type Entry struct {
	N         int       // from 1
	IDs       euicc.IDs // as the call gave them
	Done      bool
	Due       Instant // of the execution, while it is still to come
	Why       string  // it is still to come
	Callbacks []Told
}

// Told is a callback with the reason why it has not been delivered.
type Told struct {
	Callback
	Why string
}

// Seen is what the guards saw of a card beside the profile.
type Seen struct {
	Powered, Connected, Busy bool
	Enabled                  string // ICCID of the profile in use
	Lead                     euicc.Status
	LeadState                euicc.State
}

func seen(d *device, busy bool) *Seen {
	if d == nil {
		return nil
	}
	v := &Seen{Powered: d.Powered, Connected: d.Connected, Busy: busy}
	if p := d.Enabled(); p != nil {
		v.Enabled = p.ICCID
	}
	if p := d.Lead(); p != nil {
		v.Lead, v.LeadState = p.Status, p.State()
	}
	return v
}

// Requests lists up to limit requests with a number above after, oldest first, without their entries.
func (s *Sim) Requests(after uint64, limit int) (page []Story) {
	s.lock()
	defer s.mu.Unlock()
	for r := range s.requests.above(after) {
		if len(page) >= limit {
			break
		}
		page = append(page, s.outline(*r))
	}
	return page
}

func (s *Sim) outline(r *Request) Story {
	return Story{Request: *r, Number: r.number, Seed: s.cfg.Seed, Clock: s.clockNow(), Size: r.Devices.Len(), Left: r.left, Open: r.open}
}

// Story tells of a request: of up to limit of its entries, after the one of that number.
func (s *Sim) Story(id string, after, limit int) (Story, error) {
	s.lock()
	defer s.mu.Unlock()
	r := s.byRequestID[id]
	if r == nil {
		return Story{}, Errorf(NotFound, "no request %q", bound.Short(id))
	}
	return s.story(r, after, limit), nil
}

func (s *Sim) story(r *Request, after, limit int) Story {
	st := s.outline(r)
	first, last := min(after, st.Size), min(after+limit, st.Size)
	undecided := map[entryKey]int{}
	for n := first; n < last; n++ {
		e := Entry{N: n + 1, IDs: r.Devices.At(n), Done: r.results[n] != Undecided}
		if !e.Done {
			undecided[entryKey{r.number, int32(n)}] = len(st.Entries)
		}
		st.Entries = append(st.Entries, e)
	}
	for i, job := range s.decidedBy(undecided) {
		e := &st.Entries[i]
		e.Due, e.Why = job.Due, s.whyNotDone(&job.Job, job.Due)
	}
	for c := range s.callbacksOf(r, 0) {
		if n := int(c.entry); n >= first && n < last {
			e := &st.Entries[n-first]
			e.Callbacks = append(e.Callbacks, Told{c.view(), s.whyNotDelivered(c)})
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
		for item := range s.jobs.Each {
			j := &item.Job
			if j.kind != execution && j.kind != expiry && j.kind != query {
				continue
			}
			if n, ok := asked[entryKey{j.number, j.entry}]; ok {
				if left--; !yield(n, item) || left == 0 {
					return
				}
			}
		}
	}
}

// Owing is something that is still to come, and why.
type Owing struct {
	Request  *Request
	Entry    int // from 1; 0 for a query, which has none
	EID      string
	Callback uint64 // 0 for what is still to be carried out
	Due      Instant
	Why      string
}

// Pending lists up to limit of what is still to come of a request, or of all of them with "": request by
// request, first what is to be carried out, then the callbacks.
func (s *Sim) Pending(request string, limit int) (all []Owing) {
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
			undecided[entryKey{o.Request.number, int32(max(o.Entry-1, 0))}] = i
		}
	}
	for i, job := range s.decidedBy(undecided) {
		all[i].Due, all[i].Why = job.Due, s.whyNotDone(&job.Job, job.Due)
	}
	return all
}

// withSomethingToCome goes through the requests that are not finished; all of them with "".
func (s *Sim) withSomethingToCome(request string) iter.Seq[*Request] {
	return func(yield func(*Request) bool) {
		if request != "" {
			if r := s.byRequestID[request]; r != nil && !r.finished() {
				yield(r)
			}
			return
		}
		for place := range s.requests.above(0) {
			if r := *place; !r.finished() && !yield(r) {
				return
			}
		}
	}
}

// pendingOf is up to limit of what is still to come of one request. When and why its executions come is for
// decidedBy to say.
func (s *Sim) pendingOf(r *Request, limit int) (all []Owing) {
	first := 1 // the number of the first entry
	if r.Query != nil {
		first = 0
	}
	if r.Query != nil && r.left > 0 {
		all = append(all, Owing{Request: r})
	}
	for n, progress := range r.results {
		if progress == Undecided && len(all) < limit {
			all = append(all, Owing{Request: r, Entry: n + 1, EID: r.Devices.At(n).EID})
		}
	}
	for c := range s.callbacksOf(r, 0) {
		if c.state < Delivered && len(all) < limit {
			all = append(all, Owing{r, int(c.entry) + first, c.Card.EID, c.ID, c.due, s.whyNotDelivered(c)})
		}
	}
	return all[:min(len(all), limit)]
}
