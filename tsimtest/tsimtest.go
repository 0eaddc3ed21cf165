// Package tsimtest is tsim inside a Go test: a ThingSpace on a free port, whose time and devices belong
// to the test, and a listener that hears its callbacks.
//
//	func TestSuspend(t *testing.T) {
//		box := tsimtest.Start(t)
//		heard := box.Listen()
//		request := box.Do("profile_suspend", "89445000000000000019") // or your own client, with box.URL
//		box.Settle()
//		heard.Want(request, "SUCCESS")
//	}
//
// Whatever fails ends the test with the story of the request, the seed, and how to run it again. All
// is cleaned up when the test ends.
package tsimtest

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/control"
	"tsim/internal/scenario"
	"tsim/internal/server"
	"tsim/internal/sim"
)

// An Option says something about the sandbox of a test.
type Option func(*options)

type options struct {
	scenario string
	seed     *uint64
	clock    string
	control  string
}

// Scenario is what the sandbox starts from: the name of a built-in scenario, a file, or the text of a
// scenario itself. Without it, it is the built-in "default"; a file of that name is "./default".
func Scenario(ref string) Option { return func(o *options) { o.scenario = ref } }

// Seed makes another draw of every chance than the scenario's own seed does. The variable TSIM_SEED
// beats it.
func Seed(n uint64) Option { return func(o *options) { o.seed = &n } }

// Clock says what moves time: "manual", which it is without this option, "auto" or "real".
func Clock(mode string) Option { return func(o *options) { o.clock = mode } }

// ControlURL says to Connect where the control surface is, if it has an address of its own.
func ControlURL(url string) Option { return func(o *options) { o.control = url } }

// tokenVariable is what the control surface asks Connect for, if it asks.
const tokenVariable = "TSIM_CONTROL_TOKEN"

// seedVariable runs a test again with the draws of another run.
const seedVariable = "TSIM_SEED"

func choose(t testing.TB, given []Option) options {
	t.Helper()
	o := options{scenario: sim.Default, clock: config.Manual.String()}
	for _, option := range given {
		option(&o)
	}
	if text := os.Getenv(seedVariable); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("%s is %q, not a whole number from 0", seedVariable, text)
		}
		o.seed = &n
	}
	return o
}

// Start starts a tsim of its own for the test.
func Start(t testing.TB, o ...Option) *Sandbox {
	t.Helper()
	chosen := choose(t, o)
	cfg, err := chosen.config()
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Start(server.Options{Addr: "127.0.0.1:0", Config: cfg, Version: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	box := newSandbox(t, s.URL(), sim.Default)
	info, err := box.Control.Info(t.Context())
	box.take(info, err)
	return box
}

// config is the scenario with what the options say otherwise.
func (o *options) config() (config.Config, error) {
	cfg, err := o.load()
	if err != nil {
		return cfg, err
	}
	mode, ok := config.ParseMode(o.clock)
	if !ok {
		return cfg, sim.Errorf(sim.Invalid, "unknown mode %q of the clock; it is one of %s", o.clock, strings.Join(config.ModeWords(), ", "))
	}
	cfg.Clock = mode
	if o.seed != nil {
		cfg.Seed = *o.seed
	}
	return cfg, nil
}

func (o *options) load() (config.Config, error) {
	if strings.Contains(o.scenario, "\n") {
		return scenario.Load("scenario", []byte(o.scenario), time.Now())
	}
	return scenario.Open(o.scenario, strings.NewReader(""), time.Now())
}

// Connect makes a sandbox for the test on a tsim that runs already, and removes it when the test
// ends. Other tests may do the same at the same time. The token of its control surface, if it has one,
// is the variable TSIM_CONTROL_TOKEN.
func Connect(t testing.TB, url string, o ...Option) *Sandbox {
	t.Helper()
	chosen := choose(t, o)
	ref, err := json.Marshal(chosen.text())
	if err != nil {
		t.Fatal(err)
	}
	box := newSandbox(t, url, "")
	box.seed = chosen.seed
	box.Control.Base, box.Control.Token = cmp.Or(chosen.control, url), os.Getenv(tokenVariable)
	info, err := box.Control.MakeSandbox(t.Context(), control.NewSandbox{
		Scenario: ref, Seed: chosen.seed, Clock: chosen.clock, TTL: "1h", // should the test be killed
	})
	box.take(info, err)
	box.Control.Sandbox = info.Name
	t.Cleanup(func() {
		if _, err := box.Control.Delete(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return box
}

// text is the scenario for a server elsewhere: the text of a file, which that server does not have.
func (o *options) text() string {
	if _, err := scenario.Builtin(o.scenario); err == nil {
		return o.scenario
	}
	if file, err := os.ReadFile(o.scenario); err == nil {
		return string(file)
	}
	return o.scenario
}

func newSandbox(t testing.TB, url, name string) *Sandbox {
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	return &Sandbox{URL: url, Control: &Control{Base: url, Sandbox: name, HTTP: client}, t: t, http: client}
}

// take takes over what the server says of the sandbox.
func (s *Sandbox) take(info control.Sandbox, err error) {
	s.t.Helper()
	s.must(err)
	s.Name, s.seed, s.Credential = info.Name, &info.Seed, info.Credentials[0]
	if len(info.Accounts) > 0 {
		s.Account = info.Accounts[0]
	}
}
