package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/sim"
	"tsim/internal/store"
	"tsim/internal/thingspace"
	"tsim/tsimclient"
)

// keptIn are options of a server that keeps its state in a directory.
func keptIn(dir string) Options { return Options{State: StateOptions{Dir: dir, Sync: store.Off}} }

// crashed is a copy of a directory as it is now: what would be there if the process was killed.
func crashed(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "state")
	if err := os.Mkdir(to, 0o700); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "0*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s holds %q, %v", dir, files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(to, filepath.Base(name)), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// logged is a log that tests read.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logged) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// must is a value that comes without an error.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// digests are those of all sandboxes, but for how many inputs there were.
func digests(s *Server) map[string]string {
	all := map[string]string{}
	for _, box := range s.registry.List("", 100) {
		st, _ := box.Export()
		st.Inputs = 0
		all[box.Name()] = st.Digest()
	}
	return all
}

// waitFor asks until something is so.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not so", what)
		}
	}
}

// smallScenario has three devices of a fleet.
const smallScenario = `name: small
clock: manual
credentials: [{appKey: k, appSecret: s, username: u, password: p}]
accounts:
  - {name: "0000123456-00001", fleets: [{count: 3, profiles: [{network: us, service: active, status: DISABLE}, {network: global, service: active, status: ENABLE}]}]}
`

// controlOf steers a sandbox.
func controlOf(s *Server, sandbox string) *tsimclient.Client {
	return &tsimclient.Client{BaseURL: s.URL(), Sandbox: sandbox}
}

// create makes a sandbox of three devices, which goes on with a manual clock.
func create(t *testing.T, s *Server, name, ttl string) tsimclient.Sandbox {
	t.Helper()
	yaml := must(json.Marshal(smallScenario))
	return must(controlOf(s, "").CreateSandbox(t.Context(), tsimclient.SandboxSpec{Name: name, ScenarioSpec: tsimclient.ScenarioSpec{Scenario: yaml}, TTL: ttl}))
}

// good makes a call that is to be answered with 200.
func (c *client) good(t *testing.T, method, path string, body any) string {
	t.Helper()
	status, text, err := c.call(method, path, body)
	if err != nil || status != 200 {
		t.Fatalf("%s %s: %d %s %v", method, path, status, text, err)
	}
	return text
}

const listenersOf = "/api/m2m/v1/callbacks/" + defaultAccount

func (c *client) listenAt(t *testing.T, url string) {
	t.Helper()
	c.good(t, "POST", listenersOf, map[string]string{"name": config.ProfileService, "url": url, "username": "u", "password": "p"})
}

func (c *client) suspend(t *testing.T, eid string) {
	t.Helper()
	c.act(t, "device_suspend", "eid", eid)
}

func (c *client) act(t *testing.T, op, kind, id string) {
	t.Helper()
	c.good(t, "POST", "/api/m2m/v1/devices/profile/actions/"+op, map[string]any{
		"accountName": defaultAccount, "devices": []any{map[string]any{"deviceIds": []any{map[string]string{"kind": kind, "id": id}}}},
	})
}

// busy makes sandboxes with something of everything in them, all of which has been replied to. Nothing is in flight in the end.
func busy(t *testing.T, s *Server, listener string) (clients []*client) {
	t.Helper()
	ctx, manual, off := t.Context(), tsimclient.ClockManual, false
	for _, name := range []string{"default", "one", "two"} {
		c := controlOf(s, name)
		if name != "default" {
			create(t, s, name, "1h")
		}
		must(c.SetClock(ctx, tsimclient.ClockSettings{Mode: &manual}))
		calls := must(login(s.URL(), must(c.Info(ctx)).Credentials[0]))
		clients = append(clients, calls)
		if name == "two" {
			listener = config.Mailbox
		}
		calls.listenAt(t, listener)
		eid := must(c.AllDevices(ctx, tsimclient.DeviceFilter{}, 100))[0].EID
		must(c.AddRules(ctx, tsimclient.Rule{
			Name: "twice", When: tsimclient.When{Operation: []tsimclient.Operation{"device_suspend"}, Times: 2},
			Outcome: &tsimclient.Outcome{Fault: tsimclient.Fault{Code: "X", Message: "no luck"}},
		}))
		for range 3 {
			calls.suspend(t, eid)
			must(c.Advance(ctx, tsimclient.Advance{By: "20s"}))
		}
		must(c.HoldAll(ctx, tsimclient.HoldFilter{EID: eid}))
		must(c.PatchDevice(ctx, eid, tsimclient.DevicePatch{Powered: &off}))
		must(c.SaveSnapshot(ctx, "before"))
		if name == "two" {
			must(c.Rewind(ctx, "before"))
			must(c.Fork(ctx, "", tsimclient.ForkSpec{Name: "fork", TTL: "1h"}))
		}
		if name == "one" {
			must(c.Reset(ctx, tsimclient.KeepTokens, tsimclient.KeepListeners))
			must(c.SetClock(ctx, tsimclient.ClockSettings{Mode: &manual}))
			calls.suspend(t, eid)
		}
	}
	return clients
}

