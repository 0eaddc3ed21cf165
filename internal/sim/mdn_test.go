package sim_test

import (
	"slices"
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
)

// TestNumbers: each activation gets a number of its own, never one that the configuration names.
func TestNumbers(t *testing.T) {
	cfg := newConfig()
	const named = "2015550001"
	cfg.Accounts[0].Cards[0].Profiles[0].MDN = named
	w := start(t, cfg)
	var got []string
	for n := 1; n <= 3; n++ {
		w.expectTold(w.requestIdle(euicc.OpEnable, byLocal(n)), "LOCAL not downloaded, delivered") // takes no number
		w.requestIdle(euicc.OpActivate, byLocal(n))
		w.requestIdle(euicc.OpActivate, byLocal(n)) // refused: takes no number
		got = append(got, w.profile(local(n)).MDN)
	}
	if want := []string{"2015550000", "2015550002", "2015550003"}; !slices.Equal(got, want) {
		t.Fatalf("numbers %q, want %q", got, want)
	}
	if w.profile(lead(1)).MDN != named {
		t.Fatal("a named number is gone")
	}
}

// TestNumberStays with a profile that has one.
func TestNumberStays(t *testing.T) {
	cfg := newConfig()
	p := &cfg.Accounts[0].Cards[0].Profiles[1]
	p.MDN, p.Status = "4155550123", euicc.StatusDisable
	w := start(t, cfg)
	w.requestIdle(euicc.OpActivate, byLocal(1), byLocal(2))
	if a, b := w.profile(local(1)).MDN, w.profile(local(2)).MDN; a != p.MDN || b != "2015550000" {
		t.Fatalf("numbers %s and %s", a, b)
	}
}

// TestPlans: which plan a profile may get, and which it has when nobody says so.
func TestPlans(t *testing.T) {
	for _, test := range []struct {
		name, plan string
		id         euicc.IDs
		op         euicc.Op
		bare       bool // the account has no plans
		told, has  string
	}{
		{"its network's", global, byLocal(1), euicc.OpActivate, false, "LOCAL ACTIVE", global},
		{"none named", "", byLocal(1), euicc.OpActivate, false, "LOCAL ACTIVE", global},
		{"the other network's", usPlan, byLocal(1), euicc.OpActivate, false, "LOCAL plan of another network", global},
		{"unknown", "?", byLocal(1), euicc.OpActivate, false, "LOCAL plan of another network", global},
		{"unknown, download", "?", byLocal(1), euicc.OpDownload, false, "LOCAL plan of another network", global},
		{"unknown, enable", "?", byLocal(1), euicc.OpEnable, false, "LOCAL plan of another network", global},
		{"unknown, profile_suspend", "?", byLocal(1), euicc.OpProfileSuspend, false, "LOCAL plan of another network", global},
		{"no plans to check against", "anything", byLocal(1), euicc.OpActivate, true, "LOCAL ACTIVE", "anything"},
		{"no plans, none named", "", byLocal(1), euicc.OpActivate, true, "LOCAL ACTIVE", ""},
	} {
		cfg := newConfig()
		if test.bare {
			cfg.Accounts[0].Plans = nil
		}
		w := start(t, cfg)
		r := w.submit(test.op, test.plan, test.id)
		w.Replied(r)
		w.idle()
		w.expectTold(r, test.told+", delivered")
		if p := w.profile(local(1)); p.Plan != test.has {
			t.Errorf("%s: the profile has plan %q, want %q", test.name, p.Plan, test.has)
		}
	}
}

// TestPlanAfterDeactivation is the one named, else the first of the network.
func TestPlanAfterDeactivation(t *testing.T) {
	for _, plan := range []string{"", "second"} {
		cfg := newConfig()
		a := &cfg.Accounts[0]
		a.Plans = append(a.Plans, config.Plan{Name: "second", Network: euicc.Global})
		a.Cards[0].Profiles[1].Service = euicc.Deactive
		w := start(t, cfg)
		if p := w.profile(local(1)); p.Plan != "" {
			t.Fatalf("a profile without service has plan %q", p.Plan)
		}
		r := w.submit(euicc.OpActivate, plan, byLocal(1))
		w.Replied(r)
		w.idle()
		want := global
		if plan != "" {
			want = plan
		}
		if p := w.profile(local(1)); p.Plan != want {
			t.Errorf("activated with %q: plan %q, want %q", plan, p.Plan, want)
		}
	}
}

// TestIdentifiers: which device and profile are meant.
func TestIdentifiers(t *testing.T) {
	w := start(t, newConfig())
	imei := newConfig().Accounts[0].Cards[0].IMEI
	for _, ids := range []euicc.IDs{
		{EID: eid(1)}, {ICCID: lead(1)}, {IMEI: imei}, {EID: eid(1), IMEI: imei, ICCID: lead(1), MDN: "3036660001"},
	} {
		r := w.requestIdle(euicc.OpActivate, ids)
		w.expectTold(r, "LEAD already active, delivered")
		if c := w.callbacks(r)[0]; c.Card.EID != eid(1) || c.Card.IMEI != imei || c.Outcome.Profile.ICCID != lead(1) {
			t.Fatalf("%+v means %+v", ids, c.Facts)
		}
	}
}

// TestNumberAgain: a deactivation releases the number, and an activation assigns another one.
func TestNumberAgain(t *testing.T) {
	w := start(t, newConfig())
	seen := map[string]bool{}
	for range 3 {
		w.expectTold(w.requestIdle(euicc.OpActivate, byLocal(1)), done)
		p := w.profile(local(1))
		if len(p.MDN) != 10 || seen[p.MDN] || p.Plan != global {
			t.Fatalf("activated %+v after %v", p, seen)
		}
		seen[p.MDN] = true
		r := w.requestIdle(euicc.OpDeactivate, byLocal(1))
		w.expectTold(r, "LOCAL DEACTIVE, delivered")
		if p := w.profile(local(1)); p.MDN != "" || p.Plan != "" {
			t.Fatalf("deactivated %+v", p)
		}
	}
}

// TestNumbersOfNamedProfiles: an active profile has a number, whether or not the configuration says
// which; none that is named elsewhere.
func TestNumbersOfNamedProfiles(t *testing.T) {
	cfg := newConfig()
	cards := cfg.Accounts[0].Cards
	cards[0].Profiles[0].MDN = ""
	cards[1].Profiles[0].MDN = ""
	cards[2].Profiles[0].MDN = "2015550001"
	cards[2].Profiles[1].Service, cards[2].Profiles[1].Status = euicc.Active, euicc.StatusDisable
	cards[1].Profiles[1].Service = euicc.Deactive
	w := start(t, cfg)
	for iccid, want := range map[string]string{
		lead(1): "2015550000", lead(2): "2015550002", lead(3): "2015550001", local(3): "2015550003", local(1): "", local(2): "",
	} {
		if p := w.profile(iccid); p.MDN != want {
			t.Errorf("%s has number %q, want %q", iccid, p.MDN, want)
		}
	}
	w.requestIdle(euicc.OpActivate, byLocal(1))
	if p := w.profile(local(1)); p.MDN != "2015550004" {
		t.Errorf("the next number is %q", p.MDN)
	}
	if cards[0].Profiles[0].MDN != "" {
		t.Error("the configuration was changed")
	}
}
