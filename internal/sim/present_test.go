package sim_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/sim"

	"pgregory.net/rapid"
)

// goesOn makes a sandbox of another one as it is now, which has to have the same devices, listeners and time.
func goesOn(t rapid.TB, s *sim.Sim) sim.Present {
	t.Helper()
	p := s.Present()
	again, err := sim.New(p.Config, sim.Env{})
	if err != nil {
		t.Fatalf("what it is now cannot be: %v", err)
	}
	was, is := s.Devices("", 1<<20), again.Devices("", 1<<20)
	if len(was) != len(is) {
		t.Fatalf("%d devices, and there were %d", len(is), len(was))
	}
	for i := range was {
		for j := range was[i].Profiles { // the first of its network is what a profile has that has lost its plan, too
			if was[i].Profiles[j].Plan == "" {
				is[i].Profiles[j].Plan = ""
			}
		}
		if asJSON(t, was[i]) != asJSON(t, is[i]) {
			t.Fatalf("device %d was\n%+v\nand is\n%+v", i, was[i], is[i])
		}
	}
	for i := range p.Config.Accounts {
		name := p.Config.Accounts[i].Name
		was, err := s.Listeners(name)
		if err != nil {
			t.Fatal(err)
		}
		if is, err := again.Listeners(name); err != nil || !slices.Equal(is, was) {
			t.Fatalf("listeners %v, %v, and there were %v", is, err, was)
		}
	}
	wasNow, isNow := s.Clock(), again.Clock()
	if wasNow.Now != isNow.Now || wasNow.Mode != isNow.Mode || wasNow.Speed != isNow.Speed {
		t.Fatalf("the clock is %+v, and was %+v", isNow, wasNow)
	}
	if twice := again.Present(); asJSON(t, twice.Config) != asJSON(t, p.Config) {
		t.Fatalf("told twice:\n%s\nonce:\n%s", asJSON(t, twice.Config), asJSON(t, p.Config))
	}
	return p
}

func asJSON(t rapid.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), ":[]", ":null")
}

// TestPresentGoesOn: whatever was done in a sandbox, another one can start where it is.
func TestPresentGoesOn(t *testing.T) {
	often(t, 2, func(t *rapid.T) {
		cfg, deeds, mood := drawZoo(t), rapid.SliceOfN(drawDeed, 0, 40).Draw(t, "deeds"), rapid.IntRange(0, 99).Draw(t, "mood")
		cfg.Rules = drawRules(t, 3)
		w := newRuled(t, cfg, nil, mood)
		w.play(deeds)
		goesOn(t, w.Sim)
	})
}

// fleets is two accounts: one with a device that bears the name of a generated one, and fleets in both.
func fleets(sizes ...int) config.Config {
	cfg := newConfig()
	cfg.Accounts = append(cfg.Accounts, config.Account{Name: "second", Plans: cfg.Accounts[0].Plans})
	for i, n := range sizes {
		to := &cfg.Accounts[i*len(cfg.Accounts)/len(sizes)]
		to.Fleets = append(to.Fleets, config.Fleet{Count: n, Card: euicc.Card{Powered: true, Connected: true, Profiles: []euicc.Profile{
			{Network: euicc.US, Service: euicc.Active, Status: euicc.StatusEnable},
			{Network: euicc.Global, Role: euicc.Local, Service: []euicc.Service{euicc.Active, euicc.PreActive}[i%2], Status: euicc.StatusDisable},
		}}})
	}
	return cfg
}

// generatedEIDs are those of a sandbox that its configuration does not name.
func generatedEIDs(s *sim.Sim, cfg *config.Config) (eids []string) {
	named := map[string]bool{}
	for _, a := range cfg.Accounts {
		for _, c := range a.Cards {
			named[c.EID] = true
		}
	}
	for _, d := range s.Devices("", 1<<20) {
		if !named[d.EID] {
			eids = append(eids, d.EID)
		}
	}
	return eids
}

