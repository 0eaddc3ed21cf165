package euicc

import "time"

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

// row is one operation: what it is, what must hold, in this order, and what happens then.
type row struct {
	each     bool          // for every active profile of the device, then once for the device
	line     lineChange    // what it is to the subscriptions of its lines
	validity time.Duration // how long the SM-SR tries to reach the device; 0 for what the SM-SR has no part in
	guards   []guard       // the first that does not hold is the fault
	effect   func(c *Card, p *Profile, o *Order) Warning
}

// lineChange is what an operation is to the subscription of a line. ThingSpace limits how many provisioning
// operations a line may have, and changes of plan and activations beyond that.
type lineChange uint8

const (
	notSaid     lineChange = iota // no row has this: a test looks
	cardOnly                      // it is not provisioning
	provisions                    // it is provisioning, of no kind that has a limit of its own
	activates                     // it is provisioning, and asks for a subscription to begin
	changesPlan                   // it is provisioning, and changes the plan
)

// Provisioning says whether an operation counts as a provisioning operation of its lines.
func (o Op) Provisioning() bool { return table[o].line > cardOnly }

// Activates says whether an operation asks for a subscription to begin.
func (o Op) Activates() bool { return table[o].line == activates }

// ChangesPlan says whether an operation changes the plan of a line.
func (o Op) ChangesPlan() bool { return table[o].line == changesPlan }

// SMSR says whether the SM-SR carries out an operation on the card: one at a time, and only when it can reach
// the device.
func (o Op) SMSR() bool { return table[o].validity > 0 }

// Validities are how long the SM-SR tries to reach the device, by operation, as an SGP.02 platform has it that
// says so; 0 for what the SM-SR has no part in.
func Validities() (all [NumOps]time.Duration) {
	for op := range table {
		all[op] = table[op].validity
	}
	return all
}

// table is the whole state machine. A new operation is a new row. The order of the guards is part of
// the contract: what the request may ask for, then the subscription, then the card, then what only
// the SM-SR can say, and last what the line has used up.
var table = [NumOps]row{
	OpActivate: {
		line:   activates,
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
		line:   activates,
		guards: []guard{planFits, notSuspended, notActive, onCard, dayLeft},
		effect: func(c *Card, p *Profile, o *Order) Warning {
			subscribe(p, o)
			c.enable(p, StatusEnable)
			return NoWarning
		},
	},
	OpDownload:        {line: cardOnly, validity: 3 * time.Minute, guards: downloadGuards, effect: download},
	OpDownloadDisable: {line: cardOnly, validity: 3 * time.Minute, guards: downloadGuards, effect: download},
	OpDownloadEnable: {
		line:     cardOnly,
		validity: 18 * time.Minute,
		guards:   append(downloadGuards, pol2Disable, pol1Disable),
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
		line:     cardOnly,
		validity: 15 * time.Minute,
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
		line:     cardOnly,
		validity: 15 * time.Minute,
		guards:   []guard{notHybrid, isGlobal, onCard, isEnabled, canFallBack, cardFree, reachable, pol2Self, pol1Self},
		effect: func(c *Card, p *Profile, _ *Order) Warning {
			c.enable(c.fallbackFrom(p), StatusEnable)
			return NoWarning
		},
	},
	OpDelete: {
		line:     cardOnly,
		validity: 3 * time.Minute,
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
		line:     cardOnly,
		validity: 3 * time.Minute,
		guards:   []guard{notHybrid, onCard, isActive, cardFree, reachable},
		effect: func(c *Card, p *Profile, _ *Order) Warning {
			c.Fallback = p.ICCID // the holder before loses it
			return NoWarning
		},
	},
	OpDeactivate: {
		line:   provisions,
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
		line:   changesPlan,
		guards: []guard{planFits, isActive, notSuspended, dayLeft, monthLeft},
		effect: func(_ *Card, p *Profile, o *Order) Warning {
			p.Plan = o.Plan.Name
			return NoWarning
		},
	},
	OpRenewActivationCode: {
		line:   cardOnly,
		guards: []guard{isActive},
		effect: func(*Card, *Profile, *Order) Warning { return NoWarning }, // the code is of no consequence here
	},
	OpProfileSuspend: {
		line:   provisions,
		guards: []guard{isGlobal, planFits, isActive, canSuspend, dayLeft},
		effect: func(_ *Card, p *Profile, _ *Order) Warning {
			p.Suspended = ByProfile
			return NoWarning
		},
	},
	OpProfileResume: {
		line:   provisions,
		guards: []guard{planFits, isActive, canResume, dayLeft},
		effect: func(_ *Card, p *Profile, _ *Order) Warning {
			p.Suspended = NotSuspended // whoever caused it
			return NoWarning
		},
	},
	OpDeviceSuspend: {
		line:   provisions,
		each:   true,
		guards: []guard{canSuspend, dayLeft},
		effect: func(_ *Card, p *Profile, _ *Order) Warning {
			p.Suspended = ByDevice
			return NoWarning
		},
	},
	OpDeviceResume: {
		line:   provisions,
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
