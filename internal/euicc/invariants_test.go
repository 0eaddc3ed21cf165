package euicc_test

import (
	"fmt"
	"slices"
	"strings"

	. "tsim/internal/euicc"

	"pgregory.net/rapid"
)

// outside stands for what no operation did: power, the network.
const outside = NumOps

// change is one step in the life of a card.
type change struct {
	op      Op
	target  string // ICCID; of no meaning for the whole device
	was, is Card
	out     []Outcome
}

// each says whether something holds of every profile, as it was and as it is.
func (s *change) each(holds func(was, is Profile) bool) bool {
	return !slices.ContainsFunc(s.was.Profiles, func(was Profile) bool {
		is := s.is.Profile(was.ICCID)
		return is == nil || !holds(was, *is)
	})
}

// now says whether something holds of every profile as it is.
func (s *change) now(holds func(p Profile) bool) bool {
	return !slices.ContainsFunc(s.is.Profiles, func(p Profile) bool { return !holds(p) })
}

// applied is the card after some operations on the whole device.
func applied(c Card, ops ...Op) Card {
	c = c.Clone()
	for _, op := range ops {
		c.Apply(&Order{Op: op}, nil)
	}
	return c
}

// spared says whether a limit kept a profile from what was done to its device.
func spared(s *change) bool {
	return slices.ContainsFunc(s.out, func(o Outcome) bool { return o.Fault == DayLimit })
}

func wholeDevice(o Op) bool { return o == OpDeviceSuspend || o == OpDeviceResume }
func isResume(o Op) bool    { return o == OpProfileResume || o == OpDeviceResume }
func isSuspend(o Op) bool   { return o == OpProfileSuspend || o == OpDeviceSuspend }

// invariants are what must be true of any step, I1 to I20.
var invariants = [20]struct {
	says  string
	holds func(s *change) bool
}{
	{"at most one profile is enabled", func(s *change) bool {
		n := 0
		for _, p := range s.is.Profiles {
			if usable(p.Status) {
				n++
			}
		}
		return n <= 1
	}},
	{"an enabled profile is active", func(s *change) bool {
		return s.now(func(p Profile) bool { return !usable(p.Status) || p.Service == Active })
	}},
	{"the LEAD is never suspended on its own", func(s *change) bool {
		return s.now(func(p Profile) bool { return p.Role != Lead || p.Suspended != ByProfile })
	}},
	{"a suspended profile is active", func(s *change) bool {
		return s.now(func(p Profile) bool { return !suspended(p) || p.Service == Active })
	}},
	{"the LEAD is on the card", func(s *change) bool {
		return s.now(func(p Profile) bool { return p.Role != Lead || installed(p.Status) })
	}},
	{"the role of a profile never changes", func(s *change) bool {
		return s.each(func(was, is Profile) bool { return was.Role == is.Role && was.Network == is.Network })
	}},
	{"device_resume leaves alone what was suspended on its own", func(s *change) bool {
		return s.op != OpDeviceResume || s.each(func(was, is Profile) bool { return was.Suspended != ByProfile || was == is })
	}},
	{"after device_resume nothing is suspended by the device", func(s *change) bool {
		return s.op != OpDeviceResume || spared(s) || s.now(func(p Profile) bool { return p.Suspended != ByDevice })
	}},
	{"a second device_suspend or device_resume changes nothing", func(s *change) bool {
		return !wholeDevice(s.op) || spared(s) || sameCard(s.is, applied(s.is, s.op))
	}},
	{"after device_suspend every active profile is suspended", func(s *change) bool {
		return s.op != OpDeviceSuspend || spared(s) || s.now(func(p Profile) bool { return p.Service != Active || suspended(p) })
	}},
	{"device_resume undoes device_suspend", func(s *change) bool {
		stamped := !s.now(func(p Profile) bool { return p.Suspended != ByDevice })
		return stamped || sameCard(s.is, applied(s.is, OpDeviceSuspend, OpDeviceResume))
	}},
	{"one callback, or one for each active profile and the last one for the device", promised},
	{"suspend and resume touch nothing but the suspension", func(s *change) bool {
		if !isSuspend(s.op) && !isResume(s.op) {
			return true
		}
		return s.was.Fallback == s.is.Fallback && s.each(func(was, is Profile) bool {
			was.Suspended = is.Suspended
			return was == is
		})
	}},
	{"nothing but suspend and resume touches a suspension", func(s *change) bool {
		return isSuspend(s.op) || isResume(s.op) || s.each(func(was, is Profile) bool { return was.Suspended == is.Suspended })
	}},
	{"a fault means an unchanged state", func(s *change) bool {
		for _, out := range s.out {
			if !out.Device && out.Fault != OK && s.was.Profile(out.Profile.ICCID) != nil &&
				*s.was.Profile(out.Profile.ICCID) != *s.is.Profile(out.Profile.ICCID) {
				return false
			}
		}
		return len(s.out) == 0 || s.out[len(s.out)-1].Fault == OK || sameCard(s.was, s.is)
	}},
	{"a suspended profile never goes straight to deactive", func(s *change) bool {
		return s.each(func(was, is Profile) bool { return !suspended(was) || is.Service != Deactive })
	}},
	{"only activation leads out of deactive", func(s *change) bool {
		return s.op == OpActivate || s.op == OpActivateEnable ||
			s.each(func(was, is Profile) bool { return was.Service != Deactive || is.Service == Deactive })
	}},
	{"only a resume lifts a suspension", func(s *change) bool {
		return isResume(s.op) || s.each(func(was, is Profile) bool { return !suspended(was) || suspended(is) })
	}},
	{"the fallback profile is on the card", func(s *change) bool {
		return s.is.Fallback == "" || !s.now(func(p Profile) bool { return p.ICCID != s.is.Fallback || !installed(p.Status) })
	}},
	{"no step but deactivate leaves a card without a profile in use", func(s *change) bool {
		return s.op == OpDeactivate || s.was.Enabled() == nil || s.is.Enabled() != nil
	}},
}

