package sim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"tsim/internal/sim"

	"pgregory.net/rapid"
)

// recorded is an input as it may be kept, with what came of it.
type recorded struct {
	Number  uint64
	At      sim.Instant
	Refused []int
	Kind    string
	Do      json.RawMessage
	came    string
}

func recordOf(t rapid.TB, c *sim.Change) recorded {
	t.Helper()
	do, err := json.Marshal(c.Do)
	if err != nil {
		t.Fatal(err)
	}
	return recorded{c.Number, c.At, c.Refused, sim.InputKind(c.Do), do, cameOf(c)}
}

// cameOf is all that came of an input.
func cameOf(c *sim.Change) string {
	var b bytes.Buffer
	fmt.Fprintln(&b, c.Told)
	for e := range c.Events() {
		fmt.Fprintf(&b, "%+v\n", e)
	}
	if m, ok := c.Message(); ok {
		m.Over = nil
		text, _ := json.Marshal(m)
		fmt.Fprintf(&b, "%s\n", text)
	}
	return b.String()
}

// applyAll applies what was recorded, and compares what comes of it.
func applyAll(t rapid.TB, s *sim.Sim, all []recorded) {
	t.Helper()
	var came string
	defer s.Watch(func(c *sim.Change) { came = cameOf(c) })()
	for _, r := range all {
		do := sim.NewCommand(r.Kind)
		if err := json.Unmarshal(r.Do, do); err != nil {
			t.Fatalf("input %d, %s %s: %v", r.Number, r.Kind, r.Do, err)
		}
		if err := s.Apply(sim.Input{Number: r.Number, At: r.At, Refused: r.Refused, Do: do}); err != nil {
			t.Fatalf("input %d, %s %s: %v", r.Number, r.Kind, r.Do, err)
		}
		if came != r.came {
			t.Fatalf("input %d, %s %s\ncame to  %s\nand then %s", r.Number, r.Kind, r.Do, r.came, came)
		}
	}
}

// TestInputsAreAll: whatever happens to a sandbox, its inputs alone lead to the same journal.
func TestInputsAreAll(t *testing.T) {
	often(t, 3, func(t *rapid.T) {
		cfg, deeds, mood := drawZoo(t), rapid.SliceOfN(drawDeed, 10, 60).Draw(t, "deeds"), rapid.IntRange(0, 99).Draw(t, "mood")
		cfg.Rules = drawRules(t, 5)
		budgets := sim.NewBudgets()
		budgets.Limit(sim.BudgetPending, rapid.SampledFrom([]int{5_000_000, 5_000_000, 40}).Draw(t, "pending"))
		w := newRuled(t, cfg, budgets, mood)
		var all []recorded
		w.Watch(func(c *sim.Change) { all = append(all, recordOf(t, c)) })
		w.play(deeds)
		again, err := sim.New(cfg, sim.Env{})
		if err != nil {
			t.Fatal(err)
		}
		applyAll(t, again, all)
		if got, want := dump(&world{TB: t, Sim: again}), dump(w.world); got != want {
			t.Fatalf("the journal was\n%s\nand is now\n%s", want, got)
		}
	})
}
