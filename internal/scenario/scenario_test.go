package scenario

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

var now = time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)

func load(t testing.TB, src string) config.Config {
	t.Helper()
	cfg, err := Load("x.yaml", []byte(src), now)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

const credentials = "credentials: [{appKey: k, appSecret: s, username: u, password: p}]\n"

func TestBuiltins(t *testing.T) {
	files, err := filepath.Glob("../../scenarios/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no scenarios found", err)
	}
	if names := Names(); len(names) != len(files) || !slices.Contains(names, sim.Default) {
		t.Errorf("Names() = %v, of the files %v", names, files)
	}
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			src, err := Builtin(name)
			if err != nil {
				t.Fatal(err)
			}
			head, _, _ := strings.Cut(string(src), "\n\n")
			if !strings.HasPrefix(head, "# ") || !strings.HasSuffix(head, "\n# yaml-language-server: $schema=../schemas/scenario.json") {
				t.Errorf("it begins with what it is for and where its schema is, not with\n%s", head)
			}
			cfg := load(t, string(src))
			if cfg.Name != name {
				t.Errorf("its name is %q", cfg.Name)
			}
			for _, a := range cfg.Accounts {
				for _, c := range a.Cards {
					checkIdentifiers(t, c)
				}
			}
		})
	}
	if _, err := Builtin("../default"); err == nil {
		t.Error("../default is built in")
	}
}

// checkIdentifiers holds an example's identifiers to what real ones look like, check digits included.
func checkIdentifiers(t *testing.T, c euicc.Card) {
	mod := 0
	for _, d := range c.EID {
		mod = (mod*10 + int(d-'0')) % 97
	}
	if mod != 1 {
		t.Errorf("the EID %s is %d modulo 97, not 1", c.EID, mod)
	}
	if !luhn(c.IMEI) {
		t.Errorf("the IMEI %s has a wrong check digit", c.IMEI)
	}
	for _, p := range c.Profiles {
		if !luhn(p.ICCID) {
			t.Errorf("the ICCID %s has a wrong check digit", p.ICCID)
		}
		if (p.MDN == "") != (p.Service != euicc.Active) || p.MDN != "" && p.MDN[3:6] != "555" {
			t.Errorf("profile %s is %s and has the MDN %q", p.ICCID, p.Service, p.MDN)
		}
	}
}

func luhn(s string) bool {
	sum := 0
	for i := range s {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			d = d/5 + d*2%10
		}
		sum += d
	}
	return sum%10 == 0
}

func TestLuhn(t *testing.T) {
	for s, want := range map[string]bool{"490154203237518": true, "490154203237517": false, "89148000000000000019": true} {
		if luhn(s) != want {
			t.Errorf("luhn(%s) = %t", s, !want)
		}
	}
}

func TestLoad(t *testing.T) {
	src, err := Builtin("two-networks")
	if err != nil {
		t.Fatal(err)
	}
	cfg := load(t, string(src)+`
compat: {downloadStatus: sample}
delivery: {attempts: 2, timeout: 1s}
start: now
speed: 0.5
listeners:
  - {account: "0000123456-00001", service: DeviceProfileService, url: "http://127.0.0.1:9001/callbacks", username: u, password: ""}
`)
	want := config.Delivery{Attempts: 2, Interval: 5 * time.Minute, Timeout: time.Second}
	if cfg.Seed != 7 || cfg.Clock != config.Manual || cfg.Speed != 0.5 || !cfg.Start.Equal(now) || cfg.Delivery != want {
		t.Errorf("%+v", cfg)
	}
	if cfg.Compat.Value(config.DownloadStatus) != "sample" {
		t.Error("downloadStatus: sample was not taken")
	}
	l := config.Listener{Account: "0000123456-00001", Service: config.ProfileService, URL: "http://127.0.0.1:9001/callbacks", Username: "u"}
	if !slices.Equal(cfg.Listeners, []config.Listener{l}) {
		t.Errorf("listeners %+v", cfg.Listeners)
	}
	card := cfg.Accounts[0].Cards[0]
	profiles := []euicc.Profile{{
		ICCID: "89148000000000000019", MDN: "5415550100", Plan: "US Plan",
		Network: euicc.US, Role: euicc.Lead, Service: euicc.Active, Status: euicc.StatusEnable,
	}, {
		ICCID: "89445000000000000019", MDN: "5415550101", Plan: "Global Plan", Suspended: euicc.ByProfile,
		Network: euicc.Global, Role: euicc.Local, Service: euicc.Active, Status: euicc.StatusDisable,
	}}
	if !slices.Equal(card.Profiles, profiles) || !card.Powered || !card.Connected ||
		card.EID != "89001012012341234012345678901224" || card.IMEI != "490154203237518" || card.Fallback != "89148000000000000019" {
		t.Errorf("device %+v", card)
	}
}

// TestDefaults holds what is not written to config's defaults.
func TestDefaults(t *testing.T) {
	cfg, want := load(t, "name: x\n"+credentials), config.Defaults()
	if cfg.Seed != want.Seed || cfg.Start != want.Start || cfg.Clock != want.Clock || cfg.Speed != want.Speed ||
		cfg.Delivery != want.Delivery || cfg.Compat != want.Compat || cfg.Latency != want.Latency {
		t.Errorf("got  %+v\nwant %+v", cfg, want)
	}
}