// TestPresentOfFleets changes devices of fleets in every way that there is.
func TestPresentOfFleets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := fleets(rapid.SliceOfN(rapid.IntRange(1, 40), 1, 4).Draw(t, "fleets")...)
		cfg.Seed = rapid.Uint64Range(0, 9).Draw(t, "seed")
		s, err := sim.New(cfg, sim.Env{})
		if err != nil {
			t.Fatal(err)
		}
		eids := generatedEIDs(s, &cfg)
		for range rapid.IntRange(0, 8).Draw(t, "changes") {
			first := rapid.IntRange(0, len(eids)-1).Draw(t, "first")
			last := min(len(eids)-1, first+rapid.SampledFrom([]int{0, 0, 12, 99}).Draw(t, "more"))
			kind := rapid.IntRange(0, 8).Draw(t, "kind")
			for i := first; i <= last; i++ {
				changeOne(s, eids[i], kind)
			}
		}
		goesOn(t, s)
	})
}

// changeOne changes a device, or does nothing to it when that cannot be.
func changeOne(s *sim.Sim, eid string, kind int) {
	account := ""
	if d, err := s.Device(eid); err != nil || len(d.Profiles) == 0 {
		return
	}
	change := func(c *euicc.Card) { c.Powered = !c.Powered }
	switch kind {
	case 1:
		_ = s.RemoveDevice(eid)
		return
	case 2: // its MDN is free again
		change = func(c *euicc.Card) {
			p := &c.Profiles[len(c.Profiles)-1]
			p.Service, p.MDN, p.Plan = euicc.Deactive, "", ""
		}
	case 3:
		change = func(c *euicc.Card) { c.IMEI = "99" + c.IMEI[2:] }
	case 4:
		change = func(c *euicc.Card) { c.Memory = 9 }
	case 5:
		change = func(c *euicc.Card) { c.Profiles = c.Profiles[:1] }
	case 6:
		account = "second"
	case 7: // it gets an MDN only now
		change = func(c *euicc.Card) { c.Profiles[len(c.Profiles)-1].Service = euicc.Active }
	case 8:
		_ = s.RemoveDevice(eid)
		_, _ = s.AddDevices([]config.Device{{Account: "second", Card: euicc.Card{EID: eid, Powered: true}}})
		return
	}
	_, _ = s.ChangeDevice(eid, account, func(c *euicc.Card) error { change(c); return nil })
}

