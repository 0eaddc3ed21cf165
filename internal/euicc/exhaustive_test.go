package euicc_test

import (
	"slices"
	"testing"

	. "tsim/internal/euicc"
)

// possible says whether a card can be, for a LEAD, one LOCAL and perhaps a DEFAULT.
func possible(c Card) bool {
	inUse := 0
	for _, p := range c.Profiles {
		if usable(p.Status) {
			inUse++
			if p.Service != Active {
				return false
			}
		}
		if p.Suspended != NotSuspended && p.Service != Active {
			return false
		}
		if p.Network == US && p.Suspended == ByProfile {
			return false
		}
		if p.Role == Lead && !installed(p.Status) {
			return false
		}
		if p.ICCID == c.Fallback && !installed(p.Status) {
			return false
		}
	}
	return inUse <= 1
}

// everyCard is every combination of field values, most of which cannot be.
func everyCard() []Card {
	profile := func(iccid string, n Network, r Role) []Profile {
		var all []Profile
		for service := PreActive; service <= Deactive; service++ {
			for status := StatusNotDownloaded; status <= StatusDelete; status++ {
				for cause := NotSuspended; cause <= ByDevice; cause++ {
					all = append(all, Profile{ICCID: iccid, Network: n, Role: r, Service: service, Status: status, Suspended: cause})
				}
			}
		}
		return all
	}
	boot := []struct {
		fallback string
		factory  []Profile
	}{
		{},
		{fallback: leadID},
		{fallback: localID},
		{factory, []Profile{{ICCID: factory, Network: US, Role: Default, Service: Active, Status: StatusEnable}}},
		{factory, []Profile{{ICCID: factory, Network: Global, Role: Default, Service: Active, Status: StatusDisable, Suspended: ByDevice}}},
	}
	var all []Card
	for _, lead := range profile(leadID, US, Lead) {
		for _, local := range profile(localID, Global, Local) {
			for _, b := range boot {
				c := Card{EID: eid, Fallback: b.fallback, Profiles: append([]Profile{lead}, b.factory...)}
				c.Profiles = append(c.Profiles, local)
				all = append(all, c)
			}
		}
	}
	return all
}

// round is a set of circumstances; p is the profile that is meant.
type round func(c *Card, p *Profile, o *Order)

// misfortunes are what can be wrong apart from the states of profiles, in the order in which it is
// looked at.
var misfortunes = []round{
	func(_ *Card, p *Profile, _ *Order) { p.Plan = HybridPlan },
	func(_ *Card, _ *Profile, o *Order) { o.Plan = Plan{"unknown", NoNetwork} },
	func(_ *Card, _ *Profile, o *Order) { o.CheckFallback = true },
	func(_ *Card, _ *Profile, o *Order) { o.Busy = true },
	func(c *Card, _ *Profile, _ *Order) { c.Powered = false },
	func(c *Card, _ *Profile, _ *Order) { c.Memory = 1 },
	func(c *Card, p *Profile, _ *Order) { forbid(c, p, DisableNotAllowed|DeleteNotAllowed, 0) },
	func(c *Card, p *Profile, _ *Order) { forbid(c, p, 0, DisableNotAllowed|DeleteNotAllowed) },
	func(_ *Card, p *Profile, _ *Order) { p.NoCoverage = true },
	func(_ *Card, p *Profile, o *Order) { o.Spent = map[string]Fault{p.ICCID: DayLimit} },
	func(_ *Card, p *Profile, o *Order) { o.Spent = map[string]Fault{p.ICCID: MonthLimit} },
}

// forbid gives a policy to the profile that is meant and to the one in use.
func forbid(c *Card, p *Profile, pol2, pol1 Policy) {
	for i := range c.Profiles {
		if q := &c.Profiles[i]; q == p || usable(q.Status) {
			q.POL2, q.POL1 = q.POL2|pol2, q.POL1|pol1
		}
	}
}

