// Package tsimbox is a sandbox of tsim for a test, whatever runs the test: a ThingSpace on a free port or on a server
// that runs already, whose time and devices belong to the test, and listeners that hear its callbacks. For Go's own
// tests there is tsim/tsimtest, which is the same with a testing.TB.
//
//	box, err := tsimbox.Start(ctx)
//	heard, err := box.Listen(ctx)
//	request, err := box.Do(ctx, tsimclient.OpProfileSuspend, tsimbox.IDs{ICCID: "89445000000000000019"})
//	_, err = box.Settle(ctx)
//	_, err = heard.Want(ctx, request, "SUCCESS")
//	err = box.Close(ctx)
//
// Errors that are more than a text are of these types, or they wrap one that is:
//   - *RefusedError: ThingSpace has refused a call;
//   - *RequestError: a request has not come to what was wanted; it tells the story of the request;
//   - *tsimclient.Error: the control surface has refused something, or cannot be reached.
package tsimbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"

	"tsim/internal/server"
	"tsim/tsimclient"
)

// Sandbox is a ThingSpace that belongs to one test. Several goroutines may use it at once. Its methods end early when
// their context does.
type Sandbox struct {
	URL                   string // where the client under test finds ThingSpace
	Name                  string
	Account               string             // the first one of the scenario; "" if it has none
	Seed                  uint64             // what TSIM_SEED has to be to run the same again
	tsimclient.Credential                    // with which the client under test logs in
	Control               *tsimclient.Client // for all that there is no method for here

	scenario string               // as the options have it
	clock    tsimclient.ClockMode // likewise; "" for that of the scenario
	ttl      string               // of its forks
	http     *http.Client
	end      func(context.Context) error // ends what Start or Connect has begun

	login  sync.Mutex // held by who logs in
	tokens tokens

	mu        sync.Mutex
	listeners []*Listener
	closed    bool
}

// Start starts a tsim on a free port of the loopback, with one sandbox. Close ends it.
func Start(ctx context.Context, o ...Option) (*Sandbox, error) {
	chosen, err := choose(o)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	if chosen.control != "" {
		return nil, fmt.Errorf("ControlURL(%q) is for Connect: what Start starts has its control surface where the simulated calls are", chosen.control)
	}
	cfg, err := chosen.config()
	if err != nil {
		return nil, err
	}
	s, err := server.Start(server.Options{Addr: "127.0.0.1:0", Config: cfg, Version: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	box := newSandbox(s.URL(), &chosen)
	box.end = s.Close
	info, err := box.Control.Info(ctx)
	return box.adopt(ctx, info, err)
}

// Connect makes a sandbox on a tsim that runs already; Close removes it, and the server itself does after an hour of the
// wall clock. Others may do the same at the same time. The token of its control surface, if it asks for one, is the
// variable TSIM_CONTROL_TOKEN.
func Connect(ctx context.Context, url string, o ...Option) (*Sandbox, error) {
	chosen, err := choose(o)
	if err != nil {
		return nil, err
	}
	spec, err := chosen.spec()
	if err != nil {
		return nil, err
	}
	box := newSandbox(url, &chosen)
	box.Control.BaseURL, box.Control.Token = cmp.Or(chosen.control, url), os.Getenv(tokenVariable)
	info, err := box.Control.CreateSandbox(ctx, spec)
	if err == nil {
		box.Control.Sandbox = info.Name
		box.end, box.ttl = box.remove, timeToLive
	}
	return box.adopt(ctx, info, err)
}

// Join uses a sandbox that is there already, by a client of its control: that of a server at a URL. Close leaves it there.
func Join(ctx context.Context, url string, control *tsimclient.Client) (*Sandbox, error) {
	box := &Sandbox{URL: url, Control: control, ttl: timeToLive, http: cmp.Or(control.HTTPClient, http.DefaultClient), end: func(context.Context) error { return nil }}
	info, err := control.Info(ctx)
	box.scenario = info.Scenario
	return box.adopt(ctx, info, err)
}

func newSandbox(url string, o *options) *Sandbox {
	client := &http.Client{Transport: &http.Transport{}} // its own, because no proxy is asked
	return &Sandbox{
		URL: url, Control: &tsimclient.Client{BaseURL: url, HTTPClient: client}, scenario: o.scenario, clock: o.clock, http: client,
		end: func(context.Context) error { return nil },
	}
}

// adopt takes over what the server says of the sandbox.
func (s *Sandbox) adopt(ctx context.Context, info tsimclient.Sandbox, err error) (*Sandbox, error) {
	if err == nil && len(info.Credentials) == 0 {
		err = fmt.Errorf("the sandbox %q has no credentials; is it tsim that listens at %s?", info.Name, s.Control.BaseURL)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	s.Name, s.Seed, s.Credential, s.Account = info.Name, info.Seed, info.Credentials[0], firstAccount(&info)
	return s, nil
}

func firstAccount(info *tsimclient.Sandbox) string {
	if len(info.Accounts) == 0 {
		return ""
	}
	return info.Accounts[0]
}

// Close ends the sandbox and its listeners: the tsim that Start has started, or the sandbox that Connect has made. What
// is pending is dropped; attempts in flight are waited for, until ctx ends. Its error also tells what
// went wrong with listeners: a callback that could not be read, a function that panicked. To close it once more does nothing.
func (s *Sandbox) Close(ctx context.Context) error {
	s.mu.Lock()
	listeners, closed := s.listeners, s.closed
	s.listeners, s.closed = nil, true
	s.mu.Unlock()
	if closed {
		return nil
	}
	var err error
	for _, l := range listeners { // first, because one that hangs would be waited for
		err = errors.Join(err, l.Close(), l.failure())
	}
	err = errors.Join(err, s.end(ctx))
	s.http.CloseIdleConnections()
	return err
}
