package euicc_test

import (
	"math/rand"
	"slices"
	"strings"
	"testing"

	. "tsim/internal/euicc"

	"pgregory.net/rapid"
)

// sometimes draws the usual value, or now and then one of the others.
func sometimes[T any](t *rapid.T, label string, usual T, others ...T) T {
	return rapid.SampledFrom(append(slices.Repeat([]T{usual}, 2*len(others)+1), others...)).Draw(t, label)
}

// drawCard draws a card that can be: mostly with a LEAD, up to three LOCALs, perhaps a DEFAULT.
func drawCard(t *rapid.T) Card {
	c := Card{EID: eid, IMEI: imei, Powered: sometimes(t, "powered", true, false), Connected: sometimes(t, "connected", true, false)}
	if sometimes(t, "lead", true, false) {
		c.Profiles = append(c.Profiles, Profile{ICCID: leadID, Network: US, Role: Lead})
	}
	if rapid.Bool().Draw(t, "factory") {
		c.Profiles = append(c.Profiles, Profile{ICCID: factory, Network: rapid.SampledFrom([]Network{US, Global}).Draw(t, "network"), Role: Default})
	}
	for _, iccid := range []string{localID, otherID, thirdID}[:rapid.IntRange(0, 3).Draw(t, "locals")] {
		c.Profiles = append(c.Profiles, Profile{ICCID: iccid, Network: Global, Role: Local})
	}
	inUse, onCard := rapid.IntRange(-1, len(c.Profiles)-1).Draw(t, "enabled"), 0
	for i := range c.Profiles {
		p := &c.Profiles[i]
		drawProfile(t, p, i == inUse)
		if installed(p.Status) {
			onCard++
			if rapid.Bool().Draw(t, "fallback") {
				c.Fallback = p.ICCID
			}
		}
	}
	c.Memory = uint8(sometimes(t, "memory", 0, max(onCard, 1), onCard+1))
	c.Sort()
	if found := c.Contradictions(); len(found) > 0 {
		t.Fatalf("drew a card that cannot be: %v", found)
	}
	return c
}

func drawProfile(t *rapid.T, p *Profile, inUse bool) {
	p.Service = rapid.SampledFrom([]Service{PreActive, Active, Active, Deactive}).Draw(t, "service")
	p.Status = rapid.SampledFrom([]Status{StatusNotDownloaded, StatusDownloadDisable, StatusDisable, StatusDelete}).Draw(t, "status")
	if p.Role == Lead && !installed(p.Status) {
		p.Status = StatusDisable
	}
	if inUse {
		p.Service, p.Status = Active, rapid.SampledFrom([]Status{StatusEnable, StatusDownloadEnable}).Draw(t, "enable")
	}
	if p.Service == Active {
		p.MDN, p.Plan = "2015550"+p.ICCID[len(p.ICCID)-3:], sometimes(t, "plan", "its plan", HybridPlan)
		p.Suspended = sometimes(t, "cause", NotSuspended, ByDevice, ByProfile)
	}
	if p.Network == US && p.Suspended == ByProfile {
		p.Suspended = ByDevice
	}
	rules := []Policy{DisableNotAllowed, DeleteNotAllowed, DeleteOnDisable, DisableNotAllowed | DeleteNotAllowed | DeleteOnDisable}
	p.POL1, p.POL2 = sometimes(t, "pol1", 0, rules...), sometimes(t, "pol2", 0, rules...)
	if p.Role == Lead {
		p.POL1, p.POL2 = p.POL1&^DeleteOnDisable, p.POL2&^DeleteOnDisable
	}
	p.NoCoverage = sometimes(t, "no coverage", false, true)
}

