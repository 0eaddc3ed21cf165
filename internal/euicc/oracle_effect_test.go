package euicc_test

import (
	"slices"

	. "tsim/internal/euicc"
)

// heir is the ICCID of the profile that takes over from p: the holder of the fallback attribute if
// it is on the card and active, else the LEAD likewise, suspended or not; "" for none.
func heir(c Card, p Profile) string {
	for _, q := range c.Profiles {
		if q.ICCID == c.Fallback && q.ICCID != p.ICCID && installed(q.Status) && q.Service == Active {
			return q.ICCID
		}
	}
	for _, q := range c.Profiles {
		if q.Role == Lead && q.ICCID != p.ICCID && installed(q.Status) && q.Service == Active {
			return q.ICCID
		}
	}
	return ""
}

// switchTo puts one profile into use and the one before out of it, which may have to be deleted then.
func switchTo(c Card, iccid string, as Status) Card {
	for i, q := range c.Profiles {
		if q.ICCID == iccid {
			c.Profiles[i].Status = as
			continue
		}
		if !usable(q.Status) {
			continue
		}
		c.Profiles[i].Status = StatusDisable
		if (q.POL1&DeleteOnDisable != 0 || q.POL2&DeleteOnDisable != 0) && q.ICCID != c.Fallback {
			c.Profiles[i].Status = StatusDelete
		}
	}
	return c
}

// carryOut does an operation that nothing keeps from being done for profile i.
func carryOut(c Card, i int, o Order) (Card, Warning) {
	c = c.Clone()
	p := &c.Profiles[i]
	begin := func() {
		p.Service = Active
		if p.MDN == "" {
			p.MDN = o.MDN
		}
		if o.Plan.Name != "" {
			p.Plan = o.Plan.Name
		}
	}
	switch o.Op {
	case OpActivate:
		begin()
		local := false
		for _, q := range c.Profiles {
			local = local || q.Role == Local && usable(q.Status)
		}
		if p.Role == Lead && !local {
			return switchTo(c, p.ICCID, StatusEnable), NoWarning
		}
	case OpActivateEnable:
		begin()
		return switchTo(c, p.ICCID, StatusEnable), NoWarning
	case OpDownload, OpDownloadDisable, OpDownloadEnable:
		p.Status = StatusDownloadDisable
		if p.Service == PreActive {
			begin()
		}
		if o.Op == OpDownloadEnable && p.NoCoverage {
			return c, NotEnabled
		}
		if o.Op == OpDownloadEnable {
			return switchTo(c, p.ICCID, StatusDownloadEnable), NoWarning
		}
	case OpEnable:
		return switchTo(c, p.ICCID, StatusEnable), NoWarning
	case OpDisable:
		return switchTo(c, heir(c, *p), StatusEnable), NoWarning
	case OpDelete:
		if usable(p.Status) {
			c = switchTo(c, heir(c, *p), StatusEnable)
		}
		p.Status = StatusDelete
	case OpSetFallback:
		c.Fallback = p.ICCID
	case OpDeactivate:
		next := heir(c, *p)
		if usable(p.Status) {
			p.Status = StatusDisable
			for k := range c.Profiles {
				if c.Profiles[k].ICCID == next {
					c.Profiles[k].Status = StatusEnable
				}
			}
		}
		if c.Fallback == p.ICCID {
			c.Fallback = ""
		}
		p.Service, p.MDN, p.Plan = Deactive, "", ""
	case OpServicePlan:
		p.Plan = o.Plan.Name
	case OpProfileSuspend:
		p.Suspended = ByProfile
	case OpProfileResume:
		p.Suspended = NotSuspended
	case OpDeviceSuspend:
		p.Suspended = ByDevice
	case OpDeviceResume:
		if p.Suspended == ByDevice {
			p.Suspended = NotSuspended
		}
	}
	return c, NoWarning
}

// oracle is what is told, and the card afterwards.
func oracle(c Card, o Order) ([]Outcome, Card) {
	if o.Op == OpDeviceSuspend || o.Op == OpDeviceResume {
		return oracleOfDevice(c, o)
	}
	for i, p := range c.Profiles {
		if p.ICCID != o.ICCID {
			continue
		}
		f, w, after := refusal(c, p, o), NoWarning, c
		if f == OK {
			after, w = carryOut(c, i, o)
		}
		p = after.Profiles[i]
		return []Outcome{{Fault: f, Warning: w, State: stateOf(p), Profile: p}}, after
	}
	if o.Create && !slices.ContainsFunc(c.Profiles, func(p Profile) bool { return p.Role == Lead }) {
		return oracleOfCreation(c, o)
	}
	return []Outcome{{Fault: IdentifiersMismatch, Profile: Profile{ICCID: o.ICCID}}}, c
}

// oracleOfCreation activates a consumer eSIM whose ICCID the system has made up.
func oracleOfCreation(c Card, o Order) ([]Outcome, Card) {
	p := Profile{ICCID: o.ICCID, Network: US, Role: Lead, Status: StatusDownloadDisable}
	f, count := refusal(c, p, o), 0
	for _, q := range c.Profiles {
		if installed(q.Status) {
			count++
		}
	}
	if f == OK && c.Memory != 0 && count >= int(c.Memory) {
		f = NoMemory
	}
	if f != OK {
		p.ICCID = "" // what was never made is not told
		return []Outcome{{Fault: f, State: StatePreActive, Profile: p}}, c
	}
	with := c.Clone()
	with.Profiles = append([]Profile{p}, with.Profiles...)
	with, w := carryOut(with, 0, o)
	return []Outcome{{Warning: w, State: stateOf(with.Profiles[0]), Profile: with.Profiles[0]}}, with
}

func oracleOfDevice(c Card, o Order) ([]Outcome, Card) {
	var out []Outcome
	after := c.Clone()
	last := Outcome{Device: true}
	done := false
	for i, p := range c.Profiles {
		if p.Service != Active {
			continue
		}
		f := refusal(after, p, o)
		if f == OK {
			after, _ = carryOut(after, i, o)
			done = true
		} else {
			last.Fault = f
		}
		out = append(out, Outcome{Fault: f, State: stateOf(after.Profiles[i]), Profile: after.Profiles[i]})
	}
	if done {
		last.Fault = OK
	}
	last.State = deviceStateOf(after)
	for _, p := range after.Profiles {
		if p.Role == Lead {
			last.Profile = p
		}
	}
	return append(out, last), after
}

// oracleOfLoss is what a card does when the network is gone.
func oracleOfLoss(c Card) (Card, bool) {
	for i, p := range c.Profiles {
		if !c.Powered || p.ICCID != c.Fallback || !installed(p.Status) || p.Service != Active || usable(p.Status) {
			continue
		}
		c = c.Clone()
		for k, q := range c.Profiles {
			if usable(q.Status) {
				c.Profiles[k].Status = StatusDisable
			}
		}
		c.Profiles[i].Status = StatusEnable
		return c, true
	}
	return c, false
}

func stateOf(p Profile) State {
	if p.Service == Deactive {
		return StateDeactive
	}
	if p.Service == PreActive {
		return StatePreActive
	}
	if suspended(p) {
		return StateSuspended
	}
	return StateActive
}

func deviceStateOf(c Card) State {
	count := map[State]int{}
	for _, p := range c.Profiles {
		count[stateOf(p)]++
	}
	if count[StateActive] > 0 {
		return StateActive
	}
	if count[StateSuspended] > 0 {
		return StateSuspended
	}
	if count[StateDeactive] > 0 {
		return StateDeactive
	}
	return StatePreActive
}
