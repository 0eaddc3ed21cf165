package sim

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"tsim/internal/rule"
)

// Early tells of a request before the reply to its call, where a rule for callbacks says so: the one thing that may pass
// the reply. What is due at the instant of the call is carried out, if nothing else is owed to its card, and the first
// attempt of each callback that such a rule strikes is answered, or has timed out, when Early returns. It also returns when
// ctx ends, or the epoch of the sandbox. The other callbacks wait for the reply as usual.
func (s *Sim) Early(ctx context.Context, r Request) {
	s.lock()
	defer s.mu.Unlock()
	if !s.mayBeEarly(&r) {
		return
	}
	begun := &beginEarly{Request: r.Number}
	s.apply(begun)
	for i, id := range begun.struck {
		if !s.sendEarly(ctx, r.Epoch, id) {
			if s.epoch == r.Epoch && !s.closed {
				s.apply(&giveUpEarly{Callbacks: begun.struck[i:]})
			}
			break
		}
	}
	s.notify()
}

// beginEarly carries out what is due of a request before the reply to its call.
type beginEarly struct {
	Request uint64
	result
	struck []uint64 // the callbacks that a rule has struck, and that are to be sent early
}

func (c *beginEarly) apply(s *Sim) {
	r := s.requests.get(c.Request)
	if c.none = r == nil || !r.gated; c.none {
		return
	}
	for _, j := range s.takeEarly(&r.Request) {
		s.run(j)
	}
	c.struck, s.early = s.early, nil
}

// MayBeEarly says whether Early has something to do for a request, and may take its time.
func (s *Sim) MayBeEarly(r *Request) bool {
	s.lock()
	defer s.mu.Unlock()
	return s.mayBeEarly(r)
}

// mayBeEarly says whether there is a rule that may let callbacks of a request come early.
func (s *Sim) mayBeEarly(r *Request) bool {
	if r.Epoch != s.epoch || s.closed || r.Late || r.Lost {
		return false
	}
	return slices.ContainsFunc(s.rules.In(rule.AtCallback), func(hit *rule.Counted) bool {
		return hit.Callback.Early && !hit.Over(int64(s.jobs.Now())) &&
			(len(hit.When.Operations) == 0 || slices.Contains(hit.When.Operations, r.Action()))
	})
}

// takeEarly takes the jobs of a request out of the queue that are due at the instant of the call and whose card nothing else
// is owed to.
func (s *Sim) takeEarly(r *Request) (taken []job) {
	var mine []scheduledJob
	warned := map[int32]bool{} // the entries that are warned of before they are carried out
	for item := range s.jobs.Each {
		if j := &item.Job; ofCall(j) && j.about == r.Number {
			mine = append(mine, *item)
			warned[j.entry] = warned[j.entry] || j.kind == forewarning
		}
	}
	mayGo := func(item scheduledJob) bool { return item.Due <= r.At && !warned[item.Job.entry] }
	if !slices.ContainsFunc(mine, mayGo) {
		return nil // what is owed to others is looked at for nothing, and may be a million jobs
	}
	owedTo := map[int32]bool{} // by the number of the device
	for item := range s.jobs.Each {
		if j := &item.Job; j.kind == forewarning || j.kind != delivery && j.kind != timeline && j.about != r.Number {
			owedTo[s.deviceOf(j)] = true
		}
	}
	slices.SortFunc(mine, func(a, b scheduledJob) int { return cmp.Compare(a.Seq, b.Seq) })
	gone := map[job]bool{}
	for _, item := range mine {
		d := s.deviceOf(&item.Job)
		switch {
		case mayGo(item) && (d == 0 || !owedTo[d]):
			owedTo[d] = true // another entry of the same card comes after it
			taken = append(taken, item.Job)
		case s.stepping():
			continue
		default: // see waitsForReply
			s.aside[r.Number] = append(s.aside[r.Number], item)
		}
		gone[item.Job] = true
	}
	if len(taken) == 0 {
		delete(s.aside, r.Number)
		return nil
	}
	s.request(r.Number).early = true
	s.earlyRequests++
	s.jobs.Remove(func(j *job) bool { return gone[*j] })
	return taken
}

// ofCall says whether a job is there from the acceptance of a request on.
func ofCall(j *job) bool { return j.kind == execution || j.kind == query || j.kind == forewarning }

// waitsForReply says whether a callback has no job until the reply to its call is written, because others of its request
// come early. A listener may take its time for those, and in real mode a job that is due and has to wait would keep all
// behind it waiting. In the other modes time waits for the listener anyway.
func (s *Sim) waitsForReply(c *callback) bool {
	return s.earlyRequests > 0 && !s.stepping() && s.request(c.request).gated
}

// deviceOf is the number of the device that an execution is about; 0 for none.
func (s *Sim) deviceOf(j *job) int32 {
	if of := s.request(j.about); of.Query == nil {
		if d, _ := s.ofAccount(of.Account, of.Devices.At(int(j.entry))); d != nil {
			return d.number
		}
	}
	return 0
}

// sendEarly sends the first attempt of a callback and waits for the answer. It says whether the sandbox is still in that epoch,
// and ctx has not ended.
func (s *Sim) sendEarly(ctx context.Context, epoch, id uint64) bool {
	u := s.callbackRules[id]
	if u == nil || u.earlyBy == "" {
		return true // somebody has steered it meanwhile
	}
	s.apply(&sendEarly{Callback: id})
	for s.epoch == epoch && !s.closed {
		if out := s.emptyOutbox(); len(out) > 0 {
			s.mu.Unlock()
			s.send(out)
			s.lock()
			continue
		}
		here := func(a attemptAnswer) bool { return a.callback == id }
		if c := s.callbacks.get(id); c == nil || c.state != InFlight || slices.ContainsFunc(s.answers, here) {
			if s.inFlight == 0 && len(s.answers) > 0 {
				s.apply(&recordAnswers{}) // so that the next callback of the card may go
			}
			return true
		}
		if s.sleep(ctx, &s.changes) != nil {
			return false
		}
	}
	return false
}

// sendEarly sends a callback before the reply to its call.
type sendEarly struct {
	Callback uint64
	result
}

func (e *sendEarly) apply(s *Sim) {
	c, u := s.callbacks.get(e.Callback), s.callbackRules[e.Callback]
	if e.none = c == nil || u == nil || u.earlyBy == ""; e.none {
		return
	}
	if !s.mayGo(c) {
		s.skipForCallback(c, u.earlyBy, fmt.Sprintf("not early, because callback %d of the same card comes before it", c.prev))
	}
	u.earlyBy = ""
	s.dispatch(c)
}

// giveUpEarly lets callbacks go when it is their turn after all.
type giveUpEarly struct {
	Callbacks []uint64
	result
}

func (e *giveUpEarly) apply(s *Sim) {
	for _, id := range e.Callbacks {
		if u := s.callbackRules[id]; u != nil && u.earlyBy != "" {
			c := s.callbacks.get(id)
			s.skipForCallback(c, u.earlyBy, "not early, because the call ended before its turn came")
			u.earlyBy = ""
			s.scheduleDelivery(c)
		}
	}
}

// whyNotEarly says why a callback comes after the reply, though a rule wants it before.
func (s *Sim) whyNotEarly(r *request) string {
	if after := s.jobs.Now().Sub(r.At); after > 0 {
		return "not early, because the execution was due " + after.String() + " after the call"
	}
	return "not early, because something else was owed to the card before"
}
