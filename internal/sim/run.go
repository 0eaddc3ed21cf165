package sim

import (
	"tsim/internal/config"
	"tsim/internal/euicc"
)

// job is what the scheduler keeps: a value, so that what is pending can be listed and saved. It refers to
// things by number, because a sandbox may owe a million.
type job struct {
	kind  jobKind
	busy  bool   // execution: an SM-SR operation was owed when this one was accepted
	entry int32  // execution: which device of the request, from 0
	about uint64 // the number of a request; delivery: of a callback; timeline: of an event there
}

type jobKind uint8

const (
	execution jobKind = iota
	delivery
	warning     // of an execution that waits for its device
	expiry      // likewise: the end of waiting
	forewarning // before an execution, because a rule says so
	timeline    // something happens to a device from outside
	query
)

var jobWords = [...]string{"execution", "delivery", "warning", "expiry", "forewarning", "timeline", "query"}

func (k jobKind) String() string { return jobWords[k] }

// gated says whether the job has to wait for a reply to be written.
func (s *Sim) gated(j *job) bool {
	switch j.kind {
	case execution, forewarning, query:
		return s.request(j.about).gated
	case delivery:
		return s.earlyRequests > 0 && s.request(s.callbacks.get(j.about).request).gated
	case warning, expiry:
		return s.earlyRequests > 0 && s.request(j.about).gated
	}
	return false
}

// occupy makes the SM-SR busy with a card for an entry, and says whether it was busy with it already.
func (r *request) occupy(entry int32, d *device) (busy bool) {
	if r.smsr == nil {
		r.smsr = make([]int32, r.Devices.Len())
	}
	r.smsr[entry] = d.number
	d.smsr++
	return d.smsr > 1
}

// occupied is the card that the SM-SR is busy with for an entry, or nil.
func (s *Sim) occupied(r *request, entry int32) *device {
	if r.smsr == nil {
		return nil
	}
	return s.deviceByNumber(r.smsr[entry])
}

// vacate makes the SM-SR done with the card of an entry.
func (s *Sim) vacate(r *request, entry int32) {
	d := s.occupied(r, entry)
	if d == nil {
		return
	}
	d.smsr--
	if w := d.waiting; w != nil && w.job.about == r.Number && w.job.entry == entry {
		d.waiting = nil
	}
}

// run does one job at the present instant.
func (s *Sim) run(j job) {
	if j.kind == delivery {
		s.dispatch(s.callbacks.get(j.about))
		return
	}
	s.count.ran++
	switch j.kind {
	case warning:
		s.warn(j)
	case forewarning:
		s.forewarn(j)
	case timeline:
		e := *s.timeline.get(j.about)
		s.timeline.delete(j.about)
		if d := s.deviceByEID(e.EID); d != nil { // it may have been removed since
			s.change(d, e.Powered, e.Connected)
		}
	case query:
		s.answerQuery(s.request(j.about))
	default:
		s.execute(j)
	}
}

