package control

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/scheduler"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

const (
	account  = "0000123456-00001"
	eid1     = "89001012012341234012345678901224"
	eid2     = "89001012012341234012345678901321"
	lead1    = "89148000000000000019"
	global1  = "89445000000000000019"
	lead2    = "89148000000000000027"
	unknown  = "89001012012341234012345678909999"
	hook     = "http://127.0.0.1:9001/callbacks?a=1&b=2"
	base     = "/tsim/v1/sandboxes/default"
	request1 = "5a4fe7f3-3658-473f-91ea-6a65c96f2c4f" // what seed 7 makes of the first request
)

func start() sim.Instant { return scheduler.At(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)) }

// config is a sandbox with two devices, one of which has two active profiles.
func newConfig() config.Config {
	cfg := config.Defaults()
	cfg.Name, cfg.Scenario, cfg.About = sim.Default, "two-devices", "two devices"
	cfg.Seed, cfg.Clock = 7, config.Manual
	for op := range cfg.Latency {
		cfg.Latency[op] = config.Fixed(30 * time.Second)
	}
	cfg.Credentials = []config.Credential{{AppKey: "key", AppSecret: "secret", Username: "user", Password: "pass"}}
	cfg.Accounts = []config.Account{{
		Name:  account,
		Plans: []config.Plan{{Name: "US Plan", Network: euicc.US}, {Name: "Global Plan", Network: euicc.Global}},
		Cards: []euicc.Card{{
			EID: eid1, IMEI: "490154203237518", Fallback: lead1, Powered: true, Connected: true,
			Profiles: []euicc.Profile{
				{ICCID: lead1, MDN: "5415550100", Plan: "US Plan", Network: euicc.US, Role: euicc.Lead, Service: euicc.Active, Status: euicc.StatusEnable},
				{ICCID: global1, MDN: "5415550101", Plan: "Global Plan", Network: euicc.Global, Role: euicc.Local, Service: euicc.Active, Status: euicc.StatusDisable, Suspended: euicc.ByProfile},
			},
		}, {
			EID: eid2, Powered: true, Connected: true,
			Profiles: []euicc.Profile{{ICCID: lead2, Network: euicc.US, Role: euicc.Lead, Status: euicc.StatusDownloadDisable}},
		}},
	}}
	cfg.Listeners = []config.Listener{{Account: account, Service: config.ProfileService, URL: hook}}
	return cfg
}

// fixture is a server with one sandbox, whose listeners answer what answers says, one after the
// other, and 200 after that.
type fixture struct {
	t        testing.TB
	handler  http.Handler
	box      *sim.Sim
	registry *sim.Registry
	budgets  *sim.Budgets
	answers  []sim.Answer
	send     func(sim.AttemptID) // instead of an answer at once
	token    string              // that the handler asks for
	hosts    []string            // by which it may be called
	logged   bytes.Buffer
	level    slog.Level // the least that is logged
	patience time.Duration
	beat     time.Duration // of streams
	// What there is of recordings; without a text, another one is refused.
	recording  string
	recordings []Recording
}

func newFixture(t testing.TB, answers ...sim.Answer) *fixture {
	t.Helper()
	f := &fixture{t: t, answers: answers, budgets: sim.NewBudgets()}
	f.send = func(a sim.AttemptID) {
		answer := sim.Answer{Result: sim.Replied, Status: 200, Took: 1500 * time.Microsecond}
		if len(f.answers) > 0 {
			answer, f.answers = f.answers[0], f.answers[1:]
		}
		f.box.Answered(a, answer)
	}
	var err error
	f.box, err = sim.New(newConfig(), sim.Env{Send: func(_ string, id sim.AttemptID) { f.send(id) }, Budgets: f.budgets})
	if err != nil {
		t.Fatal(err)
	}
	f.serve(func(box *sim.Sim, facts *sim.Facts, attempt, max int, _ *rule.Callback) []byte {
		return fmt.Appendf(nil, `{"sandbox":%q, "callback":%d, "attempt":%d, "of":%d}`, box.Name(), facts.ID, attempt, max)
	})
	return f
}

