package euicc_test

import (
	"testing"

	. "tsim/internal/euicc"
)

func TestTarget(t *testing.T) {
	with := usual()
	with.Profiles[0].MDN, with.Profiles[1].MDN = freeMDN, otherMDN
	without := Card{EID: eid, IMEI: imei, Profiles: with.Profiles[1:]}
	for _, test := range []struct {
		name  string
		card  Card
		ids   IDs
		want  string
		fault Fault
	}{
		{"EID alone", with, IDs{EID: eid}, leadID, OK},
		{"IMEI alone", with, IDs{IMEI: imei}, leadID, OK},
		{"ICCID alone", with, IDs{ICCID: localID}, localID, OK},
		{"all of the LOCAL", with, IDs{EID: eid, ICCID: localID, IMEI: imei, MDN: otherMDN}, localID, OK},
		{"MDN of the LEAD", with, IDs{EID: eid, MDN: freeMDN}, leadID, OK},
		{"MDN of another profile", with, IDs{EID: eid, ICCID: localID, MDN: freeMDN}, "", IdentifiersMismatch},
		{"MDN of the LOCAL, which no ICCID names", with, IDs{EID: eid, MDN: otherMDN}, localID, OK},
		{"MDN of the LOCAL alone", with, IDs{MDN: otherMDN}, localID, OK},
		{"MDN of nobody", with, IDs{EID: eid, MDN: "2015559999"}, "", IdentifiersMismatch},
		{"MDN of another IMEI", with, IDs{MDN: otherMDN, IMEI: imei[:14] + "9"}, "", IdentifiersMismatch},
		{"foreign ICCID", with, IDs{EID: eid, ICCID: otherID}, "", IdentifiersMismatch},
		{"foreign EID", with, IDs{EID: eid[:31] + "9", ICCID: localID}, "", IdentifiersMismatch},
		{"foreign IMEI", with, IDs{EID: eid, IMEI: imei[:14] + "9"}, "", IdentifiersMismatch},
		{"one kind, two values", with, IDs{EID: eid, Conflict: true}, "", IdentifiersMismatch},
		{"no LEAD", without, IDs{EID: eid}, "", OK},
		{"no LEAD, but a profile", without, IDs{EID: eid, ICCID: localID}, localID, OK},
		{"no LEAD, foreign ICCID", without, IDs{EID: eid, ICCID: leadID}, "", IdentifiersMismatch},
		{"no LEAD, foreign IMEI", without, IDs{EID: eid, IMEI: "350000000000022"}, "", IdentifiersMismatch},
		{"no LEAD, an MDN", without, IDs{EID: eid, MDN: otherMDN}, localID, OK},
		{"no LEAD, an MDN of nobody", without, IDs{EID: eid, MDN: freeMDN}, "", IdentifiersMismatch},
		{"no LEAD, one kind, two values", without, IDs{EID: eid, Conflict: true}, "", IdentifiersMismatch},
	} {
		got, fault := test.card.Target(test.ids)
		if got != test.want || fault != test.fault {
			t.Errorf("%s: %q, %s; want %q, %s", test.name, got, fault, test.want, test.fault)
		}
	}
}

func TestContradictions(t *testing.T) {
	fine := func() Card { return roaming(t) }
	if c := fine(); len(c.Contradictions()) > 0 {
		t.Fatalf("of a usual card: %v", c.Contradictions())
	}
	for _, test := range []struct {
		name    string
		profile int
		field   string
		spoil   func(*Card)
	}{
		{"an ICCID twice", 1, "iccid", func(c *Card) { c.Profiles[1].ICCID = leadID }},
		{"two LEADs", 1, "role", func(c *Card) { c.Profiles[1].Role, c.Profiles[1].Network = Lead, US }},
		{"a global LEAD", 0, "role", func(c *Card) { c.Profiles[0].Network = Global }},
		{"a LEAD that is not on the card", 0, "status", func(c *Card) { c.Profiles[0].Status = StatusNotDownloaded }},
		{"a LEAD that was deleted", 0, "status", func(c *Card) { c.Profiles[0].Status = StatusDelete }},
		{"two are enabled", 1, "status", func(c *Card) { c.Profiles[0].Status = StatusDownloadEnable }},
		{"enabled without service", 1, "status", func(c *Card) { c.Profiles[1].Service = Deactive }},
		{"suspended without service", 0, "suspended", func(c *Card) { c.Profiles[0].Service, c.Profiles[0].Suspended = PreActive, ByDevice }},
		{"a US profile suspended alone", 0, "suspended", func(c *Card) { c.Profiles[0].Suspended = ByProfile }},
		{"a fallback that is elsewhere", -1, "fallback", func(c *Card) { c.Fallback = otherID }},
		{"a fallback that is not on the card", -1, "fallback", func(c *Card) { c.Fallback, c.Profiles[1].Status = localID, StatusDelete }},
		{"a LEAD that a switch would delete", 0, "pol1", func(c *Card) { c.Profiles[0].POL2 = DeleteOnDisable }},
		{"more than there is room for", -1, "memory", func(c *Card) { c.Memory = 1 }},
	} {
		c := fine()
		test.spoil(&c)
		found := c.Contradictions()
		if len(found) != 1 || found[0].Profile != test.profile || found[0].Field != test.field || found[0].Msg == "" {
			t.Errorf("%s: %+v, want one at profile %d, %s", test.name, found, test.profile, test.field)
		}
	}
	c := fine()
	c.Fallback, c.Memory, c.Profiles[1].POL1 = leadID, 2, DeleteOnDisable
	if found := c.Contradictions(); len(found) > 0 {
		t.Errorf("a fallback on a card that is full: %v", found)
	}
}

func TestClone(t *testing.T) {
	c := usual()
	d := c.Clone()
	do(t, &d, OpActivate, leadID)
	if !sameCard(c, usual()) {
		t.Fatal("a clone shares its profiles")
	}
}

func TestReachable(t *testing.T) {
	for _, power := range []bool{false, true} {
		for _, radio := range []bool{false, true} {
			c := Card{Powered: power, Connected: radio}
			if c.Reachable() != (power && radio) {
				t.Errorf("powered %v, connected %v", power, radio)
			}
		}
	}
}

// TestEmptyCard has nothing to find and nothing to contradict.
func TestEmptyCard(t *testing.T) {
	c := Card{EID: eid}
	c.Sort()
	if c.Lead() != nil || c.Enabled() != nil || c.Profile(leadID) != nil || c.State() != StatePreActive || len(c.Contradictions()) > 0 {
		t.Fatalf("%+v", c)
	}
	expectTold(t, do(t, &c, OpDeviceSuspend, ""), "device PRE_ACTIVE ok")
}
