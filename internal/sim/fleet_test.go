package sim_test

import (
	"fmt"
	"runtime"
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// fleetOf is a configuration with one fleet of two-profile devices.
func fleetOf(count int, seed uint64) config.Config {
	cfg := config.Defaults()
	cfg.Name, cfg.Seed, cfg.Clock = "fleet", seed, config.Manual
	cfg.Credentials = []config.Credential{{AppKey: "k", AppSecret: "s", Username: "u", Password: "p"}}
	cfg.Accounts = []config.Account{{Name: "a", Fleets: []config.Fleet{{Count: count, Card: euicc.Card{
		Powered: true, Connected: true,
		Profiles: []euicc.Profile{
			{Network: euicc.Global, Role: euicc.Local, Service: euicc.Active, Status: euicc.StatusDisable},
			{Network: euicc.US, Role: euicc.Lead, Service: euicc.Active, Status: euicc.StatusEnable},
		},
	}}}}}
	return cfg
}

func newFleet(t testing.TB, cfg config.Config) *sim.Sim {
	t.Helper()
	s, err := sim.New(cfg, sim.Env{Send: func(string, sim.AttemptID) {}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFleetIdentifiers(t *testing.T) {
	const count = 1000
	all := newFleet(t, fleetOf(count, 1)).Devices("", count+1)
	if len(all) != count {
		t.Fatalf("%d devices, want %d", len(all), count)
	}
	seen := map[string]bool{}
	once := func(id string) {
		if seen[id] {
			t.Errorf("%s is there twice", id)
		}
		seen[id] = true
	}
	for _, d := range all {
		if !euicc.ValidEID(d.EID) || !euicc.ValidLuhn(d.IMEI) || len(d.IMEI) != 15 {
			t.Errorf("device %s, IMEI %s: check digits", d.EID, d.IMEI)
		}
		once(d.EID)
		once(d.IMEI)
		if len(d.Profiles) != 2 || d.Profiles[0].Role != euicc.Lead || len(d.Contradictions()) > 0 {
			t.Errorf("profiles %+v", d.Profiles)
		}
		for _, p := range d.Profiles {
			if !euicc.ValidLuhn(p.ICCID) || len(p.ICCID) != 20 || len(p.MDN) != 10 {
				t.Errorf("profile %+v", p)
			}
			once(p.ICCID)
			once(p.MDN)
		}
	}
}

func TestFleetFollowsFromTheSeed(t *testing.T) {
	list := func(seed uint64) string { return fmt.Sprint(newFleet(t, fleetOf(20, seed)).Devices("", 20)) }
	first := list(1)
	if list(1) != first {
		t.Error("the same seed makes another fleet")
	}
	if list(2) == first {
		t.Error("another seed makes the same fleet")
	}
}

// A fleet of as many profiles as a device may have: each of them is found on its own device.
func TestFleetOfManyProfiles(t *testing.T) {
	cfg := fleetOf(30, 1)
	like := &cfg.Accounts[0].Fleets[0].Card
	for len(like.Profiles) < 8 {
		like.Profiles = append(like.Profiles, like.Profiles[0])
	}
	s := newFleet(t, cfg)
	seen := map[string]bool{}
	for _, d := range s.Devices("", 100) {
		if len(d.Profiles) != 8 {
			t.Fatalf("%d profiles", len(d.Profiles))
		}
		for _, p := range d.Profiles {
			lines, _, err := s.Lines(&sim.LineFilter{Devices: []euicc.IDs{{ICCID: p.ICCID}}}, 0, 10)
			if err != nil || len(lines) != 1 || lines[0].EID != d.EID || seen[p.ICCID] || seen[p.MDN] {
				t.Errorf("profile %s of %s is found as %+v, %v", p.ICCID, d.EID, lines, err)
			}
			seen[p.ICCID], seen[p.MDN] = true, true
		}
	}
	like.Profiles = append(like.Profiles, like.Profiles[0])
	if _, err := sim.New(cfg, sim.Env{}); err == nil {
		t.Error("nine profiles are taken")
	}
}

// What a generated device would be called in the file is left to the file.
func TestFleetSkipsWhatIsNamed(t *testing.T) {
	cfg := fleetOf(10, 1)
	free := newFleet(t, cfg).Devices("", 10)
	named := []euicc.Card{
		{EID: free[2].EID, IMEI: "490154203237518"},
		{EID: "89001012012341234012345678901224", IMEI: free[4].IMEI},
		{EID: "89049032123451234512345678901235", Profiles: []euicc.Profile{{
			ICCID: free[6].Profiles[1].ICCID, MDN: free[7].Profiles[0].MDN, Network: euicc.Global, Role: euicc.Local,
			Service: euicc.Active, Status: euicc.StatusDisable,
		}}},
	}
	cfg.Accounts[0].Cards = named
	s := newFleet(t, cfg)
	all := s.Devices("", 100)
	if len(all) != 10+len(named) {
		t.Fatalf("%d devices", len(all))
	}
	seen := map[string]bool{}
	for _, d := range all {
		ids := []string{d.EID, d.IMEI}
		for _, p := range d.Profiles {
			ids = append(ids, p.ICCID, p.MDN)
		}
		for _, id := range ids {
			if id != "" && seen[id] {
				t.Errorf("%s is there twice", id)
			}
			seen[id] = true
		}
		got, err := s.Device(d.EID)
		if err != nil || got.IMEI != d.IMEI {
			t.Errorf("device %s is found as %+v (%v)", d.EID, got, err)
		}
	}
}

// Every generated device is found by each of its identifiers, and by nothing near them.
func TestFleetIsFound(t *testing.T) {
	cfg := fleetOf(300, 7)
	w := start(t, cfg)
	all := w.Devices("", 300)
	for _, d := range []config.Device{all[0], all[123], all[299]} {
		for _, ids := range []euicc.IDs{{EID: d.EID}, {IMEI: d.IMEI}, {ICCID: d.Profiles[0].ICCID}} {
			r, err := w.Submit(sim.Request{Account: "a", Op: euicc.OpActivate, Devices: sim.ListOf(ids)})
			if err != nil {
				t.Fatal(err)
			}
			w.Replied(r)
			w.idle()
			told := w.Callbacks(sim.CallbackFilter{Request: r.ID}, 0, 10)
			if len(told) != 1 || told[0].Outcome.Fault != euicc.AlreadyActive || told[0].Card.EID != d.EID {
				t.Errorf("%+v means %+v", ids, told)
			}
		}
		if _, err := w.Device(d.EID[:31] + string('0'+(d.EID[31]-'0'+1)%10)); err == nil {
			t.Errorf("a wrong check digit is found")
		}
	}
}

// BenchmarkFleet makes a million devices of two profiles; it reports the memory that each takes.
func BenchmarkFleet(b *testing.B) {
	cfg := fleetOf(config.MaxFleet, 1)
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		s := newFleet(b, cfg)
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/config.MaxFleet, "B/device")
		runtime.KeepAlive(s)
	}
}