// promised is I12.
func promised(s *change) bool {
	if s.op == outside {
		return len(s.out) == 0
	}
	if !wholeDevice(s.op) {
		one := len(s.out) == 1 && !s.out[0].Device
		made := one && s.out[0].Fault != OK && s.out[0].Profile.ICCID == "" // one that was to be made, and was not
		return one && (made || s.out[0].Profile.ICCID == s.target)
	}
	n := 0
	for _, p := range s.was.Profiles {
		if p.Service != Active {
			continue
		}
		if n >= len(s.out) || s.out[n].Device || s.out[n].Profile.ICCID != p.ICCID {
			return false
		}
		n++
	}
	return len(s.out) == n+1 && s.out[n].Device && s.out[n].State == s.is.State()
}

// siblings: an operation on one profile touches of the others no more than whether they are in use.
func siblings(s *change) bool {
	return wholeDevice(s.op) || s.each(func(was, is Profile) bool {
		if was.ICCID != s.target || s.op == outside {
			was.Status = is.Status
			return was == is
		}
		was.Service, was.Suspended, was.Status, was.MDN, was.Plan = is.Service, is.Suspended, is.Status, is.MDN, is.Plan
		return was == is
	})
}

// verify checks everything that must hold of any step.
func verify(t rapid.TB, s *change) {
	t.Helper()
	what := "an outside event"
	if s.op != outside {
		what = s.op.String() + " of " + s.target
	}
	var broken []string
	for i, rule := range invariants {
		if !rule.holds(s) {
			broken = append(broken, fmt.Sprintf("I%d: %s", i+1, rule.says))
		}
	}
	if broken != nil {
		t.Fatalf("not so after %s, told %q:\n%s\nwas %+v\nis  %+v", what, told(s.out), strings.Join(broken, "\n"), s.was, s.is)
	}
	if !siblings(s) {
		t.Fatalf("%s touched a sibling\nwas %+v\nis  %+v", what, s.was, s.is)
	}
	if found := s.is.Contradictions(); len(found) > 0 {
		t.Fatalf("%s led to contradictions: %+v", what, found)
	}
}

// step applies an order and checks everything that must hold of it.
func step(t rapid.TB, c *Card, o Order) {
	t.Helper()
	was := c.Clone()
	foreseen := OK
	p := c.Profile(o.ICCID)
	if p != nil && !o.Op.WholeDevice() {
		if foreseen = c.Check(p, &o); !sameCard(*c, was) {
			t.Fatalf("check of %s changed the card", o.Op)
		}
	}
	out := c.Apply(&o, nil)
	verify(t, &change{o.Op, o.ICCID, was, c.Clone(), out})
	want, after := oracle(was, o)
	if !slices.Equal(out, want) || !sameCard(*c, after) {
		t.Fatalf("%+v\non  %+v\nled to %+v, told %q\nthe oracle says %+v, %q", o, was, c, told(out), after, told(want))
	}
	if p != nil && !o.Op.WholeDevice() && out[0].Fault != foreseen {
		t.Fatalf("%s: checked %s, applied %s", o.Op, foreseen, out[0].Fault)
	}
}

// happen lets something outside happen to the card, and checks that too.
func happen(t rapid.TB, c *Card, event outsideEvent) {
	t.Helper()
	was := c.Clone()
	after, done, did := was, false, false
	switch event {
	case powerToggled:
		c.Powered, after.Powered = !c.Powered, !was.Powered
	case radioToggled:
		c.Connected, after.Connected = !c.Connected, !was.Connected
	case networkLost:
		after, done = oracleOfLoss(was)
		did = c.LoseNetwork()
	}
	verify(t, &change{outside, "", was, c.Clone(), nil})
	if did != done || !sameCard(*c, after) {
		t.Fatalf("of %+v became, by what happened outside, %+v, %v\nthe oracle says %+v, %v", was, c, did, after, done)
	}
}

// outsideEvent is what can happen to a card without anybody asking for it.
type outsideEvent int

const (
	powerToggled outsideEvent = iota
	radioToggled
	networkLost
	outsideEvents
)
