package sim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/scheduler"
	"tsim/internal/sim"

	"pgregory.net/rapid"
)

// cardsOf are the cards of a sandbox as text. Which of the free numbers a profile gets depends on who
// was first, so they may be left out.
func cardsOf(w *world, numbers bool) []string {
	var cards []string
	for _, d := range w.Devices("", 3) {
		for i := range d.Profiles {
			if !numbers && strings.HasPrefix(d.Profiles[i].MDN, "201555") {
				d.Profiles[i].MDN = "some number"
			}
		}
		cards = append(cards, fmt.Sprintf("%+v", d))
	}
	return cards
}

// lifeOf is everything that the journal says of a card and of nobody else.
func lifeOf(w *world, eid string) []string {
	var life []string
	for _, e := range w.events() {
		if e.EID != eid {
			continue
		}
		line := fmt.Sprintf("%s %s %s %s", e.At.Time().Format(time.RFC3339Nano), e.Kind, e.ICCID, e.Detail)
		if e.Request != 0 {
			line += " " + e.RequestID
		}
		life = append(life, line)
	}
	return life
}

// TestStrangersChangeNothing, A4: a device more in the sandbox, named by requests beside the others and
// with misfortunes of its own, is nobody else's business.
func TestStrangersChangeNothing(t *testing.T) {
	often(t, 2, func(t *rapid.T) {
		cfg, steps, salt := drawZoo(t), withoutNumbers(drawSteps(t)), rapid.IntRange(0, 9).Draw(t, "mood")
		alone := start(t, cfg)
		alone.answer = moody(salt)
		alone.play(steps)
		const end = 1000 * time.Hour // of both, so that the same things happen by themselves
		alone.advance(sim.Goal{To: scheduler.At(cfg.Start).Add(end)})

		const stranger = 9
		cfg.Accounts[0].Cards = append(slices.Clone(cfg.Accounts[0].Cards), card(stranger))
		var crowd []step
		for _, s := range steps {
			if s.kind == callStep {
				s.devices = append(slices.Clone(s.devices), []euicc.IDs{byLocal(stranger), byEID(stranger)}[rapid.IntRange(0, 1).Draw(t, "more")])
			}
			crowd = append(crowd, s)
			if rapid.IntRange(0, 3).Draw(t, "misfortune") == 0 {
				misfortune := drawDevice(t)
				misfortune.n = stranger
				crowd = append(crowd, misfortune)
			}
		}
		together := start(t, cfg)
		together.answer = moody(salt)
		together.play(crowd)
		together.advance(sim.Goal{To: scheduler.At(cfg.Start).Add(end)})
		for n := 1; n <= 3; n++ {
			if a, b := lifeOf(alone, eid(n)), lifeOf(together, eid(n)); !slices.Equal(a, b) {
				t.Fatalf("device %d alone:\n%s\nwith a stranger:\n%s", n, strings.Join(a, "\n"), strings.Join(b, "\n"))
			}
		}
		if a, b := cardsOf(alone, false), cardsOf(together, false); !slices.Equal(a, b) {
			t.Fatalf("alone:\n%q\nwith a stranger:\n%q", a, b)
		}
	})
}

// TestOneByOne: a bulk and as many requests for one device each come to the same.
func TestOneByOne(t *testing.T) {
	often(t, 2, func(t *rapid.T) {
		cfg, steps := drawZoo(t), drawSteps(t)
		for op := range cfg.Latency {
			cfg.Latency[op] = config.Fixed(time.Duration(rapid.IntRange(0, 3).Draw(t, "latency")) * minute)
		}
		var single []step
		for _, s := range steps {
			if s.kind != callStep {
				single = append(single, s)
				continue
			}
			for i := range s.devices {
				one := s
				one.devices = s.devices[i : i+1]
				single = append(single, one)
			}
		}
		bulk, singles := start(t, cfg), start(t, cfg)
		bulk.play(steps)
		singles.play(single)
		if a, b := cardsOf(bulk, true), cardsOf(singles, true); !slices.Equal(a, b) {
			t.Fatalf("in bulk:\n%q\none by one:\n%q", a, b)
		}
		if a, b := outcomes(bulk), outcomes(singles); !slices.Equal(a, b) {
			t.Fatalf("in bulk:\n%s\none by one:\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
		}
	})
}

// outcomes is what was told, in order.
func outcomes(w *world) []string {
	var told []string
	for _, c := range w.Callbacks(sim.CallbackFilter{}, 0, 1_000_000) {
		told = append(told, fmt.Sprintf("%s %s %+v", c.Card.EID, c.Request.Op, c.Outcome))
	}
	return told
}

// TestOrderOfProfiles: in which order a configuration names the profiles of a card is of no consequence.
func TestOrderOfProfiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg, steps := drawZoo(t), drawSteps(t)
		turned := cfg
		turned.Accounts = slices.Clone(cfg.Accounts)
		turned.Accounts[0].Cards = slices.Clone(cfg.Accounts[0].Cards)
		slices.Reverse(turned.Accounts[0].Cards)
		for i := range turned.Accounts[0].Cards {
			c := turned.Accounts[0].Cards[i].Clone()
			slices.Reverse(c.Profiles)
			turned.Accounts[0].Cards[i] = c
		}
		a, b := start(t, cfg), start(t, turned)
		a.play(steps)
		if b.play(steps); dump(a) != dump(b) {
			t.Fatalf("one\n%s\nother\n%s", dump(a), dump(b))
		}
	})
}
