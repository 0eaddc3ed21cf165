package euicc_test

import (
	"slices"
	"testing"

	. "tsim/internal/euicc"
)

// A script is a byte for the card and then two bytes for each step: what happens, and with what
// circumstances. The steps after the operations are the outside events.
const (
	onLocal     = 1 << iota // the profile: 0 is the LEAD
	onOther                 // another LOCAL
	busyStep                // another operation is under way
	oddStep                 // an activation may create its profile; elsewhere the plan is unknown
	usPlan                  // a plan is named, of this network
	globalPlan              // both: of any
	disables                // a delete that disables first; on a deactivation, one that checks the fallback
	deactivated             // a delete of deactivated profiles only; the plan, if any, is HybridESim
	onDefault   = onLocal | onOther
	anyPlan     = usPlan | globalPlan
)

const (
	policyCard   = 1 << iota // a policy of the first LOCAL forbids to disable it
	goneCard                 // the other LOCAL is deleted when it is disabled
	fullCard                 // besides the LEAD and the DEFAULT there is room for one
	deafCard                 // the first LOCAL finds no network
	fallbackCard             // the DEFAULT has the fallback attribute
	bareCard                 // there is no LEAD yet
)

// FuzzScript reads a card, operations with their circumstances, and outside events from bytes.
func FuzzScript(f *testing.F) {
	ops := func(card byte, steps ...byte) { f.Add(append([]byte{card}, steps...)) }
	act, load, enable, disable := byte(OpActivate), byte(OpDownload), byte(OpEnable), byte(OpDisable)
	alone, suspend, resume := byte(OpProfileSuspend), byte(OpDeviceSuspend), byte(OpDeviceResume)
	power, lost := byte(NumOps)+byte(powerToggled), byte(NumOps)+byte(networkLost)
	// The history of the samples: what was suspended alone stays suspended, twice.
	ops(0, act, 0, load, onLocal, enable, onLocal, alone, onLocal, suspend, 0, resume, 0, resume, 0, byte(OpProfileResume), onLocal)
	// To the LOCAL, back with disable, and again by enabling the LEAD.
	ops(0, act, 0, byte(OpDownloadEnable), onLocal, disable, onLocal, enable, onLocal, enable, 0, byte(OpDelete), onLocal)
	// The fallback attribute: set, keeps from a delete, takes over, is given up with the profile.
	ops(0, act, 0, load, onLocal, byte(OpSetFallback), onLocal, byte(OpDelete), onLocal, lost, 0, byte(OpDeactivate), onLocal|disables, act, onLocal)
	// Two LOCALs, one deleted when it is disabled, one that cannot be disabled, little memory.
	ops(goneCard|policyCard, act, 0, byte(OpDownloadEnable), onOther, byte(OpEnable), 0, load, onLocal, enable, onLocal, enable, 0, byte(OpDelete), onLocal|disables)
	ops(fullCard, act, 0, load, onLocal, load, onOther)
	ops(deafCard, act, 0, byte(OpDownloadEnable), onLocal, enable, onLocal)
	// Without power, busy, with plans.
	ops(0, act, usPlan, power, 0, load, onLocal, power, 0, load, onLocal|busyStep, load, onLocal|usPlan, load, onLocal|globalPlan, byte(OpServicePlan), onLocal|anyPlan)
	ops(0, act, anyPlan|deactivated, enable, 0, byte(OpSetFallback), 0, byte(OpRenewActivationCode), 0, byte(OpDeactivate), 0, byte(OpActivateEnable), 0)
	ops(fallbackCard, act, 0, lost, 0, enable, 0, byte(OpDownloadDisable), onLocal, enable, onLocal, disable, onLocal, byte(OpDelete), onDefault)
	// A consumer eSIM comes to a card that has room, and to none that has a LEAD or no room.
	ops(bareCard, act, oddStep|anyPlan|deactivated, enable, 0, act, oddStep|onLocal, act, oddStep)
	ops(bareCard|fullCard, act, onLocal|oddStep, byte(OpDelete), onDefault|disables, act, oddStep|onLocal, act, oddStep)
	ops(0, act, oddStep, enable, onLocal|oddStep, byte(OpServicePlan), oddStep, load, onLocal|oddStep)
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) == 0 {
			return
		}
		c := usual()
		c.Profiles = append(c.Profiles, Profile{ICCID: otherID, Network: Global, Role: Local},
			Profile{ICCID: factory, Network: Global, Role: Default, Service: Active, Status: StatusEnable})
		dress(&c, script[0])
		steps := script[1:min(len(script), 200)]
		for ; len(steps) >= 2; steps = steps[2:] {
			what, how := steps[0]%byte(int(NumOps)+int(outsideEvents)), steps[1]
			if what >= byte(NumOps) {
				happen(t, &c, outsideEvent(what-byte(NumOps)))
				continue
			}
			step(t, &c, order(Op(what), how))
		}
	})
}

func dress(c *Card, how byte) {
	if how&policyCard != 0 {
		c.Profile(localID).POL1 = DisableNotAllowed
	}
	if how&goneCard != 0 {
		c.Profile(otherID).POL2 = DeleteOnDisable
	}
	if how&fullCard != 0 {
		c.Memory = 3
	}
	if how&deafCard != 0 {
		c.Profile(localID).NoCoverage = true
	}
	if how&fallbackCard != 0 {
		c.Fallback = factory
	}
	if how&bareCard != 0 {
		c.Profiles = slices.DeleteFunc(c.Profiles, func(p Profile) bool { return p.Role == Lead })
	}
	c.Sort()
}

func order(op Op, how byte) Order {
	o := Order{Op: op, MDN: freeMDN, Busy: how&busyStep != 0}
	o.ICCID = []string{leadID, localID, otherID, factory}[how&onDefault]
	if n := how & anyPlan / usPlan; n != 0 {
		o.Plan = Plan{"plan", Network(n)}
		if how&deactivated != 0 {
			o.Plan.Name = HybridPlan
		}
	}
	if how&oddStep != 0 {
		if o.Create = op == OpActivate || op == OpActivateEnable; !o.Create {
			o.Plan = Plan{"unknown", NoNetwork}
		}
	}
	o.CheckFallback = how&disables != 0
	switch {
	case how&disables != 0:
		o.Delete = DeleteDisables
	case how&deactivated != 0:
		o.Delete = DeleteDeactivated
	}
	return o
}
