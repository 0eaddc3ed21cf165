package sim_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"tsim/internal/plain"
	"tsim/internal/sim"

	"pgregory.net/rapid"
)

// throughJSON is a State as it is after it was written and read.
func throughJSON(t rapid.TB, st sim.State) (again sim.State) {
	t.Helper()
	text, err := json.Marshal(st)
	if err == nil {
		err = json.Unmarshal(text, &again)
	}
	if err != nil {
		t.Fatalf("%v", err)
	}
	return again
}

// expectSameState compares two sandboxes in all that they are.
func expectSameState(t rapid.TB, a, b *sim.Sim) {
	t.Helper()
	first, _ := a.Export()
	second, _ := b.Export()
	if d := plain.Difference(&first, &second); d != "" {
		t.Fatalf("the states differ at %s", d)
	}
}

// imported is a world of the same sandbox, exported and imported, in which what is known of it is the same.
func (w *ruled) imported(budgets *sim.Budgets, mood int) *ruled {
	w.Helper()
	st, _ := w.Export()
	b := &ruled{
		world: &world{TB: w.TB}, roles: maps.Clone(w.roles), resets: w.resets, waiting: slices.Clone(w.waiting),
		epoch: &ruledEpoch{maps.Clone(w.epoch.replied), maps.Clone(w.epoch.fired), maps.Clone(w.epoch.steered)},
	}
	b.log.WriteString(w.log.String())
	s, err := sim.Import(throughJSON(w.TB, st), sim.Env{Send: b.send, Budgets: budgets})
	if err != nil {
		w.Fatalf("import: %v", err)
	}
	b.Sim, b.answer = s, b.meddling(mood)
	return b
}

// TestImportedGoesOnTheSame: a sandbox that is exported and imported at any moment of any script goes on as the original does.
func TestImportedGoesOnTheSame(t *testing.T) {
	often(t, 2, func(t *rapid.T) {
		cfg, deeds, mood := drawZoo(t), rapid.SliceOfN(drawDeed, 10, 60).Draw(t, "deeds"), rapid.IntRange(0, 99).Draw(t, "mood")
		cfg.Rules = drawRules(t, 5)
		cut := rapid.IntRange(0, len(deeds)).Draw(t, "cut")
		w := newRuled(t, cfg, nil, mood)
		for _, d := range deeds[:cut] {
			w.doIt(d)
		}
		again := w.imported(nil, mood)
		expectSameState(t, w.Sim, again.Sim)
		w.play(deeds[cut:])
		again.play(deeds[cut:])
		if w.log.String() != again.log.String() {
			t.Fatalf("the original\n%s\nthe imported\n%s", w.log.String(), again.log.String())
		}
		expectSameState(t, w.Sim, again.Sim)
	})
}
