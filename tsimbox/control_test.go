package tsimbox_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tsim/internal/scenario"
	"tsim/internal/server"
	"tsim/tsimbox"
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
	if _, err := tsimbox.Connect(t.Context(), s.URL()); err == nil || !strings.Contains(err.Error(), "or the ControlURL of a sandbox)") {
		t.Errorf("without the address of control: %v", err)
	}
	box, err := tsimbox.Connect(t.Context(), s.URL(), tsimbox.ControlURL(s.ControlURL()))
	if err != nil {
		t.Fatal(err)
	}
	w := ready(t, box)
	heard := w.listen()
	request := w.do("profile_suspend", tsimbox.IDs{ICCID: global})
	w.settle()
	w.want(heard, request, "SUCCESS")
}
