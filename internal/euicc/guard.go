package euicc

// guard is a condition and the fault it becomes when it does not hold.
type guard struct {
	fault Fault
	holds func(c *Card, p *Profile, o *Order) bool
}

// What the request may ask for at all.
var (
	isGlobal = guard{GlobalOnly, func(_ *Card, p *Profile, _ *Order) bool { return p.Network == Global }}
	planFits = guard{PlanMismatch, func(_ *Card, p *Profile, o *Order) bool { return o.Plan.Fits(p.Network) }}
	// A consumer eSIM is pulled by its device; there is no SM-SR that could change it.
	notHybrid = guard{HybridUnsupported, func(_ *Card, p *Profile, _ *Order) bool { return p.Plan != HybridPlan }}
)

// The subscription.
var (
	isActive  = guard{NotActive, func(_ *Card, p *Profile, _ *Order) bool { return p.Service == Active }}
	notActive = guard{AlreadyActive, func(_ *Card, p *Profile, _ *Order) bool { return p.Service != Active }}
	// A download activates a profile that has not been active yet; one that was given up needs activate.
	notDeactive  = guard{NotActive, func(_ *Card, p *Profile, _ *Order) bool { return p.Service != Deactive }}
	canSuspend   = guard{AlreadySuspended, func(_ *Card, p *Profile, _ *Order) bool { return p.Suspended == NotSuspended }}
	canResume    = guard{AlreadyResumed, func(_ *Card, p *Profile, _ *Order) bool { return p.Suspended != NotSuspended }}
	notSuspended = guard{Suspended, func(_ *Card, p *Profile, _ *Order) bool { return p.Suspended == NotSuspended }}
)

// The card.
var (
	onCard        = guard{NotDownloaded, func(_ *Card, p *Profile, _ *Order) bool { return p.Status.OnCard() }}
	notOnCard     = guard{AlreadyDownloaded, func(_ *Card, p *Profile, _ *Order) bool { return !p.Status.OnCard() }}
	notEnabled    = guard{AlreadyEnabled, func(_ *Card, p *Profile, _ *Order) bool { return !p.Status.Enabled() }}
	isEnabled     = guard{AlreadyDisabled, func(_ *Card, p *Profile, _ *Order) bool { return p.Status.Enabled() }}
	leadConnected = guard{LeadNotConnected, func(c *Card, _ *Profile, _ *Order) bool {
		lead := c.Lead()
		return lead != nil && lead.Status.Enabled() && lead.State() == StateActive
	}}
	// The documents disagree on what a delete asks for: see Order.Delete.
	deletable = guard{StillEnabled, func(_ *Card, p *Profile, o *Order) bool {
		return o.Delete == DeleteDisables || !p.Status.Enabled()
	}}
	givenUp = guard{StillActive, func(_ *Card, p *Profile, o *Order) bool {
		return o.Delete != DeleteDeactivated || p.Service == Deactive
	}}
	canFallBack = guard{NoFallback, func(c *Card, p *Profile, _ *Order) bool { return c.fallbackFrom(p) != nil }}
	// The same, only when the request asks for it or when the profile is in use.
	othersCanFallBack = guard{NoFallback, func(c *Card, p *Profile, o *Order) bool {
		return !o.CheckFallback || c.fallbackFrom(p) != nil
	}}
	deleteCanFallBack = guard{NoFallback, func(c *Card, p *Profile, _ *Order) bool {
		return !p.Status.Enabled() || c.fallbackFrom(p) != nil
	}}
)

// What only the SM-SR can say.
var (
	notFallback = guard{HasFallback, func(c *Card, p *Profile, _ *Order) bool { return c.Fallback != p.ICCID }}
	cardFree    = guard{UpdateInProgress, func(_ *Card, _ *Profile, o *Order) bool { return !o.Busy }}
	reachable   = guard{Expired, func(c *Card, _ *Profile, _ *Order) bool { return c.Reachable() }}
	memoryLeft  = guard{NoMemory, func(c *Card, _ *Profile, _ *Order) bool { return c.Memory == 0 || c.installed() < int(c.Memory) }}
	// The policy of the SM-SR (POL2) is looked at before that of the card (POL1).
	pol2Disable = guard{RefusedByPOL2, func(c *Card, p *Profile, _ *Order) bool {
		return !c.inUseBut(p, func(q *Profile) Policy { return q.POL2 })
	}}
	pol1Disable = guard{RefusedByPOL1, func(c *Card, p *Profile, _ *Order) bool {
		return !c.inUseBut(p, func(q *Profile) Policy { return q.POL1 })
	}}
	pol2Self   = guard{RefusedByPOL2, func(_ *Card, p *Profile, _ *Order) bool { return p.POL2&DisableNotAllowed == 0 }}
	pol1Self   = guard{RefusedByPOL1, func(_ *Card, p *Profile, _ *Order) bool { return p.POL1&DisableNotAllowed == 0 }}
	pol2Delete = guard{RefusedByPOL2, func(_ *Card, p *Profile, _ *Order) bool { return p.POL2&keepsFromDelete(p) == 0 }}
	pol1Delete = guard{RefusedByPOL1, func(_ *Card, p *Profile, _ *Order) bool { return p.POL1&keepsFromDelete(p) == 0 }}
	// The card enables the profile, finds no network, and goes back to the one before.
	findsNetwork = guard{NoConnectivity, func(_ *Card, p *Profile, _ *Order) bool { return !p.NoCoverage }}
)

// What the line has used up. It is looked at last: what cannot be done uses nothing up.
var (
	dayLeft   = guard{DayLimit, func(_ *Card, p *Profile, o *Order) bool { return o.Spent[p.ICCID] != DayLimit }}
	monthLeft = guard{MonthLimit, func(_ *Card, p *Profile, o *Order) bool { return o.Spent[p.ICCID] != MonthLimit }}
)

// inUseBut says whether a profile other than p is in use and its policy forbids to disable it.
func (c *Card) inUseBut(p *Profile, policy func(*Profile) Policy) bool {
	now := c.Enabled()
	return now != nil && now != p && policy(now)&DisableNotAllowed != 0
}

// keepsFromDelete is the rules that a delete of p must not meet: one that is in use is disabled first.
func keepsFromDelete(p *Profile) Policy {
	if p.Status.Enabled() {
		return DeleteNotAllowed | DisableNotAllowed
	}
	return DeleteNotAllowed
}

// installed counts the profiles on the card.
func (c *Card) installed() (n int) {
	for i := range c.Profiles {
		if c.Profiles[i].Status.OnCard() {
			n++
		}
	}
	return n
}

// fallbackFrom is the profile that comes into use when p goes out of it: the one with the fallback
// attribute if it is on the card and active, else the LEAD likewise, suspended or not; or nil.
func (c *Card) fallbackFrom(p *Profile) *Profile {
	for _, q := range []*Profile{c.Profile(c.Fallback), c.Lead()} {
		if q != nil && q != p && q.Status.OnCard() && q.Service == Active {
			return q
		}
	}
	return nil
}
