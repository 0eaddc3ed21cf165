package sim_test

import (
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// consumer is a configuration with cards that have no LEAD yet, whose account has the plan of
// consumer eSIMs.
func consumer(count int) config.Config {
	cfg := newConfig()
	a := &cfg.Accounts[0]
	a.Plans = append(a.Plans, config.Plan{Name: euicc.HybridPlan, Network: euicc.US})
	for n := 10; n < 10+count; n++ {
		a.Cards = append(a.Cards, euicc.Card{EID: eid(n), IMEI: card(n).IMEI, Powered: true, Connected: true})
	}
	return cfg
}

// hybrid asks for an operation with the plan of consumer eSIMs.
func (w *world) hybrid(op euicc.Op, devices ...euicc.IDs) sim.Request {
	w.Helper()
	r := w.submit(op, euicc.HybridPlan, devices...)
	w.Replied(r)
	w.idle()
	return r
}

func byIMEI(n int) euicc.IDs { return euicc.IDs{EID: eid(n), IMEI: card(n).IMEI} }

// TestHybridActivation: "the system generates the ICCID", and the callback tells it.
func TestHybridActivation(t *testing.T) {
	for _, op := range []euicc.Op{euicc.OpActivate, euicc.OpActivateEnable} {
		w := start(t, consumer(2))
		first := w.hybrid(op, byIMEI(10), byIMEI(11))
		const active = "LEAD ACTIVE, delivered"
		w.expectTold(first, active, active)
		var iccids []string
		for i, c := range w.callbacks(first) {
			p := c.Outcome.Profile
			if !euicc.ValidLuhn(p.ICCID) || len(p.ICCID) != 20 || len(p.MDN) != 10 || p.Plan != euicc.HybridPlan || !p.Status.Enabled() {
				t.Fatalf("%s told %+v", op, p)
			}
			if c.Card.EID != eid(10+i) || w.profile(p.ICCID) != p {
				t.Fatalf("%s told %+v", op, c.Facts)
			}
			iccids = append(iccids, p.ICCID)
		}
		if iccids[0] == iccids[1] {
			t.Fatalf("%s is there twice", iccids[0])
		}
		// It is found by its ICCID from now on; a second activation makes no other.
		w.expectTold(w.hybrid(op, byIMEI(10)), "LEAD already active, delivered")
		w.expectTold(w.requestIdle(euicc.OpDeactivate, euicc.IDs{ICCID: iccids[1]}), "LEAD DEACTIVE, delivered")
		again := w.hybrid(op, euicc.IDs{EID: eid(11), IMEI: card(11).IMEI, ICCID: iccids[1]})
		w.expectTold(again, active)
		if p := w.profile(iccids[1]); p.MDN == w.callbacks(first)[1].Outcome.Profile.MDN || p.MDN == "" {
			t.Fatalf("activated again: %+v", p)
		}
		if d, err := w.Device(eid(11)); err != nil || len(d.Profiles) != 1 {
			t.Fatalf("%+v, %v", d, err)
		}
		// There is no SM-SR that could change it.
		for _, op := range []euicc.Op{euicc.OpEnable, euicc.OpDisable, euicc.OpSetFallback, euicc.OpDelete} {
			w.expectTold(w.requestIdle(op, euicc.IDs{ICCID: iccids[0]}), "LEAD not for HybridESim, delivered")
		}
		w.Reset(sim.ResetOptions{})
		w.expectTold(w.requestIdle(euicc.OpDeactivate, euicc.IDs{ICCID: iccids[0]}), "LEAD device not found, delivered")
		if c := w.callbacks(w.hybrid(op, byIMEI(11)))[0]; c.Outcome.Profile.ICCID != iccids[0] {
			t.Fatalf("after a reset the first ICCID is %s, not %s", c.Outcome.Profile.ICCID, iccids[0])
		}
	}
}

// TestHybridTwiceInOneRequest: the second one meets the profile of the first.
func TestHybridTwiceInOneRequest(t *testing.T) {
	w := start(t, consumer(1))
	w.expectTold(w.hybrid(euicc.OpActivate, byIMEI(10), byIMEI(10)), "LEAD ACTIVE, delivered", "LEAD already active, delivered")
}

// TestHybridICCIDIsFree: none that the configuration names, or that a fleet has.
func TestHybridICCIDIsFree(t *testing.T) {
	const count = 20
	cfg := consumer(count)
	all := func(w *world) map[string]int {
		var devices []euicc.IDs
		for n := 10; n < 10+count; n++ {
			devices = append(devices, byIMEI(n))
		}
		seen := map[string]int{}
		for _, c := range w.callbacks(w.hybrid(euicc.OpActivate, devices...)) {
			seen[c.Outcome.Profile.ICCID]++
		}
		if len(seen) != count {
			t.Fatalf("%d ICCIDs for %d devices", len(seen), count)
		}
		return seen
	}
	first := all(start(t, cfg))
	n := 0
	for iccid := range first {
		if n++; n%2 == 0 {
			cfg.Accounts[0].Cards = append(cfg.Accounts[0].Cards, euicc.Card{EID: eid(100 + n), Profiles: []euicc.Profile{
				{ICCID: iccid, Network: euicc.US, Role: euicc.Lead, Status: euicc.StatusDisable},
			}})
		}
	}
	cfg.Accounts[0].Fleets = []config.Fleet{{Count: 30, Card: euicc.Card{Profiles: []euicc.Profile{{Network: euicc.US, Role: euicc.Lead, Status: euicc.StatusDisable}}}}}
	w := start(t, cfg)
	all(w)
	seen := map[string]string{}
	for _, d := range w.Devices("", 1000) {
		for _, p := range d.Profiles {
			if other := seen[p.ICCID]; other != "" {
				t.Fatalf("%s is on %s and on %s", p.ICCID, other, d.EID)
			}
			seen[p.ICCID] = d.EID
			if r := w.requestIdle(euicc.OpRenewActivationCode, euicc.IDs{ICCID: p.ICCID}); w.callbacks(r)[0].Card.EID != d.EID {
				t.Fatalf("%s of %s is found on %s", p.ICCID, d.EID, w.callbacks(r)[0].Card.EID)
			}
		}
	}
}

// TestNotHybrid: an ICCID is made by an activation with that plan alone, of a card without a LEAD.
func TestNotHybrid(t *testing.T) {
	w := start(t, consumer(1))
	for _, op := range euicc.Ops() {
		if op == euicc.OpActivate || op == euicc.OpActivateEnable {
			w.expectTold(w.requestIdle(op, byIMEI(10)), "LEAD identifiers do not match, delivered")
			continue
		}
		r := w.hybrid(op, byIMEI(10))
		if c := w.callbacks(r)[0]; c.Outcome.Profile.ICCID != "" || !op.WholeDevice() && c.Outcome.Fault != euicc.IdentifiersMismatch {
			t.Fatalf("%s told %+v", op, c.Outcome)
		}
	}
	if d, err := w.Device(eid(10)); err != nil || len(d.Profiles) > 0 {
		t.Fatalf("%+v, %v", d, err)
	}
	// What nobody got is nobody's: the first one that is made is found, and nothing before it.
	r := w.hybrid(euicc.OpActivate, byIMEI(10))
	first := w.callbacks(r)[0].Outcome.Profile.ICCID
	fresh := start(t, consumer(1))
	if c := fresh.callbacks(fresh.hybrid(euicc.OpActivate, byIMEI(10)))[0]; c.Outcome.Profile.ICCID != first {
		t.Fatalf("%s was used up by a refusal; the first would be %s", c.Outcome.Profile.ICCID, first)
	}
	// A card that has a LEAD gets no other.
	w.expectTold(w.hybrid(euicc.OpActivate, byEID(1)), "LEAD already active, delivered")
	if d, err := w.Device(eid(1)); err != nil || len(d.Profiles) != 2 {
		t.Fatalf("%+v, %v", d, err)
	}
}

// TestHybridRefused: with a plan that the account does not have, or on a full card, nothing is made.
func TestHybridRefused(t *testing.T) {
	full := consumer(1)
	c := &full.Accounts[0].Cards[3]
	c.Memory = 1
	c.Profiles = []euicc.Profile{{ICCID: local(10), Network: euicc.Global, Role: euicc.Local, Service: euicc.Active, Status: euicc.StatusDisable}}
	unknown := consumer(1)
	unknown.Accounts[0].Plans = unknown.Accounts[0].Plans[:2]
	bare := consumer(1)
	bare.Accounts[0].Plans = nil
	for _, test := range []struct {
		cfg  config.Config
		told string
	}{{full, "no memory left"}, {unknown, "plan of another network"}, {bare, "ACTIVE"}} {
		w := start(t, test.cfg)
		d, _ := w.Device(eid(10))
		before := len(d.Profiles)
		r := w.hybrid(euicc.OpActivate, byIMEI(10))
		w.expectTold(r, "LEAD "+test.told+", delivered")
		made := w.requestIdle(euicc.OpRenewActivationCode, euicc.IDs{ICCID: w.callbacks(r)[0].Outcome.Profile.ICCID})
		if fault := w.callbacks(made)[0].Outcome.Fault; (fault == euicc.DeviceNotFound) != (test.told != "ACTIVE") {
			t.Errorf("%s: what was not made is %s", test.told, fault)
		}
		if d, _ = w.Device(eid(10)); (len(d.Profiles) > before) != (test.told == "ACTIVE") {
			t.Errorf("%s: %+v", test.told, d)
		}
	}
}

// TestManyHybrids: a bulk of the largest size is made without looking at all those before.
func TestManyHybrids(t *testing.T) {
	const count = 2000
	w := start(t, consumer(count))
	var devices []euicc.IDs
	for n := 10; n < 10+count; n++ {
		devices = append(devices, byIMEI(n))
	}
	seen := map[string]bool{}
	for _, c := range w.callbacks(w.hybrid(euicc.OpActivate, devices...)) {
		seen[c.Outcome.Profile.ICCID+c.Outcome.Profile.MDN] = true
	}
	if len(seen) != count {
		t.Fatalf("%d profiles for %d devices", len(seen), count)
	}
}

// TestRefusedHybrid: an ICCID that was made up for nothing is told by nobody.
func TestRefusedHybrid(t *testing.T) {
	cfg := newConfig()
	c := card(10)
	c.Profiles = c.Profiles[1:]
	c.Profiles[0].Status, c.Profiles[0].Service, c.Memory = euicc.StatusDisable, euicc.Active, 1
	cfg.Accounts[0].Cards = append(cfg.Accounts[0].Cards, c)
	cfg.Accounts[0].Plans = nil
	w := start(t, cfg)
	r := w.hybrid(euicc.OpActivate, byIMEI(10))
	got := w.callbacks(r)[0]
	if got.Outcome.Fault != euicc.NoMemory || got.Outcome.Profile.ICCID != "" || got.Outcome.Profile.MDN != "" {
		t.Errorf("told %+v", got.Outcome)
	}
	for _, e := range w.events() {
		if e.ICCID != "" {
			t.Errorf("event %+v", e)
		}
	}
}
