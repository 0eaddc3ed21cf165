package server

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/scenario"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

var atOnceRounds = flag.Int("at-once-rounds", 1, "how many rounds TestEverythingAtOnce goes")

// TestEverythingAtOnce: whatever many do at once to a few sandboxes, forks of them and recordings, with a directory for their state and
// listeners that call tsim from within a callback, everybody has an answer, and when all sandboxes are removed no budget is used.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	for round := range *atOnceRounds {
		everythingAtOnce(t, uint64(round))
	}
}

func everythingAtOnce(t *testing.T, seed uint64) {
	h := history{TB: t, seed: seed, rand: rand.New(rand.NewPCG(seed, 3)), cfg: byDefault(t)}
	h.cfg.Clock, h.cfg.Speed = config.Real, 1e6
	h.cfg.Delivery.Timeout = 20 * time.Millisecond
	for _, set := range scenario.Sets() {
		if h.rand.IntN(3) == 0 {
			_ = scenario.With(&h.cfg, []string{set})
		}
	}
	budgets := sim.NewBudgets()
	s := Serve(t, Options{Config: h.cfg, Budgets: budgets, State: StateOptions{Dir: t.TempDir(), Sync: "off", Long: 50_000}, Record: filepath.Join(t.TempDir(), "recording"), RecordSize: 100_000})
	admin := tsimclient.Client{BaseURL: s.URL()}
	refuses := h.listener()
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if seed%2 == 0 {
			_, _ = admin.ReleaseAll(r.Context())
			_, _ = admin.SaveSnapshot(r.Context(), "of-the-listener")
			_, _ = admin.DeleteSnapshot(r.Context(), "of-the-listener")
		}
		refuses.ServeHTTP(w, r)
	}))
	defer listener.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var all sync.WaitGroup
	for range 6 {
		c := historian{history: &h, rand: rand.New(rand.NewPCG(seed, h.rand.Uint64())), url: s.URL(), listener: listener.URL}
		c.control = admin
		all.Go(func() {
			for range 3 {
				c.live(ctx)
			}
		})
	}
	for range 2 {
		r := rand.New(rand.NewPCG(seed, h.rand.Uint64()))
		all.Go(func() {
			for range 40 {
				c := admin
				within, done := context.WithTimeout(ctx, 200*time.Millisecond)
				switch name := fmt.Sprint("box-", r.IntN(3)); r.IntN(8) {
				case 0, 1:
					_, _ = c.Fork(within, pick(r, "", "a"), tsimclient.ForkSpec{Name: name, TTL: pick(r, "", "50ms")})
				case 2:
					c.Sandbox = name
					_, _ = c.Fork(within, "", tsimclient.ForkSpec{TTL: "10ms"})
				case 3:
					c.Sandbox = name
					_, _ = c.DeleteSandbox(within)
				case 4:
					c.Sandbox = pick(r, "", name)
					_ = c.WriteState(within, pick(r, "", "a"), io.Discard)
				case 5:
					c.Sandbox = pick(r, "", name)
					_ = c.Record(within, io.Discard)
				case 6:
					c.Sandbox = pick(r, "", name)
					_, _ = c.TakeMail(within, pick(r, h.cfg.Accounts...).Name, config.ProfileService, time.Minute)
				case 7:
					c.Sandbox = name
					_, _ = c.SaveSnapshot(within, "a")
					_, _ = c.Rewind(within, "a")
				}
				done()
			}
		})
	}
	all.Wait()
	if ctx.Err() != nil {
		t.Fatal("somebody has no answer")
	}
	for _, box := range s.registry.List("", 1000) {
		if err := s.close(ctx, box); err != nil {
			t.Errorf("%s: %v", box.Name(), err)
		}
	}
	for _, use := range budgets.Use() {
		if use.Used != 0 {
			t.Errorf("seed %d: %d of the budget %s are used by nobody", seed, use.Used, use.Name)
		}
	}
}
