package server

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/scenario"
	"tsim/internal/sim"
	"tsim/internal/store"
	"tsim/tsimclient"
)

var recordedSeeds = flag.Int("recorded-seeds", 12, "how many random histories TestRandomHistoriesAreReplayed records and replays")

// TestRandomHistoriesAreReplayed: whatever several clients, listeners and people at the controls do, with misfortunes and any clock, the
// recording leads to the same events, callbacks and replies again. For 1,000 of them:
//
//	go test ./internal/server -run TestRandomHistoriesAreReplayed -recorded-seeds 1000 -timeout 1h
func TestRandomHistoriesAreReplayed(t *testing.T) {
	t.Parallel()
	var all store.Replayed
	for seed := range *recordedSeeds {
		h := history{TB: t, seed: uint64(seed), rand: rand.New(rand.NewPCG(uint64(seed), 1))}
		for _, done := range h.replay(h.record()) {
			all.Inputs += done.Inputs
			all.Events += done.Events
			all.Callbacks += done.Callbacks
			all.Digests += done.Digests
		}
	}
	t.Logf("%d inputs, %d events, %d callbacks and %d digests are the same", all.Inputs, all.Events, all.Callbacks, all.Digests)
	if all.Inputs == 0 || all.Events == 0 || all.Callbacks == 0 {
		t.Error("that is nothing")
	}
}

// history is a random one of a server.
type history struct {
	testing.TB
	seed uint64
	rand *rand.Rand
	cfg  config.Config
}

// pick is one of some.
func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// record makes a history, and says in which files it is.
func (h *history) record() []string {
	h.Helper()
	r := h.rand
	h.cfg = byDefault(h)
	for _, other := range []string{"two-networks", "first-device", "token-expiry-in-a-long-job"} {
		if r.IntN(4) == 0 {
			cfg, err := scenario.Refer(other, time.Time{})
			if err != nil {
				h.Fatal(err)
			}
			h.cfg = cfg
		}
	}
	h.cfg.Seed = h.seed
	h.cfg.Clock = pick(r, config.Manual, config.Auto, config.Real)
	h.cfg.Speed = pick(r, 1, 60, 10_000, 1e6)
	h.cfg.Delivery.Timeout = 20 * time.Millisecond
	h.cfg.Tokens.Wall = r.IntN(4) == 0
	if r.IntN(4) == 0 {
		h.cfg.Limits.CallsPerSecond = 2
	}
	budgets := sim.NewBudgets()
	if r.IntN(3) == 0 { // which other sandboxes take from, too
		budgets.Limit(sim.BudgetCalls, pick(r, 1000, 10_000, 50_000))
		budgets.Limit(sim.BudgetPending, 20)
		budgets.Limit(sim.BudgetSnapshots, pick(r, 50, 500))
		budgets.Limit(sim.BudgetDevices, h.cfg.Size()+20)
	}
	for range r.IntN(3) {
		if err := scenario.With(&h.cfg, []string{pick(r, scenario.Sets()...)}); err != nil {
			continue // it is there already
		}
	}
	listener := httptest.NewServer(h.listener())
	defer listener.Close()
	file := filepath.Join(h.TempDir(), "recording")
	s, err := Start(Options{Addr: "127.0.0.1:0", Config: h.cfg, Log: slog.New(slog.DiscardHandler), Record: file, RecordSize: pick[int64](r, 0, 0, 50_000), Budgets: budgets})
	if err != nil {
		h.Fatal(err)
	}
	var clients sync.WaitGroup
	for range 1 + r.IntN(3) {
		c := historian{history: h, rand: rand.New(rand.NewPCG(h.seed, r.Uint64())), url: s.URL(), listener: listener.URL}
		c.control = tsimclient.Client{BaseURL: s.URL()}
		clients.Go(func() { c.live(h.Context()) })
	}
	clients.Wait()
	if err := s.Close(h.Context()); err != nil {
		h.Error(err)
	}
	files, err := filepath.Glob(file + "*")
	if err != nil || len(files) == 0 {
		h.Fatal("nothing is recorded", err)
	}
	return files
}

// listener acknowledges most callbacks, refuses some, and does not answer others in time.
func (h *history) listener() http.Handler {
	var lock sync.Mutex
	luck := rand.New(rand.NewPCG(h.seed, 2))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		lock.Lock()
		n := luck.IntN(10)
		lock.Unlock()
		switch n {
		case 0:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 1:
			<-r.Context().Done() // until tsim gives up
		}
	})
}

