package euicc_test

import (
	"math/rand"
	"slices"
	"testing"

	. "tsim/internal/euicc"

	"pgregory.net/rapid"
)

// drawCard draws a card that can be: a LEAD, up to three LOCALs, perhaps a DEFAULT.
func drawCard(t *rapid.T) Card {
	c := Card{EID: eid, IMEI: imei, Powered: rapid.Bool().Draw(t, "powered"), Connected: rapid.Bool().Draw(t, "connected")}
	c.Profiles = append(c.Profiles, Profile{ICCID: leadID, Network: US, Role: Lead})
	if rapid.Bool().Draw(t, "factory") {
		c.Profiles = append(c.Profiles, Profile{ICCID: factory, Network: rapid.SampledFrom([]Network{US, Global}).Draw(t, "network"), Role: Default})
	}
	for _, iccid := range []string{localID, otherID, thirdID}[:rapid.IntRange(0, 3).Draw(t, "locals")] {
		c.Profiles = append(c.Profiles, Profile{ICCID: iccid, Network: Global, Role: Local})
	}
	inUse := rapid.IntRange(-1, len(c.Profiles)-1).Draw(t, "enabled")
	for i := range c.Profiles {
		p := &c.Profiles[i]
		p.Service = rapid.SampledFrom([]Service{PreActive, Active, Active, Deactive}).Draw(t, "service")
		p.Status = rapid.SampledFrom([]Status{StatusNotDownloaded, StatusDownloadDisable, StatusDisable, StatusDelete}).Draw(t, "status")
		if p.Role == Lead && !p.Status.OnCard() {
			p.Status = StatusDisable
		}
		if i == inUse {
			p.Service, p.Status = Active, rapid.SampledFrom([]Status{StatusEnable, StatusDownloadEnable}).Draw(t, "enable")
		}
		if p.Service == Active {
			p.Suspended = Suspension(rapid.IntRange(0, 2).Draw(t, "cause"))
		}
		if p.Network == US && p.Suspended == ByProfile {
			p.Suspended = ByDevice
		}
		if p.Status.OnCard() && rapid.Bool().Draw(t, "fallback") {
			c.Fallback = p.ICCID
		}
	}
	c.Sort()
	if found := c.Contradictions(); len(found) > 0 {
		t.Fatalf("drew a card that cannot be: %v", found)
	}
	return c
}

func drawOrder(t *rapid.T, c *Card) Order {
	o := Order{
		Op:    rapid.SampledFrom(Ops()).Draw(t, "op"),
		ICCID: rapid.SampledFrom(c.Profiles).Draw(t, "profile").ICCID,
		Busy:  rapid.IntRange(0, 7).Draw(t, "busy") == 0,
		MDN:   rapid.SampledFrom([]string{freeMDN, otherMDN}).Draw(t, "mdn"),
	}
	if rapid.IntRange(0, 3).Draw(t, "planned") == 0 {
		o.Plan = Plan{"plan", rapid.SampledFrom([]Network{NoNetwork, US, Global, AnyNetwork}).Draw(t, "plan")}
	}
	return o
}

// TestInvariants runs scripts of orders on cards.
func TestInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCard(t)
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			if rapid.IntRange(0, 5).Draw(t, "toggle") == 0 {
				c.Powered = !c.Powered
			}
			o := drawOrder(t, &c)
			step(t, &c, o)
		}
	})
}

