package sim_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

func follow(t *testing.T, s *sim.Sim, from sim.Place) *sim.Follower {
	t.Helper()
	f, err := s.Follow(from)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// told is what a follower is told, in pages of a size.
func told(t *testing.T, f *sim.Follower, size int) sim.News {
	t.Helper()
	news, err := f.Next(make([]sim.EventReport, size))
	if err != nil {
		t.Fatal(err)
	}
	return news
}

// A follower is told every event once, in pages as small as it likes.
func TestFollow(t *testing.T) {
	w := start(t, newConfig())
	oldest, latest := w.Span()
	if oldest != latest || oldest != (sim.Place{Epoch: 1}) {
		t.Errorf("a new sandbox has events from %v to %v", oldest, latest)
	}
	f := follow(t, w.Sim, oldest)
	w.requestIdle(euicc.OpDeviceSuspend, byEID(1))
	_, latest = w.Span()
	var got []sim.EventReport
	for more := true; more; {
		news := told(t, f, 2)
		if more = news.More; len(news.Events) == 0 || news.Missed != "" || more != (f.At() != latest) {
			t.Fatalf("%+v at %v of %v", news, f.At(), latest)
		}
		got = append(got, news.Events...)
	}
	want := w.Events(0, 1000)
	if len(got) != len(want) {
		t.Fatalf("%d events, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("event %+v, want %+v", got[i], want[i])
		}
	}
	if news := told(t, f, 2); len(news.Events) > 0 || news.More || news.Missed != "" {
		t.Errorf("there is more: %+v", news)
	}
}

// Who waits is woken by whatever it has to be told, and by nothing else.
func TestFollowersAreWoken(t *testing.T) {
	for name, c := range map[string]struct {
		do     func(s *sim.Sim)
		events int
		missed string
	}{
		"event":  {func(s *sim.Sim) { _, _ = s.SetClock(config.Auto, 1) }, 1, ""},
		"reset":  {func(s *sim.Sim) { s.Reset(sim.ResetOptions{}) }, 0, "the sandbox is in epoch 2, and no more in epoch 1: it was reset, taken back, or made anew"},
		"rewind": {func(s *sim.Sim) { _ = s.Rewind("here") }, 0, "the sandbox is in epoch 2, and no more in epoch 1: it was reset, taken back, or made anew"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t, newConfig())
				if _, err := w.SetClock(config.Manual, 2); err != nil {
					t.Fatal(err)
				}
				if _, _, err := w.Save("here"); err != nil {
					t.Fatal(err)
				}
				_, latest := w.Span()
				f := follow(t, w.Sim, latest)
				woken := false
				go func() { woken = f.Wait(t.Context()) == nil }()
				synctest.Wait()
				if woken {
					t.Fatal("there is nothing to tell")
				}
				c.do(w.Sim)
				synctest.Wait()
				if !woken {
					t.Fatal("it is not woken")
				}
				if news := told(t, f, 10); len(news.Events) != c.events || news.Missed != c.missed {
					t.Errorf("it is told %+v", news)
				}
			})
		})
	}
}

// A follower goes on with the oldest event that there is. After a rewind that is one of an earlier epoch, at a place of this one.
func TestFollowersGoOn(t *testing.T) {
	w := start(t, newConfig())
	w.requestIdle(euicc.OpDeviceSuspend, byEID(1))
	if _, _, err := w.Save("here"); err != nil {
		t.Fatal(err)
	}
	_, latest := w.Span()
	f := follow(t, w.Sim, latest)
	if err := w.Rewind("here"); err != nil {
		t.Fatal(err)
	}
	if news := told(t, f, 10); news.Missed == "" || !news.More || f.At() != (sim.Place{Epoch: 2}) {
		t.Fatalf("%+v at %v", news, f.At())
	}
	news := told(t, f, int(latest.Seq)+10)
	if last := len(news.Events) - 1; last != int(latest.Seq) || news.Events[0].Epoch != 1 || news.Events[last].Kind != sim.SandboxRewound || f.At() != (sim.Place{Epoch: 2, Seq: latest.Seq + 1}) {
		t.Errorf("%+v at %v", news.Events, f.At())
	}
}

// Places that a journal does not have: the reader came too late, or is wrong here.
func TestFollowFromElsewhere(t *testing.T) {
	w := start(t, newConfig())
	const forgotten = 7
	f := follow(t, w.Sim, sim.Place{Epoch: 1})
	for range 50_000 + forgotten {
		for _, mode := range []config.Mode{config.Auto, config.Manual} { // one event each
			if _, err := w.SetClock(mode, 1); err != nil {
				t.Fatal(err)
			}
		}
	}
	oldest, latest := w.Span()
	if oldest.Seq != 2*forgotten || latest.Seq != 100_000+2*forgotten {
		t.Fatalf("the journal has the events from %v to %v", oldest, latest)
	}
	for from, want := range map[sim.Place]string{
		{Epoch: 1, Seq: 0}:                 "the events 1 to 14 are forgotten",
		{Epoch: 1, Seq: 13}:                "the events 14 to 14 are forgotten",
		{Epoch: 1, Seq: 14}:                "",
		{Epoch: 1, Seq: latest.Seq}:        "",
		{Epoch: 1, Seq: latest.Seq + 1}:    "there is no event 100015 yet, so this is another sandbox than the one that had it",
		{Epoch: 7, Seq: latest.Seq}:        "the sandbox is in epoch 1, and no more in epoch 7: it was reset, taken back, or made anew",
		{Epoch: 1<<62 - 1, Seq: 1<<62 - 1}: "the sandbox is in epoch 1, and no more in epoch 4611686018427387903: it was reset, taken back, or made anew",
	} {
		g := follow(t, w.Sim, from)
		if from == (sim.Place{Epoch: 1}) {
			g = f
		}
		if news := told(t, g, 1); news.Missed != want || want != "" && (len(news.Events) > 0 || !news.More || g.At() != oldest) {
			t.Errorf("from %v it is told %+v", from, news)
		}
	}
}

// What a follower has of the budget it gives back, once.
func TestFollowersAreCounted(t *testing.T) {
	budgets := sim.NewBudgets()
	budgets.Limit(sim.BudgetStreams, 2)
	s, err := sim.New(newConfig(), sim.Env{Budgets: budgets})
	if err != nil {
		t.Fatal(err)
	}
	used := func() int { return budgets.Use()[sim.BudgetStreams].Used }
	one, err := s.Follow(sim.Place{})
	two, err2 := s.Follow(sim.Place{})
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	if _, err := s.Follow(sim.Place{}); err == nil || !strings.Contains(err.Error(), "2 of its 2 are in use") || !strings.Contains(err.Error(), "--budget streams=") {
		t.Errorf("a third one: %v", err)
	}
	if one.Close(); used() != 1 {
		t.Errorf("%d are counted, want 1", used())
	}
	s.Close()
	if two.Close(); used() != 0 {
		t.Errorf("%d are counted, want 0", used())
	}
	_, err = s.Follow(sim.Place{})
	expectKind(t, err, sim.NotFound)
	_, err = two.Next(make([]sim.EventReport, 1))
	expectKind(t, err, sim.NotFound)
	if err := two.Wait(context.Background()); err != nil {
		t.Errorf("who waits for a sandbox that is gone: %v", err)
	}
}
