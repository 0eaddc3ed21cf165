package euicc_test

import (
	"testing"

	. "tsim/internal/euicc"
)

// These are other people's tests of other eUICCs (SGP.02, SGP.22 and SGP.32 simulators and clients),
// told again with ThingSpace's operations. They were written by people who never saw this code.

// TestSwitchBackAndForth n times: there is always one in use, and no need to disable it first.
func TestSwitchBackAndForth(t *testing.T) {
	c := roaming(t)
	for range 15 {
		for _, pair := range [][2]string{{leadID, localID}, {localID, leadID}} {
			do(t, &c, OpEnable, pair[0])
			expectStatus(t, &c, map[string]Status{pair[0]: StatusEnable, pair[1]: StatusDisable})
		}
	}
}

// untouched expects a fault and the card as it was.
func untouched(t testing.TB, c *Card, o Order, want Fault) {
	t.Helper()
	was := c.Clone()
	if out := ask(t, c, o, want); !sameCard(*c, was) || out.Profile != *was.Profile(o.ICCID) {
		t.Fatalf("%s was refused and left %+v\nof %+v", o.Op, c, was)
	}
}

func TestEnableWhatIsEnabled(t *testing.T) {
	c := roaming(t)
	untouched(t, &c, Order{Op: OpEnable, ICCID: localID}, AlreadyEnabled)
}

func TestDisableWhatIsDisabled(t *testing.T) {
	c := roaming(t)
	do(t, &c, OpDisable, localID)
	untouched(t, &c, Order{Op: OpDisable, ICCID: localID}, AlreadyDisabled)
}

func TestDeleteInUseThenDisabledThenAgain(t *testing.T) {
	c := roaming(t)
	untouched(t, &c, Order{Op: OpDelete, ICCID: localID}, StillEnabled)
	do(t, &c, OpEnable, leadID)
	do(t, &c, OpDelete, localID)
	expectStatus(t, &c, map[string]Status{localID: StatusDelete})
	untouched(t, &c, Order{Op: OpDelete, ICCID: localID}, NotDownloaded)
}

// An unknown ICCID comes before everything else; TestForeignICCID has it for all operations.
func TestUnknownComesFirst(t *testing.T) {
	c := usual()
	c.Powered = false
	ask(t, &c, Order{Op: OpEnable, ICCID: thirdID, Busy: true, Plan: Plan{"unknown", NoNetwork}}, IdentifiersMismatch)
}

// A second change while one is under way is refused by the SM-SR, and only by it.
func TestBusy(t *testing.T) {
	for op, set := range map[Op]func(c *Card) string{
		OpDownload:        func(c *Card) string { do(t, c, OpEnable, leadID); return otherID },
		OpDownloadDisable: func(c *Card) string { do(t, c, OpEnable, leadID); return otherID },
		OpDownloadEnable:  func(c *Card) string { do(t, c, OpEnable, leadID); return otherID },
		OpEnable:          func(*Card) string { return leadID },
		OpDisable:         func(*Card) string { return localID },
		OpDelete:          func(c *Card) string { do(t, c, OpEnable, leadID); return localID },
		OpSetFallback:     func(*Card) string { return leadID },
	} {
		c := roaming(t)
		c.Profiles = append(c.Profiles, Profile{ICCID: otherID, Network: Global, Role: Local})
		iccid := set(&c)
		c.Powered = false // the SM-SR does not even look for the device
		if !op.SMSR() {
			t.Fatalf("%s is not the SM-SR's", op)
		}
		untouched(t, &c, Order{Op: op, ICCID: iccid, Busy: true}, UpdateInProgress)
		untouched(t, &c, Order{Op: op, ICCID: iccid}, Expired)
		c.Powered, c.Connected = true, false
		untouched(t, &c, Order{Op: op, ICCID: iccid}, Expired)
		c.Connected = true
		ask(t, &c, Order{Op: op, ICCID: iccid}, OK)
	}
	c := roaming(t)
	c.Powered = false
	for _, op := range []Op{OpServicePlan, OpRenewActivationCode, OpProfileSuspend, OpProfileResume, OpDeactivate, OpActivate} {
		if op.SMSR() {
			t.Fatalf("%s is the SM-SR's", op)
		}
		ask(t, &c, Order{Op: op, ICCID: localID, Busy: true}, OK)
	}
}

func TestDeleteOfTheFallback(t *testing.T) {
	c := travelling(t)
	do(t, &c, OpSetFallback, otherID)
	untouched(t, &c, Order{Op: OpDelete, ICCID: otherID}, HasFallback)
	do(t, &c, OpSetFallback, leadID)
	do(t, &c, OpDelete, otherID)
}

