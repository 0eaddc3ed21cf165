package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/deliver"
	"tsim/internal/euicc"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

// client is a client of ThingSpace, as far as these tests need one.
type client struct {
	url, bearer, session string
}

func (c *client) call(method, path string, body any) (int, string, error) {
	return c.within(context.Background(), method, path, body)
}

// within is a call that is given up when ctx ends.
func (c *client) within(ctx context.Context, method, path string, body any) (int, string, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, "", err
	}
	r, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(text))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+c.bearer)
	r.Header.Set("VZ-M2M-Token", c.session)
	return c.do(r)
}

func (c *client) do(r *http.Request) (int, string, error) {
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

// login gets a bearer and a session with the credentials of a sandbox.
func login(url string, with tsimclient.Credential) (*client, error) {
	c := &client{url: url}
	r, err := http.NewRequest("POST", url+"/api/ts/v1/oauth2/token", strings.NewReader("grant_type=client_credentials"))
	if err != nil {
		return nil, err
	}
	r.SetBasicAuth(with.AppKey, with.AppSecret)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, text, err := c.do(r)
	var reply struct {
		AccessToken  string `json:"access_token"`
		SessionToken string `json:"sessionToken"`
	}
	if err != nil || status != 200 || json.Unmarshal([]byte(text), &reply) != nil {
		return nil, fmt.Errorf("token: %d %s %w", status, text, err)
	}
	c.bearer = reply.AccessToken
	status, text, err = c.call("POST", "/api/m2m/v1/session/login", map[string]string{"username": with.Username, "password": with.Password})
	if err != nil || status != 200 || json.Unmarshal([]byte(text), &reply) != nil {
		return nil, fmt.Errorf("login: %d %s %w", status, text, err)
	}
	c.session = reply.SessionToken
	return c, nil
}

const (
	defaultAccount = "0000123456-00001"
	defaultEID     = "89001012012341234012345678901224"
)

// TestResetRecallsWhatWaits: what waits in the queue of a slow listener is forgotten by a reset, and what
// comes after it is delivered.
func TestResetRecallsWhatWaits(t *testing.T) {
	arrived, release := make(chan struct{}, 1000), make(chan struct{})
	listener := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	}))
	defer listener.Close()
	cfg := config.Defaults()
	cfg.Name, cfg.Clock = "many", config.Manual
	cfg.Credentials = []config.Credential{{AppKey: "many", AppSecret: "s", Username: "u", Password: "p"}}
	cfg.Accounts = []config.Account{{Name: "a", Fleets: []config.Fleet{{Count: 300, Card: euicc.Card{
		Profiles: []euicc.Profile{{Network: euicc.Global, Role: euicc.Local, Service: euicc.Active, Status: euicc.StatusDisable}},
	}}}}}
	cfg.Listeners = []config.Listener{{Account: "a", Service: config.ProfileService, URL: listener.URL}}
	box, err := Serve(t, Options{}).open(cfg, 0)
	if err != nil {
		t.Fatal(err)
	}
	suspend := func(devices int) {
		ids := sim.NewIDList(devices)
		for _, d := range box.Devices("", devices) {
			ids.Add(euicc.IDs{ICCID: d.Profiles[0].ICCID})
		}
		r, err := box.Submit(sim.Request{Account: "a", Op: euicc.OpProfileSuspend, Devices: ids})
		if err != nil {
			t.Fatal(err)
		}
		box.Replied(r)
	}
	suspend(300)
	advanced := make(chan error)
	go func() {
		_, err := box.Advance(t.Context(), sim.Goal{Idle: true})
		advanced <- err
	}()
	for range deliver.DefaultConcurrency {
		<-arrived
	}
	box.Reset(sim.ResetOptions{})
	if err := <-advanced; err != nil {
		t.Fatal(err)
	}
	close(release)
	suspend(1)
	if r, err := box.Advance(t.Context(), sim.Goal{Idle: true}); err != nil || r.Delivered != 1 {
		t.Fatalf("after the reset: %+v, %v", r, err)
	}
	if n := len(arrived); n != 1 {
		t.Errorf("%d callbacks came after the reset, want 1", n)
	}
}

