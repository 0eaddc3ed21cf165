package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"tsim/tsimclient"
)

// box is a running tsim with a sandbox of it, and the tokens of a client that is logged in.
type box struct {
	*process
	l       *lab
	control *tsimclient.Client
	calls   *side // of ThingSpace, all of which are to be accepted
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

// demo is what such a scenario lets in.
var demo = tsimclient.Credential{AppKey: "bench-key", AppSecret: "bench-secret", Username: "bench", Password: "bench-pass"}

// serve starts tsim with a scenario and logs a client in.
func (l *lab) serve(scenario string, more ...string) *box {
	path := l.file(".yaml")
	check(os.WriteFile(path, []byte(scenario), 0o600))
	p := l.start(l.tsim, append([]string{"serve", "--addr", "127.0.0.1:0", "--scenario", path, "--log-level", quiet}, more...)...)
	p.awaitURL()
	b := l.box(p, "")
	b.login(demo)
	return b
}

// box is a sandbox of a server, before anybody has logged in; "" for the one called default.
func (l *lab) box(p *process, sandbox string) *box {
	return &box{p, l, &tsimclient.Client{BaseURL: p.url, Sandbox: sandbox}, l.side(p, jsonHeader(), accepted)}
}

func jsonHeader() http.Header { return http.Header{"Content-Type": {"application/json"}} }

func (b *box) login(c tsimclient.Credential) {
	var bearer struct {
		Token string `json:"access_token"`
	}
	check(json.Unmarshal(b.l.firstAnswer(b.url, c.AppKey, c.AppSecret), &bearer))
	b.calls.header.Set("Authorization", "Bearer "+bearer.Token)
	var session struct {
		Token string `json:"sessionToken"`
	}
	user := must(json.Marshal(map[string]string{"username": c.Username, "password": c.Password}))
	req := must(http.NewRequestWithContext(b.l.ctx, http.MethodPost, b.url+"/api/m2m/v1/session/login", bytes.NewReader(user)))
	req.Header = b.calls.header
	check(json.Unmarshal(answer(req), &session))
	b.calls.header.Set("VZ-M2M-Token", session.Token)
}

// firstAnswer asks for a bearer token, the first thing that a client does.
func (l *lab) firstAnswer(base, key, secret string) []byte {
	form := strings.NewReader(url.Values{"grant_type": {"client_credentials"}}.Encode())
	req := must(http.NewRequestWithContext(l.ctx, http.MethodPost, base+"/api/ts/v1/oauth2/token", form))
	req.SetBasicAuth(key, secret)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return answer(req)
}

// answer is the body of a success.
func answer(req *http.Request) []byte {
	resp := must(http.DefaultClient.Do(req))
	defer func() { _ = resp.Body.Close() }()
	text := must(io.ReadAll(resp.Body))
	if resp.StatusCode/100 != 2 {
		check(fmt.Errorf("%s %s: status %d: %s", req.Method, req.URL.Path, resp.StatusCode, text))
	}
	return text
}

// call makes a call of an action, and says when it began.
func (b *box) call(op string, body []byte) time.Time {
	began := time.Now()
	check(b.calls.call(b.l.ctx, actions+op, body))
	return began
}

// reset puts the sandbox back to its start; the client stays logged in.
func (b *box) reset() {
	must(b.control.Reset(b.l.ctx, tsimclient.KeepTokens, tsimclient.KeepListeners))
	b.calls.seen.Clear() // a reset begins the requestIds anew
}

func (b *box) clock() tsimclient.Clock { return must(b.control.Clock(b.l.ctx)) }

func (b *box) setClock(mode tsimclient.ClockMode) {
	must(b.control.SetClock(b.l.ctx, tsimclient.ClockSettings{Mode: &mode}))
}

func (b *box) counts() tsimclient.Counts { return must(b.control.Info(b.l.ctx)).Counts }

// settle waits until everything that was due is done; it asks only for the clock, which is cheap.
func (b *box) settle() {
	b.l.until("nothing is due", func() bool { return b.clock().NextDue.IsZero() })
}

// nothingPending checks that no request or callback has anything to come: so nothing will be sent twice.
func (b *box) nothingPending() {
	b.l.until("nothing is pending", func() bool {
		c := b.counts()
		return c.Requests == 0 && c.Callbacks == 0
	})
}

// allSucceeded goes back through the journal to the latest operations: none of that page was refused.
// After a large call, many thousand events of its callbacks are later than they.
func (b *box) allSucceeded() {
	const page = tsimclient.MaxLimit
	events := func(after uint64, limit int) []tsimclient.Event {
		return must(b.control.Events(b.l.ctx, tsimclient.EventFilter{}, tsimclient.Page{After: strconv.FormatUint(after, 10), Limit: limit})).Events
	}
	first := events(0, 1)[0].Seq - 1
	for end := first + uint64(b.counts().Events); end > first; end -= min(end-first, page) {
		succeeded := 0
		for _, e := range events(max(end, first+page)-page, page) {
			switch e.Kind {
			case "operation.succeeded":
				succeeded++
			case "operation.refused":
				check(errors.New("an operation was refused: " + e.Detail))
			}
		}
		if succeeded > 0 {
			return
		}
	}
	check(errors.New("no operation is in the journal"))
}