// step applies an order and checks everything that must hold of any step.
func step(t rapid.TB, c *Card, o Order) []Outcome {
	t.Helper()
	before := c.Clone()
	var foreseen Fault
	if !o.Op.WholeDevice() {
		foreseen = c.Check(c.Profile(o.ICCID), &o)
		if !sameCard(*c, before) {
			t.Fatalf("check of %s changed the card", o.Op)
		}
	}
	out := c.Apply(&o, nil)
	want, _ := oracle(before, o)
	if !same(out, want) {
		t.Fatalf("%s told %v, the oracle says %v", o.Op, told(out), told(want))
	}
	checkOutcomes(t, &before, c, o, out, foreseen)
	checkCard(t, c)
	for i := range c.Profiles {
		checkProfile(t, o, &before.Profiles[i], &c.Profiles[i])
	}
	if before.Enabled() != nil && c.Enabled() == nil {
		t.Fatalf("%s left the card without a profile in use", o.Op)
	}
	if c.EID != before.EID || c.IMEI != before.IMEI || c.Fallback != before.Fallback || c.Reachable() != before.Reachable() {
		t.Fatalf("%s changed the card itself: %+v, was %+v", o.Op, c, before)
	}
	return out
}

// checkOutcomes: one for the profile; for the device one for each active profile and the last one
// for the device. A fault means an unchanged state.
func checkOutcomes(t rapid.TB, before, after *Card, o Order, out []Outcome, foreseen Fault) {
	t.Helper()
	if !o.Op.WholeDevice() {
		if len(out) != 1 || out[0].Device || out[0].Profile != *after.Profile(o.ICCID) {
			t.Fatalf("%s of one profile told %v", o.Op, told(out))
		}
		if out[0].Fault != foreseen {
			t.Fatalf("%s: checked %s, applied %s", o.Op, foreseen, out[0].Fault)
		}
		if out[0].Fault != OK && !sameCard(*before, *after) {
			t.Fatalf("%s was refused (%s) and changed the card", o.Op, out[0].Fault)
		}
		return
	}
	var active []string
	for _, p := range before.Profiles {
		if p.Service == Active {
			active = append(active, p.ICCID)
		}
	}
	if len(out) != len(active)+1 {
		t.Fatalf("%s of %d active profiles told %v", o.Op, len(active), told(out))
	}
	refused := 0
	for i, iccid := range active {
		if out[i].Device || out[i].Profile.ICCID != iccid {
			t.Fatalf("%s: outcome %d is of %s, want %s", o.Op, i, out[i].Profile.ICCID, iccid)
		}
		if out[i].Fault != OK {
			refused++
			if *before.Profile(iccid) != *after.Profile(iccid) {
				t.Fatalf("%s was refused (%s) and changed %s", o.Op, out[i].Fault, iccid)
			}
		}
	}
	last := out[len(active)]
	allRefused := refused > 0 && refused == len(active)
	if !last.Device || last.State != after.State() || (last.Fault != OK) != allRefused {
		t.Fatalf("%s ends with %v", o.Op, told(out))
	}
	if o.Op == OpDeviceSuspend && last.State == StateActive || o.Op == OpDeviceResume && last.State == StateSuspended && refused+onlyAlone(after) < len(active) {
		t.Fatalf("after %s the device is %s", o.Op, last.State)
	}
}

// onlyAlone counts the profiles that were suspended on their own.
func onlyAlone(c *Card) int {
	n := 0
	for _, p := range c.Profiles {
		if p.Suspended == ByProfile {
			n++
		}
	}
	return n
}

// checkCard is what holds of any card at any time.
func checkCard(t rapid.TB, c *Card) {
	t.Helper()
	if found := c.Contradictions(); len(found) > 0 {
		t.Fatalf("contradictions: %+v", found)
	}
	inUse := 0
	for _, p := range c.Profiles {
		switch {
		case p.Status.Enabled() && p.Service != Active:
			t.Fatalf("%s is enabled and %s", p.ICCID, p.Service)
		case p.Role == Lead && p.Suspended == ByProfile:
			t.Fatal("the LEAD is suspended on its own")
		case p.Suspended != NotSuspended && p.Service != Active:
			t.Fatalf("%s is suspended and %s", p.ICCID, p.Service)
		case p.Role == Lead && !p.Status.OnCard():
			t.Fatalf("the LEAD is %s", p.Status)
		case p.ICCID == c.Fallback && !p.Status.OnCard():
			t.Fatalf("the fallback is %s", p.Status)
		}
		if p.Status.Enabled() {
			inUse++
		}
	}
	if inUse > 1 {
		t.Fatalf("%d profiles are enabled", inUse)
	}
}

