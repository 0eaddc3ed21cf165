package sim

import (
	"cmp"

	"tsim/internal/euicc"
	"tsim/internal/scheduler"
)

// warnAfter is the part of the validity period after which the listener is warned, unless SMSR.Warning says.
const warnAfter = 4

// waiting is an operation whose device is off or out of reach. It is carried out as soon as the
// device is back; the listener is warned once meanwhile, and told in the end that it expired.
type waiting struct {
	job       job
	iccid     string // the profile; its number may change meanwhile
	deadline  Instant
	warned    bool
	scheduled bool
}

// mustWait says whether nothing but the device itself is in the way of an operation.
func mustWait(d *device, o *euicc.Order) bool {
	p := d.Profile(o.ICCID)
	return o.Op.SMSR() && p != nil && d.Check(p, o) == euicc.Expired
}

// wait puts an execution off until its device is back, or for the validity period.
func (s *Sim) wait(j job, r *request, d *device, iccid string) {
	period := s.cfg.SMSR.Validity[r.Op]
	w := d.waiting
	if w == nil {
		w = &waiting{job: j, iccid: iccid, deadline: s.jobs.Now().Add(period)}
		if o := s.outcomeRules[entryKey{r.Number, j.entry}]; o != nil {
			w.warned = o.what.Warn || o.what.Silent // it has been warned of, or nobody is to be told
		}
		d.waiting = w
		s.record(Event{
			Kind: OperationWaiting, Cause: r.accepted, Request: r.Number, EID: d.EID, ICCID: iccid, Detail: r.Op.String(),
		})
	}
	w.scheduled, w.iccid = true, iccid // the card may have been changed from outside meanwhile
	j.kind = expiry
	s.jobs.Add(w.deadline, scheduler.Owed, j)
	after := cmp.Or(s.cfg.SMSR.Warning, period/warnAfter)
	if !w.warned && after < period {
		j.kind = warning
		s.jobs.Add(w.deadline.Add(after-period), scheduler.Owed, j)
	}
}

// warn tells the listener that the device cannot be reached, and that the SM-SR goes on trying.
func (s *Sim) warn(j job) {
	r := s.request(j.about)
	d := s.occupied(r, j.entry)
	d.waiting.warned = true
	out := d.Wait(d.waiting.iccid)
	s.newCallback(j, r, d, d.name(), &out)
}

// backAgain carries out what waited for a device, now.
func (s *Sim) backAgain(d *device) {
	w := d.waiting
	if w == nil || !w.scheduled {
		return
	}
	w.scheduled = false
	s.jobs.Remove(func(j *job) bool {
		return (j.kind == warning || j.kind == expiry) && j.about == w.job.about && j.entry == w.job.entry
	})
	s.jobs.Add(s.jobs.Now(), scheduler.Owed, w.job)
}
