package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// box is a running tsim with its one sandbox, and the tokens of a client that is logged in.
type box struct {
	*process
	l      *lab
	header http.Header // of a call
}

// account is one account of a scenario: a fleet, and a listener unless its URL is empty.
type account struct {
	devices  int
	profiles string
	listener string
}

// What the devices of a fleet are like.
const (
	globalInUse = `[{network: us, service: active, status: DISABLE}, {network: global, service: active, status: ENABLE}]`
	suspended   = `[{network: us, service: active, status: ENABLE, suspended: device}, ` +
		`{network: global, service: active, status: DISABLE, suspended: device}]`
)

func accountName(i int) string { return fmt.Sprintf("%010d-00001", i+1) }

// scenario writes a scenario in YAML.
func scenario(clock, latency string, accounts ...account) string {
	var fleets, listeners strings.Builder
	for i, a := range accounts {
		fmt.Fprintf(&fleets, "  - {name: %q, fleets: [{count: %d, profiles: %s}]}\n", accountName(i), a.devices, a.profiles)
		if a.listener != "" {
			fmt.Fprintf(&listeners, "  - {account: %q, service: DeviceProfileService, url: %q}\n", accountName(i), a.listener)
		}
	}
	text := "name: bench\nclock: " + clock + "\nstart: 2030-01-01T00:00:00Z\nlatency: " + latency + "\n" +
		"delivery: {timeout: 10m}\n" + // nobody's patience is measured here
		"credentials: [{appKey: bench-key, appSecret: bench-secret, username: bench, password: bench-pass}]\n" +
		"accounts:\n" + fleets.String()
	if listeners.Len() > 0 {
		text += "listeners:\n" + listeners.String()
	}
	return text
}

// quiet is how tsim logs when its throughput is measured: a log costs what its writer costs.
const quiet = "error"

// serve starts tsim with a scenario and logs a client in.
func (l *lab) serve(scenario, logLevel string, more ...string) (*box, error) {
	path := l.file(".yaml")
	if err := os.WriteFile(path, []byte(scenario), 0o600); err != nil {
		return nil, err
	}
	p, err := l.start(l.tsim, append([]string{"serve", "--addr", "127.0.0.1:0", "--scenario", path, "--log-level", logLevel}, more...)...)
	if err != nil {
		return nil, err
	}
	if err := p.awaitURL(); err != nil {
		return nil, err
	}
	b := &box{process: p, l: l, header: jsonHeader()}
	return b, b.login()
}

func jsonHeader() http.Header { return http.Header{"Content-Type": {"application/json"}} }

func (b *box) login() error { return b.loginAs("bench-key", "bench-secret", "bench", "bench-pass") }

func (b *box) loginAs(appKey, appSecret, username, password string) error {
	var bearer struct {
		Token string `json:"access_token"`
	}
	text, err := firstAnswer(b.l, b.url, appKey, appSecret)
	if err == nil {
		err = json.Unmarshal(text, &bearer)
	}
	if err != nil {
		return fmt.Errorf("bearer token: %w", err)
	}
	b.header.Set("Authorization", "Bearer "+bearer.Token)
	var session struct {
		Token string `json:"sessionToken"`
	}
	user := map[string]string{"username": username, "password": password}
	if err := b.ask(http.MethodPost, "/api/m2m/v1/session/login", user, &session); err != nil {
		return err
	}
	b.header.Set("VZ-M2M-Token", session.Token)
	return nil
}

// firstAnswer asks for a bearer token, the first thing that a client does.
func firstAnswer(l *lab, base, key, secret string) ([]byte, error) {
	form := strings.NewReader(url.Values{"grant_type": {"client_credentials"}}.Encode())
	req, err := http.NewRequestWithContext(l.ctx, http.MethodPost, base+"/api/ts/v1/oauth2/token", form)
	if err != nil {
		return nil, err
	}
	req.SetBasicAuth(key, secret)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return answer(req)
}

// answer is the body of a success.
func answer(req *http.Request) ([]byte, error) {
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: status %d: %s", req.Method, req.URL.Path, resp.StatusCode, text)
	}
	return text, err
}

// ask is one call of any surface of tsim.
func (b *box) ask(method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(b.l.ctx, method, b.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if in == nil {
		req.Body, req.ContentLength = nil, 0
	}
	req.Header = b.header
	text, err := answer(req)
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(text, out)
}

const sandbox = "/tsim/v1/sandboxes/default"

// The parts of the control surface that are needed here.
type (
	clockNow struct {
		Now     time.Time `json:"now"`
		NextDue time.Time `json:"nextDue"`
	}
	counts struct {
		Counts struct {
			Requests, Callbacks, Events int
		} `json:"counts"`
	}
	advanced struct {
		Ran  int  `json:"ran"`
		Idle bool `json:"idle"`
	}
)

func (b *box) clock() (c clockNow, err error) {
	err = b.ask(http.MethodGet, sandbox+"/clock", nil, &c)
	return c, err
}

// reset puts the sandbox back to its start; the client stays logged in.
func (b *box) reset() error {
	return b.ask(http.MethodPost, sandbox+"/reset", map[string][]string{"keep": {"tokens", "listeners"}}, nil)
}

func (b *box) setClock(mode string) error {
	return b.ask(http.MethodPut, sandbox+"/clock", map[string]string{"mode": mode}, nil)
}

func (b *box) advance(by string) (a advanced, err error) {
	err = b.ask(http.MethodPost, sandbox+"/clock/advance", map[string]string{"by": by}, &a)
	return a, err
}

func (b *box) counts() (c counts, err error) {
	err = b.ask(http.MethodGet, sandbox, nil, &c)
	return c, err
}

// settle waits until everything that was due is done; it asks only for the clock, which is cheap.
func (b *box) settle() error {
	return b.l.until("nothing is due", func() (bool, error) {
		c, err := b.clock()
		return c.NextDue.IsZero(), err
	})
}

// nothingPending checks that no request or callback has anything to come: so nothing will be sent twice.
func (b *box) nothingPending() error {
	return b.l.until("nothing is pending", func() (bool, error) {
		c, err := b.counts()
		return c.Counts.Requests == 0 && c.Counts.Callbacks == 0, err
	})
}