func TestDisableEnablesTheFallback(t *testing.T) {
	c := travelling(t)
	do(t, &c, OpSetFallback, otherID)
	do(t, &c, OpDisable, localID)
	expectStatus(t, &c, map[string]Status{localID: StatusDisable, otherID: StatusEnable, leadID: StatusDisable})
}

func TestEnableWithoutConnectivityRollsBack(t *testing.T) {
	c := travelling(t)
	c.Profile(otherID).NoCoverage = true
	untouched(t, &c, Order{Op: OpEnable, ICCID: otherID}, NoConnectivity)
	c.Profile(otherID).NoCoverage = false
	do(t, &c, OpEnable, otherID)
}

func TestDownloadWithoutMemory(t *testing.T) {
	for _, op := range []Op{OpDownload, OpDownloadDisable, OpDownloadEnable} {
		c := usual()
		do(t, &c, OpActivate, leadID)
		c.Memory = 1
		untouched(t, &c, Order{Op: op, ICCID: localID}, NoMemory)
		c.Memory = 2
		do(t, &c, op, localID)
		// What is deleted makes room.
		c.Profiles = append(c.Profiles, Profile{ICCID: otherID, Network: Global, Role: Local})
		if op == OpDownloadEnable {
			do(t, &c, OpDisable, localID)
		}
		untouched(t, &c, Order{Op: op, ICCID: otherID}, NoMemory)
		do(t, &c, OpDelete, localID)
		do(t, &c, op, otherID)
	}
}

// TestICCIDTwice: neither by a download nor by a creation does a card get an ICCID twice.
func TestICCIDTwice(t *testing.T) {
	c := roaming(t)
	untouched(t, &c, Order{Op: OpDownload, ICCID: localID}, AlreadyDownloaded)
	untouched(t, &c, Order{Op: OpActivate, ICCID: localID, Create: true}, AlreadyActive)
	twice := usual()
	twice.Profiles[1].ICCID = leadID
	if len(twice.Contradictions()) == 0 {
		t.Fatal("no contradiction")
	}
}

// TestPolicies: a refusal leaves both profiles as they were. The SM-SR's rules are looked at first,
// and it is the profile in use whose rules matter for a switch.
func TestPolicies(t *testing.T) {
	type policies struct{ pol1, pol2 Policy }
	both, one1, one2 := policies{DisableNotAllowed, DisableNotAllowed}, policies{pol1: DisableNotAllowed}, policies{pol2: DisableNotAllowed}
	keep := policies{DeleteNotAllowed, DeleteNotAllowed}
	for _, test := range []struct {
		name  string
		op    Op
		iccid string
		rules map[string]policies
		want  Fault
	}{
		{"enable, by the one in use", OpEnable, otherID, map[string]policies{localID: one1}, RefusedByPOL1},
		{"enable, by the SM-SR", OpEnable, otherID, map[string]policies{localID: one2}, RefusedByPOL2},
		{"enable, by both", OpEnable, otherID, map[string]policies{localID: both}, RefusedByPOL2},
		{"enable, by others", OpEnable, otherID, map[string]policies{leadID: both, otherID: both, localID: keep}, OK},
		{"disable", OpDisable, localID, map[string]policies{localID: one1}, RefusedByPOL1},
		{"disable, by the SM-SR", OpDisable, localID, map[string]policies{localID: both}, RefusedByPOL2},
		{"disable, by others", OpDisable, localID, map[string]policies{leadID: both, otherID: both, localID: keep}, OK},
		{"delete", OpDelete, otherID, map[string]policies{otherID: {pol1: DeleteNotAllowed}}, RefusedByPOL1},
		{"delete, by the SM-SR", OpDelete, otherID, map[string]policies{otherID: keep}, RefusedByPOL2},
		{"delete, by others", OpDelete, otherID, map[string]policies{otherID: both, localID: keep, leadID: keep}, OK},
		{"setfallback has no policy", OpSetFallback, otherID, map[string]policies{leadID: both, otherID: both, localID: both}, OK},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := travelling(t)
			for iccid, rules := range test.rules {
				c.Profile(iccid).POL1, c.Profile(iccid).POL2 = rules.pol1, rules.pol2
			}
			if test.want == OK {
				ask(t, &c, Order{Op: test.op, ICCID: test.iccid}, OK)
				return
			}
			untouched(t, &c, Order{Op: test.op, ICCID: test.iccid}, test.want)
		})
	}
	// download_enable takes the LEAD out of use; refused, it does not download either.
	c := usual()
	do(t, &c, OpActivate, leadID)
	c.Lead().POL1 = DisableNotAllowed
	untouched(t, &c, Order{Op: OpDownloadEnable, ICCID: localID}, RefusedByPOL1)
	do(t, &c, OpDownload, localID)
}