// serve makes the handler, with its way to encode a callback.
func (f *fixture) serve(encode func(*sim.Sim, *sim.Facts, int, int, *rule.Callback) []byte) {
	f.t.Helper()
	f.registry = sim.NewRegistry()
	registry := f.registry
	if err := registry.Add(f.box); err != nil {
		f.t.Fatal(err)
	}
	f.handler = New(Options{
		Registry: registry, Token: f.token, Hosts: f.hosts, Version: "1.2.3", Patience: f.patience, beat: f.beat, Log: slog.New(slog.NewTextHandler(&f.logged, &slog.HandlerOptions{Level: f.level})), Encode: encode,
		Open: func(cfg config.Config, _ time.Duration) (*sim.Sim, error) {
			box, err := sim.New(cfg, sim.Env{Budgets: f.budgets})
			if err == nil {
				err = registry.Add(box)
			}
			return box, err
		},
		Fork: func(st sim.State, cfg config.Config, _ time.Duration) (*sim.Sim, error) {
			box, err := sim.Import(st.Fork(cfg.Name, cfg.Credentials, max(st.Epoch, registry.Epochs(cfg.Name))+1), sim.Env{Budgets: f.budgets})
			if err == nil {
				err = registry.Add(box)
			}
			return box, err
		},
		FaultString: func(_ *sim.Sim, fault euicc.Fault, _ *rule.Fault) string { return "Fault: " + fault.String() },
		Budgets:     f.budgets.Use,
		OpenAPI:     func() []byte { return []byte("{}") },
		Record: func(_ context.Context, box *sim.Sim, who string, to io.Writer) error {
			if f.recording == "" {
				return sim.Errorf(sim.Conflict, "no more of them")
			}
			_, err := io.WriteString(to, f.recording)
			return err
		},
		Recordings: func(*sim.Sim) []Recording { return f.recordings },
		Operations: []string{"login", "profile_suspend"},
		Close: func(_ context.Context, box *sim.Sim) error {
			registry.Remove(box)
			box.Close()
			return nil
		},
	})
}

// submit asks for an operation and says that the reply is written.
func (f *fixture) submit(op euicc.Op, ids euicc.IDs) (request string) {
	f.t.Helper()
	r, err := f.box.Submit(sim.Request{Account: account, Op: op, Devices: sim.ListOf(ids)})
	if err != nil {
		f.t.Fatal(err)
	}
	f.box.Replied(r)
	return r.ID
}

// newRequest is one as a program on the same machine makes it.
func newRequest(ctx context.Context, method, target, body string) *http.Request {
	r := httptest.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	r.Host = "127.0.0.1:8080"
	return r
}

// ask sends one request to the handler.
func (f *fixture) ask(method, target, body string) *httptest.ResponseRecorder {
	f.t.Helper()
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, newRequest(f.t.Context(), method, target, body))
	if got := w.Header().Get("Content-Type"); got != "application/json" && !strings.HasSuffix(target, "format=text") && got != "application/yaml" {
		f.t.Errorf("%s %s: Content-Type %q", method, target, got)
	}
	return w
}

// want sends one request to the handler and compares the answer, to the byte.
func (f *fixture) want(method, target, body string, status int, reply string) {
	f.t.Helper()
	w := f.ask(method, target, body)
	got, err := io.ReadAll(w.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	if w.Code != status || string(got) != reply+"\n" {
		f.t.Errorf("%s %s %s\ngot  %d %swant %d %s", method, target, body, w.Code, got, status, reply)
	}
}

func (f *fixture) server() (*httptest.Server, *tsimclient.Client) {
	srv := httptest.NewServer(f.handler)
	f.t.Cleanup(srv.Close)
	return srv, &tsimclient.Client{BaseURL: srv.URL, HTTPClient: srv.Client()}
}
