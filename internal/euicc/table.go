package euicc

// Op is an operation that ThingSpace can ask of a card.
type Op uint8

// The operations, named as in the path of their endpoint.
const (
	OpActivate Op = iota
	OpActivateEnable
	OpDownload
	OpDownloadEnable
	OpDownloadDisable
	OpEnable
	OpDisable
	OpDelete
	OpSetFallback
	OpDeactivate
	OpServicePlan
	OpRenewActivationCode
	OpProfileSuspend
	OpProfileResume
	OpDeviceSuspend
	OpDeviceResume
	NumOps
)

var opWords = []string{
	"activate", "activate_enable", "download", "download_enable", "download_disable", "enable", "disable", "delete",
	"setfallbackattribute", "deactivate", "serviceplan", "renew_activation_code",
	"profile_suspend", "profile_resume", "device_suspend", "device_resume",
}

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
	effect func(c *Card, p *Profile, o *Order) Warning
}

// table is the whole state machine. A new operation is a new row. The order of the guards is part of
// the contract: what the request may ask for, then the subscription, then the card, then what only
// the SM-SR can say, and last what the line has used up.
var table = [NumOps]row{
	OpActivate: {
		guards: []guard{planFits, notSuspended, notActive, dayLeft},
		effect: func(c *Card, p *Profile, o *Order) Warning {
			subscribe(p, o)
			// The LEAD is bootstrapped: it goes into use at once, unless a LOCAL is in use already.
			if now := c.Enabled(); p.Role == Lead && (now == nil || now.Role == Default) {
				c.enable(p, StatusEnable)
			}
			return NoWarning
		},
	},
	OpActivateEnable: {
		guards: []guard{planFits, notSuspended, notActive, onCard, dayLeft},
		effect: func(c *Card, p *Profile, o *Order) Warning {
			subscribe(p, o)
			c.enable(p, StatusEnable)
			return NoWarning
		},
	},
	OpDownload:        {smsr: true, guards: downloadGuards, effect: download},
	OpDownloadDisable: {smsr: true, guards: downloadGuards, effect: download},
	OpDownloadEnable: {
		smsr:   true,
		guards: append(downloadGuards, pol2Disable, pol1Disable),
		effect: func(c *Card, p *Profile, o *Order) Warning {
			download(c, p, o)
			if p.NoCoverage {
				return NotEnabled // it is there, and the one before is in use again
			}
			c.enable(p, StatusDownloadEnable)
			return NoWarning
		},
	},
	OpEnable: {
		smsr: true,
		guards: []guard{
			notHybrid, planFits, onCard, isActive, notSuspended, notEnabled, cardFree, reachable,
			pol2Disable, pol1Disable, findsNetwork,
		},
		effect: func(c *Card, p *Profile, _ *Order) Warning {
			c.enable(p, StatusEnable)
			return NoWarning
		},
	},
	OpDisable: {
		smsr:   true,
		guards: []guard{notHybrid, isGlobal, onCard, isEnabled, canFallBack, cardFree, reachable, pol2Self, pol1Self},
		effect: func(c *Card, p *Profile, _ *Order) Warning {
			c.enable(c.fallbackFrom(p), StatusEnable)
			return NoWarning
		},
	},
	OpDelete: {
		smsr: true,
		guards: []guard{
			notHybrid, isGlobal, onCard, deletable, givenUp, deleteCanFallBack, notFallback, cardFree, reachable,
			pol2Delete, pol1Delete,
		},
		effect: func(c *Card, p *Profile, _ *Order) Warning {
			if p.Status.Enabled() {
				c.enable(c.fallbackFrom(p), StatusEnable)
			}
			p.Status = StatusDelete
			return NoWarning
		},
	},
	OpSetFallback: {
		smsr:   true,
		guards: []guard{notHybrid, onCard, isActive, cardFree, reachable},
		effect: func(c *Card, p *Profile, _ *Order) Warning {
			c.Fallback = p.ICCID // the holder before loses it
			return NoWarning
		},
	},
	OpDeactivate: {
		guards: []guard{isActive, notSuspended, othersCanFallBack, dayLeft},
		effect: func(c *Card, p *Profile, _ *Order) Warning {
			next := c.fallbackFrom(p)
			p.Service, p.MDN, p.Plan = Deactive, "", ""
			if c.Fallback == p.ICCID {
				c.Fallback = ""
			}
			if p.Status.Enabled() {
				p.Status = StatusDisable
				if next != nil {
					next.Status = StatusEnable
				}
			}
			return NoWarning
		},
	},
	OpServicePlan: {
		guards: []guard{planFits, isActive, notSuspended, dayLeft, monthLeft},
		effect: func(_ *Card, p *Profile, o *Order) Warning {
			p.Plan = o.Plan.Name
			return NoWarning
		},
	},
	OpRenewActivationCode: {
		guards: []guard{isActive},
		effect: func(*Card, *Profile, *Order) Warning { return NoWarning }, // the code is of no consequence here
	},
	OpProfileSuspend: {
		guards: []guard{isGlobal, planFits, isActive, canSuspend, dayLeft},
		effect: func(_ *Card, p *Profile, _ *Order) Warning {
			p.Suspended = ByProfile
			return NoWarning
		},
	},
	OpProfileResume: {
		guards: []guard{planFits, isActive, canResume, dayLeft},
		effect: func(_ *Card, p *Profile, _ *Order) Warning {
			p.Suspended = NotSuspended // whoever caused it
			return NoWarning
		},
	},
	OpDeviceSuspend: {
		each:   true,
		guards: []guard{canSuspend, dayLeft},
		effect: func(_ *Card, p *Profile, _ *Order) Warning {
			p.Suspended = ByDevice
			return NoWarning
		},
	},
	OpDeviceResume: {
		each:   true,
		guards: []guard{canResume, dayLeft},
		// A profile that was suspended on its own stays suspended, and says so.
		effect: func(_ *Card, p *Profile, _ *Order) Warning {
			if p.Suspended == ByDevice {
				p.Suspended = NotSuspended
			}
			return NoWarning
		},
	},
}

var downloadGuards = []guard{
	notHybrid, isGlobal, planFits, notOnCard, notDeactive, notSuspended, leadConnected, cardFree, reachable, memoryLeft,
}

func download(_ *Card, p *Profile, o *Order) Warning {
	p.Status = StatusDownloadDisable
	if p.Service == PreActive {
		subscribe(p, o)
	}
	return NoWarning
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
