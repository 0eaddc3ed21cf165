package sim

import (
	"slices"

	"tsim/internal/scheduler"
)

// waiting are the operations that wait for their devices.
func (l *loader) waiting() error {
	for i, saved := range l.st.Devices {
		w := saved.Waiting
		if w == nil {
			continue
		}
		d := l.s.index.devices[i]
		d.waiting = &waiting{loadJob(&w.Job), w.ICCID, w.Deadline, w.Warned, w.Scheduled}
		if err := l.checkJob(&w.Job); err != nil {
			return err
		}
		if r := l.s.request(w.Job.About); w.Job.Kind != execution || l.s.occupied(r, w.Job.Entry) != d {
			return bad("device %s: what waits for it, entry %d of request %d, is about another one", d.EID, w.Job.Entry, w.Job.About)
		}
	}
	return nil
}

func loadJob(from *SavedJob) job {
	return job{kind: from.Kind, busy: from.Busy, entry: from.Entry, about: from.About}
}

// checkJob says what is wrong with a job.
func (l *loader) checkJob(j *SavedJob) error {
	s, ok := l.s, false
	switch j.Kind {
	case delivery:
		c := s.callbacks.get(j.About)
		ok = c != nil && !c.blocked && (c.state == Scheduled || c.state == Retrying)
	case timeline:
		ok = s.timeline.get(j.About) != nil
	case query:
		r := s.request(j.About)
		ok = r != nil && r.Query != nil && r.findings == nil && r.left > 0
	default:
		r := s.request(j.About)
		ok = r != nil && r.Query == nil && j.Entry >= 0 && int(j.Entry) < len(r.results) && r.results[j.Entry] == Undecided && r.left > 0
	}
	if ok && (j.Kind == warning || j.Kind == expiry) {
		d := s.occupied(s.request(j.About), j.Entry)
		ok = d != nil && d.waiting != nil && d.waiting.scheduled && d.waiting.job.about == j.About && d.waiting.job.entry == j.Entry
	}
	if ok && j.Kind == forewarning {
		ok = s.outcomeRules[entryKey{j.About, j.Entry}] != nil
	}
	if !ok {
		return bad("the %s %d, entry %d, that is due at %s, is about nothing that waits for it", j.Kind, j.About, j.Entry, j.Due.Time())
	}
	return nil
}

func (l *loader) jobs() error {
	s, st := l.s, l.st
	all := make([]scheduler.Saved[job], len(st.Jobs))
	once := make(map[job]bool, len(st.Jobs))
	note := func(j *SavedJob) error {
		key := loadJob(j)
		key.busy = false
		if key.kind == expiry {
			key.kind = execution // an entry has one of the two
		}
		if once[key] {
			return bad("the %s %d, entry %d, is there twice", j.Kind, j.About, j.Entry)
		}
		once[key] = true
		return l.checkJob(j)
	}
	for i := range st.Jobs {
		j := &st.Jobs[i]
		if err := note(j); err != nil {
			return err
		}
		all[i] = scheduler.Saved[job]{Item: scheduledJob{Due: j.Due, Seq: j.Seq, Job: loadJob(j)}, Brief: j.Brief}
		if j.Background {
			all[i].Kind = scheduler.Background
		}
	}
	for i := range st.Aside {
		a := &st.Aside[i]
		if i > 0 && st.Aside[i-1].Request >= a.Request {
			return bad("the jobs of request %d, whose reply is kept back, are not in order", a.Request)
		}
		for k := range a.Jobs {
			j := &a.Jobs[k]
			if err := note(j); err != nil {
				return err
			}
			s.aside[a.Request] = append(s.aside[a.Request], scheduledJob{Due: j.Due, Seq: j.Seq, Job: loadJob(j)})
		}
	}
	queue, err := scheduler.Restore(st.Now, st.Accepted, all)
	if err != nil {
		return bad("%v", err)
	}
	s.jobs = queue
	return nil
}

// underway is what was sent, lies in a mailbox, or is about to be sent.
func (l *loader) underway() error {
	s, st := l.s, l.st
	sent, seen := 0, map[uint64]bool{}
	for _, c := range s.callbacks.after(0) {
		if c.state == InFlight {
			sent++
		}
	}
	is := func(id uint64, state CallbackState) bool {
		c := s.callbacks.get(id)
		ok := c != nil && c.state == state && !seen[id]
		seen[id] = true
		return ok
	}
	for _, m := range st.Mailboxes {
		key := listenerKey{m.Account, m.Service}
		for _, id := range m.Callbacks {
			if !is(id, InMailbox) || keyOf(s.callbacks.get(id).sentTo) != key {
				return bad("callback %d is not one for the mailbox of account %s for %s", id, m.Account, m.Service)
			}
		}
		s.mail[key] = slices.Clone(m.Callbacks)
	}
	for _, id := range st.Outbox {
		if !is(id, InFlight) {
			return bad("callback %d is not one that is about to be sent", id)
		}
		s.outbox = append(s.outbox, outgoing{s.callbacks.get(id).sentTo.URL, AttemptID{s.epoch, id}})
	}
	for _, a := range st.Answers {
		if !is(a.Callback, InFlight) {
			return bad("callback %d is not one that was answered just now", a.Callback)
		}
		s.answers = append(s.answers, attemptAnswer{a.Callback, a.Answer})
	}
	s.inFlight = sent - len(st.Answers)
	for _, id := range st.Early {
		if s.callbacks.get(id) == nil {
			return bad("callback %d, which is to come early, is not there", id)
		}
	}
	s.early = slices.Clone(st.Early)
	return nil
}
