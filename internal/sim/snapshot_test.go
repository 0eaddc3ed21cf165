package sim_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"tsim/internal/config"
	"tsim/internal/sim"

	"pgregory.net/rapid"
)

func (w *world) save(name string) sim.Snapshot {
	w.Helper()
	saved, _, err := w.Save(name)
	if err != nil {
		w.Fatal(err)
	}
	return saved
}

func (w *world) rewind(name string) {
	w.Helper()
	if err := w.Sim.Rewind(name); err != nil {
		w.Fatal(err)
	}
}

// snapshotsOf lists the snapshots of a sandbox.
func snapshotsOf(s *sim.Sim) (all []string) {
	for _, is := range s.Snapshots("", 1000) {
		all = append(all, is.Name)
	}
	return all
}

func TestSnapshots(t *testing.T) {
	budgets := sim.NewBudgets()
	s, err := sim.New(newConfig(), sim.Env{Budgets: budgets})
	if err != nil {
		t.Fatal(err)
	}
	used := func() int { return budgets.Use()[sim.BudgetSnapshots].Used }
	w := &world{TB: t, Sim: s}
	for _, name := range []string{"b", "a", "c"} {
		w.save(name)
	}
	if got := fmt.Sprint(snapshotsOf(s)); got != "[a b c]" || used() != 3*3 {
		t.Fatalf("%s, %d records", got, used())
	}
	if page := s.Snapshots("a", 1); len(page) != 1 || page[0].Name != "b" {
		t.Fatalf("%+v", page)
	}
	_, _, err = s.Save("b")
	expectKind(t, err, sim.Conflict)
	expectKind(t, s.DeleteSnapshot("x"), sim.NotFound)
	expectKind(t, s.Rewind("x"), sim.NotFound)
	if err := s.DeleteSnapshot("b"); err != nil {
		t.Fatal(err)
	}
	s.Reset(sim.ResetOptions{})
	w.rewind("c")
	if got := fmt.Sprint(snapshotsOf(s)); got != "[a c]" || used() != 2*3 {
		t.Fatalf("after a reset and a rewind there are %s, %d records", got, used())
	}
	st, _ := s.Export()
	if fork := st.Fork("fork", nil, 9); fork.Snapshots != nil {
		t.Error("a fork has snapshots")
	}
	again, err := sim.Import(st, sim.Env{Budgets: budgets})
	if err != nil || fmt.Sprint(snapshotsOf(again)) != "[a c]" || used() != 4*3 {
		t.Fatalf("imported: %v, %v, %d records", snapshotsOf(again), err, used())
	}
	budgets.Limit(sim.BudgetSnapshots, used())
	_, _, err = s.Save("d")
	expectKind(t, err, sim.Overloaded)
	again.Close()
	w.save("d")
	s.Close()
	if used() != 0 {
		t.Errorf("%d records are used by nobody", used())
	}
	_, _, err = s.Save("e")
	expectKind(t, err, sim.NotFound)
}

func TestTooManySnapshots(t *testing.T) {
	w := start(t, newConfig())
	for i := range 100 {
		w.save(fmt.Sprint(i))
	}
	_, _, err := w.Save("one more")
	expectKind(t, err, sim.Conflict)
}

// TestRewindAfterAnotherScenario: a sandbox goes back to what it started from then, too.
func TestRewindAfterAnotherScenario(t *testing.T) {
	w := start(t, newConfig())
	w.save("before")
	other := newConfig()
	other.Scenario, other.Accounts[0].Cards = "other", other.Accounts[0].Cards[:1]
	if err := w.ResetTo(other, sim.ResetOptions{}); err != nil {
		t.Fatal(err)
	}
	w.rewind("before")
	if info := w.Info(); info.Scenario != newConfig().Scenario || info.Devices != 3 || info.Name != newConfig().Name {
		t.Fatalf("%+v", info)
	}
	w.Reset(sim.ResetOptions{})
	if info := w.Info(); info.Devices != 3 {
		t.Fatalf("a reset leads to %+v", info)
	}
}

// TestDamagedSnapshot: what is in a snapshot is looked at when somebody goes back to it; then nothing changes.
func TestDamagedSnapshot(t *testing.T) {
	w := start(t, newConfig())
	w.save("a")
	damage := func(how func(*sim.State)) sim.State {
		st, _ := w.Export()
		nested := *st.Snapshots[0].State
		st.Snapshots[0].State = &nested
		how(&st)
		return st
	}
	for what, how := range map[string]func(*sim.State){
		"no state": func(st *sim.State) { st.Snapshots[0].State = nil },
		"no name":  func(st *sim.State) { st.Snapshots[0].Name = "" },
		"twice":    func(st *sim.State) { st.Snapshots = append(st.Snapshots, st.Snapshots[0]) },
		"snapshots of its own": func(st *sim.State) {
			st.Snapshots[0].State.Snapshots = []sim.Snapshot{{Name: "b", State: &sim.State{}}}
		},
		"a word that is unknown": func(st *sim.State) { st.Snapshots[0].State.Clock = 77 },
	} {
		if _, err := sim.Import(damage(how), sim.Env{}); err == nil {
			t.Errorf("%s: it was imported", what)
		}
	}
	s, err := sim.Import(damage(func(st *sim.State) { st.Snapshots[0].State.Version++ }), sim.Env{})
	if err != nil {
		t.Fatal(err)
	}
	expectKind(t, s.Rewind("a"), sim.Invalid)
	if epoch := s.Clock().Epoch; epoch != 1 {
		t.Errorf("epoch %d", epoch)
	}
}