// TestPresentKeepsFleets: devices of a fleet stay one, also when all of them have changed alike.
func TestPresentKeepsFleets(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(s *sim.Sim, eids []string)
		want   string // per account: how many are named, and the fleets
	}{
		{"as generated", func(*sim.Sim, []string) {}, "3+[100] 0+[50]"},
		{"one that is off", func(s *sim.Sim, eids []string) { _, _ = s.SetDevice(eids[40], &no, nil) }, "4+[99] 0+[50]"},
		{"twelve in the midst", func(s *sim.Sim, eids []string) {
			for _, eid := range eids[40:52] {
				_, _ = s.SetDevice(eid, &no, nil)
			}
		}, "3+[40 12 48] 0+[50]"},
		{"all of them", func(s *sim.Sim, eids []string) {
			for _, eid := range eids {
				_, _ = s.SetDevice(eid, &no, nil)
			}
		}, "3+[100] 0+[50]"},
		{"one that is gone", func(s *sim.Sim, eids []string) { _ = s.RemoveDevice(eids[40]) }, "62+[40] 50+[]"},
		{"the last that is gone", func(s *sim.Sim, eids []string) { _ = s.RemoveDevice(eids[149]) }, "3+[100] 0+[49]"},
	} {
		cfg := fleets(100, 50)
		w := start(t, cfg)
		test.change(w.Sim, generatedEIDs(w.Sim, &cfg))
		var got []string
		for _, a := range goesOn(t, w.Sim).Config.Accounts {
			sizes := []int{}
			for _, f := range a.Fleets {
				sizes = append(sizes, f.Count)
			}
			got = append(got, fmt.Sprintf("%d+%v", len(a.Cards), sizes))
		}
		if got := strings.Join(got, " "); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// TestPresentIsTheNewStart: what was to come after the start comes after the present time.
func TestPresentIsTheNewStart(t *testing.T) {
	in := func(d time.Duration) rule.Moment { return rule.Moment{Given: true, After: d} }
	at := func(cfg *config.Config, d time.Duration) rule.Moment {
		return rule.Moment{Given: true, At: cfg.Start.Add(d)}
	}
	drop := func(name string, w rule.When) rule.Rule {
		return rule.Rule{Name: name, When: w, Callback: &rule.Callback{Drop: true}}
	}
	cfg := newConfig()
	cfg.Timeline = []config.TimelineEvent{power(minute, 1, &no), power(3*minute, 1, &yes), power(5*minute, 2, &no)}
	cfg.Rules = []rule.Rule{
		drop("always", rule.When{}), drop("begun", rule.When{From: in(minute)}), drop("later", rule.When{From: in(5 * minute), Until: in(9 * minute)}),
		drop("over", rule.When{Until: in(2 * minute)}), drop("fixed", rule.When{From: at(&cfg, minute), Until: at(&cfg, 9*minute)}),
		drop("ttl", rule.When{TTL: 10 * minute}), drop("gone", rule.When{TTL: minute}),
	}
	w := start(t, cfg)
	w.pass(2 * minute)
	if err := w.AddRules([]rule.Rule{drop("new", rule.When{TTL: 3 * minute})}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.SetClock(config.Auto, 7); err != nil {
		t.Fatal(err)
	}
	if err := w.RemoveDevice(eid(2)); err != nil {
		t.Fatal(err)
	}
	p := goesOn(t, w.Sim)
	if c := p.Config; !c.Start.Equal(cfg.Start.Add(2*minute)) || c.Clock != config.Auto || c.Speed != 7 {
		t.Errorf("start %s, clock %s %v", c.Start, c.Clock, c.Speed)
	}
	if want := []config.TimelineEvent{power(minute, 1, &yes)}; asJSON(t, p.Config.Timeline) != asJSON(t, want) {
		t.Errorf("timeline %s, want %s", asJSON(t, p.Config.Timeline), asJSON(t, want))
	}
	want := []rule.Rule{
		drop("new", rule.When{TTL: 3 * minute}), drop("always", rule.When{}), drop("begun", rule.When{}),
		drop("later", rule.When{From: in(3 * minute), Until: in(7 * minute)}),
		drop("fixed", rule.When{From: at(&cfg, minute), Until: at(&cfg, 9*minute)}), drop("ttl", rule.When{TTL: 8 * minute}),
	}
	if asJSON(t, p.Config.Rules) != asJSON(t, want) {
		t.Errorf("rules\n%s, want\n%s", asJSON(t, p.Config.Rules), asJSON(t, want))
	}
	if p.Left.Over != 2 {
		t.Errorf("%d rules are over, want 2", p.Left.Over)
	}
}

// TestPresentCounts what it leaves out.
func TestPresentCounts(t *testing.T) {
	w := start(t, newConfig())
	if left := w.Present().Left; left != (sim.Left{}) {
		t.Errorf("at the start: %+v", left)
	}
	if err := w.SetRules([]rule.Rule{{Name: "twice", Callback: &rule.Callback{Duplicate: 1}}}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := w.Login("user", "password"); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		_, _ = w.Login("user", "wrong")
	}
	w.HoldAll(sim.HoldFilter{})
	w.request(euicc.OpActivate, byLocal(1))
	w.pass(0)
	w.request(euicc.OpActivate, byLocal(2))
	left := w.Present().Left
	events := w.Info().Events
	if want := (sim.Left{Requests: 2, Callbacks: left.Callbacks, Holds: 1, Sessions: 2, Locked: 1, Counted: 1, Events: events}); left != want || left.Callbacks == 0 {
		t.Errorf("left %+v, want %+v", left, want)
	}
	w.pass(time.Hour)
	if left := w.Present().Left; left.Sessions != 0 {
		t.Errorf("sessions that have expired: %+v", left)
	}
}
