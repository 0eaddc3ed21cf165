package server

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

const (
	suspendPath = "/api/m2m/v1/devices/profile/actions/profile_suspend"
	resumePath  = "/api/m2m/v1/devices/profile/actions/profile_resume"
	oneProfile  = `{"accountName":"` + defaultAccount + `","devices":[{"deviceIds":[{"kind":"iccid","id":"89445000000000000019"}]}]}`
)

// ruled is a server whose default sandbox has rules, with a client that has logged in and a listener that may be given.
// Time stands still there, and operations take none.
type ruled struct {
	*Server
	t   *testing.T
	box *sim.Sim
	*client
	log *lockedBuffer
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(text)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func serveRules(t *testing.T, p limits, listener string, change func(*config.Config), rules ...rule.Rule) *ruled {
	t.Helper()
	cfg := byDefault(t)
	cfg.Clock, cfg.Latency, cfg.Rules = config.Manual, [euicc.NumOps]config.Latency{}, rules
	if listener != "" {
		cfg.Listeners = []config.Listener{{Account: defaultAccount, Service: config.ProfileService, URL: listener}}
	}
	if change != nil {
		change(&cfg)
	}
	log := &lockedBuffer{}
	s := Serve(t, Options{Config: cfg, limits: &p, Log: slog.New(slog.NewTextHandler(log, nil))})
	box, err := s.registry.Sandbox(sim.Default)
	if err != nil {
		t.Fatal(err)
	}
	cred := cfg.Credentials[0]
	c, err := login(s.URL(), tsimclient.Credential{AppKey: cred.AppKey, AppSecret: string(cred.AppSecret), Username: cred.Username, Password: string(cred.Password)})
	if err != nil {
		t.Fatal(err)
	}
	return &ruled{s, t, box, c, log}
}

// send writes a call to a connection of its own.
func (r *ruled) send(body string) net.Conn {
	r.t.Helper()
	c := dialServer(r.t, r.Server)
	_, err := fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\nVZ-M2M-Token: %s\r\nContent-Length: %d\r\n\r\n%s",
		suspendPath, r.bearer, r.session, len(body), body)
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

// read is what comes over a connection until that ends: the head without the date, and the body.
func read(t *testing.T, c net.Conn) (head, body string) {
	t.Helper()
	all, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ = strings.Cut(string(all), "\r\n\r\n")
	lines := slices.DeleteFunc(strings.Split(head, "\r\n"), func(line string) bool { return strings.HasPrefix(line, "Date: ") })
	return strings.Join(lines, "\n"), body
}

// struck waits until the first rule has struck.
func (r *ruled) struck() {
	r.t.Helper()
	applied := sim.RuleApplied
	if _, err := r.box.Await(r.t.Context(), sim.Condition{Event: &sim.EventFilter{Kind: &applied}}); err != nil {
		r.t.Fatal(err)
	}
}

// lastCall waits until the latest call is on record that a rule interfered with, and is that.
func (r *ruled) lastCall() sim.Call {
	r.t.Helper()
	for after := (sim.CallsAfter{Epoch: r.box.Clock().Epoch}); ; {
		for _, c := range r.box.Calls(after.Number, 100) {
			if after.Number = c.Number; c.Rule != "" {
				return c
			}
		}
		if _, err := r.box.Await(r.t.Context(), sim.Condition{Calls: &after}); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *ruled) idle() sim.Advanced {
	r.t.Helper()
	report, err := r.box.Advance(r.t.Context(), sim.Goal{Idle: true})
	if err != nil {
		r.t.Fatal(err)
	}
	return report
}

func replyRule(p rule.Reply) rule.Rule {
	return rule.Rule{Name: "it", When: rule.When{Operations: []string{"profile_suspend"}, Times: 1}, Reply: &p}
}

func callbackRule(w rule.When, c rule.Callback) rule.Rule {
	return rule.Rule{Name: "it", When: w, Callback: &c}
}

// request is a call of the client.
func (r *ruled) request(path, body string) *http.Request {
	q, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Authorization", "Bearer "+r.bearer)
	q.Header.Set("VZ-M2M-Token", r.session)
	return q
}

// replied lets time pass until nothing of a request is still to come; its reply may just be on its way.
func (r *ruled) replied(request string) {
	done, over := context.WithCancel(r.t.Context())
	go func() {
		defer over()
		if _, err := r.box.Await(r.t.Context(), sim.Condition{Request: request}); err != nil {
			r.t.Error(err)
		}
	}()
	for done.Err() == nil {
		_, _ = r.box.Advance(done, sim.Goal{Idle: true})
	}
}
