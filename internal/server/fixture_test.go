package server

import (
	"cmp"
	"context"
	"log/slog"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/scenario"
)

// Serve starts a server that ends with the test: at a free port, without a log and with the default scenario,
// if the options do not say otherwise.
func Serve(t testing.TB, o Options) *Server {
	t.Helper()
	if o.Config.Accounts == nil {
		o.Config = byDefault(t)
	}
	o.Addr = cmp.Or(o.Addr, "127.0.0.1:0")
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// byDefault is the default scenario.
func byDefault(t testing.TB) config.Config {
	t.Helper()
	cfg, err := scenario.Refer("default", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}