// suite is a test suite of somebody who shares the server: it suspends a profile of the same device
// as all the others, lets time pass in a step of its own, and hears its own callback only.
func suite(t *testing.T, s *Server, n int) error {
	ctx := t.Context()
	heard := make(chan string, 10)
	listener := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		heard <- string(body)
	}))
	defer listener.Close()
	anyBox := tsimclient.Client{BaseURL: s.URL()}
	seed := uint64(n)
	made, err := anyBox.CreateSandbox(ctx, tsimclient.SandboxSpec{ScenarioSpec: tsimclient.ScenarioSpec{Clock: "manual", Seed: &seed}})
	if err != nil {
		return err
	}
	box := tsimclient.Client{BaseURL: s.URL(), Sandbox: made.Name}
	c, err := login(s.URL(), made.Credentials[0])
	if err != nil {
		return err
	}
	if status, text, err := c.call("POST", "/api/m2m/v1/callbacks/"+defaultAccount,
		map[string]string{"name": "DeviceProfileService", "url": listener.URL}); err != nil || status != 200 {
		return fmt.Errorf("register: %d %s %w", status, text, err)
	}
	status, text, err := c.call("POST", "/api/m2m/v1/devices/profile/actions/profile_suspend", map[string]any{
		"accountName": defaultAccount,
		"devices":     []any{map[string]any{"deviceIds": []any{map[string]string{"kind": "iccid", "id": "89445000000000000019"}}}},
	})
	if err != nil || status != 200 {
		return fmt.Errorf("suspend: %d %s %w", status, text, err)
	}
	by := time.Duration(n+10) * time.Second
	done, err := box.Advance(ctx, tsimclient.Advance{By: by.String()})
	if err != nil || done.Delivered != 1 || !done.Idle {
		return fmt.Errorf("advance: %+v %w", done, err)
	}
	var reply struct{ RequestID string }
	if err := json.Unmarshal([]byte(text), &reply); err != nil {
		return err
	}
	if got := <-heard; !strings.Contains(got, reply.RequestID) || !strings.Contains(got, "SUCCESS") || len(heard) > 0 {
		return fmt.Errorf("heard %s and %d more, want one about %s", got, len(heard), reply.RequestID)
	}
	clock, err := box.Clock(ctx)
	if err != nil || clock.Now.Sub(made.Start) != by {
		return fmt.Errorf("the clock is %+v: %w", clock, err)
	}
	if _, err := box.DeleteSandbox(ctx); err != nil {
		return err
	}
	if status, text, err := c.call("GET", "/api/m2m/v1/callbacks/"+defaultAccount, nil); err != nil || status != 401 {
		return fmt.Errorf("after the end: %d %s %w", status, text, err)
	}
	return nil
}