// replay replays files.
func (h *history) replay(files []string) (all []*store.Replayed) {
	h.Helper()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			h.Fatal(err)
		}
		_, done, err := store.Replay(bytes.NewReader(text), store.ReplayOptions{Spell: Spell})
		if err != nil {
			h.Fatalf("seed %d, %s: %v", h.seed, file, err)
		}
		if done.Difference != nil || done.Ended == "" || done.Torn {
			h.Fatalf("seed %d, %s, clock %s: %+v\n%+v", h.seed, filepath.Base(file), h.cfg.Clock, done, done.Difference)
		}
		all = append(all, done)
	}
	return all
}

// historian is a client of ThingSpace that steers tsim, too.
type historian struct {
	*history
	rand          *rand.Rand
	url, listener string
	control       tsimclient.Client
	client        *client
}

func (c *historian) live(ctx context.Context) {
	for range 10 + c.rand.IntN(30) {
		ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond) // slow replies are not waited for
		c.act(ctx)
		cancel()
	}
}

// act does something. Much of it is refused, and that is no error.
func (c *historian) act(ctx context.Context) {
	r := c.rand
	credential := pick(r, c.cfg.Credentials...)
	account := pick(r, c.cfg.Accounts...).Name
	if c.client == nil || r.IntN(15) == 0 {
		password := string(credential.Password)
		if r.IntN(5) == 0 {
			password = "wrong"
		}
		c.client, _ = login(c.url, tsimclient.Credential{
			AppKey: credential.AppKey, AppSecret: string(credential.AppSecret), Username: credential.Username, Password: password,
		})
		return
	}
	call := func(method, path string, body any) { _, _, _ = c.client.within(ctx, method, "/api/m2m/v1/"+path, body) }
	devices, _ := c.control.Devices(ctx, tsimclient.DeviceFilter{}, tsimclient.Page{Limit: 20})
	if len(devices.Devices) == 0 {
		return
	}
	device := pick(r, devices.Devices...)
	callbacks, _ := c.control.Callbacks(ctx, tsimclient.CallbackFilter{}, tsimclient.Page{Limit: 50})
	id := uint64(r.IntN(len(callbacks.Callbacks) + 2))
	switch n := r.IntN(42); {
	case n < 10:
		ids := []any{map[string]string{"kind": "eid", "id": device.EID}}
		action := pick(r, "device_suspend", "device_resume", "profile_suspend", "profile_resume", "activate", "deactivate", "enable", "disable")
		if strings.HasPrefix(action, "profile") || !strings.HasPrefix(action, "device") && len(device.Profiles) > 0 {
			ids = append(ids, map[string]string{"kind": "iccid", "id": pick(r, device.Profiles...).ICCID})
		}
		call("POST", "devices/profile/actions/"+action, map[string]any{
			"accountName": account, "carrierName": "Verizon Wireless", "mdnZipCode": "98801", "servicePlan": "87641", "etfContractId": "x", "reasonCode": "FF",
			"devices": []any{map[string]any{"deviceIds": ids}},
		})
	case n < 14:
		call("POST", "callbacks/"+account, map[string]string{"name": config.ProfileService, "url": c.listener + "/" + fmt.Sprint(n), "username": "me", "password": "listener-password"})
	case n < 15:
		call("DELETE", "callbacks/"+account+"/name/"+config.ProfileService, nil)
	case n < 16:
		call("PUT", "session/password/actions/reset", map[string]string{"oldPassword": string(credential.Password)})
	case n < 17:
		call("POST", "session/logout", nil)
	case n < 21:
		_, _ = c.control.Advance(ctx, tsimclient.Advance{By: pick(r, "1s", "1m", "6m", "1h")})
	case n < 22:
		_, _ = c.control.SetClock(ctx, tsimclient.ClockSettings{Mode: new(tsimclient.ClockMode(pick(r, "real", "manual", "auto"))), Speed: new(pick(r, 1000, 1e6))})
	case n < 23:
		_, _ = c.control.PatchDevice(ctx, device.EID, tsimclient.DevicePatch{Connected: pick(r, new(false), new(true))})
	case n < 24:
		_, _ = c.control.AddMisfortune(ctx, pick(r, scenario.Sets()...))
	case n < 25:
		_, _ = c.control.HoldAll(ctx, tsimclient.HoldFilter{EID: pick(r, "", device.EID)})
	case n < 26:
		_, _ = c.control.ReleaseAll(ctx)
	case n < 27:
		_, _ = c.control.Reset(ctx, pick(r, tsimclient.KeepListeners, tsimclient.KeepTokens))
	case n < 28:
		_, _ = c.control.DeleteRules(ctx, "")
	case n < 30:
		_, _ = c.control.SaveSnapshot(ctx, pick(r, "a", "b", "c"))
	case n < 32:
		_, _ = c.control.Rewind(ctx, pick(r, "a", "b", "c"))
	case n < 33:
		_, _ = c.control.DeleteSnapshot(ctx, pick(r, "a", "b", "c"))
	case n < 34:
		_, _ = c.control.Fork(ctx, pick(r, "", "a"), tsimclient.ForkSpec{TTL: "100ms"})
	case n < 35:
		text, err := c.control.Scenario(ctx)
		if other, e := json.Marshal(text); err == nil && e == nil {
			to := tsimclient.ScenarioSpec{Scenario: other, With: []string{pick(r, scenario.Sets()...)}, Seed: new(r.Uint64N(3))}
			_, _ = c.control.ResetTo(ctx, to, pick(r, tsimclient.KeepListeners, tsimclient.KeepTokens))
		}
	case n < 36:
		call("POST", "callbacks/"+account, map[string]string{"name": config.ProfileService, "url": config.Mailbox, "username": "me", "password": "another-password"})
	case n < 38:
		mail, err := c.control.TakeMail(ctx, account, config.ProfileService, 0)
		if err == nil && r.IntN(2) == 0 {
			_, _ = c.control.AnswerMail(ctx, account, config.ProfileService, mail.Callback, pick(r, 200, 503))
		}
	case n < 39:
		_, _ = c.control.AddRules(ctx, tsimclient.Rule{Name: "early", Callback: &tsimclient.CallbackRule{Early: true}})
	case n < 40:
		bearer := *c.client
		bearer.session = pick(r, "", "none")
		_, _, _ = bearer.within(ctx, "POST", "/api/m2m/v1/session/logout", nil)
		_, _, _ = bearer.within(ctx, "GET", "/api/m2m/v1/callbacks/"+account, nil)
	default:
		_, _ = pick(r, c.control.Fire, c.control.Drop, c.control.Duplicate, c.control.Resend, c.control.Hold, c.control.Release)(ctx, id)
	}
}

