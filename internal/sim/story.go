package sim

import "tsim/internal/euicc"

// Story is all that came of a request, and all that is still to come, with the reason.
type Story struct {
	Request Request // as it is now
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

// Requests lists up to limit requests with a number above after, oldest first, without their entries,
// and the numbers.
func (s *Sim) Requests(after uint64, limit int) (page []Story, numbers []uint64) {
	s.lock()
	defer s.mu.Unlock()
	for r := range s.requests.above(after) {
		if len(page) >= limit {
			break
		}
		page, numbers = append(page, s.outline(*r)), append(numbers, (*r).number)
	}
	return page, numbers
}

func (s *Sim) outline(r *Request) Story {
	return Story{Request: *r, Seed: s.cfg.Seed, Clock: s.clockNow(), Size: r.Devices.Len(), Left: r.left, Open: r.open}
}

// Story tells of a request: of up to limit of its entries, after the one of that number.
func (s *Sim) Story(id string, after, limit int) (Story, error) {
	s.lock()
	defer s.mu.Unlock()
	r := s.byRequestID[id]
	if r == nil {
		return Story{}, Errorf(NotFound, "no request %q", id)
	}
	return s.story(r, after, limit), nil
}

func (s *Sim) story(r *Request, after, limit int) Story {
	st := s.outline(r)
	first, last := min(after, st.Size), min(after+limit, st.Size)
	for n := first; n < last; n++ {
		st.Entries = append(st.Entries, Entry{N: n + 1, IDs: r.Devices.At(n), Done: true})
	}
	entry := func(of *Request, n int32) *Entry {
		if of != r || int(n) < first || int(n) >= last {
			return nil
		}
		return &st.Entries[int(n)-first]
	}
	s.jobs.Each(func(item *scheduledJob) {
		j := &item.Job
		if j.kind != execution && j.kind != expiry {
			return
		}
		if e := entry(s.request(j.number), j.entry); e != nil {
			e.Done, e.Due, e.Why = false, item.Due, s.whyNotDone(j, item.Due)
		}
	})
	for c := range s.callbacks.above(0) {
		if e := entry(c.Request, int32(c.entry)); e != nil {
			e.Callbacks = append(e.Callbacks, Told{c.view(), s.whyNotDelivered(c)})
		}
	}
	return st
}

// Owing is something that is still to come, and why.
type Owing struct {
	Request   *Request
	Entry     int
	Operation euicc.Op
	EID       string
	Callback  uint64 // 0 for an operation
	Due       Instant
	Why       string
}

// Pending lists up to limit of what is still to come of a request, or of all of them with "".
func (s *Sim) Pending(request string, limit int) []Owing {
	s.lock()
	defer s.mu.Unlock()
	var all []Owing
	for place := range s.requests.above(0) {
		r := *place
		if r.finished() || request != "" && r.ID != request {
			continue
		}
		st := s.story(r, 0, r.Devices.Len())
		for i := range st.Entries {
			all = append(all, st.Entries[i].owing(&st)...)
			if len(all) >= limit {
				return all[:limit]
			}
		}
	}
	return all
}

func (e *Entry) owing(st *Story) (all []Owing) {
	if !e.Done {
		all = append(all, Owing{&st.Request, e.N, st.Request.Op, e.IDs.EID, 0, e.Due, e.Why})
	}
	for i := range e.Callbacks {
		if c := &e.Callbacks[i]; c.State < Delivered {
			all = append(all, Owing{&st.Request, e.N, st.Request.Op, c.Card.EID, c.ID, c.Due, c.Why})
		}
	}
	return all
}
