package euicc_test

import (
	"reflect"
	"testing"

	. "tsim/internal/euicc"
)

// The oracle says again, in plain ifs and without a look at the table, what the pages and the
// research on them say. It is written to be read beside them, so it shares nothing with the code.

func usable(s Status) bool { return s == StatusEnable || s == StatusDownloadEnable }
func installed(s Status) bool {
	return s == StatusDownloadDisable || s == StatusDownloadEnable || s == StatusEnable || s == StatusDisable
}

// refusal is why the operation cannot be done for profile p of c.
func refusal(c Card, p Profile, o Order) Fault {
	misfit := o.Plan.Name != "" && o.Plan.Network != AnyNetwork && o.Plan.Network != p.Network
	suspended := p.Suspended == ByProfile || p.Suspended == ByDevice
	off := !c.Powered || !c.Connected
	switch o.Op {
	case OpActivate:
		if misfit {
			return PlanMismatch
		}
		if suspended {
			return Suspended
		}
		if p.Service == Active {
			return AlreadyActive
		}
	case OpDownload:
		if p.Network != Global {
			return GlobalOnly
		}
		if misfit {
			return PlanMismatch
		}
		if installed(p.Status) {
			return AlreadyDownloaded
		}
		if p.Service == Deactive {
			return NotActive
		}
		if suspended {
			return Suspended
		}
		connected := false
		for _, q := range c.Profiles {
			if q.Role == Lead && usable(q.Status) && q.Service == Active && q.Suspended == NotSuspended {
				connected = true
			}
		}
		if !connected {
			return LeadNotConnected
		}
		if o.Busy {
			return UpdateInProgress
		}
		if off {
			return Expired
		}
	case OpEnable:
		if misfit {
			return PlanMismatch
		}
		if !installed(p.Status) {
			return NotDownloaded
		}
		if p.Service != Active {
			return NotActive
		}
		if suspended {
			return Suspended
		}
		if usable(p.Status) {
			return AlreadyEnabled
		}
		if o.Busy {
			return UpdateInProgress
		}
		if off {
			return Expired
		}
	case OpProfileSuspend:
		if p.Network != Global {
			return GlobalOnly
		}
		if misfit {
			return PlanMismatch
		}
		if p.Service != Active {
			return NotActive
		}
		if suspended {
			return AlreadySuspended
		}
	case OpDeviceSuspend:
		if suspended {
			return AlreadySuspended
		}
	case OpDeviceResume:
		if !suspended {
			return AlreadyResumed
		}
	}
	return OK
}

// carryOut does an operation that nothing keeps from being done for profile i.
func carryOut(c Card, i int, o Order) Card {
	c = c.Clone()
	p := &c.Profiles[i]
	inUse := -1
	for k, q := range c.Profiles {
		if usable(q.Status) {
			inUse = k
		}
	}
	begin := func() {
		p.Service = Active
		if p.MDN == "" {
			p.MDN = o.MDN
		}
		if o.Plan.Name != "" {
			p.Plan = o.Plan.Name
		}
	}
	use := func() {
		if inUse >= 0 {
			c.Profiles[inUse].Status = StatusDisable
		}
		p.Status = StatusEnable
	}
	switch o.Op {
	case OpActivate:
		begin()
		if p.Role == Lead && (inUse < 0 || c.Profiles[inUse].Role != Local) {
			use()
		}
	case OpDownload:
		p.Status = StatusDownloadDisable
		if p.Service == PreActive {
			begin()
		}
	case OpEnable:
		use()
	case OpProfileSuspend:
		p.Suspended = ByProfile
	case OpDeviceSuspend:
		p.Suspended = ByDevice
	case OpDeviceResume:
		if p.Suspended == ByDevice {
			p.Suspended = NotSuspended
		}
	}
	return c
}

func stateOf(p Profile) State {
	if p.Service == Deactive {
		return StateDeactive
	}
	if p.Service == PreActive {
		return StatePreActive
	}
	if p.Suspended != NotSuspended {
		return StateSuspended
	}
	return StateActive
}

