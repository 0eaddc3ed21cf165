package scenario

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/heavy"
)

// perByte is how many bytes it may cost to read one of a scenario, whatever is in it.
const perByte = 500

// head begins the bad files; what is wrong with them starts on line 3.
const head = "name: x\n" + credentials

// long is more than a listener's username or password can have.
var long = strings.Repeat("x", 41)

// bad are files with what is wrong with them, word for word.
var bad = []struct{ name, src, want string }{
	{"empty", "", "x.yaml:1: the file is empty; a scenario has at least a name and credentials"},
	{"only a comment", "# nothing\n", "x.yaml:1: the file is empty; a scenario has at least a name and credentials"},
	{"empty document", "---\n", "x.yaml:1: the file is empty; a scenario has at least a name and credentials"},
	{"no map", "- name: x\n", "x.yaml:1:1: a scenario belongs here, not a list"},
	{"bare word", "hello", `x.yaml:1:1: a scenario belongs here, not "hello"`},
	{"two documents", head + "---\n" + head, "x.yaml:4:1: a second document begins here; a file holds one scenario"},
	{"syntax", head + "seed: [1\n", "x.yaml:3: this is not YAML: did not find expected ',' or ']'"},
	{"syntax after the end", "{" + strings.ReplaceAll(head, "\n", " ,") + "}\n}", "x.yaml:2: this is not YAML: did not find expected <document start>"},
	{"syntax, indentation", head + "delivery:\n  attempts: 1\n interval: 5m\n", "x.yaml:5: this is not YAML: did not find expected key"},
	{"syntax, colon", head + "about: a: b\n", "x.yaml:3: this is not YAML: mapping values are not allowed in this context"},
	{"syntax, first line", "a: [", "x.yaml:1: this is not YAML: did not find expected node content"},
	{"tab", "name: x\n\tseed: 1\n", "x.yaml:2: this is not YAML: found a tab character that violates indentation"},
	{"unknown anchor", head + "about: *no\n", "x.yaml:3: this is not YAML: unknown anchor 'no' referenced"},
	{"duplicate key", head + "seed: 1\nabout: a\nseed: 2\n", `x.yaml:5:1: the key "seed" is here already, on line 3`},
	{"merge key", head + "delivery:\n  <<: {attempts: 1}\n",
		"x.yaml:4:3: merge keys (<<) are not understood; write the keys out, or use an alias for a whole value"},
	{"tag", head + "about: !!binary aGVsbG8=\n", "x.yaml:3:8: the tag !!binary has no meaning in a scenario; leave it out"},
	{"key that is no word", head + "[a, b]: c\n", "x.yaml:3:1: a key is a word"},
	{"too deep", "about: " + strings.Repeat("[", 101) + strings.Repeat("]", 101) + "\n",
		"x.yaml:1:107: more than 100 lists and maps stand in each other here"},
	{"directives", strings.Repeat("\n%TAG !a! b", 17) + "\n---\n" + head, "x.yaml:1: the file has more than 16 directives %TAG; a scenario needs none"},
	{"long words", head + "about: !" + strings.Repeat("a", 500) + " x\n",
		"x.yaml:3:8: the tag !" + strings.Repeat("a", 59) + "… has no meaning in a scenario; leave it out"},
	{"long anchor", head + "about: *" + strings.Repeat("a", 500) + "\n",
		"x.yaml:3: this is not YAML: unknown anchor '" + strings.Repeat("a", 184) + "…"},
	{"long text", head + "about: " + strings.Repeat("a", 1001) + "\n", "x.yaml:3:8: about: a text of at most 1000 characters belongs here, not one of 1001"},
	{"many profiles", head + "accounts: [{name: a, devices: [{eid: '89001012012341234012345678901224', profiles: [" + strings.Repeat("0, ", 100) + "0]}]}]\n",
		"x.yaml:3:84: profiles: 101 items are too many; at most 100 belong here"},
	{"alias of itself", head + "accounts: &a\n  - name: x\n    devices: *a\n", "x.yaml:5:14: the alias *a stands inside of what it names"},

	{"nothing that is required", "seed: 1\n", "x.yaml:1:1: name is missing; a scenario has one\n" +
		"x.yaml:1:1: credentials is missing; a scenario has one"},
	{"unknown key, near", head + "latancy: fast\n", `x.yaml:3:1: unknown key "latancy"; did you mean "latency"?`},
	{"unknown key, swapped letters", head + "sede: 3\n", `x.yaml:3:1: unknown key "sede"; did you mean "seed"?`},
	{"unknown key, far", head + "delivery: {retries: 3}\n",
		`x.yaml:3:12: unknown key "retries"; delivery has attempts, interval, timeout`},
	{"unknown key, wrong case", head + "accounts: [{Name: a}]\n", `x.yaml:3:13: unknown key "Name"; did you mean "name"?`},
	{"unknown key, near one that is there", head + "accounts: [{name: a, nam: b}]\n",
		`x.yaml:3:22: unknown key "nam"; an account has name, plans, devices, fleets`},

	{"bad name", "name: a/b\n" + credentials, `x.yaml:1:7: name: a name of letters, digits and . _ - belongs here, not "a/b"`},
	{"bad seed", head + "seed: -1\n", "x.yaml:3:7: seed: a whole number from 0 belongs here, not -1"},
	{"quoted seed", head + `seed: "1"`, `x.yaml:3:7: seed: a whole number from 0 belongs here, not "1"`},
	{"bad size of a plan", head + "accounts: [{name: a, plans: [{name: p, network: us, sizeKb: -1}, {name: q, network: us, sizeKb: 1.5}]}]\n",
		"x.yaml:3:61: sizeKb: a whole number from 0 belongs here, not -1\nx.yaml:3:97: sizeKb: a whole number from 0 belongs here, not 1.5"},
	{"bad start", head + "start: 2030-01-01\n",
		`x.yaml:3:8: start: now or a time such as 2030-01-01T00:00:00Z belongs here, not "2030-01-01"`},
	{"start out of range", head + "start: 1950-01-01T00:00:00Z\n",
		`x.yaml:3:8: start: a time from 1970 to 2199 belongs here, not "1950-01-01T00:00:00Z"`},
	{"bad clock", head + "clock: autp\n", `x.yaml:3:8: clock: unknown word "autp"; did you mean "auto"?`},
	{"worse clock", head + "clock: sundial\n", `x.yaml:3:8: clock: unknown word "sundial"; it is one of real, manual, auto`},
	{"clock is a list", head + "clock: []\n", `x.yaml:3:8: clock: one of real, manual, auto belongs here, not a list`},
	{"bad speed", head + "speed: 0\n", "x.yaml:3:8: speed: a number above 0 and at most 1000000 belongs here, not 0"},
	{"no number", head + "speed: .nan\n", "x.yaml:3:8: speed: a number above 0 and at most 1000000 belongs here, not .nan"},
	{"no value", head + "listeners:\n", "x.yaml:3:11: listeners: a list belongs here, not an empty value"},
	{"text is a map", head + "about: {a: b}\n", "x.yaml:3:8: about: text belongs here, not a map of keys"},

	{"bad preset", head + "latency: realistc\n", `x.yaml:3:10: latency: unknown word "realistc"; did you mean "realistic"?`},
	{"latency is a list", head + "latency: [5s]\n",
		"x.yaml:3:10: latency: the name of a preset or a latency per operation belongs here, not a list"},
	{"bad latencies", head + `latency:
  activate: 5
  download: -5s
  enable: {uniform: [20s, 5s]}
  profile_suspend: {median: 5s}
  device_suspend: {median: 5s, p95: 4s}
  device_resume: {uniform: [1s, 2s], median: 1s, p95: 2s}
  enabel: 5s
`, `x.yaml:4:13: activate: a duration such as 5s or 2m30s belongs here, not 5
x.yaml:5:13: download: a duration such as 5s or 2m30s belongs here, not "-5s"
x.yaml:6:21: uniform: the least and the greatest belong here, as in [5s, 20s]
x.yaml:7:20: profile_suspend: a latency that varies is {uniform: [5s, 20s]} or {median: 75s, p95: 6m}
x.yaml:8:37: p95: 95 in 100 are below p95, so it is not below the median, 5s
x.yaml:9:18: device_resume: a latency that varies is {uniform: [5s, 20s]} or {median: 75s, p95: 6m}
x.yaml:10:3: unknown key "enabel"; a latency per operation has activate, activate_enable, download, download_enable, download_disable, enable, disable, delete, setfallbackattribute, deactivate, serviceplan, renew_activation_code, profile_suspend, profile_resume, device_suspend, device_resume`},
	{"more bad latencies", head + `latency:
  activate: {uniform: [1s]}
  download: {median: 0s, p95: 1s}
  enable: [1s]
  device_resume: {uniform: [1s, x]}
  device_suspend: {}
`, `x.yaml:4:23: uniform: the least and the greatest belong here, as in [5s, 20s]
x.yaml:5:22: median: a median is above 0s
x.yaml:6:11: enable: a duration such as 5s, {uniform: [5s, 20s]} or {median: 75s, p95: 6m} belongs here, not a list
x.yaml:7:33: uniform[1]: a duration such as 5s or 2m30s belongs here, not "x"
x.yaml:8:19: device_suspend: a latency that varies is {uniform: [5s, 20s]} or {median: 75s, p95: 6m}`},
	{"bad delivery", head + "delivery: {attempts: many, interval: 5, timeout: 0s}\n",
		`x.yaml:3:22: attempts: a whole number belongs here, not "many"
x.yaml:3:38: interval: a duration such as 5s or 2m30s belongs here, not 5
x.yaml:3:50: timeout: a listener needs time to answer, so it is above 0s`},
	{"no attempts", head + "delivery: {attempts: 0}\n", "x.yaml:3:22: a callback has at least 1 attempt, not 0"},
	{"bad compat", head + "compat: {downloadStatus: samples}\n",
		`x.yaml:3:26: downloadStatus: unknown word "samples"; did you mean "sample"?`},

	{"no credentials", "name: x\ncredentials: []\n",
		"x.yaml:2:14: no credentials; a client needs an appKey, appSecret, username and password"},
	{"half a credential", "name: x\ncredentials:\n  - {appKey: \"\", username: u, pasword: p}\n",
		`x.yaml:3:5: credentials[0]: appSecret is missing; a credential has one
x.yaml:3:14: appKey: some text belongs here, not ""
x.yaml:3:31: unknown key "pasword"; did you mean "password"?`},

	{"bad identifiers", head + `accounts:
  - name: a
    devices:
      - eid: 890490320001
        imei: 49015420323751X
        powered: "yes"
        fallback: 8914800000000000001
        profiles:
          - {iccid: "8914", network: usa, service: actve, status: enable, mdn: 541555, suspended: profil}
          - {network: us}
`, `x.yaml:6:14: eid: an EID of 32 digits belongs here, not 890490320001 with 12
x.yaml:7:15: imei: an IMEI of 15 digits belongs here, not "49015420323751X"
x.yaml:8:18: powered: true or false belongs here, not "yes"
x.yaml:11:21: iccid: an ICCID of 19 or 20 digits belongs here, not "8914" with 4
x.yaml:11:38: network: unknown word "usa"; did you mean "us"?
x.yaml:11:52: service: unknown word "actve"; did you mean "active"?
x.yaml:11:67: status: unknown word "enable"; did you mean "ENABLE"?
x.yaml:11:80: mdn: an MDN of 10 digits, the first of them 2 to 9, belongs here, not 541555
x.yaml:11:99: suspended: unknown word "profil"; did you mean "profile"?
x.yaml:12:13: profiles[1]: iccid is missing; a profile has one
x.yaml:12:13: profiles[1]: service is missing; a profile has one
x.yaml:12:13: profiles[1]: status is missing; a profile has one`},

	{"what cannot be", head + `accounts:
  - name: a
    plans: [{name: Global Plan, network: global}]
    devices:
      - eid: "89001012012341234012345678901224"
        fallback: "89148000000000000027"
        profiles:
          - {iccid: "89148000000000000019", network: us, service: active, status: ENABLE, suspended: profile}
          - iccid: "89445000000000000019"
            network: global
            service: active
            status: ENABLE
            plan: US Plan
      - {eid: "89001012012341234012345678901224"}
  - {name: a}
listeners:
  - {account: b, service: DeviceProfileService, url: "http://127.0.0.1:9001"}
  - {account: a, service: DeviceProfileService, url: localhost}
`, `x.yaml:8:19: the fallback profile 89148000000000000027 is not on the card
x.yaml:10:102: a us profile is suspended only with its device (suspended: device)
x.yaml:14:21: one profile of a card can be enabled; 89148000000000000019 is it already
x.yaml:15:19: account a has no plan "US Plan"
x.yaml:16:15: EID 89001012012341234012345678901224 is there already, at /accounts/0/devices/0/eid
x.yaml:17:12: account "a" is there already
x.yaml:19:15: no account "b" in this scenario
x.yaml:20:54: url "localhost" is not an http or https URL with a host`},
	{"bad listener", head + "accounts: [{name: a}]\nlisteners: [{account: a, service: DeviceProfilService, url: http://h}]\n",
		`x.yaml:4:35: service: unknown word "DeviceProfilService"; did you mean "DeviceProfileService"?`},
	{"out of range, beside what cannot be read", head + `delivery: {attempts: 0, interval: 5}
limits: {callsPerSecond: -1, activatesPerMinute: lots}
accounts:
  - name: a
    fleets:
      - {count: 0, profiles: [{network: us, service: active, status: ENABLE}]}
      - {count: 1000001, profiles: [{network: us, service: active, status: enabled}]}
      - {count: many, profiles: []}
      - {cuont: 5, profiles: []}
      - {profiles: []}
      - count: 1
        profiles: [&p {network: global, service: active, status: DISABLE}, *p, *p, *p, *p, *p, *p, *p, 9]
listeners:
  - {account: nobody, service: DeviceProfileService, url: localhost, username: ` + long + `, password: ` + long + `}
  - {account: a, service: DeviceProfileService}
  - {account: a, service: DeviceProfileService, url: [x]}
`, `x.yaml:3:22: a callback has at least 1 attempt, not 0
x.yaml:3:35: interval: a duration such as 5s or 2m30s belongs here, not 5
x.yaml:4:26: a limit is a number from 1, or 0 for none, not -1
x.yaml:4:50: activatesPerMinute: a whole number belongs here, not "lots"
x.yaml:8:17: a fleet has 1 to 1000000 devices, not 0
x.yaml:9:17: a fleet has 1 to 1000000 devices, not 1000001
x.yaml:9:76: status: unknown word "enabled"; did you mean "ENABLE"?
x.yaml:10:17: count: a whole number belongs here, not "many"
x.yaml:11:10: unknown key "cuont"; did you mean "count"?
x.yaml:12:9: fleets[4]: count is missing; a fleet has one
x.yaml:14:19: a device of a fleet has at most 8 profiles, not 9
x.yaml:14:104: profiles[8]: a profile of a fleet belongs here, not 9
x.yaml:16:59: url "localhost" is not an http or https URL with a host
x.yaml:16:80: username and password of a listener have at most 40 characters, not 41
x.yaml:16:133: username and password of a listener have at most 40 characters, not 41
x.yaml:17:5: listeners[1]: url is missing; a listener has one
x.yaml:18:54: url: some text belongs here, not a list`},
	{"no credentials, and a misspelt key", "name: x\ncredentials: []\nsede: 1\n",
		`x.yaml:2:14: no credentials; a client needs an appKey, appSecret, username and password
x.yaml:3:1: unknown key "sede"; did you mean "seed"?`},
	{"out of range by alias", head + "accounts:\n  - {name: a, fleets: &f [{count: 0, profiles: []}]}\n  - {name: b, fleets: *f}\nsede: 1\n",
		`x.yaml:4:35: a fleet has 1 to 1000000 devices, not 0
x.yaml:5:23: a fleet has 1 to 1000000 devices, not 0
x.yaml:6:1: unknown key "sede"; did you mean "seed"?`},
	{"the same by alias", head + "accounts:\n  - &a {name: a}\n  - *a\n", `x.yaml:5:5: account "a" is there already`},
	{"told once", head + "accounts:\n  - {name: a, devices: &d [{eid: 1}]}\n  - {name: b, devices: *d}\n",
		"x.yaml:4:34: eid: an EID of 32 digits belongs here, not 1 with 1"},
}

