package sim_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/sim"
)

// struck are the devices of a bulk that a rule struck, in one of the places: for replies, each device has a call of its own.
func struck(t *testing.T, seed uint64, devices int, rules ...rule.Rule) map[string][]int {
	t.Helper()
	cfg := fleetOf(devices, 1)
	cfg.Seed, cfg.Rules = seed, rules
	cfg.Listeners = []config.Listener{{Account: "a", Service: config.ProfileService, URL: config.Mailbox}}
	s := newFleet(t, cfg)
	by := map[string][]int{} // the rule: devices, in the order in which they are named
	var ids []euicc.IDs
	number := map[string]int{} // by EID
	for i, d := range s.Devices("", devices) {
		ids = append(ids, euicc.IDs{ICCID: d.Profiles[1].ICCID})
		number[d.EID] = i
		if hit := s.AskReply(sim.CallFacts{Operation: "enable", Account: "a"}); hit.Reply != nil {
			by[hit.Name] = append(by[hit.Name], i)
		}
	}
	r, err := s.Submit(sim.Request{Account: "a", Op: euicc.OpProfileSuspend, Devices: sim.ListOf(ids...)})
	if err != nil {
		t.Fatal(err)
	}
	s.Replied(r)
	if _, err := s.Advance(t.Context(), sim.Goal{Idle: true}); err != nil {
		t.Fatal(err)
	}
	for _, e := range s.Events(0, 1_000_000) {
		if e.Kind == sim.RuleApplied && e.EID != "" {
			name := e.Detail[:len("outcome 1")]
			by[name] = append(by[name], number[e.EID])
		}
	}
	return by
}

// lucky are rules of a chance, one in each place: their names have a length, and a number of their own.
func lucky(n int, p float64) []rule.Rule {
	when := rule.When{Chance: p}
	return []rule.Rule{
		{Name: fmt.Sprintf("reply   %d", n), When: when, Reply: &rule.Reply{Pace: 1}},
		{Name: fmt.Sprintf("outcome %d", n), When: when, Outcome: &rule.Outcome{Fault: &rule.Fault{Code: "1", Message: "no"}}},
		{Name: fmt.Sprintf("message %d", n), When: when, Callback: &rule.Callback{Duplicate: 1}},
	}
}

// within says whether a number of hits is one that a chance has but once in millions.
func within(hits, of int, p float64) bool {
	const sigmas = 5
	return math.Abs(float64(hits)-p*float64(of)) <= sigmas*math.Sqrt(float64(of)*p*(1-p))
}

// TestChanceOfRules: in each place, over 10,000 keys, a rule strikes as often as its chance says. The seeds are fixed, so what passes once
// always does.
func TestChanceOfRules(t *testing.T) {
	for seed, p := range []float64{0.001, 0.1, 0.5, 0.85, 0.999} {
		by := struck(t, uint64(seed), sim.MaxDevices, lucky(1, p)...)
		for _, r := range lucky(1, p) {
			if hits := len(by[r.Name]); !within(hits, sim.MaxDevices, p) {
				t.Errorf("%s of chance %g struck %d times in %d", r.Name, p, hits, sim.MaxDevices)
			}
		}
	}
}

// TestChanceIsKeyed: one more device changes nobody's luck, another rule in front has a luck of its own, and another seed has
// another one.
func TestChanceIsKeyed(t *testing.T) {
	const devices, p = 2000, 0.3
	all := struck(t, 7, devices, lucky(1, p)...)
	again := struck(t, 7, devices, lucky(1, p)...)
	fewer := struck(t, 7, devices-1, lucky(1, p)...)
	other := struck(t, 8, devices, lucky(1, p)...)
	renamed := struck(t, 7, devices, lucky(2, p)...)
	for i, r := range lucky(1, p) {
		hits := all[r.Name]
		if !slices.Equal(again[r.Name], hits) {
			t.Errorf("%s: the same seed has another luck", r.Name)
		}
		alone := slices.DeleteFunc(slices.Clone(hits), func(n int) bool { return n == devices-1 })
		if !slices.Equal(fewer[r.Name], alone) {
			t.Errorf("%s: one more device changes the luck of others", r.Name)
		}
		// Two that know nothing of each other share p*p of all devices.
		for what, others := range map[string][]int{"another seed": other[r.Name], "another name": renamed[lucky(2, p)[i].Name]} {
			both := 0
			for _, n := range hits {
				if slices.Contains(others, n) {
					both++
				}
			}
			if !within(len(others), devices, p) || !within(both, devices, p*p) {
				t.Errorf("%s: %s strikes %d, of which %d are the same", r.Name, what, len(others), both)
			}
		}
	}
}

// TestChanceOfAttempts: each attempt of a callback has a luck of its own, and what else happens to the callback does not matter.
func TestChanceOfAttempts(t *testing.T) {
	const devices, p = 2000, 0.5
	hits := map[int][]string{}
	for attempt := 1; attempt <= 2; attempt++ {
		r := rule.Rule{Name: "attempts", When: rule.When{Attempt: attempt, Chance: p}, Callback: &rule.Callback{Cut: true}}
		cfg := fleetOf(devices, 1)
		cfg.Rules = []rule.Rule{r}
		cfg.Listeners = newConfig().Listeners
		cfg.Listeners[0].Account = "a"
		w := start(t, cfg)
		w.answer = func(posted) sim.Answer { return err500 }
		var ids []euicc.IDs
		for _, d := range w.Devices("", devices) {
			ids = append(ids, euicc.IDs{ICCID: d.Profiles[1].ICCID})
		}
		sent, err := w.Submit(sim.Request{Account: "a", Op: euicc.OpProfileSuspend, Devices: sim.ListOf(ids...)})
		if err != nil {
			t.Fatal(err)
		}
		w.Replied(sent)
		w.idle()
		for _, p := range w.take() {
			if p.Effect != nil {
				if p.CallbackCount != attempt {
					t.Fatalf("attempt %d is cut", p.CallbackCount)
				}
				hits[attempt] = append(hits[attempt], p.Card.EID)
			}
		}
		if !within(len(hits[attempt]), devices, p) {
			t.Errorf("attempt %d was cut %d times", attempt, len(hits[attempt]))
		}
	}
	both := 0
	for _, eid := range hits[1] {
		if slices.Contains(hits[2], eid) {
			both++
		}
	}
	if !within(both, devices, p*p) {
		t.Errorf("%d were cut at both attempts", both)
	}
}