// Whatever was replied to is there after a restart: exactly as it was, whether the server was stopped or killed, with a
// snapshot or without, once and twice.
func TestStateSurvives(t *testing.T) {
	listener := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer listener.Close()
	for _, sync := range []store.Sync{store.Always, store.Interval, store.Off} {
		t.Run(string(sync), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "a", "state")
			o := keptIn(dir)
			o.State.Sync = sync
			first := Serve(t, o)
			clients := busy(t, first, listener.URL)
			// check opens a directory, and expects what was there in it.
			check := func(what, dir string, was *Server) *Server {
				t.Helper()
				s, want := Serve(t, keptIn(dir)), digests(was)
				if got := digests(s); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%s: it was %v, and is %v", what, want, got)
				}
				for _, c := range clients {
					c := *c
					c.url = s.URL()
					c.good(t, "GET", listenersOf, nil)
				}
				return s
			}
			if err := first.kept(); err != nil { // the calls are on record when they have been answered
				t.Fatal(err)
			}
			killed := crashed(t, dir)
			second := check("killed", killed, first)
			if err := second.Close(context.Background()); err != nil {
				t.Fatal(err)
			}
			third := check("killed, then stopped", killed, second)
			if err := third.kept(); err != nil {
				t.Fatal(err)
			}
			check("killed again", crashed(t, killed), third)
			if err := first.Close(context.Background()); err != nil {
				t.Fatal(err)
			}
			check("stopped", dir, first)
		})
	}
}

// A name that tsim made up is not made up again, even if its sandbox is gone; nor is an epoch of a sandbox that went on elsewhere.
func TestNamesAreNotGivenAgain(t *testing.T) {
	for _, how := range []string{"stopped", "killed"} {
		t.Run(how, func(t *testing.T) {
			dir := t.TempDir()
			s := Serve(t, keptIn(dir))
			first := create(t, s, "", "").Name
			must(controlOf(s, first).DeleteSandbox(t.Context()))
			if how == "killed" {
				dir = crashed(t, dir)
			} else if err := s.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			s = Serve(t, keptIn(dir))
			if second := create(t, s, "", "").Name; second == first {
				t.Errorf("the name %q was given twice", first)
			}
		})
	}
}

// A sandbox whose time to live ends while nobody is there is gone at the next start, before the first call.
func TestTimeToLiveEndsMeanwhile(t *testing.T) {
	dir := t.TempDir()
	s := Serve(t, keptIn(dir))
	create(t, s, "brief", "30ms")
	create(t, s, "long", "1h")
	dir = crashed(t, dir)
	waitFor(t, "the time to live is over", func() bool { _, err := s.registry.Sandbox("brief"); return err != nil })
	var log logged
	o := keptIn(dir)
	o.Log = log.logger()
	s = Serve(t, o)
	if _, err := s.registry.Sandbox("brief"); err == nil {
		t.Error("it is there again")
	}
	if _, err := s.registry.Sandbox("long"); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "end of its time to live") {
		t.Errorf("the log says %s", &log)
	}
}