func TestBad(t *testing.T) {
	for _, tt := range bad {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load("x.yaml", []byte(tt.src), now)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got\n%v\nwant\n%s", err, tt.want)
			}
		})
	}
}

func TestManyProblems(t *testing.T) {
	_, err := Load("x.yaml", []byte(head+"listeners: ["+strings.Repeat("1,", 100)+"]"), now)
	lines := strings.Split(fmt.Sprint(err), "\n")
	if len(lines) != shown+1 || lines[shown] != "x.yaml: and 70 more" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}

// TestAliasBomb: a short file cannot stand for a huge scenario.
func TestAliasBomb(t *testing.T) {
	tenfold := func(s string) string { return strings.TrimSuffix(strings.Repeat(s+",", 10), ",") }
	src := head + "about: &a0 [x]\n"
	for i := range 12 {
		src += fmt.Sprintf("b%d: &a%d [%s]\n", i, i+1, tenfold(fmt.Sprintf("*a%d", i)))
	}
	_, err := Load("x.yaml", []byte(src), now)
	if err == nil || !strings.Contains(err.Error(), ": aliases repeat more than 1000000 values in this file") {
		t.Error(err)
	}
}

// FuzzLoad: whatever the file or the JSON, it is read or refused; and a scenario that loads has no problems.
func FuzzLoad(f *testing.F) {
	for _, tt := range bad {
		f.Add([]byte(tt.src))
	}
	for _, name := range Names() {
		src, err := Builtin(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	for _, tt := range badJSON {
		f.Add([]byte(tt.src))
	}
	for _, tt := range badRules {
		f.Add([]byte(head + tt.src))
	}
	check := func(t *testing.T, src []byte, cfg config.Config, err error, place string) {
		if problems := cfg.Problems(); err == nil && len(problems) > 0 {
			t.Errorf("%v\n%s", problems, src)
		} else if err != nil && !strings.HasPrefix(err.Error(), place) {
			t.Errorf("an error without its place: %v", err)
		}
	}
	for _, s := range slices.Concat(heavy.JSON, heavy.YAML) {
		f.Add([]byte(s.Text(2000)))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		cost := heavy.Allocated(func() {
			cfg, err := Load("x.yaml", src, time.Unix(0, 0))
			check(t, src, cfg, err, "x.yaml:")
			cfg, err = LoadJSON("/scenario", src, time.Unix(0, 0))
			check(t, src, cfg, err, "/scenario")
		})
		const once = 64 << 20 // aliases can repeat a lot
		if cost > uint64(2*perByte*len(src))+once {
			t.Errorf("%d bytes cost %d", len(src), cost)
		}
	})
}
