package scenario

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
)

// told is all of a configuration, for comparing: what is written and read again is the same but for the Set of rules whose set
// does not stand behind all others, and for where it came from.
func told(t rapid.TB, c config.Config) string {
	t.Helper()
	c.Scenario, c.Start, c.Rules = "", c.Start.UTC(), slices.Clone(c.Rules)
	own, _ := splitRules(c.Rules)
	for i := range own {
		c.Rules[i].Set = ""
	}
	text, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), ": []", ": null") // a list that is not there is as good as an empty one
}

// readsAgain holds what was written of a configuration to what it was written from.
func readsAgain(t rapid.TB, c config.Config) string {
	t.Helper()
	text, err := Write("What it is.\n\nAnd why.", &c)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), "# What it is.\n#\n# And why.\n\nname: ") {
		t.Fatalf("the comment is not above it:\n%s", text)
	}
	again, err := Load("again.yaml", text, now)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if got, want := told(t, again), told(t, c); got != want {
		t.Fatalf("read again:\n%s\nwritten was:\n%s\nas\n%s", got, want, text)
	}
	return string(text)
}

func TestWriteBuiltins(t *testing.T) {
	for _, name := range Names() {
		src, err := Builtin(name)
		if err != nil {
			t.Fatal(err)
		}
		cfg := load(t, string(src))
		text := readsAgain(t, cfg)
		for line := range strings.SplitSeq(text, "\n") {
			if len(line) > widest+20 {
				t.Errorf("%s: a line of %d letters: %s", name, len(line), line)
			}
		}
	}
}

// TestWriteMisfortunes: a set is a word where it stands whole behind all other rules, and else its rules.
func TestWriteMisfortunes(t *testing.T) {
	for _, name := range Sets() {
		cfg := load(t, "name: x\n"+credentials+"with: ["+name+"]\n")
		if text := readsAgain(t, cfg); !strings.HasSuffix(text, "\nwith: ["+name+"]\n") || strings.Contains(text, "rules:") {
			t.Errorf("%s is not written by its name:\n%s", name, text)
		}
		cfg.Rules[0].About = "another"
		if text := readsAgain(t, cfg); strings.Contains(text, "with:") || !strings.Contains(text, "\nrules:\n") {
			t.Errorf("%s, changed, is not written as rules:\n%s", name, text)
		}
	}
	cfg := load(t, "name: x\n"+credentials+"with: [duplicates, throttled]\nrules:\n  - {name: own, callback: {drop: true}}\n")
	if text := readsAgain(t, cfg); !strings.HasSuffix(text, "\nrules:\n  - name: own\n    callback: {drop: true}\nwith: [duplicates, throttled]\n") {
		t.Errorf("sets behind a rule:\n%s", text)
	}
	if err := With(&cfg, []string{"maintenance"}); err != nil {
		t.Fatal(err)
	}
	if text := readsAgain(t, cfg); !strings.Contains(text, "\nrules:\n  - name: maintenance\n") || !strings.HasSuffix(text, "\nwith: [duplicates, throttled]\n") {
		t.Errorf("a set in front:\n%s", text)
	}
}

// TestWriteLeavesOut what is as it would be anyway.
func TestWriteLeavesOut(t *testing.T) {
	const least = "name: x\n\ncredentials:\n  - {appKey: k, appSecret: s, username: u, password: p}\n"
	cfg := load(t, least)
	if text, err := Write("", &cfg); err != nil || string(text) != least {
		t.Errorf("%v, written as\n%s", err, text)
	}
}

// TestWriteRefuses what no scenario can say, in the words of one that is read.
func TestWriteRefuses(t *testing.T) {
	for want, change := range map[string]func(c *config.Config){
		"/start: a time from 1970 to 2199 belongs here": func(c *config.Config) { c.Start = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC) },
		"/accounts/0/name: some text belongs here":      func(c *config.Config) { c.Accounts = []config.Account{{}} },
		"no credentials": func(c *config.Config) { c.Credentials = nil },
		"at most 1000000 values": func(c *config.Config) {
			c.Accounts = []config.Account{{Name: "a", Cards: make([]euicc.Card, 300_000)}}
		},
	} {
		cfg := load(t, "name: x\n"+credentials)
		change(&cfg)
		if text, err := Write("", &cfg); text != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// TestWriteAnything: what is written of any configuration is that configuration when it is read.
func TestWriteAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { readsAgain(t, anyConfig(t)) })
}