// rounds are: nothing wrong, each thing alone, each thing with all that is looked at after it (which
// shows the order), and what is neither right nor wrong.
func rounds() []round {
	all := []round{
		func(*Card, *Profile, *Order) {},
		func(c *Card, _ *Profile, _ *Order) { c.Connected = false },
		func(_ *Card, _ *Profile, o *Order) { o.Plan = Plan{"US plan", US} },
		func(_ *Card, _ *Profile, o *Order) { o.Plan = Plan{"Global plan", Global} },
		func(_ *Card, _ *Profile, o *Order) { o.Plan = Plan{"anything", AnyNetwork} },
		func(_ *Card, p *Profile, _ *Order) { p.MDN, p.Plan = otherMDN, "its plan" },
		func(_ *Card, _ *Profile, o *Order) { o.Delete = DeleteDeactivated },
		func(_ *Card, _ *Profile, o *Order) { o.Delete = DeleteDisables },
		func(c *Card, p *Profile, o *Order) { o.Delete = DeleteDisables; forbid(c, p, DisableNotAllowed, 0) },
		func(c *Card, p *Profile, o *Order) { o.Delete = DeleteDisables; forbid(c, p, 0, DisableNotAllowed) },
		func(c *Card, p *Profile, _ *Order) { forbid(c, p, 0, DisableNotAllowed) },
		func(c *Card, p *Profile, _ *Order) { forbid(c, p, DeleteNotAllowed, 0) },
		// The LEAD is never deleted: no scenario can say so, and so neither does this.
		func(c *Card, _ *Profile, _ *Order) {
			for i := range c.Profiles {
				if c.Profiles[i].Role != Lead {
					c.Profiles[i].POL1 = DeleteOnDisable
				}
			}
		},
	}
	for i, wrong := range misfortunes {
		all = append(all, wrong, func(c *Card, p *Profile, o *Order) {
			for _, also := range misfortunes[i:] {
				also(c, p, o)
			}
			o.Delete = DeleteDisables
		})
	}
	return all
}

// TestEveryOperationInEveryState compares the table with the oracle, and sees every guard of every
// operation refuse something.
func TestEveryOperationInEveryState(t *testing.T) {
	var cards []Card
	for _, c := range everyCard() {
		if got := len(c.Contradictions()) == 0; got != possible(c) {
			t.Fatalf("contradictions %v, but the oracle says possible: %v\n%+v", c.Contradictions(), possible(c), c)
		}
		if possible(c) {
			cards = append(cards, c)
		}
	}
	if len(cards) < 1100 {
		t.Fatalf("only %d states", len(cards))
	}
	for _, op := range Ops() {
		t.Run(op.String(), func(t *testing.T) {
			t.Parallel()
			everyState(t, op, cards)
		})
	}
}

func everyState(t *testing.T, op Op, cards []Card) {
	seen := map[Fault]int{}
	var got []Outcome
	for _, state := range cards {
		for at := range state.Profiles {
			for i, change := range rounds() {
				card := state.Clone()
				card.Powered, card.Connected = true, true
				o := Order{Op: op, ICCID: card.Profiles[at].ICCID, MDN: freeMDN}
				change(&card, &card.Profiles[at], &o)
				before := card.Clone()
				want, after := oracle(before, o)
				got = card.Apply(&o, got[:0])
				seen[got[0].Fault]++
				if !slices.Equal(got, want) || !sameCard(card, after) {
					t.Fatalf("round %d, %+v\non   %+v\ntold %+v\nwant %+v\nnow  %+v\nwant %+v", i, o, before, got, want, card, after)
				}
			}
			if op.WholeDevice() {
				break
			}
		}
	}
	for _, f := range append(GuardsOf(op), OK) {
		if seen[f] == 0 {
			t.Errorf("never %s", f)
		}
	}
}

// sameCard compares two cards; by hand, because there are a million of them.
func sameCard(a, b Card) bool {
	return a.EID == b.EID && a.IMEI == b.IMEI && a.Fallback == b.Fallback && a.Memory == b.Memory &&
		a.Powered == b.Powered && a.Connected == b.Connected && slices.Equal(a.Profiles, b.Profiles)
}