func deviceStateOf(c Card) State {
	count := map[State]int{}
	for _, p := range c.Profiles {
		count[stateOf(p)]++
	}
	if count[StateActive] > 0 {
		return StateActive
	}
	if count[StateSuspended] > 0 {
		return StateSuspended
	}
	if count[StateDeactive] > 0 {
		return StateDeactive
	}
	return StatePreActive
}

// oracle is the whole answer: what is told, and the card afterwards.
func oracle(c Card, o Order) ([]Outcome, Card) {
	var out []Outcome
	whole := o.Op == OpDeviceSuspend || o.Op == OpDeviceResume
	after := c.Clone()
	var faults []Fault
	for i := range c.Profiles {
		if whole && c.Profiles[i].Service != Active || !whole && c.Profiles[i].ICCID != o.ICCID {
			continue
		}
		f := refusal(after, after.Profiles[i], o)
		if f == OK {
			after = carryOut(after, i, o)
		}
		faults = append(faults, f)
		out = append(out, Outcome{Fault: f, State: stateOf(after.Profiles[i]), Profile: after.Profiles[i]})
	}
	if !whole {
		return out, after
	}
	last := Outcome{Device: true, State: deviceStateOf(after)}
	for _, f := range faults {
		if f == OK {
			last.Fault = OK
			break
		}
		last.Fault = f
	}
	for _, p := range after.Profiles {
		if p.Role == Lead {
			last.Profile = p
		}
	}
	return append(out, last), after
}

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
	}
	return inUse <= 1
}

// circumstances are an order's surroundings, each thing wrong by itself and all of them together.
var circumstances = []struct {
	plan               Plan
	busy, power, radio bool
}{
	{Plan{}, false, true, true},
	{Plan{}, true, true, true},
	{Plan{}, false, false, true},
	{Plan{}, false, true, false},
	{Plan{"US plan", US}, false, true, true},
	{Plan{"Global plan", Global}, false, true, true},
	{Plan{"anything", AnyNetwork}, false, true, true},
	{Plan{"unknown", NoNetwork}, true, false, false},
}

// TestEveryOperationInEveryState compares the table with the oracle.
func TestEveryOperationInEveryState(t *testing.T) {
	states, cases := 0, 0
	for _, c := range everyCard() {
		if got := len(c.Contradictions()) == 0; got != possible(c) {
			t.Fatalf("contradictions %v, but the oracle says possible: %v\n%+v", c.Contradictions(), possible(c), c)
		}
		if !possible(c) {
			continue
		}
		states++
		for _, op := range Ops() {
			for _, round := range circumstances {
				targets := []string{leadID, localID}
				if op.WholeDevice() {
					targets = targets[:1]
				}
				for _, iccid := range targets {
					cases++
					card := c.Clone()
					card.Powered, card.Connected = round.power, round.radio
					o := Order{Op: op, ICCID: iccid, Plan: round.plan, MDN: freeMDN, Busy: round.busy}
					want, after := oracle(card, o)
					before := card.Clone()
					got := card.Apply(&o, nil)
					if !same(got, want) || !sameCard(card, after) {
						t.Fatalf("%s of %s, %+v\non   %+v\ntold %+v\nwant %+v\nnow  %+v\nwant %+v", op, iccid, round, before, got, want, card, after)
					}
				}
			}
		}
	}
	if states < 700 {
		t.Fatalf("only %d states", states)
	}
	t.Logf("%d states, %d cases", states, cases)
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
	boot := [][]Profile{
		nil,
		{{ICCID: factory, Network: US, Role: Default, Service: Active, Status: StatusEnable}},
		{{ICCID: factory, Network: US, Role: Default, Service: Active, Status: StatusDisable, Suspended: ByDevice}},
	}
	var all []Card
	for _, lead := range profile(leadID, US, Lead) {
		for _, local := range profile(localID, Global, Local) {
			for _, def := range boot {
				c := Card{EID: eid, Profiles: append([]Profile{lead}, def...)}
				c.Profiles = append(c.Profiles, local)
				all = append(all, c)
			}
		}
	}
	return all
}

func same(a, b []Outcome) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func sameCard(a, b Card) bool { return reflect.DeepEqual(a, b) }