// draws makes configurations of what rapid draws.
type draws struct {
	*rapid.T
	devices int
}

func draw[V any](d *draws, g *rapid.Generator[V]) V { return g.Draw(d.T, "") }

func (d *draws) flip() bool { return draw(d, rapid.Bool()) }

// often draws a value now and then.
func often[V any](d *draws, to *V, g *rapid.Generator[V]) {
	if d.flip() {
		*to = draw(d, g)
	}
}

var (
	anyWords  = rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~\n\t]*`), rapid.SampledFrom(tricky))
	someWords = anyWords.Filter(func(s string) bool { return strings.TrimSpace(s) != "" })
	ruleNames = rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9._-]{0,9}`)
	durations = rapid.Custom(func(t *rapid.T) time.Duration {
		unit := rapid.SampledFrom([]time.Duration{1, time.Microsecond, time.Millisecond, time.Second, time.Minute, time.Hour}).Draw(t, "")
		return time.Duration(rapid.IntRange(1, 10_000).Draw(t, "")) * unit
	})
	lifetimes = rapid.OneOf(durations, rapid.Just(config.Forever))
	instants  = rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(0, 7e9).Draw(t, ""), rapid.Int64Range(0, 1e9-1).Draw(t, "")).UTC()
	})
	whole64   = rapid.Uint64()
	natural32 = rapid.IntRange(0, 1<<31-1)
)

// tricky are texts that are something else in YAML, or to readers of an older one, or hard to write by lines.
var tricky = []string{
	"", " ", "y", "No", "on", "null", "~", "true", "1", "0x1F", "1e3", ".inf", "0123456-00001", "2030-01-01", "2030-01-01T00:00:00Z", "12:30:45",
	"<<", "=", "- a", "? b", ": c", "#d", "e #f", "g: h", "*i", "&j", "!k", "|", ">", "%l", "@m", "`n", `"o"`, "'p'", "[q]", "{r}", "s, t", "---", "...",
	" u", "v ", "\nw", "x\n", "y\n\n", "z\n a\n", "b\n\n\nc", "d \ne", "f\r\ng", "h\ti", "\tj", "k\u0085l", "m\u2028n", "\ufeffo", "\x00", "\x7f", "😀", "é",
}