func TestSuitesInParallelSeeNothingOfEachOther(t *testing.T) {
	s := Serve(t, Options{})
	failed := make(chan error)
	const suites = 64
	for n := range suites {
		go func() { failed <- suite(t, s, n) }()
	}
	for range suites {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	list, err := (&tsimclient.Client{BaseURL: s.URL()}).Sandboxes(t.Context(), tsimclient.Page{})
	if err != nil || len(list.Sandboxes) != 1 {
		t.Errorf("there are %d sandboxes left, want 1: %v", len(list.Sandboxes), err)
	}
}

func TestASessionOfAnotherSandboxIsRefused(t *testing.T) {
	s := Serve(t, Options{})
	var clients []*client
	for range 2 {
		made, err := (&tsimclient.Client{BaseURL: s.URL()}).CreateSandbox(t.Context(), tsimclient.SandboxSpec{})
		if err != nil {
			t.Fatal(err)
		}
		c, err := login(s.URL(), made.Credentials[0])
		if err != nil {
			t.Fatal(err)
		}
		clients = append(clients, c)
	}
	clients[0].session = clients[1].session
	status, text, err := clients[0].call("GET", "/api/m2m/v1/callbacks/"+defaultAccount, nil)
	if err != nil || status != 400 || !strings.Contains(text, "not a session token") {
		t.Errorf("%d %s %v", status, text, err)
	}
}

// A delivery in flight ends before the sandbox that sent it is gone; the one behind it never begins.
func TestDeleteWaitsForDeliveriesInFlight(t *testing.T) {
	s := Serve(t, Options{})
	arrived, release := make(chan struct{}), make(chan struct{})
	listener := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	}))
	defer listener.Close()
	made, err := (&tsimclient.Client{BaseURL: s.URL()}).CreateSandbox(t.Context(), tsimclient.SandboxSpec{ScenarioSpec: tsimclient.ScenarioSpec{Clock: "auto"}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := login(s.URL(), made.Credentials[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.call("POST", "/api/m2m/v1/callbacks/"+defaultAccount, map[string]string{"name": "DeviceProfileService", "url": listener.URL}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.call("POST", "/api/m2m/v1/devices/profile/actions/device_suspend", map[string]any{
		"accountName": defaultAccount, "devices": []any{map[string]any{"deviceIds": []any{map[string]string{"kind": "eid", "id": defaultEID}}}},
	}); err != nil {
		t.Fatal(err)
	}
	<-arrived
	box, err := s.registry.Sandbox(made.Name)
	if err != nil {
		t.Fatal(err)
	}
	gone := s.shut(box)
	select {
	case <-gone.drained:
		t.Fatal("it is gone with a delivery in flight")
	case release <- struct{}{}:
	}
	<-gone.drained
	select {
	case <-arrived:
		t.Error("another callback came after the end")
	default:
	}
}

// An attempt whose turn comes after the end of its sandbox is not posted, nor counted.
func TestNothingBeginsAfterTheEnd(t *testing.T) {
	b := &sandbox{drained: make(chan struct{})}
	b.close()
	if _, wanted := (&Server{}).post(b, sim.AttemptID{}); wanted || b.inFlight != 0 {
		t.Errorf("it is posted: %v, and %d are in flight", wanted, b.inFlight)
	}
}

func BenchmarkSandbox(b *testing.B) {
	s := Serve(b, Options{})
	cfg := byDefault(b)
	// Six devices, and four more.
	cfg.Accounts[0].Fleets = []config.Fleet{{Count: 4, Card: euicc.Card{Profiles: []euicc.Profile{{Network: euicc.US, Service: euicc.Active, Status: euicc.StatusEnable}}}}}
	for b.Loop() {
		mine := cfg
		s.registry.Fresh(&mine, "", newToken)
		box, err := s.open(mine, 0)
		if err != nil {
			b.Fatal(err)
		}
		if err := s.close(b.Context(), box); err != nil {
			b.Fatal(err)
		}
	}
}

func TestASandboxIsRemovedWhenItsTimeIsOver(t *testing.T) {
	s := Serve(t, Options{})
	cfg := byDefault(t)
	s.registry.Fresh(&cfg, "short", newToken)
	box, err := s.open(cfg, time.Nanosecond)
	if err != nil {
		t.Fatal(err)
	}
	// Nothing of the kind ever happens: the wait ends with the sandbox.
	if _, err := box.Await(t.Context(), sim.Condition{Event: &sim.EventFilter{EID: "none"}}); err == nil || !strings.Contains(err.Error(), "was removed") {
		t.Errorf("the wait ended with %v", err)
	}
	if _, err := s.registry.Sandbox("short"); err == nil {
		t.Error("it is still there")
	}
}

// The limit is refused with a sentence, and what is deleted makes room.
func TestThereIsRoomForSoMany(t *testing.T) {
	cfg := byDefault(t)
	budgets := sim.NewBudgets()
	budgets.Limit(sim.BudgetSandboxes, 5)
	s := Serve(t, Options{Budgets: budgets})
	var last *sim.Sim
	for range 4 {
		mine := cfg
		s.registry.Fresh(&mine, "", newToken)
		box, err := s.open(mine, 0)
		if err != nil {
			t.Fatal(err)
		}
		last = box
	}
	s.registry.Fresh(&cfg, "", newToken)
	const full = "this needs 1 of the budget sandboxes, and 5 of its 5 are in use in all sandboxes; " +
		"delete those that are done with, or give them a ttl, or start tsim with --budget sandboxes= and more than that"
	if _, err := s.open(cfg, 0); err == nil || err.Error() != full {
		t.Errorf("one too many: %v", err)
	}
	if err := s.close(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	// A name that is taken costs nothing.
	taken := cfg
	taken.Name = sim.Default
	if _, err := s.open(taken, 0); err == nil || err.Error() != `there is a sandbox "default" already` {
		t.Errorf("a second default: %v", err)
	}
	if _, err := s.open(cfg, 0); err != nil {
		t.Error(err)
	}
}

// TestNoCallbackComesBack: a listener's URL that is tsim's own, and would make another callback, is an attempt that
// failed.
func TestNoCallbackComesBack(t *testing.T) {
	s := Serve(t, Options{})
	made, err := (&tsimclient.Client{BaseURL: s.URL()}).CreateSandbox(t.Context(), tsimclient.SandboxSpec{ScenarioSpec: tsimclient.ScenarioSpec{Clock: "manual"}})
	if err != nil {
		t.Fatal(err)
	}
	box := tsimclient.Client{BaseURL: s.URL(), Sandbox: made.Name}
	c, err := login(s.URL(), made.Credentials[0])
	if err != nil {
		t.Fatal(err)
	}
	own := fmt.Sprintf("%s/tsim/v1/sandboxes/%s/callbacks/1/duplicate", s.URL(), made.Name)
	for _, one := range []struct {
		path string
		body any
	}{
		{"callbacks/" + defaultAccount, map[string]string{"name": "DeviceProfileService", "url": own}},
		{"devices/profile/actions/device_suspend", map[string]any{
			"accountName": defaultAccount, "devices": []any{map[string]any{"deviceIds": []any{map[string]string{"kind": "eid", "id": defaultEID}}}},
		}},
	} {
		if status, text, err := c.call("POST", "/api/m2m/v1/"+one.path, one.body); err != nil || status != 200 {
			t.Fatalf("%s: %d %s %v", one.path, status, text, err)
		}
	}
	if _, err := box.Advance(t.Context(), tsimclient.Advance{By: "10s"}); err != nil {
		t.Fatal(err)
	}
	list, err := box.Callbacks(t.Context(), tsimclient.CallbackFilter{}, tsimclient.Page{})
	if err != nil || len(list.Callbacks) != 3 { // two profiles and the device
		t.Fatalf("%d callbacks, %v", len(list.Callbacks), err)
	}
	want := fmt.Sprintf("dial tcp %s: tsim does not post to itself", strings.TrimPrefix(s.URL(), "http://"))
	if a := list.Callbacks[0].Attempts; len(a) != 1 || a[0].Error != "other" || a[0].Detail != want {
		t.Errorf("the attempts are %+v, want one that says %s", a, want)
	}
}
