package tsimtest_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"tsim/internal/scenario"
	"tsim/internal/server"
	"tsim/tsimtest"
)

// A server whose control surface has an address of its own and asks for a token.
func TestConnectToGuardedControl(t *testing.T) {
	cfg, err := scenario.Open("default", nil, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Start(server.Options{
		Addr: "127.0.0.1:0", ControlAddr: "127.0.0.1:0", ControlToken: "letmein", Config: cfg, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	t.Setenv("TSIM_CONTROL_TOKEN", "letmein")
	box := tsimtest.Connect(t, s.URL(), tsimtest.ControlURL(s.ControlURL()))
	heard := box.Listen()
	request := box.Do("profile_suspend", global)
	box.Settle()
	heard.Want(request, "SUCCESS")
}