// anyConfig is a configuration that can be.
func anyConfig(t *rapid.T) config.Config {
	d := &draws{T: t}
	c := config.Defaults()
	c.Name = draw(d, ruleNames)
	often(d, &c.About, anyWords)
	often(d, &c.Seed, rapid.Uint64())
	often(d, &c.Start, instants)
	c.Clock = draw(d, rapid.SampledFrom([]config.Mode{config.Real, config.Manual, config.Auto}))
	often(d, &c.Speed, rapid.Float64Range(1e-9, config.MaxSpeed))
	c.Latency = d.latencies()
	d.smsr(&c.SMSR)
	often(d, &c.Tokens.Bearer, lifetimes)
	often(d, &c.Tokens.Session, lifetimes)
	c.Tokens.Wall, c.Tokens.Seeded = d.flip(), d.flip()
	often(d, &c.Delivery.Attempts, rapid.IntRange(1, 9))
	often(d, &c.Delivery.Interval, durations)
	often(d, &c.Delivery.Timeout, durations)
	for _, limit := range []*int{&c.Limits.ActivatesPerMinute, &c.Limits.CallsPerSecond, &c.Limits.PlanChangesPerMonth, &c.Limits.ProvisioningPerLineAndDay} {
		often(d, limit, natural32)
	}
	if d.flip() {
		c.Compat, _ = config.CompatPreset(draw(d, rapid.SampledFrom(config.CompatPresets())))
	} else {
		for _, s := range config.Switches() {
			if s != config.Identifiers && s != config.Ports { // which look at what else is drawn
				c.Compat.Set(s, draw(d, rapid.SampledFrom(s.Words())))
			}
		}
	}
	c.Compat.Set(config.Ports, "any")
	for i := range draw(d, rapid.IntRange(1, 3)) {
		c.Credentials = append(c.Credentials, config.Credential{
			AppKey: fmt.Sprint(draw(d, someWords), i), AppSecret: config.Secret(draw(d, someWords)),
			Username: fmt.Sprint(draw(d, someWords), i), Password: config.Secret(draw(d, someWords)),
		})
	}
	for i := range draw(d, rapid.IntRange(0, 3)) {
		c.Accounts = append(c.Accounts, d.account(fmt.Sprint(draw(d, rapid.SampledFrom([]string{"0000123456-0000", "no ", "a: ", "é"})), i)))
	}
	for i := range c.Accounts {
		a := &c.Accounts[i]
		if d.flip() {
			c.Listeners = append(c.Listeners, config.Listener{
				Account: a.Name, Service: draw(d, rapid.SampledFrom(config.Services)), URL: draw(d, rapid.SampledFrom([]string{config.Mailbox, "http://127.0.0.1:9001/c?x=1#y", "https://u:p@h/" + strings.Repeat("z", 2000)})),
				Username: draw(d, rapid.SampledFrom(tricky)), Password: config.Secret(draw(d, rapid.SampledFrom(tricky))),
			})
		}
		for j := range a.Cards {
			e := config.TimelineEvent{At: draw(d, durations), EID: a.Cards[j].EID}
			on := d.flip()
			if e.Powered = &on; d.flip() {
				e.Powered, e.Connected = nil, &on
			}
			c.Timeline = append(c.Timeline, e)
		}
	}
	for i := range draw(d, rapid.IntRange(0, 4)) {
		c.Rules = append(c.Rules, d.rule(i))
	}
	if d.flip() {
		if err := With(&c, []string{draw(d, rapid.SampledFrom(Sets()))}); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func (d *draws) latencies() (all [euicc.NumOps]config.Latency) {
	if d.flip() {
		all, _ = config.Preset(draw(d, rapid.SampledFrom(config.PresetWords())))
		return all
	}
	for op := range all {
		a, b := draw(d, durations), draw(d, durations)
		a, b = min(a, b), max(a, b)
		all[op] = draw(d, rapid.SampledFrom([]config.Latency{{}, config.Fixed(a), config.Uniform(a, b), config.Lognormal(a, b)}))
	}
	return all
}

func (d *draws) smsr(s *config.SMSR) {
	often(d, &s.Warning, lifetimes)
	if one := draw(d, durations); d.flip() {
		for op := range s.Validity {
			s.Validity[op] = one
		}
		return
	}
	for _, op := range euicc.Ops() {
		if op.SMSR() {
			often(d, &s.Validity[op], durations)
		}
	}
}

func (d *draws) account(name string) config.Account {
	a := config.Account{Name: name}
	if d.flip() {
		a.Plans = []config.Plan{{Name: "us " + name, Network: euicc.US}, {Name: "global", Network: euicc.Global, SizeKb: draw(d, whole64)}}
	}
	for range draw(d, rapid.IntRange(0, 3)) {
		a.Cards = append(a.Cards, d.card(&a))
	}
	for range draw(d, rapid.IntRange(0, 2)) {
		c := d.card(&a)
		f := config.Fleet{Count: draw(d, rapid.IntRange(1, config.MaxFleet)), Card: euicc.Card{Powered: c.Powered, Connected: c.Connected}}
		for _, p := range c.Profiles {
			p.ICCID, p.MDN = "", ""
			f.Card.Profiles = append(f.Card.Profiles, p)
		}
		a.Fleets = append(a.Fleets, f)
	}
	return a
}

func (d *draws) card(a *config.Account) euicc.Card {
	d.devices++
	n := d.devices
	c := euicc.Card{EID: fmt.Sprintf("%032d", n), Powered: d.flip(), Connected: d.flip(), Profiles: []euicc.Profile{d.profile(a, euicc.US, n), d.profile(a, euicc.Global, n)}}
	if d.flip() {
		c.IMEI = fmt.Sprintf("%015d", n)
	}
	if c.Profiles[0].Status != euicc.StatusNotDownloaded && d.flip() {
		c.Fallback = c.Profiles[0].ICCID
	}
	if d.flip() {
		c.Memory = 2
	}
	if c.Profiles[0].Role == c.Profiles[1].Role || d.flip() {
		c.Profiles = c.Profiles[:1]
	}
	return c
}

func (d *draws) profile(a *config.Account, n euicc.Network, number int) euicc.Profile {
	p := euicc.Profile{
		ICCID: fmt.Sprintf("%d%019d", n, number), Network: n, Service: euicc.Active, NoCoverage: d.flip(),
		Status: draw(d, rapid.SampledFrom([]euicc.Status{euicc.StatusDownloadDisable, euicc.StatusDisable})),
		Role:   draw(d, rapid.SampledFrom([]euicc.Role{euicc.Local, euicc.Default, usualRole(n)})),
	}
	if p.Role != euicc.Lead {
		p.POL1 = euicc.Policy(draw(d, rapid.IntRange(0, 1<<len(euicc.PolicyWords)-1)))
	}
	if d.flip() && n == euicc.Global {
		p.Suspended = euicc.ByProfile
	}
	if d.flip() {
		p.MDN = fmt.Sprintf("%d%09d", 2+n, number)
	}
	if len(a.Plans) > 0 && d.flip() {
		p.Plan = a.Plans[n-euicc.US].Name
	}
	return p
}

// rule is one of each kind, with conditions that fit every place.
func (d *draws) rule(i int) rule.Rule {
	r := rule.Rule{Name: fmt.Sprintf("r%d.%s", i, draw(d, ruleNames))}
	often(d, &r.About, anyWords)
	w := &r.When
	w.Operations = []string{"enable"}
	if d.flip() {
		w.Operations = append(w.Operations, "download")
	}
	often(d, &w.EID, rapid.SampledFrom([]string{"*", "*9011", "89*", strings.Repeat("0", 32)}))
	often(d, &w.Role, rapid.SampledFrom(euicc.Words[euicc.Role]()))
	often(d, &w.Chance, rapid.Float64Range(1e-300, 1))
	often(d, &w.Times, rapid.IntRange(1, 9))
	often(d, &w.Every, rapid.IntRange(1, 9))
	often(d, &w.Per, rapid.SampledFrom([]rule.Per{rule.PerRule, rule.PerCard, rule.PerAccount}))
	often(d, &w.TTL, durations)
	if d.flip() {
		w.From = rule.Moment{Given: true, At: draw(d, instants)}
		w.Until = rule.Moment{Given: true, After: draw(d, durations)}
	}
	switch draw(d, rapid.IntRange(0, 5)) {
	case 0:
		r.Reply = &rule.Reply{Status: 200, Body: d.json(), Pace: draw(d, rapid.IntRange(0, 9)), Cut: draw(d, rapid.SampledFrom([]rule.Cut{rule.CutNot, rule.Midway}))}
		often(d, &r.Reply.Delay, durations)
		if d.flip() {
			r.Reply.RetryAfter = time.Minute
		}
	case 1:
		r.Reply = &rule.Reply{Status: 503, ContentType: "text/html", Body: strings.ReplaceAll(draw(d, anyWords), "$", "") + "."}
	case 2:
		r.Reply = &rule.Reply{Accept: true, After: draw(d, durations)}
		if d.flip() {
			r.Reply = &rule.Reply{Status: 400, Error: &rule.Refusal{Code: draw(d, someWords), Message: draw(d, someWords)}}
		}
	case 3:
		r.Outcome = &rule.Outcome{Fault: &rule.Fault{Message: draw(d, rapid.SampledFrom(config.Sentences()))}, Warn: d.flip()}
		if d.flip() {
			r.Outcome.Fault = &rule.Fault{Code: draw(d, someWords), Message: draw(d, someWords), Status: draw(d, someWords)}
		}
		if yes := true; d.flip() {
			r.Outcome.Applied = &yes
		}
		often(d, &r.Outcome.Delay, durations)
	case 4:
		r.Callback = &rule.Callback{Truncates: true, Truncate: draw(d, natural32), Merge: "{\"x\":" + d.json() + "}"}
	default:
		r.Callback = &rule.Callback{Duplicate: draw(d, rapid.IntRange(1, 100)), Cut: d.flip()}
	}
	return r
}

// json is a value of JSON as it is kept: without blanks.
func (d *draws) json() string {
	switch draw(d, rapid.IntRange(0, 7)) {
	case 0:
		return "[" + d.json() + ",{}," + d.json() + "]"
	case 1:
		return "{" + d.text() + ":" + d.json() + ",\"\":[]}"
	case 2:
		return "{\"<<\":" + d.json() + "}"
	case 3:
		return draw(d, rapid.SampledFrom([]string{"true", "false", "null"}))
	case 4:
		return draw(d, rapid.OneOf(rapid.StringMatching(`-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?`), rapid.SampledFrom([]string{"1e400", "-0", "1E+2", "123456789012345678901234567890"})))
	}
	return d.text()
}

func (d *draws) text() string {
	w := jsonWriter{r: &reader{}}
	w.text(strings.ReplaceAll(draw(d, anyWords), "$", "") + ".")
	return w.out.String()
}
