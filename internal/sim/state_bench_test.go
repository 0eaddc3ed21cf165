package sim_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// owingFleet is a sandbox of so many devices of a fleet, of which every hundredth owes an operation.
func owingFleet(b testing.TB, devices int) *sim.Sim {
	b.Helper()
	cfg := newConfig()
	cfg.Accounts[0].Cards = nil
	cfg.Accounts[0].Fleets = []config.Fleet{{Count: devices, Card: euicc.Card{Powered: true, Connected: true, Profiles: []euicc.Profile{
		{Network: euicc.US, Role: euicc.Lead, Service: euicc.Active, Status: euicc.StatusEnable},
		{Network: euicc.Global, Role: euicc.Local},
	}}}}
	s, err := sim.New(cfg, sim.Env{Send: func(string, sim.AttemptID) {}})
	if err != nil {
		b.Fatal(err)
	}
	var ids []euicc.IDs
	for i, d := range s.Devices("", devices) {
		if i%100 == 0 && len(ids) < sim.MaxDevices {
			ids = append(ids, euicc.IDs{EID: d.EID, ICCID: d.Profiles[1].ICCID})
		}
	}
	r, err := s.Submit(sim.Request{Account: account, Op: euicc.OpActivate, Devices: sim.ListOf(ids...)})
	if err != nil {
		b.Fatal(err)
	}
	s.Replied(r)
	return s
}

func BenchmarkFork(b *testing.B) {
	fresh := []config.Credential{{AppKey: "k", AppSecret: "s", Username: "u", Password: "p"}}
	for _, devices := range []int{10, 100_000} {
		b.Run(fmt.Sprint(devices), func(b *testing.B) {
			s := owingFleet(b, devices)
			b.ReportAllocs()
			for b.Loop() {
				st, _ := s.Export()
				if _, err := sim.Import(st.Fork("fork", fresh, 1), sim.Env{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkState(b *testing.B) {
	s := owingFleet(b, 100_000)
	st, _ := s.Export()
	text, err := json.Marshal(st)
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%d bytes of JSON", len(text))
	run := func(name string, do func()) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				do()
			}
		})
	}
	run("export", func() { s.Export() })
	run("import", func() { sim.Import(st, sim.Env{}) })
	run("digest", func() { st.Digest() })
	run("marshal", func() { json.Marshal(st) })
	run("unmarshal", func() {
		var again sim.State
		json.Unmarshal(text, &again)
	})
	began := time.Now()                                       //nolint:forbidigo // how long it takes is what is asked
	wall := func() time.Duration { return time.Since(began) } //nolint:forbidigo // how long it takes is what is asked
	timed, err := sim.Import(st, sim.Env{Wall: wall})
	if err != nil {
		b.Fatal(err)
	}
	_, held := timed.Export()
	b.Logf("an export holds the lock for %s", held)
}

// BenchmarkMillion exports and imports a sandbox of a million devices, and looks whether both go on the same.
func BenchmarkMillion(b *testing.B) {
	s := owingFleet(b, 1_000_000)
	for b.Loop() {
		began := time.Now() //nolint:forbidigo // how long it takes is what is asked
		st, _ := s.Export()
		exported := time.Now() //nolint:forbidigo // how long it takes is what is asked
		again, err := sim.Import(st, sim.Env{Send: func(string, sim.AttemptID) {}})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(exported.Sub(began).Seconds(), "s/export")
		b.ReportMetric(time.Since(exported).Seconds(), "s/import") //nolint:forbidigo // how long it takes is what is asked
		for _, one := range []*sim.Sim{s, again} {
			if _, err := one.SetClock(config.Auto, 1); err != nil {
				b.Fatal(err)
			}
			for range 1000 {
				if one.Drive() > 0 {
					break
				}
			}
		}
		if digestOf(s) != digestOf(again) {
			b.Fatal("the imported one goes another way")
		}
	}
}
