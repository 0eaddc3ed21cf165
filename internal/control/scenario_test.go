package control

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/scenario"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

const presentHead = "# The sandbox default as it was at 2030-01-01T00:00:00Z. It started from the scenario two-devices.\n"

// TestScenario: what a sandbox is now, in words that a person can go on from.
func TestScenario(t *testing.T) {
	f := newFixture(t)
	w := f.ask("GET", base+"/scenario", "")
	const want = presentHead + `
name: default
about: two devices
seed: 7
clock: manual

latency:
  activate: 30s
`
	const end = `
credentials:
  - {appKey: key, appSecret: secret, username: user, password: pass}

accounts:
  - name: "0000123456-00001"
    plans:
      - {name: US Plan, network: us}
      - {name: Global Plan, network: global}
    devices:
      - eid: "89001012012341234012345678901224"
        imei: "490154203237518"
        fallback: "89148000000000000019"
        profiles:
          - {iccid: "89148000000000000019", network: us, service: active, status: ENABLE, mdn: "5415550100"}
          - {iccid: "89445000000000000019", network: global, service: active, status: DISABLE, mdn: "5415550101", suspended: profile}
      - eid: "89001012012341234012345678901321"
        profiles:
          - {iccid: "89148000000000000027", network: us, service: pre_active, status: DOWNLOAD_DISABLE}

listeners:
  - {account: "0000123456-00001", service: DeviceProfileService, url: "` + hook + `"}
`
	if got := w.Body.String(); w.Code != 200 || w.Header().Get("Content-Type") != "application/yaml" || !strings.HasPrefix(got, want) || !strings.HasSuffix(got, end) {
		t.Errorf("%d %v\n%s\nwant\n%s…\n%s", w.Code, w.Header(), got, want, end)
	}
	f.want("GET", base+"/scenario?format=json", "", 400, `{"error":"unknown query parameter \"format\"","hint":"there are no query parameters here"}`)
}

// TestScenarioTellsWhatItLeavesOut, each with its number.
func TestScenarioTellsWhatItLeavesOut(t *testing.T) {
	f := newFixture(t)
	if err := f.box.SetRules([]rule.Rule{{Name: "twice", Callback: &rule.Callback{Duplicate: 1}}, {Name: "over", When: rule.When{TTL: time.Second}, Callback: &rule.Callback{Hold: true}}}); err != nil {
		t.Fatal(err)
	}
	f.box.HoldAll(sim.HoldFilter{})
	f.submit(euicc.OpDeviceSuspend, euicc.IDs{EID: eid1})
	f.ask("POST", base+"/clock/advance", `{"by":"5m"}`)
	for range 2 {
		if _, err := f.box.Login("user", "pass"); err != nil {
			t.Fatal(err)
		}
	}
	text := f.ask("GET", base+"/scenario", "").Body.String()
	for _, want := range []string{
		"\n# What no scenario can say is not in it:\n# - 1 request has something still to come\n", " callbacks are still to come\n# - 1 hold\n# - 2 sessions are open\n",
		"\n# - the counts of 1 rule, which begin anew\n# - 1 rule whose time is over\n", " events in the journal\n\nname: default\n", "\nstart: 2030-01-01T00:05:00Z\n", "\nrules:\n  - name: twice\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "name: over") {
		t.Errorf("a rule whose time is over is in it:\n%s", text)
	}
}

// TestScenarioTellsNoSecret that control tells nowhere else.
func TestScenarioTellsNoSecret(t *testing.T) {
	f := newFixture(t)
	for i, l := range []config.Listener{
		{Service: "CarrierService", URL: "http://me:hidden@127.0.0.1:9/x", Username: "me", Password: "hidden"},
		{Service: "AlertService", URL: "http://you:hidden@127.0.0.1:9/x"},
		{Service: "DeviceService", URL: "http://127.0.0.1:9/x", Username: "them"},
	} {
		l.Account = account
		if err := f.box.Register(l); err != nil {
			t.Fatal(i, err)
		}
	}
	text := f.ask("GET", base+"/scenario", "").Body.String()
	for _, want := range []string{
		"# xxxxx are the passwords of 2 listeners: put them in.\n",
		`service: AlertService, url: "http://you:xxxxx@127.0.0.1:9/x"}`,
		`service: CarrierService, url: "http://me:xxxxx@127.0.0.1:9/x", username: me, password: xxxxx}`,
		`service: DeviceService, url: "http://127.0.0.1:9/x", username: them}`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "hidden") {
		t.Errorf("it tells a password:\n%s", text)
	}
	all, err := f.box.Listeners(account)
	if err != nil || all[0].URL != "http://you:hidden@127.0.0.1:9/x" {
		t.Errorf("the sandbox itself has %+v, %v", all, err)
	}
}

// TestScenarioThatCannotBe is refused with the reason.
func TestScenarioThatCannotBe(t *testing.T) {
	f := newFixture(t)
	f.ask("POST", base+"/clock/advance", `{"to":"2230-01-01T00:00:00Z"}`)
	f.want("GET", base+"/scenario", "", 409,
		`{"error":"no scenario can say what the sandbox is now: /start: a time from 1970 to 2199 belongs here, not \"2230-01-01T00:00:00Z\""}`)
}