// An attempt that was in flight counts as unanswered: it comes again after the interval, with the next number. One whose
// acknowledgement was recorded never comes again.
func TestAttemptsInFlightCountAsUnanswered(t *testing.T) {
	type post struct {
		RequestID string
		Count     int `json:"callbackCount"`
	}
	posts, release := make(chan post, 100), make(chan struct{})
	var slow sync.Map // requestIds that get no answer
	listener := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var p post
		text, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(text, &p); err != nil {
			t.Error(err)
		}
		posts <- p
		if _, is := slow.Load(p.RequestID); is {
			<-release
		}
	}))
	defer listener.Close()
	defer close(release)
	dir := t.TempDir()
	s := Serve(t, keptIn(dir))
	c := controlOf(s, "box")
	is := create(t, s, "box", "")
	calls := must(login(s.URL(), is.Credentials[0]))
	calls.listenAt(t, listener.URL)
	eids := must(c.AllDevices(t.Context(), tsimclient.DeviceFilter{}, 100))
	calls.suspend(t, eids[0].EID)
	must(c.Advance(t.Context(), tsimclient.Advance{Until: tsimclient.Idle}))
	acknowledged := len(posts)
	for range acknowledged {
		<-posts
	}
	if acknowledged != 3 {
		t.Fatalf("%d posts", acknowledged)
	}
	calls.act(t, "profile_suspend", "iccid", eids[1].Profiles[1].ICCID) // one callback
	requests := must(c.Requests(t.Context(), tsimclient.RequestFilter{}, tsimclient.Page{})).Requests
	id := requests[1].ID
	slow.Store(id, true)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = c.Advance(t.Context(), tsimclient.Advance{By: "1m"}) // ends with the server
	}()
	first := <-posts
	before := must(c.AllCallbacks(t.Context(), tsimclient.CallbackFilter{Request: id}, 10))[0]
	slow.Delete(id)
	killed := crashed(t, dir)

	again := Serve(t, keptIn(killed))
	c = controlOf(again, "box")
	after := must(c.AllCallbacks(t.Context(), tsimclient.CallbackFilter{Request: id}, 10))[0]
	if after.State != tsimclient.StateRetrying || len(after.Attempts) != 1 || after.Attempts[0].Error == "" || !after.Due.Equal(before.Due.Add(5*time.Minute)) {
		t.Errorf("it was %+v, and is %+v", before, after)
	}
	must(c.Advance(t.Context(), tsimclient.Advance{By: "4m"}))
	if len(posts) != 0 {
		t.Errorf("too early: %+v", <-posts)
	}
	must(c.Advance(t.Context(), tsimclient.Advance{Until: tsimclient.Idle}))
	if second := <-posts; first.Count != 1 || second.Count != 2 || second.RequestID != id {
		t.Errorf("%+v, then %+v", first, second)
	}
	for len(posts) > 0 {
		if p := <-posts; p.RequestID != id {
			t.Errorf("it came again: %+v", p)
		}
	}
	s.stopTime()
	release <- struct{}{}
	<-ended
}

// What is refused or only read waits for no disk; what changes something waits once.
func TestWhoWaitsForTheDisk(t *testing.T) {
	s := Serve(t, Options{})
	is := must(controlOf(s, "").Info(t.Context()))
	waited := 0
	s.durable = sim.Durable{Ready: func() error { return nil }, Kept: func() error { waited++; return nil }}
	front := httptest.NewServer(split(s.controlHandler(&Options{Log: s.log}), thingspace.NewHandler(s.registry, s.log, time.Minute, s.durable)))
	defer front.Close()
	var calls *client
	c := &tsimclient.Client{BaseURL: front.URL}
	eid := must(c.AllDevices(t.Context(), tsimclient.DeviceFilter{}, 100))[0].EID
	for _, one := range []struct {
		what  string
		do    func()
		waits int
	}{
		{"bearer and session", func() { calls = must(login(front.URL, is.Credentials[0])) }, 2},
		{"a listener", func() { calls.listenAt(t, config.Mailbox) }, 1},
		{"an action", func() { calls.suspend(t, eid) }, 1},
		{"reading listeners", func() { calls.good(t, "GET", listenersOf, nil) }, 0},
		{"a call without tokens", func() { _, _, _ = (&client{url: front.URL}).call("POST", listenersOf, nil) }, 0},
		{"a call that is refused", func() { _, _, _ = calls.call("POST", listenersOf, "nonsense") }, 0},
		{"a hold", func() { must(c.HoldAll(t.Context(), tsimclient.HoldFilter{EID: eid})) }, 1},
		{"reading holds", func() { must(c.Holds(t.Context(), tsimclient.Page{})) }, 0},
		{"waiting", func() {
			_, _ = c.Wait(t.Context(), tsimclient.Wait{Timeout: "1ms", For: tsimclient.For{Kind: tsimclient.EventSandboxReset}})
		}, 0},
		{"lifting what is no hold", func() { _, _ = c.LiftHold(t.Context(), 99) }, 0},
		{"a reset", func() { must(c.Reset(t.Context())) }, 1},
	} {
		waited = 0
		if one.do(); waited != one.waits {
			t.Errorf("%s waits %d times, not %d", one.what, waited, one.waits)
		}
	}
}
