package sim

import (
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
)

// usage is what has been used up of the limits.
type usage struct {
	second    Instant // in which the calls were
	calls     int
	activates []Instant          // when each of the last minute was accepted
	lines     map[string]lineUse // by ICCID
}

// lineUse is what a line has used up of its own limits.
type lineUse struct {
	day, month         int // of which it is
	actions, planMoves int
}

// countCall counts a call, and refuses it when the second has had as many as it may.
func (s *Sim) countCall() error {
	limit := s.cfg.Limits.CallsPerSecond
	if limit == 0 {
		return nil
	}
	u := &s.usage
	now := s.jobs.Now()
	if second := now - now%Instant(time.Second); second != u.second {
		u.second, u.calls = second, 0
	}
	if u.calls >= limit {
		return Errorf(Throttled, "the limit is %d a second for all calls with a session token; call again later", limit)
	}
	u.calls++
	return nil
}

// countActivation counts a request to activate, and refuses it when the last minute has had as many as it
// may. One that is refused does not count.
func (s *Sim) countActivation(op euicc.Op) error {
	limit := s.cfg.Limits.ActivatesPerMinute
	if limit == 0 || !op.Activates() {
		return nil
	}
	u := &s.usage
	now := s.jobs.Now()
	for len(u.activates) > 0 && now.Sub(u.activates[0]) >= time.Minute {
		u.activates = u.activates[1:]
	}
	if len(u.activates) >= limit {
		return Errorf(Throttled, "the limit is %d a minute for requests to activate; ask again later", limit)
	}
	u.activates = append(u.activates, now)
	return nil
}

// countsLines says whether an operation counts against a limit of the lines that it is about.
func countsLines(l *config.Limits, op euicc.Op) bool {
	return op.Provisioning() && (l.ProvisioningPerLineAndDay > 0 || op.ChangesPlan() && l.PlanChangesPerMonth > 0)
}

// reachedLimits says which limit the lines of a card have reached, for an operation that counts; see euicc.Order.
func (s *Sim) reachedLimits(d *device, op euicc.Op) map[string]euicc.Fault {
	l := &s.cfg.Limits
	if !countsLines(l, op) {
		return nil
	}
	reached := map[string]euicc.Fault{}
	for i := range d.Profiles {
		iccid := d.Profiles[i].ICCID
		used := s.used(iccid)
		if n := l.PlanChangesPerMonth; n > 0 && used.planMoves >= n {
			reached[iccid] = euicc.MonthLimit
		}
		if n := l.ProvisioningPerLineAndDay; n > 0 && used.actions >= n {
			reached[iccid] = euicc.DayLimit
		}
	}
	return reached
}

// countUse counts what came of an operation. What was refused does not count.
func (s *Sim) countUse(op euicc.Op, outcomes []euicc.Outcome) {
	if !countsLines(&s.cfg.Limits, op) {
		return
	}
	for i := range outcomes {
		out := &outcomes[i]
		if out.Device || out.Fault != euicc.OK {
			continue
		}
		used := s.used(out.Profile.ICCID)
		used.actions++
		if op.ChangesPlan() {
			used.planMoves++
		}
		if s.usage.lines == nil {
			s.usage.lines = map[string]lineUse{}
		}
		s.usage.lines[out.Profile.ICCID] = used
	}
}

// used is what a line has used up today and this month.
func (s *Sim) used(iccid string) lineUse {
	now := s.jobs.Now().Time()
	day, month := int(now.Unix()/(24*60*60)), 12*now.Year()+int(now.Month())
	used := s.usage.lines[iccid]
	if used.day != day {
		used.day, used.actions = day, 0
	}
	if used.month != month {
		used.month, used.planMoves = month, 0
	}
	return used
}