// execute carries an operation out on one device of a request, and decides its callbacks. The
// guards see the card as it is now, not as it was when the request was accepted.
func (s *Sim) execute(j job) {
	r := s.request(j.about)
	ids := r.Devices.At(int(j.entry))
	d, missing := s.ofAccount(r.Account, ids)
	o := s.outcomeRules[entryKey{j.about, j.entry}]
	var card *Identity
	s.outcomes = s.outcomes[:0]
	refuse := func(fault euicc.Fault) {
		s.outcomes = append(s.outcomes, euicc.Outcome{
			Device: r.Op.WholeDevice(), Fault: fault, Profile: euicc.Profile{ICCID: ids.ICCID, MDN: ids.MDN},
		})
	}
	if d == nil {
		refuse(missing)
	} else if iccid, fault := d.Target(ids); fault != euicc.OK {
		refuse(fault)
	} else {
		card = d.name()
		if r.Op.SMSR() && s.occupied(r, j.entry) != d {
			s.vacate(r, j.entry)
			j.busy = r.occupy(j.entry, d) // what did not belong together when it was accepted does so now
		}
		s.prepareOrder(d, r, iccid, j.busy)
		if j.kind == execution && (mustWait(d, &s.order) || o != nil && o.expires(d, &s.order)) {
			s.wait(j, r, d, iccid)
			return
		}
		if o != nil {
			s.applyByRule(o, j, d, &s.order)
		} else {
			s.carryOut(d, &s.order)
		}
	}
	if card == nil && o != nil {
		s.noteUndone(o, j, s.outcomes[0].Fault)
		if o.what.Fault != nil {
			s.outcomes[0].Fault = euicc.ByRule
		}
	}
	if card == nil {
		card = &Identity{ids.EID, ids.IMEI} // all that is known is what was asked for
	}
	for i := range s.outcomes {
		if o != nil && o.what.Silent {
			break
		}
		s.newCallback(j, r, d, card, &s.outcomes[i])
	}
	delete(s.outcomeRules, entryKey{j.about, j.entry})
	s.recordHistory(r, d, s.outcomes)
	r.setResult(j.entry, s.outcomes[len(s.outcomes)-1].Fault)
	s.vacate(r, j.entry)
	if s.addPending(r, -1, 0); r.left == 0 {
		r.smsr = nil
	}
}

// prepareOrder puts into s.order what euicc is asked to do, with everything it needs from outside the card.
func (s *Sim) prepareOrder(d *device, r *request, iccid string, busy bool) {
	o := &s.order
	*o = euicc.Order{Op: r.Op, ICCID: iccid, Busy: busy, CheckFallback: r.CheckFallback, Delete: s.deleteRule()}
	if r.Plan != "" {
		o.Plan = euicc.Plan{Name: r.Plan, Network: euicc.AnyNetwork}
		if len(d.account.Plans) > 0 {
			known, _ := d.account.Plan(r.Plan)
			o.Plan.Network = known.Network
		}
	}
	p := d.Profile(iccid)
	if r.Op.Activates() && iccid == "" && o.Plan.Name == euicc.HybridPlan {
		// A consumer eSIM is activated by EID and IMEI; its ICCID is ThingSpace's to choose.
		o.ICCID, o.Create = s.freeICCID(), true
	}
	if o.Create || p != nil && p.Service != euicc.Active {
		if p != nil && o.Plan.Name == "" && p.Plan == "" {
			o.Plan = d.account.FirstPlan(p.Network)
		}
		if p == nil || p.MDN == "" {
			o.MDN = s.freeMDN()
		}
	}
	o.Spent = s.reachedLimits(d, r.Op)
}

// deleteRule is what compat says of delete.
func (s *Sim) deleteRule() euicc.DeleteRule {
	switch s.cfg.Compat.Value(config.DeleteRequires) {
	case "deactivated":
		return euicc.DeleteDeactivated
	case "nothing":
		return euicc.DeleteDisables
	}
	return euicc.DeleteDisabled
}

func (s *Sim) carryOut(d *device, o *euicc.Order) {
	s.outcomes = d.Apply(o, s.outcomes)
	s.countUse(o.Op, s.outcomes)
	if o.MDN != "" && s.outcomes[0].Profile.MDN == o.MDN {
		s.assignMDN(d)
	}
	if o.Create && s.outcomes[0].Fault == euicc.OK {
		s.byICCID[o.ICCID] = d
	}
}

// batch is how many jobs are done at the most while nobody else has the lock.
const batch = 256

// runDue does the jobs that are due by until, a few hundred at the most, so that nobody waits long
// for the lock. It says how many, and whether it stopped at a job whose request has not been replied to.
func (s *Sim) runDue(until Instant) (ran int, gated bool) {
	for ; ran < batch; ran++ {
		next, ok := s.jobs.Peek()
		if !ok || next.Due > until {
			return ran, false
		}
		if s.gated(&next.Job) {
			return ran, true
		}
		s.jobs.Pop(until)
		s.run(next.Job)
	}
	return ran, false
}
