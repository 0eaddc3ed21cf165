package euicc

// Op is an operation that ThingSpace can ask of a card.
type Op uint8

// The operations, named as in the path of their endpoint.
const (
	OpActivate Op = iota
	OpDownload
	OpEnable
	OpProfileSuspend
	OpDeviceSuspend
	OpDeviceResume
	NumOps
)

var opWords = []string{"activate", "download", "enable", "profile_suspend", "device_suspend", "device_resume"}

func (o Op) String() string { return opWords[o] }

// Ops lists the operations.
func Ops() []Op {
	all := make([]Op, NumOps)
	for i := range all {
		all[i] = Op(i)
	}
	return all
}

// row is one operation: what must hold, in this order, and what happens then.
type row struct {
	each   bool    // for every active profile of the device, then once for the device
	smsr   bool    // carried out by the SM-SR on the card: one at a time
	guards []guard // the first that does not hold is the fault
	effect func(c *Card, p *Profile, o *Order)
}

// guard is a condition and the fault it becomes when it does not hold.
type guard struct {
	fault Fault
	holds func(c *Card, p *Profile, o *Order) bool
}

// The guards. Their order within a row is part of the contract: policy of the request first, then
// the subscription, then the card, then what only the SM-SR can say.
var (
	isGlobal  = guard{GlobalOnly, func(_ *Card, p *Profile, _ *Order) bool { return p.Network == Global }}
	planFits  = guard{PlanMismatch, func(_ *Card, p *Profile, o *Order) bool { return o.Plan.Fits(p.Network) }}
	isActive  = guard{NotActive, func(_ *Card, p *Profile, _ *Order) bool { return p.Service == Active }}
	notActive = guard{AlreadyActive, func(_ *Card, p *Profile, _ *Order) bool { return p.Service != Active }}
	// A download activates a profile that has not been active yet; one that was given up needs activate.
	notDeactive   = guard{NotActive, func(_ *Card, p *Profile, _ *Order) bool { return p.Service != Deactive }}
	canSuspend    = guard{AlreadySuspended, func(_ *Card, p *Profile, _ *Order) bool { return p.Suspended == NotSuspended }}
	canResume     = guard{AlreadyResumed, func(_ *Card, p *Profile, _ *Order) bool { return p.Suspended != NotSuspended }}
	notSuspended  = guard{Suspended, func(_ *Card, p *Profile, _ *Order) bool { return p.Suspended == NotSuspended }}
	onCard        = guard{NotDownloaded, func(_ *Card, p *Profile, _ *Order) bool { return p.Status.OnCard() }}
	notOnCard     = guard{AlreadyDownloaded, func(_ *Card, p *Profile, _ *Order) bool { return !p.Status.OnCard() }}
	notEnabled    = guard{AlreadyEnabled, func(_ *Card, p *Profile, _ *Order) bool { return !p.Status.Enabled() }}
	leadConnected = guard{LeadNotConnected, func(c *Card, _ *Profile, _ *Order) bool {
		lead := c.Lead()
		return lead != nil && lead.Status.Enabled() && lead.State() == StateActive
	}}
	cardFree  = guard{UpdateInProgress, func(_ *Card, _ *Profile, o *Order) bool { return !o.Busy }}
	reachable = guard{Expired, func(c *Card, _ *Profile, _ *Order) bool { return c.Reachable() }}
)

// table is the whole state machine. A new operation is a new row.
var table = [NumOps]row{
	OpActivate: {
		guards: []guard{planFits, notSuspended, notActive},
		effect: func(c *Card, p *Profile, o *Order) {
			subscribe(p, o)
			// The LEAD is bootstrapped: it goes into use at once, unless a LOCAL is in use already.
			if now := c.Enabled(); p.Role == Lead && (now == nil || now.Role == Default) {
				p.Status = StatusEnable
				c.disableOthers(p)
			}
		},
	},
	OpDownload: {
		smsr:   true,
		guards: []guard{isGlobal, planFits, notOnCard, notDeactive, notSuspended, leadConnected, cardFree, reachable},
		effect: func(_ *Card, p *Profile, o *Order) {
			p.Status = StatusDownloadDisable
			if p.Service == PreActive {
				subscribe(p, o)
			}
		},
	},
	OpEnable: {
		smsr:   true,
		guards: []guard{planFits, onCard, isActive, notSuspended, notEnabled, cardFree, reachable},
		effect: func(c *Card, p *Profile, _ *Order) {
			p.Status = StatusEnable
			c.disableOthers(p)
		},
	},
	OpProfileSuspend: {
		guards: []guard{isGlobal, planFits, isActive, canSuspend},
		effect: func(_ *Card, p *Profile, _ *Order) { p.Suspended = ByProfile },
	},
	OpDeviceSuspend: {
		each:   true,
		guards: []guard{canSuspend},
		effect: func(_ *Card, p *Profile, _ *Order) { p.Suspended = ByDevice },
	},
	OpDeviceResume: {
		each:   true,
		guards: []guard{canResume},
		// A profile that was suspended on its own stays suspended, and says so.
		effect: func(_ *Card, p *Profile, _ *Order) {
			if p.Suspended == ByDevice {
				p.Suspended = NotSuspended
			}
		},
	},
}

// subscribe makes a profile active, with a number and a plan.
func subscribe(p *Profile, o *Order) {
	p.Service = Active
	if p.MDN == "" {
		p.MDN = o.MDN
	}
	if o.Plan.Name != "" {
		p.Plan = o.Plan.Name
	}
}