// checkProfile is what an operation may do to a profile at all.
func checkProfile(t rapid.TB, o Order, was, is *Profile) {
	t.Helper()
	if is.ICCID != was.ICCID || is.Role != was.Role || is.Network != was.Network {
		t.Fatalf("%s made another profile of %s: %+v, was %+v", o.Op, was.ICCID, is, was)
	}
	if was.Suspended != NotSuspended && is.Service == Deactive {
		t.Fatalf("%s: %s went from suspended to deactive", o.Op, was.ICCID)
	}
	if was.Service == Deactive && is.Service != Deactive && o.Op != OpActivate {
		t.Fatalf("%s led %s out of deactive", o.Op, was.ICCID)
	}
	switch o.Op {
	case OpActivate, OpDownload, OpEnable:
		if is.Suspended != was.Suspended {
			t.Fatalf("%s touched the suspension of %s: %s, was %s", o.Op, was.ICCID, is.Suspended, was.Suspended)
		}
		if was.ICCID != o.ICCID && (is.Service != was.Service || is.MDN != was.MDN || is.Plan != was.Plan) {
			t.Fatalf("%s touched the subscription of a sibling: %+v, was %+v", o.Op, is, was)
		}
		return
	}
	same := *is
	same.Suspended = was.Suspended
	if same != *was {
		t.Fatalf("%s touched more than the suspension: %+v, was %+v", o.Op, is, was)
	}
	switch {
	case o.Op == OpDeviceSuspend && is.Service == Active && is.Suspended == NotSuspended:
		t.Fatalf("%s is not suspended with its device", is.ICCID)
	case o.Op == OpDeviceResume && was.Suspended == ByProfile && is.Suspended != ByProfile:
		t.Fatalf("%s was suspended on its own and resumed with its device", is.ICCID)
	case o.Op == OpDeviceResume && is.Suspended == ByDevice:
		t.Fatalf("%s stays suspended by a device that was resumed", is.ICCID)
	case was.Suspended != NotSuspended && is.Suspended != was.Suspended && o.Op != OpDeviceResume:
		t.Fatalf("%s lifted or overwrote the suspension of %s", o.Op, is.ICCID)
	}
}

// TestDeviceOperationsAreIdempotent on the state of a card.
func TestDeviceOperationsAreIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCard(t)
		o := Order{Op: rapid.SampledFrom([]Op{OpDeviceSuspend, OpDeviceResume}).Draw(t, "op")}
		step(t, &c, o)
		once := c.Clone()
		step(t, &c, o)
		if !sameCard(c, once) {
			t.Fatalf("a second %s changed %+v to %+v", o.Op, once, c)
		}
	})
}

// TestSuspendThenResume restores a card on which no profile was suspended with its device.
func TestSuspendThenResume(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCard(t)
		for i := range c.Profiles {
			if p := &c.Profiles[i]; p.Suspended == ByDevice {
				p.Suspended = NotSuspended
			}
		}
		before := c.Clone()
		step(t, &c, Order{Op: OpDeviceSuspend})
		step(t, &c, Order{Op: OpDeviceResume})
		if !sameCard(c, before) {
			t.Fatalf("%+v became %+v", before, c)
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
		if !same(a, b) || !sameCard(c, d) {
			t.Fatalf("%s told %v and %v", o.Op, told(a), told(b))
		}
		rest := slices.Clone(d.Profiles[1:])
		if d.Profiles[0].Role != Lead || !slices.IsSortedFunc(rest, func(a, b Profile) int {
			if a.ICCID < b.ICCID {
				return -1
			}
			return 1
		}) {
			t.Fatalf("sorted: %+v", d.Profiles)
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