// TestRewindNeverRepeats: whatever happened and however often somebody goes back, no requestId comes twice, the snapshot stays
// what it was, and a log of the inputs alone leads to the same sandbox.
func TestRewindNeverRepeats(t *testing.T) {
	often(t, 2, func(t *rapid.T) {
		cfg, mood := drawZoo(t), rapid.IntRange(0, 99).Draw(t, "mood")
		cfg.Rules = drawRules(t, 3)
		w := newRuled(t, cfg, nil, mood)
		w.resets = 0 // they would hold all requests to what this test does not keep: which of them had their replies before they were forgotten
		var all []recorded
		w.Watch(func(c *sim.Change) { all = append(all, recordOf(t, c)) })
		play := func(what string) {
			for _, d := range rapid.SliceOfN(drawDeed, 5, 30).Draw(t, what) {
				if d.kind != resetDeed {
					w.doIt(d)
				}
			}
		}
		play("first")
		saved := w.save("middle")
		before := saved.State.Digest()
		seen := map[string]int{} // by requestId: the way on which it came
		for way := 1; way <= 3; way++ {
			play(fmt.Sprintf("way %d", way))
			for _, r := range w.Requests(0, 1000) {
				if r.Request.Number <= saved.State.Requests.Count {
					continue
				}
				if seen[r.Request.ID] != 0 {
					t.Fatalf("requestId %s comes on the ways %d and %d", r.Request.ID, seen[r.Request.ID], way)
				}
				seen[r.Request.ID] = way
			}
			w.world.rewind("middle")
			w.begin()
			w.waiting = nil
			if saved.State.Digest() != before {
				t.Fatal("the snapshot has changed")
			}
		}
		again, err := sim.New(cfg, sim.Env{})
		if err != nil {
			t.Fatal(err)
		}
		applyAll(t, again, all)
		one, _ := w.Export()
		other, _ := again.Export()
		if one.Digest() != other.Digest() {
			t.Fatalf("it was\n%s\nand is now\n%s", dump(w.world), dump(&world{TB: t, Sim: again}))
		}
	})
}

// TestForkIsKeptAsItIs: whoever keeps the State of a fork in place of the fork comes to the same sandbox.
func TestForkIsKeptAsItIs(t *testing.T) {
	w := silentWorld(t)
	st, _ := w.Export()
	st = st.Fork("fork", []config.Credential{{AppKey: "k", AppSecret: "s", Username: "u", Password: "p"}}, 3)
	text, err := json.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	var kept sim.State
	if err := json.Unmarshal(text, &kept); err != nil {
		t.Fatal(err)
	}
	digests := map[string]bool{}
	for _, from := range []sim.State{st, kept} {
		s, err := sim.Import(from, sim.Env{})
		if err != nil {
			t.Fatal(err)
		}
		is, _ := s.Export()
		digests[is.Digest()] = true
	}
	if len(digests) != 1 {
		t.Error("they differ")
	}
}

// TestEpochIsTakenOnce: of two forks that were given the same name and epoch, only one is ever taken in, even if it has gone again.
func TestEpochIsTakenOnce(t *testing.T) {
	st, _ := start(t, newConfig()).Export()
	r := sim.NewRegistry()
	var forks []*sim.Sim
	for range 2 {
		s, err := sim.Import(st.Fork("fork", st.Config.Credentials, 2), sim.Env{})
		if err != nil {
			t.Fatal(err)
		}
		forks = append(forks, s)
	}
	if err := r.Add(forks[0]); err != nil {
		t.Fatal(err)
	}
	expectKind(t, r.Add(forks[1]), sim.Conflict)
	r.Remove(forks[0])
	expectKind(t, r.Add(forks[1]), sim.Conflict)
}

// TestEpochsHaveAnEnd: a State whose epoch would soon be the last number is refused.
func TestEpochsHaveAnEnd(t *testing.T) {
	st, _ := start(t, newConfig()).Export()
	for _, epoch := range []uint64{0, 1<<53 + 1, 1<<64 - 1} {
		st.Epoch = epoch
		_, err := sim.Import(st, sim.Env{})
		expectKind(t, err, sim.Invalid)
	}
}

// TestEpochsOfManyNames: a registry remembers only so many names of forks that are gone, and still no epoch comes twice.
func TestEpochsOfManyNames(t *testing.T) {
	r, gone := sim.NewRegistry(), map[string]uint64{}
	for i := range 100_000 {
		gone[fmt.Sprint("fork-", i)] = uint64(i%7) + 2
	}
	r.Remember(sim.UsedNames{Epochs: gone})
	if got := r.Epochs("fork-1"); got != 3 || r.Epochs("other") != 0 {
		t.Errorf("the last epochs are %d and %d", got, r.Epochs("other"))
	}
	r.Remember(sim.UsedNames{Epochs: map[string]uint64{"one-more": 1}})
	if n := len(r.UsedNames().Epochs); n > 1 {
		t.Errorf("%d names are remembered", n)
	}
	again := sim.NewRegistry()
	again.Remember(r.UsedNames())
	for _, name := range []string{"fork-1", "fork-6", "one-more"} {
		if r.Epochs(name) != 8 || again.Epochs(name) != 8 {
			t.Errorf("the last epochs of %s are %d and %d", name, r.Epochs(name), again.Epochs(name))
		}
	}
}
