package euicc_test

import (
	"fmt"
	"testing"

	. "tsim/internal/euicc"
)

// Identifiers of the cards in these tests; the ICCIDs are not in the order of their profiles.
const (
	eid     = "89001012000000000000000000000123"
	imei    = "350000000000014"
	leadID  = "89148000000000000019"
	localID = "89445000000000000019"
	otherID = "89445000000000000027"
	thirdID = "89445000000000000035"
	// A second LEAD, for a card that has none or one already.
	otherLeadID = "89148000000000000027"
	factory     = "89010000000000000011"
	freeMDN     = "2015550100"
	otherMDN    = "2015550101"
)

// usual is a powered, connected card whose LEAD is in use, with one LOCAL that is still to come.
func usual() Card {
	return Card{EID: eid, IMEI: imei, Powered: true, Connected: true, Profiles: []Profile{
		{ICCID: leadID, Network: US, Role: Lead, Status: StatusDownloadDisable},
		{ICCID: localID, Network: Global, Role: Local},
	}}
}

// one applies an operation on one profile.
func one(t testing.TB, c *Card, o Order) Outcome {
	t.Helper()
	out := c.Apply(&o, nil)
	if len(out) != 1 {
		t.Fatalf("%s has %d outcomes, want 1", o.Op, len(out))
	}
	return out[0]
}

// told is an outcome in a few words: who, what state, and the fault if any.
func told(out []Outcome) []string {
	words := make([]string, len(out))
	for i, o := range out {
		who := o.Profile.Role.String()
		if o.Device {
			who = "device"
		}
		words[i] = fmt.Sprintf("%s %s %s", who, o.State, o.Fault)
	}
	return words
}

// do applies an operation that has to succeed.
func do(t testing.TB, c *Card, op Op, iccid string) []Outcome {
	t.Helper()
	out := c.Apply(&Order{Op: op, ICCID: iccid, MDN: freeMDN}, nil)
	if len(out) == 0 || out[len(out)-1].Fault != OK {
		t.Fatalf("%s %s: told %q", op, iccid, told(out))
	}
	return out
}
