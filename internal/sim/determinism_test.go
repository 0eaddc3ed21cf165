package sim_test

import (
	"math/rand"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// history plays a script that looks random and is always the same, and gives the journal.
func history(t testing.TB, w *world) string {
	t.Helper()
	r := rand.New(rand.NewSource(11))
	for range 40 {
		switch n := 1 + r.Intn(3); r.Intn(6) {
		case 0:
			w.advance(sim.Goal{By: time.Duration(r.Intn(900)) * time.Second})
		case 1:
			w.power(n, r.Intn(3) > 0)
		case 2:
			w.login()
			w.issue()
		default:
			op := euicc.Ops()[r.Intn(int(euicc.NumOps))]
			w.request(op, byLocal(n), byEID(1+n%3), euicc.IDs{ICCID: lead(1 + r.Intn(3))})
		}
	}
	w.idle()
	checkHistory(t, w)
	return dump(w)
}

// fickle is a configuration where everything takes some time, and a listener that fails now and then.
func fickle(seed uint64) (config.Config, func(posted) sim.Answer) {
	cfg := newConfig()
	cfg.Seed = seed
	for op := range cfg.Latency {
		cfg.Latency[op] = config.Uniform(0, 10*minute)
	}
	return cfg, func(a posted) sim.Answer {
		if (a.ID*7+uint64(a.CallbackCount))%3 == 0 {
			return err500
		}
		return ok200
	}
}

// TestSameSeedSameJournal, in another sandbox and after a reset of the same one.
func TestSameSeedSameJournal(t *testing.T) {
	cfg, answer := fickle(5)
	a, b := start(t, cfg), start(t, cfg)
	a.answer, b.answer = answer, answer
	first := history(t, a)
	if second := history(t, b); second != first {
		t.Fatalf("one\n%s\nother\n%s", first, second)
	}
	cfg, answer = fickle(6)
	c := start(t, cfg)
	c.answer = answer
	if history(t, c) == first {
		t.Fatal("another seed has the same journal")
	}
	one, other := a.request(euicc.OpActivate, byLocal(1)), c.request(euicc.OpActivate, byLocal(1))
	if one.ID == other.ID {
		t.Fatalf("another seed has the same request %s", one.ID)
	}
}

// TestJournalIgnoresWhoIsFaster: answers of one instant are recorded in the order of their attempts.
func TestJournalIgnoresWhoIsFaster(t *testing.T) {
	cfg, answer := fickle(5)
	want := start(t, cfg)
	want.answer = answer
	first := history(t, want)
	for range 3 {
		w := &world{TB: t}
		s, err := sim.New(cfg, sim.Env{Send: func(_ string, id sim.AttemptID) {
			go func() {
				a, _ := w.Message(id)
				w.Answered(id, answer(posted{Message: a, id: id}))
			}()
		}})
		if err != nil {
			t.Fatal(err)
		}
		w.Sim = s
		if got := history(t, w); got != first {
			t.Fatalf("answered at once\n%s\nanswered by goroutines\n%s", first, got)
		}
	}
}

// TestOneMoreDevice changes nobody else's luck.
func TestOneMoreDevice(t *testing.T) {
	cfg, _ := fickle(5)
	var due [2]sim.Instant
	for i := range due {
		w := start(t, cfg)
		devices := []euicc.IDs{byLocal(1), byLocal(2), byLocal(3)}
		r := w.requestIdle(euicc.OpActivate, devices[:2+i]...)
		for _, c := range w.callbacks(r) {
			if c.Card.EID == eid(2) {
				due[i] = c.Due
			}
		}
	}
	if due[0] != due[1] || due[0] == 0 {
		t.Fatalf("at %s with two devices, at %s with three", due[0].Time(), due[1].Time())
	}
}

// TestLuckOfItsOwn: each request draws for itself, also for what is the same place in it.
func TestLuckOfItsOwn(t *testing.T) {
	cfg, _ := fickle(5)
	w := start(t, cfg)
	seen := map[sim.Instant]bool{}
	for n := 1; n <= 3; n++ {
		w.request(euicc.OpActivate, byLocal(n))
	}
	w.idle()
	for _, c := range w.Callbacks(sim.CallbackFilter{}, 0, 10) {
		seen[c.Due] = true
	}
	if len(seen) != 3 {
		t.Fatalf("three requests are due at %d instants", len(seen))
	}
}