func drawOrder(t *rapid.T, c *Card) Order {
	iccids := []string{leadID}
	for _, p := range c.Profiles {
		iccids = append(iccids, p.ICCID, p.ICCID)
	}
	o := Order{
		Op:            rapid.SampledFrom(Ops()).Draw(t, "op"),
		ICCID:         rapid.SampledFrom(iccids).Draw(t, "profile"),
		Busy:          rapid.IntRange(0, 7).Draw(t, "busy") == 0,
		MDN:           rapid.SampledFrom([]string{freeMDN, otherMDN}).Draw(t, "mdn"),
		CheckFallback: rapid.Bool().Draw(t, "check fallback"),
		Delete:        rapid.SampledFrom([]DeleteRule{DeleteDisabled, DeleteDeactivated, DeleteDisables}).Draw(t, "delete"),
	}
	o.Plan = sometimes(t, "plan", Plan{}, Plan{"plan", NoNetwork}, Plan{"plan", US}, Plan{"plan", Global}, Plan{"plan", AnyNetwork}, Plan{HybridPlan, AnyNetwork})
	if rapid.IntRange(0, 7).Draw(t, "limits") == 0 {
		o.Spent = rapid.MapOfN(rapid.SampledFrom(iccids), rapid.SampledFrom([]Fault{DayLimit, MonthLimit}), 1, 1).Draw(t, "spent")
	}
	if (o.Op == OpActivate || o.Op == OpActivateEnable) && rapid.Bool().Draw(t, "create") {
		o.Create, o.Plan.Name = true, HybridPlan
		o.ICCID = rapid.SampledFrom([]string{leadID, otherLeadID}).Draw(t, "created")
	}
	return o
}

// TestInvariants runs scripts of orders and outside events on cards.
func TestInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for range 10 {
			c := drawCard(t)
			for range 20 {
				if event := sometimes(t, "event", outsideEvents, powerToggled, radioToggled, networkLost); event != outsideEvents {
					happen(t, &c, event)
					continue
				}
				step(t, &c, drawOrder(t, &c))
			}
		}
	})
}

// TestOrderOfProfilesDoesNotMatter: sorted again, they tell the same and end the same.
func TestOrderOfProfilesDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCard(t)
		o := drawOrder(t, &c)
		d := c.Clone()
		rand.New(rand.NewSource(rapid.Int64().Draw(t, "shuffle"))).Shuffle(len(d.Profiles), func(i, j int) {
			d.Profiles[i], d.Profiles[j] = d.Profiles[j], d.Profiles[i]
		})
		d.Sort()
		a, b := c.Apply(&o, nil), d.Apply(&o, nil)
		if !slices.Equal(a, b) || !sameCard(c, d) {
			t.Fatalf("%s told %q and %q", o.Op, told(a), told(b))
		}
		rest := d.Profiles
		if d.Lead() != nil {
			rest = rest[1:]
		}
		if d.Lead() != nil && d.Profiles[0].Role != Lead || !slices.IsSortedFunc(rest, func(a, b Profile) int { return strings.Compare(a.ICCID, b.ICCID) }) {
			t.Fatalf("sorted: %+v", d.Profiles)
		}
	})
}

// TestAnotherProfileDoesNotMatter: one that takes no part, because it was never downloaded nor
// activated, changes nothing for the others.
func TestAnotherProfileDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCard(t)
		if c.Lead() == nil {
			c.Profiles = append(c.Profiles, Profile{ICCID: leadID, Network: US, Role: Lead, Status: StatusDownloadDisable})
			c.Memory = 0
			c.Sort()
		}
		bystander := Profile{ICCID: "89445000000000000043", Network: Global, Role: Local}
		d := c.Clone()
		d.Profiles = append(d.Profiles, bystander)
		d.Sort()
		for range rapid.IntRange(1, 10).Draw(t, "steps") {
			o := drawOrder(t, &c)
			if a, b := c.Apply(&o, nil), d.Apply(&o, nil); !o.Op.WholeDevice() && !slices.Equal(a, b) || len(a) != len(b) {
				t.Fatalf("%s told %q and %q", o.Op, told(a), told(b))
			}
		}
		d.Profiles = slices.DeleteFunc(d.Profiles, func(p Profile) bool { return p == bystander })
		if !sameCard(c, d) {
			t.Fatalf("%+v\n%+v", c, d)
		}
	})
}

// TestApplyAppends to the outcomes that are there.
func TestApplyAppends(t *testing.T) {
	c := roaming(t)
	out := []Outcome{{State: StateDeactive}}
	for _, o := range []Order{{Op: OpProfileSuspend, ICCID: localID}, {Op: OpDeviceSuspend}, {Op: OpActivate, ICCID: otherID}} {
		out = c.Apply(&o, out)
	}
	expectTold(t, out, "LEAD DEACTIVE ok", "LOCAL SUSPENDED ok",
		"LEAD SUSPENDED ok", "LOCAL SUSPENDED already suspended", "device SUSPENDED ok", "LEAD PRE_ACTIVE identifiers do not match")
}
