package tsimbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

// Tests share a server, and see nothing of each other.
func TestConnect(t *testing.T) {
	shared := start(t)
	for n := range 8 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			w := connect(t, shared, tsimbox.Seed(uint64(n)))
			heard := w.listen()
			request := w.do("profile_suspend", tsimbox.IDs{ICCID: global})
			w.settle()
			w.want(heard, request, "SUCCESS")
			if w.box.Name == "default" || w.box.Seed != uint64(n) || len(heard.Heard("")) != 1 {
				t.Errorf("sandbox %s of seed %d heard %d callbacks", w.box.Name, w.box.Seed, len(heard.Heard("")))
			}
		})
	}
}

// Close removes the sandbox and leaves the server.
func TestCloseOfAConnection(t *testing.T) {
	shared := start(t)
	w := connect(t, shared)
	for range 2 {
		if err := w.box.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	var told *tsimclient.Error
	gone := tsimclient.Client{BaseURL: shared.box.URL, Sandbox: w.box.Name, HTTPClient: shared.box.Control.HTTPClient}
	if _, err := gone.Info(t.Context()); !errors.As(err, &told) || told.Status != 404 {
		t.Errorf("the sandbox is there: %v", err)
	}
	shared.settle()
}

func TestScenarioFromTextAndAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(file, []byte(small), 0o600); err != nil {
		t.Fatal(err)
	}
	shared := start(t, tsimbox.Scenario("two-networks"))
	for _, w := range []*world{
		start(t, tsimbox.Scenario(small)), start(t, tsimbox.Scenario(file)),
		connect(t, shared, tsimbox.Scenario(small)), connect(t, shared, tsimbox.Scenario(file)),
	} {
		if w.box.Account != "A-1" {
			t.Errorf("the account is %q", w.box.Account)
		}
	}
}

// A name means the built-in scenario, and a file of that name is ./name, whoever looks it up.
func TestScenarioBeforeFile(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("default", []byte(small), 0o600); err != nil {
		t.Fatal(err)
	}
	shared := start(t, tsimbox.Scenario("two-networks"))
	for ref, want := range map[string]string{"default": "0000123456-00001", "./default": "A-1"} {
		started, connected := start(t, tsimbox.Scenario(ref)), connect(t, shared, tsimbox.Scenario(ref))
		if started.box.Account != want || connected.box.Account != want {
			t.Errorf("%s: Start has the account %s, Connect %s, want %s", ref, started.box.Account, connected.box.Account, want)
		}
	}
}

// The delivery timeout is what the option says, with Connect too, whatever the scenario is and has.
func TestDeliveryTimeout(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(file, []byte(small+"delivery: {attempts: 2, timeout: 1h}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	shared := start(t)
	short := tsimbox.DeliveryTimeout(soon)
	for what, w := range map[string]*world{
		"started from a file":   start(t, tsimbox.Scenario(file), short),
		"connected":             connect(t, shared, short),
		"connected from a file": connect(t, shared, tsimbox.Scenario(file), short),
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := world{t, w.box}
			heard := w.listen(tsimbox.Hang, 200)
			request := w.do("profile_suspend", tsimbox.IDs{ICCID: global})
			w.settle()
			w.want(heard, request, "SUCCESS", "SUCCESS")
		})
	}
}

// TSIM_SEED beats the option, which beats the scenario.
func TestSeed(t *testing.T) {
	if got := start(t, tsimbox.Seed(7)).box.Seed; got != 7 {
		t.Errorf("the seed is %d, not that of the option", got)
	}
	t.Setenv("TSIM_SEED", "9")
	if got := start(t, tsimbox.Seed(7)).box.Seed; got != 9 {
		t.Errorf("the seed is %d, not that of the variable", got)
	}
}

// What keeps a sandbox from starting is told, and what Connect asks for is a sandbox that ends some day.
func TestStartInVain(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	var asked []string
	full := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, r.Method+" "+r.URL.Path+" "+string(body))
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write([]byte(`{"error":"full"}`))
	}))
	defer full.Close()
	connect := func(ctx context.Context, o ...tsimbox.Option) (*tsimbox.Sandbox, error) {
		return tsimbox.Connect(ctx, full.URL, o...)
	}
	broken := "name: broken\nlatancy: fast\n"
	for _, c := range []struct {
		start   func(context.Context, ...tsimbox.Option) (*tsimbox.Sandbox, error)
		ctx     context.Context
		options []tsimbox.Option
		says    string
	}{
		{tsimbox.Start, over, nil, "context canceled"},
		{tsimbox.Start, t.Context(), []tsimbox.Option{tsimbox.Scenario(broken)}, `scenario:2:1: unknown key "latancy"; did you mean "latency"?`},
		{tsimbox.Start, t.Context(), []tsimbox.Option{tsimbox.Scenario("no such file")}, `no scenario "no such file"`},
		{tsimbox.Start, t.Context(), []tsimbox.Option{tsimbox.Clock("maunal")}, `unknown mode "maunal" of the clock; it is one of real, manual, auto`},
		{tsimbox.Start, t.Context(), []tsimbox.Option{tsimbox.DeliveryTimeout(-time.Second)}, "a delivery timeout of -1s is negative"},
		{tsimbox.Start, t.Context(), []tsimbox.Option{tsimbox.ControlURL("http://here")}, `ControlURL("http://here") is for Connect: `},
		{connect, over, nil, "context canceled"},
		{connect, t.Context(), nil, "full"},
		{connect, t.Context(), []tsimbox.Option{tsimbox.Seed(0)}, "full"},
	} {
		box, err := c.start(c.ctx, c.options...)
		if box != nil || err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v, want %q", err, c.says)
		}
	}
	const body = `POST /tsim/v1/sandboxes {"scenario":"default",%s"clock":"manual","ttl":"1h"}`
	if got, want := strings.Join(asked, "\n"), fmt.Sprintf(body, "")+"\n"+fmt.Sprintf(body, `"seed":0,`); got != want {
		t.Errorf("it asked\n%s\nwant\n%s", got, want)
	}
	t.Setenv("TSIM_SEED", "many")
	if _, err := tsimbox.Start(t.Context()); err == nil || err.Error() != `TSIM_SEED is "many", not a whole number from 0` {
		t.Errorf("%v", err)
	}
}

// What is no tsim has no credentials.
func TestConnectToSomethingElse(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }))
	defer other.Close()
	if _, err := tsimbox.Connect(t.Context(), other.URL); err == nil || !strings.Contains(err.Error(), "is it tsim that listens at "+other.URL+"?") {
		t.Errorf("%v", err)
	}
}