func TestLatency(t *testing.T) {
	preset := func(word string) latencies {
		all, ok := config.Preset(word)
		if !ok {
			t.Fatalf("no preset %q", word)
		}
		return all
	}
	tests := map[string]latencies{
		"instant":        {},
		"fast":           preset("fast"),
		"realistic":      preset("realistic"),
		"{}":             {},
		"{activate: 5s}": {euicc.OpActivate: config.Fixed(5 * time.Second)},
		"{enable: {uniform: [5s, 20s]}, download: {median: 75s, p95: 6m}, device_resume: 1m30s}": {
			euicc.OpEnable:       config.Uniform(5*time.Second, 20*time.Second),
			euicc.OpDownload:     config.Lognormal(75*time.Second, 6*time.Minute),
			euicc.OpDeviceResume: config.Fixed(90 * time.Second),
		},
	}
	for src, want := range tests {
		if got := load(t, "name: x\n"+credentials+"latency: "+src).Latency; got != want {
			t.Errorf("%s: got %v, want %v", src, got, want)
		}
	}
	if realistic := preset("realistic"); realistic[euicc.OpEnable] != config.Lognormal(75*time.Second, 6*time.Minute) {
		t.Errorf("realistic: enable takes %v", realistic[euicc.OpEnable])
	}
	if fast := preset("fast"); fast[euicc.OpDownload] != config.Lognormal(600*time.Millisecond, 1700*time.Millisecond) {
		t.Errorf("fast: download takes %v", fast[euicc.OpDownload])
	}
	for _, word := range config.PresetWords() {
		for op, l := range preset(word) {
			if (l == config.Latency{}) != (word == "instant") {
				t.Errorf("%s: %s takes %v", word, euicc.Op(op), l)
			}
		}
	}
}

// TestLiteral: what YAML takes for a number or a date keeps its letters where text belongs.
func TestLiteral(t *testing.T) {
	cfg := load(t, `
name: 007
about: 2030-01-01
credentials: [{appKey: 1e3, appSecret: 0x10, username: true, password: 1.50}]
accounts:
  - name: 0000123456
    devices: [{eid: 00001012012341234012345678901224, imei: 090154203237518}]
`)
	c, card := cfg.Credentials[0], cfg.Accounts[0].Cards[0]
	if cfg.Name != "007" || cfg.About != "2030-01-01" || c != (config.Credential{AppKey: "1e3", AppSecret: "0x10", Username: "true", Password: "1.50"}) ||
		cfg.Accounts[0].Name != "0000123456" || card.EID != "00001012012341234012345678901224" || card.IMEI != "090154203237518" {
		t.Errorf("%+v", cfg)
	}
}

func TestAlias(t *testing.T) {
	cfg := load(t, "name: x\n"+credentials+`
accounts:
  - {name: a, plans: &plans [{name: US Plan, network: us, sizeKb: 500}]}
  - {name: b, plans: *plans}
`)
	if got := cfg.Accounts[1].Plans; !slices.Equal(got, []config.Plan{{Name: "US Plan", Network: euicc.US, SizeKb: 500}}) {
		t.Errorf("got %v", got)
	}
}

func TestOpen(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(file, []byte("name: mine\n"+credentials), 0o600); err != nil {
		t.Fatal(err)
	}
	stdin := strings.NewReader("name: piped\n" + credentials)
	for ref, want := range map[string]string{"default": "default", file: "mine", Stdin: "piped"} {
		cfg, err := Open(ref, stdin, now)
		if err != nil || cfg.Name != want {
			t.Errorf("Open(%q) is %q, %v", ref, cfg.Name, err)
		}
	}
}

func TestOpenFails(t *testing.T) {
	builtins := strings.Join(Names(), ", ")
	broken := errors.New("broken pipe")
	tests := map[string]string{
		"defualt":     `no scenario "defualt": it is neither a file nor built in (` + builtins + `); did you mean "default"?`,
		"./default":   `no scenario "./default": it is neither a file nor built in (` + builtins + `); did you mean "default"?`,
		"":            `no scenario "": it is neither a file nor built in (` + builtins + `)`,
		t.TempDir():   "is a directory",
		Stdin:         "reading the scenario from standard input: broken pipe",
		"nowhere.yml": `no scenario "nowhere.yml": it is neither a file nor built in (` + builtins + `)`,
	}
	for ref, want := range tests {
		_, err := Open(ref, iotest.ErrReader(broken), now)
		if err == nil || err.Error() != want && !(want == "is a directory" && strings.HasSuffix(err.Error(), want)) {
			t.Errorf("Open(%q): %v\nwant %s", ref, err, want)
		}
	}
	if _, err := Open(Stdin, strings.NewReader("nam: x"), now); err == nil || !strings.HasPrefix(err.Error(), "stdin:1:1: ") {
		t.Errorf("a bad scenario on standard input: %v", err)
	}
	if _, err := Open("a\x00b", nil, now); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a reference that is no path: %v", err)
	}
}