// TestRecordingOfARemovedSandbox is refused: it would go on for as long as somebody waits for it.
func TestRecordingOfARemovedSandbox(t *testing.T) {
	t.Parallel()
	s := Serve(t, Options{})
	box, err := s.registry.Sandbox(sim.Default)
	if err == nil {
		err = s.close(t.Context(), box)
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := s.record(ctx, box, "the test", io.Discard); err == nil || ctx.Err() != nil {
		t.Errorf("%v, after %v", err, ctx.Err())
	}
}

// TestRecordingsHaveNoSecrets: whatever proves who somebody is, wherever a scenario or a client puts it, is not in a recording; and it
// is replayed all the same.
func TestRecordingsHaveNoSecrets(t *testing.T) {
	t.Parallel()
	cfg := byDefault(t)
	cfg.Clock = config.Manual
	cfg.Credentials[0].AppSecret, cfg.Credentials[0].Password = "secret-of-the-app", "secret-of-the-user"
	listener := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer listener.Close()
	at := strings.Replace(listener.URL, "http://", "http://me:secret-of-the-url@", 1)
	cfg.Listeners = append(cfg.Listeners, config.Listener{
		Account: defaultAccount, Service: config.ProfileService, URL: at, Username: "me", Password: "secret-of-the-listener",
	})
	secrets := []string{"secret-of-"}
	file := filepath.Join(t.TempDir(), "recording")
	// Small files, so that the second one begins with tokens and listeners.
	s, err := Start(Options{Addr: "127.0.0.1:0", Config: cfg, Log: slog.New(slog.DiscardHandler), Record: file, RecordSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close(t.Context()) }()
	with := tsimclient.Credential{AppKey: cfg.Credentials[0].AppKey, AppSecret: "secret-of-the-app", Username: cfg.Credentials[0].Username, Password: "secret-of-the-user"}
	wrong := with
	wrong.Password = "secret-of-nobody"
	_, err = login(s.URL(), wrong)
	c, err2 := login(s.URL(), with)
	if err == nil || err2 != nil {
		t.Fatal(err, err2)
	}
	secrets = append(secrets, c.bearer, c.session)
	call := func(want int, method, path string, body any) string {
		t.Helper()
		status, text, err := c.call(method, "/api/m2m/v1/"+path, body)
		if err != nil || status != want {
			t.Errorf("%s: %d %s %v, want %d", path, status, text, err, want)
		}
		return text
	}
	act := func() {
		call(200, "POST", "devices/profile/actions/device_suspend", map[string]any{
			"accountName": defaultAccount, "devices": []any{map[string]any{"deviceIds": []any{map[string]string{"kind": "eid", "id": defaultEID}}}},
		})
		if _, err := (&tsimclient.Client{BaseURL: s.URL()}).Advance(t.Context(), tsimclient.Advance{By: "10s"}); err != nil {
			t.Fatal(err)
		}
	}
	act()
	register := func(want int, url, password string) {
		call(want, "POST", "callbacks/"+defaultAccount, map[string]string{"name": config.ProfileService, "url": url, "username": "me", "password": password})
	}
	register(400, at, "secret-of-a-listener-that-is-longer-than-it-may-be")
	register(400, "ftp://me:secret-of-the-refused-url@host/", "x")
	register(200, at, "secret-of-the-registered")
	act()
	var made struct{ NewPassword string }
	if err := json.Unmarshal([]byte(call(200, "PUT", "session/password/actions/reset", map[string]string{"oldPassword": "secret-of-the-user"})), &made); err != nil || made.NewPassword == "" {
		t.Fatal(err, made)
	}
	call(400, "POST", "session/login", map[string]any{"username": 1, "password": []string{"secret-of-a-refused-body"}})
	secrets = append(secrets, made.NewPassword)
	with.Password = made.NewPassword
	if c, err = login(s.URL(), with); err != nil {
		t.Fatal(err)
	}
	secrets = append(secrets, c.session)
	for range 30 { // until the next file begins
		act()
	}
	call(200, "POST", "session/logout", nil)
	other, err := json.Marshal(strings.Replace(anotherScenario, "LISTENER", at, 1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&tsimclient.Client{BaseURL: s.URL()}).ResetTo(t.Context(), tsimclient.ScenarioSpec{Scenario: other}, tsimclient.KeepListeners); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(file + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("there are %d files: %v", len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all := string(text)
		for _, body := range bodiesOfCalls.FindAllSubmatch(text, -1) {
			plain, err := base64.StdEncoding.DecodeString(string(body[1]))
			if err != nil {
				t.Fatal(err)
			}
			all += "\n" + string(plain)
		}
		for _, secret := range secrets {
			if at := strings.Index(all, secret); at >= 0 {
				t.Errorf("%s: %s is in it: …%s…", filepath.Base(name), secret, all[max(at-200, 0):min(at+60, len(all))])
			}
		}
		if !strings.Contains(all, "me:xxxxx@127.0.0.1") || !strings.Contains(all, `"Password":"*****"`) {
			t.Errorf("%s: nothing is masked:\n%.2000s", filepath.Base(name), all)
		}
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
			t.Errorf("%s has the mode %v: %v", name, info.Mode(), err)
		}
	}
	h := history{TB: t, cfg: cfg}
	inputs := 0
	for _, done := range h.replay(files) {
		inputs += done.Inputs
	}
	if inputs < 30 {
		t.Errorf("%d inputs are the same", inputs)
	}
}

// anotherScenario is one with secrets.
const anotherScenario = `
name: another
credentials:
  - {appKey: other-key, appSecret: secret-of-another-app, username: other, password: secret-of-another-user}
accounts:
  - name: "0000123456-00001"
listeners:
  - {account: "0000123456-00001", service: DeviceProfileService, url: "LISTENER", username: me, password: secret-of-another-listener}
`

var bodiesOfCalls = regexp.MustCompile(`"Size":[0-9]+,"Text":"([^"]*)"`)
