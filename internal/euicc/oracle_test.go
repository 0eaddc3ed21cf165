package euicc_test

import . "tsim/internal/euicc"

// The oracle says again, in plain ifs and without a look at the table, what the pages and the
// research on them say. It is written to be read beside them, so it shares nothing with the code.
// This file says what is refused; what is done otherwise is in oracle_effect_test.go.

func usable(s Status) bool { return s == StatusEnable || s == StatusDownloadEnable }
func installed(s Status) bool {
	return s == StatusDownloadDisable || s == StatusDownloadEnable || s == StatusEnable || s == StatusDisable
}
func suspended(p Profile) bool { return p.Suspended == ByProfile || p.Suspended == ByDevice }

// refusal is why the operation cannot be done for profile p of c, or not any more.
func refusal(c Card, p Profile, o Order) Fault {
	if f := impossible(c, p, o); f != OK {
		return f
	}
	return overspent(p, o)
}

// overspent is which of its limits a line has reached. Changes on the card have none.
func overspent(p Profile, o Order) Fault {
	switch o.Op {
	case OpActivate, OpActivateEnable, OpDeactivate, OpServicePlan, OpProfileSuspend, OpProfileResume, OpDeviceSuspend, OpDeviceResume:
		if o.Spent[p.ICCID] == DayLimit {
			return DayLimit
		}
	}
	if o.Op == OpServicePlan {
		return o.Spent[p.ICCID]
	}
	return OK
}

func impossible(c Card, p Profile, o Order) Fault {
	switch o.Op {
	case OpActivate, OpActivateEnable:
		return refuseActivation(p, o)
	case OpDownload, OpDownloadDisable, OpDownloadEnable:
		return refuseDownload(c, p, o)
	case OpEnable:
		return refuseEnable(c, p, o)
	case OpDisable:
		return refuseDisable(c, p, o)
	case OpDelete:
		return refuseDelete(c, p, o)
	case OpSetFallback:
		return refuseFallback(c, p, o)
	case OpDeactivate, OpServicePlan, OpRenewActivationCode:
		return refuseService(c, p, o)
	}
	return refuseSuspension(p, o)
}

func misfit(p Profile, o Order) bool {
	return o.Plan.Name != "" && o.Plan.Network != AnyNetwork && o.Plan.Network != p.Network
}

// unanswered is why the SM-SR cannot even begin.
func unanswered(c Card, o Order) Fault {
	if o.Busy {
		return UpdateInProgress
	}
	if !c.Powered || !c.Connected {
		return Expired
	}
	return OK
}

// forbidden is what the policies of p have against something, the one of the SM-SR first.
func forbidden(p Profile, what Policy) Fault {
	if p.POL2&what != 0 {
		return RefusedByPOL2
	}
	if p.POL1&what != 0 {
		return RefusedByPOL1
	}
	return OK
}

// replacing is what the policies of a profile in use have against enabling p in its place.
func replacing(c Card, p Profile) Fault {
	for _, q := range c.Profiles {
		if usable(q.Status) && q.ICCID != p.ICCID {
			return forbidden(q, DisableNotAllowed)
		}
	}
	return OK
}

func refuseActivation(p Profile, o Order) Fault {
	if misfit(p, o) {
		return PlanMismatch
	}
	if suspended(p) {
		return Suspended
	}
	if p.Service == Active {
		return AlreadyActive
	}
	if o.Op == OpActivateEnable && !installed(p.Status) {
		return NotDownloaded
	}
	return OK
}

