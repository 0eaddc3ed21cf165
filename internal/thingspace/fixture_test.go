package thingspace

import (
	"log/slog"
	"net/http"
	"testing"

	"tsim/internal/config"
	"tsim/internal/sim"
)

// Serve is a sandbox with one account in which time stands still, what serves it, and the header of a client
// that has logged in.
func Serve(t testing.TB, account config.Account) (*sim.Sim, http.Handler, http.Header) {
	t.Helper()
	cfg := config.Defaults()
	cfg.Name, cfg.Clock = sim.Default, config.Manual
	cfg.Credentials = []config.Credential{{AppKey: "key", AppSecret: "secret", Username: "user", Password: "pass"}}
	cfg.Accounts = []config.Account{account}
	s, err := sim.New(cfg, sim.Env{Send: func(string, sim.AttemptID) {}})
	if err != nil {
		t.Fatal(err)
	}
	registry := sim.NewRegistry()
	if err := registry.Add(s); err != nil {
		t.Fatal(err)
	}
	bearer, _, err := s.Issue("key", "secret")
	if err != nil {
		t.Fatal(err)
	}
	session, err := s.Login("user", "pass")
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{}
	header.Set("Authorization", "Bearer "+bearer.Token)
	header.Set("VZ-M2M-Token", session)
	header.Set("Content-Type", "application/json")
	return s, NewHandler(registry, slog.New(slog.DiscardHandler), 0, sim.Durable{}), header
}