// TestGoingOn: another sandbox starts where this one is, and so does this one itself.
func TestGoingOn(t *testing.T) {
	f := newFixture(t)
	f.submit(euicc.OpDeviceSuspend, euicc.IDs{EID: eid1})
	f.ask("POST", base+"/clock/advance", `{"by":"5m"}`)
	f.ask("PATCH", base+"/devices/"+eid2, `{"powered":false}`)
	devices := f.ask("GET", base+"/devices", "").Body.String()
	text := f.ask("GET", base+"/scenario", "").Body.String()
	spec, err := json.Marshal(tsimclient.SandboxSpec{Name: "again", ScenarioSpec: tsimclient.ScenarioSpec{Scenario: quoted(t, text)}})
	if err != nil {
		t.Fatal(err)
	}
	if w := f.ask("POST", sandboxes, string(spec)); w.Code != 201 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	const again = sandboxes + "/again"
	if got := f.ask("GET", again+"/devices", "").Body.String(); got != devices {
		t.Errorf("the devices are\n%s, and were\n%s", got, devices)
	}
	// All is the same in its scenario but for what is another sandbox's: what has passed, and who it is.
	same := func(text string) string {
		_, text, _ = strings.Cut(text, "\n\nname: ")
		_, text, _ = strings.Cut(text, "\n")
		_, before, _ := strings.Cut(text, "\naccounts:")
		return strings.SplitN(text, "\ncredentials:", 2)[0] + before
	}
	if got := f.ask("GET", again+"/scenario", "").Body.String(); same(got) != same(text) {
		t.Errorf("it is\n%s, and was\n%s", got, text)
	}
	f.ask("PATCH", base+"/devices/"+eid2, `{"powered":true}`)
	to, _ := json.Marshal(tsimclient.ResetOptions{ScenarioSpec: tsimclient.ScenarioSpec{Scenario: quoted(t, text)}})
	if w := f.ask("POST", base+"/reset", string(to)); w.Code != 200 || !strings.Contains(w.Body.String(), `"now":"2030-01-01T00:05:00Z","epoch":2`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if got := f.ask("GET", base+"/devices", "").Body.String(); got != devices {
		t.Errorf("after a reset, the devices are\n%s, and were\n%s", got, devices)
	}
}

func quoted(t *testing.T, s string) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestResetTo another scenario, or to the same one with something else.
func TestResetTo(t *testing.T) {
	const who = `"credentials":[{"appKey":"key","appSecret":"secret","username":"user","password":"pass"}]`
	for _, c := range []struct {
		body   string
		status int
		want   []string
	}{
		{`{"scenario":"two-networks"}`, 200, []string{`"name":"default","scenario":"two-networks"`, who, `"mode":"manual"`, `"seed":7`}},
		{`{"scenario":"two-networks","seed":3,"clock":"auto","with":["duplicates"],"rules":{"name":"own","callback":{"drop":true}},"compat":"likely"}`, 200,
			[]string{`"scenario":"two-networks"`, `"seed":3`, `"mode":"auto"`, `"rules":2`, who}},
		{`{"seed":3}`, 200, []string{`"scenario":"two-devices"`, `"seed":3`, `"devices":2`, `"epoch":2`}},
		{`{"with":["duplicates"]}`, 200, []string{`"scenario":"two-devices"`, `"rules":1`, who}},
		{`{"scenario":{"name":"x","credentials":[{"appKey":"k","appSecret":"s","username":"u","password":"p"}]},"keep":["listeners"]}`, 200,
			[]string{`"name":"default","scenario":"x"`, who, `"devices":0,"listeners":0`}},
		{`{"scenario":"two-network"}`, 400, []string{`no built-in scenario \"two-network\"`}},
		{`{"scenario":{"nam":"x"}}`, 400, []string{`/scenario/nam: unknown key`}},
		{`{"scenario":"fleet"}`, 503, []string{`of the budget devices`}},
		{`{"scenario":"fleet","keep":["all"]}`, 400, []string{`a reset cannot keep \"all\"`}},
		{`{"name":"other"}`, 400, []string{`unknown field \"name\"`, `known fields: keep, scenario, rules, with, seed, clock, compat`}},
		{`{"clock":"manul"}`, 400, []string{`manul`}},
	} {
		f := newFixture(t)
		f.budgets.Limit(sim.BudgetDevices, 100)
		f.submit(euicc.OpActivate, euicc.IDs{EID: eid2})
		before := f.ask("GET", base, "").Body.String()
		w := f.ask("POST", base+"/reset", c.body)
		for _, want := range c.want {
			if w.Code != c.status || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: %d %s\nwant %d with %s", c.body, w.Code, w.Body, c.status, want)
			}
		}
		if after := f.ask("GET", base, "").Body.String(); c.status != 200 && after != before {
			t.Errorf("%s: refused, and yet it is\n%s, and was\n%s", c.body, after, before)
		}
	}
}

// TestScenarioOfEveryBuiltin can be read, and is what the sandbox started from but for what tsim fills in.
func TestScenarioOfEveryBuiltin(t *testing.T) {
	for _, name := range scenario.Names() {
		f := newFixture(t)
		f.ask("POST", sandboxes, `{"name":"now","scenario":"`+name+`"}`)
		w := f.ask("GET", sandboxes+"/now/scenario", "")
		cfg, err := scenario.Load("now.yaml", w.Body.Bytes(), time.Now())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		box, err := f.registry.Sandbox("now")
		if err != nil {
			t.Fatal(err)
		}
		if was := box.Config(); cfg.Size() != was.Size() || len(cfg.Rules) != len(was.Rules) || len(cfg.Timeline) != len(was.Timeline) || len(cfg.Accounts[0].Fleets) != len(was.Accounts[0].Fleets) {
			t.Errorf("%s is\n%s", name, w.Body)
		}
	}
}