func refuseDownload(c Card, p Profile, o Order) Fault {
	if p.Plan == "HybridESim" {
		return HybridUnsupported
	}
	if p.Network != Global {
		return GlobalOnly
	}
	if misfit(p, o) {
		return PlanMismatch
	}
	if installed(p.Status) {
		return AlreadyDownloaded
	}
	if p.Service == Deactive {
		return NotActive
	}
	if suspended(p) {
		return Suspended
	}
	connected, count := false, 0
	for _, q := range c.Profiles {
		if q.Role == Lead && usable(q.Status) && q.Service == Active && !suspended(q) {
			connected = true
		}
		if installed(q.Status) {
			count++
		}
	}
	if !connected {
		return LeadNotConnected
	}
	if f := unanswered(c, o); f != OK {
		return f
	}
	if c.Memory != 0 && count >= int(c.Memory) {
		return NoMemory
	}
	if o.Op == OpDownloadEnable {
		return replacing(c, p)
	}
	return OK
}

func refuseEnable(c Card, p Profile, o Order) Fault {
	if p.Plan == "HybridESim" {
		return HybridUnsupported
	}
	if misfit(p, o) {
		return PlanMismatch
	}
	if !installed(p.Status) {
		return NotDownloaded
	}
	if p.Service != Active {
		return NotActive
	}
	if suspended(p) {
		return Suspended
	}
	if usable(p.Status) {
		return AlreadyEnabled
	}
	if f := unanswered(c, o); f != OK {
		return f
	}
	if f := replacing(c, p); f != OK {
		return f
	}
	if p.NoCoverage {
		return NoConnectivity
	}
	return OK
}

func refuseDisable(c Card, p Profile, o Order) Fault {
	if p.Plan == "HybridESim" {
		return HybridUnsupported
	}
	if p.Network != Global {
		return GlobalOnly
	}
	if !installed(p.Status) {
		return NotDownloaded
	}
	if !usable(p.Status) {
		return AlreadyDisabled
	}
	if heir(c, p) == "" {
		return NoFallback
	}
	if f := unanswered(c, o); f != OK {
		return f
	}
	return forbidden(p, DisableNotAllowed)
}

func refuseDelete(c Card, p Profile, o Order) Fault {
	if p.Plan == "HybridESim" {
		return HybridUnsupported
	}
	if p.Network != Global {
		return GlobalOnly
	}
	if !installed(p.Status) {
		return NotDownloaded
	}
	if usable(p.Status) && o.Delete != DeleteDisables {
		return StillEnabled
	}
	if p.Service != Deactive && o.Delete == DeleteDeactivated {
		return StillActive
	}
	if usable(p.Status) && heir(c, p) == "" {
		return NoFallback
	}
	if c.Fallback == p.ICCID {
		return HasFallback
	}
	if f := unanswered(c, o); f != OK {
		return f
	}
	// A delete of a profile in use is a disable and a delete, and may do what both may do.
	if usable(p.Status) {
		return forbidden(p, DeleteNotAllowed|DisableNotAllowed)
	}
	return forbidden(p, DeleteNotAllowed)
}

func refuseFallback(c Card, p Profile, o Order) Fault {
	if p.Plan == "HybridESim" {
		return HybridUnsupported
	}
	if !installed(p.Status) {
		return NotDownloaded
	}
	if p.Service != Active {
		return NotActive
	}
	return unanswered(c, o)
}

func refuseService(c Card, p Profile, o Order) Fault {
	if o.Op == OpServicePlan && misfit(p, o) {
		return PlanMismatch
	}
	if p.Service != Active {
		return NotActive
	}
	if o.Op != OpRenewActivationCode && suspended(p) {
		return Suspended
	}
	if o.Op == OpDeactivate && o.CheckFallback && heir(c, p) == "" {
		return NoFallback
	}
	return OK
}

func refuseSuspension(p Profile, o Order) Fault {
	if o.Op == OpProfileSuspend && p.Network != Global {
		return GlobalOnly
	}
	if (o.Op == OpProfileSuspend || o.Op == OpProfileResume) && misfit(p, o) {
		return PlanMismatch
	}
	if p.Service != Active {
		return NotActive
	}
	switch o.Op {
	case OpProfileSuspend, OpDeviceSuspend:
		if suspended(p) {
			return AlreadySuspended
		}
	case OpProfileResume, OpDeviceResume:
		if !suspended(p) {
			return AlreadyResumed
		}
	}
	return OK
}
