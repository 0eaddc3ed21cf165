package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/server"
	"tsim/tsimclient"
)

const iccid = "89445000000000000019"

// config is one device whose Global profile can be suspended, told of to a listener.
func newConfig(listener string) config.Config {
	c := config.Defaults()
	c.Scenario, c.Clock = "test", config.Manual
	c.Credentials = []config.Credential{{AppKey: "k", AppSecret: "s", Username: "u", Password: "p"}}
	c.Accounts = []config.Account{{Name: "a", Cards: []euicc.Card{{
		EID: "89001012012341234012345678901224",
		Profiles: []euicc.Profile{
			{ICCID: iccid, Network: euicc.Global, Role: euicc.Local, Service: euicc.Active, Status: euicc.StatusDisable},
		},
	}}}}
	c.Listeners = []config.Listener{{Account: "a", Service: config.ProfileService, URL: listener}}
	return c
}

func start(t *testing.T, cfg config.Config) (*server.Server, *tsimclient.Client) {
	t.Helper()
	s, err := server.Start(server.Options{Addr: "127.0.0.1:0", Config: cfg, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return s, &tsimclient.Client{BaseURL: s.URL()}
}

// slow is a listener that says when it is called, and answers when it is told to.
func slow(t *testing.T) (url string, called chan struct{}, release context.CancelFunc) {
	called = make(chan struct{}, 10)
	ctx, release := context.WithCancel(context.Background())
	l := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		called <- struct{}{}
		<-ctx.Done()
	}))
	t.Cleanup(func() { release(); l.Close() })
	return l.URL, called, release
}

// A listener may call the API from inside its handler: here it resumes what it hears was suspended.
func TestListenerCallsBack(t *testing.T) {
	for _, clock := range []config.Mode{config.Real, config.Manual, config.Auto} {
		t.Run(clock.String(), func(t *testing.T) {
			t.Parallel()
			heard := make(chan string, 10)
			var base string
			l := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				var body struct {
					DeviceResponse struct{ DeviceProfileResponse struct{ State string } }
				}
				if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
					t.Error(err)
				}
				state := body.DeviceResponse.DeviceProfileResponse.State
				if state == "SUSPENDED" {
					ask(t, base, "profile_resume")
				}
				heard <- state
			}))
			defer l.Close()
			cfg := newConfig(l.URL)
			cfg.Clock = clock
			s, c := start(t, cfg)
			base = s.URL()
			ask(t, base, "profile_suspend")
			if clock == config.Manual {
				if _, err := c.Advance(t.Context(), tsimclient.Advance{Until: tsimclient.Idle}); err != nil {
					t.Fatal(err)
				}
			}
			if first, second := <-heard, <-heard; first != "SUSPENDED" || second != "ACTIVE" {
				t.Errorf("heard %s, then %s", first, second)
			}
			if err := s.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCloseWaitsForDeliveries(t *testing.T) {
	url, called, release := slow(t)
	cfg := newConfig(url)
	cfg.Clock = config.Auto
	s, _ := start(t, cfg)
	ask(t, s.URL(), "profile_suspend")
	<-called
	closed := make(chan error)
	go func() { closed <- s.Close(t.Context()) }()
	select {
	case err := <-closed:
		t.Fatalf("closed with a delivery in flight (%v)", err)
	default:
	}
	release()
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func TestCloseDoesNotWaitForEver(t *testing.T) {
	url, called, _ := slow(t)
	cfg := newConfig(url)
	cfg.Clock = config.Auto
	s, _ := start(t, cfg)
	ask(t, s.URL(), "profile_suspend")
	<-called
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := s.Close(ctx); err == nil {
		t.Error("nobody hears that a delivery was cut off")
	}
}

func TestCloseEndsAnAdvance(t *testing.T) {
	url, called, release := slow(t)
	s, c := start(t, newConfig(url))
	ask(t, s.URL(), "profile_suspend")
	ended := make(chan error)
	go func() {
		_, err := c.Advance(context.Background(), tsimclient.Advance{Until: tsimclient.Idle})
		ended <- err
	}()
	<-called
	closed := make(chan error)
	go func() { closed <- s.Close(t.Context()) }()
	if err := <-ended; err == nil {
		t.Error("the advance is told that it came to its end")
	}
	release()
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func TestStartRefuses(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := server.Start(server.Options{Addr: l.Addr().String(), Config: newConfig("http://x"), Log: slog.New(slog.DiscardHandler)}); err == nil {
		t.Error("a taken port is taken")
	}
	cfg := newConfig("http://x")
	cfg.Credentials = nil
	if _, err := server.Start(server.Options{Addr: "127.0.0.1:0", Config: cfg, Log: slog.New(slog.DiscardHandler)}); err == nil {
		t.Error("nobody could call a sandbox without credentials")
	}
}

// The scenario says how long a listener has to answer, and how many attempts there are.
func TestDeliveryOfTheScenario(t *testing.T) {
	bodies := make(chan string, 10)
	ctx, release := context.WithCancel(t.Context())
	l := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- string(body)
		<-ctx.Done()
	}))
	defer l.Close()
	defer release()
	cfg := newConfig(l.URL)
	cfg.Delivery = config.Delivery{Attempts: 2, Interval: time.Minute, Timeout: 10 * time.Millisecond}
	s, c := start(t, cfg)
	defer s.Close(t.Context())
	ask(t, s.URL(), "profile_suspend")
	if _, err := c.Advance(t.Context(), tsimclient.Advance{Until: tsimclient.Idle}); err != nil {
		t.Fatal(err)
	}
	list, err := c.Callbacks(t.Context(), tsimclient.CallbackFilter{}, tsimclient.Page{})
	if err != nil || len(list.Callbacks) != 1 || list.Callbacks[0].State != "archived" {
		t.Fatalf("%+v, %v", list, err)
	}
	for i, a := range list.Callbacks[0].Attempts {
		if a.Error != "timeout" || a.Detail != "no answer within 10ms" {
			t.Errorf("attempt %+v", a)
		}
		want := fmt.Sprintf(`"callbackCount":%d,"maxCallbackThreshold":2`, i+1)
		if body := <-bodies; !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
}

// What one card does next is decided while callbacks of it are on their way.
func TestOperationsOfOneCardInRealTime(t *testing.T) {
	heard := make(chan struct{}, 10)
	l := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { heard <- struct{}{} }))
	defer l.Close()
	cfg := newConfig(l.URL)
	cfg.Clock = config.Real
	s, _ := start(t, cfg)
	for range 20 {
		var all sync.WaitGroup
		for _, op := range []string{"profile_suspend", "profile_resume", "profile_suspend", "profile_resume"} {
			all.Go(func() { ask(t, s.URL(), op) })
		}
		all.Wait()
		for range 4 {
			<-heard
		}
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
