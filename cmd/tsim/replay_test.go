package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestReplay: what replay says of a recording, and of one that somebody has changed, or a disk, or another tsim.
func TestReplay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bug.jsonl")
	server := start(t, nil, "serve", "--addr", "127.0.0.1:0", "--clock", "manual", "--seed", "7", "--record", file)
	_, url := server.read(`listening on (http://\S+)`)
	env := []string{"TSIM_CONTROL_URL=" + url}
	for _, args := range []string{
		"do profile_suspend 89445000000000000019", "clock advance 1m",
	} {
		if out := output(env, strings.Fields(args)...); strings.Contains(out, "tsim: ") {
			t.Fatalf("%s: %s", args, out)
		}
	}
	server.stop(syscall.SIGTERM)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	whole := string(text)
	for _, c := range []struct {
		name string
		edit func(string) string
		args string
		want string
	}{
		{"whole", same, "", `Sandbox "default" of the scenario "default" with seed 7, recorded by tsim VERSION.
15 inputs, 5 events, 0 callbacks: the same.
`},
		{"until an event", same, "--until 3", `Sandbox "default" of the scenario "default" with seed 7, recorded by tsim VERSION.
9 inputs, 3 events, 0 callbacks: the same.
It is 2030-01-01T00:00:00Z there.
`},
		{"until an instant", same, "--until 2030-01-01T00:00:02Z", `Sandbox "default" of the scenario "default" with seed 7, recorded by tsim VERSION.
13 inputs, 5 events, 0 callbacks: the same.
It is 2030-01-01T00:00:02Z there.
`},
		{"for programs", same, "-o json", `{"sandbox":"default","scenario":"default","seed":7,"version":"VERSION","began":"BEGAN","inputs":15,"events":5,"callbacks":0,"digests":0,"torn":false,"ended":"tsim ended","now":"2030-01-01T00:01:00Z"}
`},
		{"until what never comes", same, "--until 99", `Sandbox "default" of the scenario "default" with seed 7, recorded by tsim VERSION.
15 inputs, 5 events, 0 callbacks: the same.
It ends before --until 99, at 2030-01-01T00:01:00Z.
`},
		{"another event", replacing(`"detail":"profile_suspend"`, `"detail":"profile_resume"`), "", `Sandbox "default" of the scenario "default" with seed 7, recorded by tsim VERSION.
Up to there it is the same: 12 inputs, 3 events, 0 callbacks.

Event 4 is not what was recorded (line 14, input 13, passTime):

             recorded                               this build
  event      4                                      4
  at         2030-01-01T00:00:02Z                   2030-01-01T00:00:02Z
  kind       operation.succeeded                    operation.succeeded
* detail     profile_resume                         profile_suspend
  cause      3                                      3
  request    REQUEST   REQUEST
  callback   1                                      1
  eid        89001012012341234012345678901224       89001012012341234012345678901224
  iccid      89445000000000000019                   89445000000000000019
  epoch      1                                      1

Because of:
  3   2030-01-01T00:00:00Z   request.accepted   REQUEST   

Before it:
  1   2030-01-01T00:00:00Z   token.issued       -                                      demo-key
  2   2030-01-01T00:00:00Z   session.opened     -                                      demo
  3   2030-01-01T00:00:00Z   request.accepted   REQUEST   

The inputs are those that were recorded: their sums are right. So it is tsim: this one calls itself
VERSION as the one that recorded did, and does something else; or somebody has changed what was recorded of it.
tsim: event 4 is not what was recorded
exit 1
`},
		{"another reply", replacing(`"told":"`, `"told":"x`), "", `Sandbox "default" of the scenario "default" with seed 7, recorded by tsim VERSION.
Up to there it is the same: 8 inputs, 2 events, 0 callbacks.

The reply is not what was recorded (line 10, input 9, submitRequest):

          recorded                                this build
* reply   xREQUEST   REQUEST

The inputs are those that were recorded: their sums are right. So it is tsim: this one calls itself
VERSION as the one that recorded did, and does something else; or somebody has changed what was recorded of it.
tsim: the reply is not what was recorded
exit 1
`},
		{"another input", replacing(`"Op":12`, `"Op":13`), "", `tsim: FILE: line 10: the inputs were changed after they were recorded, here or since the line before: the sum is SUM, and the line says "SUM"
exit 2
`},
		{"an input less", func(s string) string {
			return strings.Join(append(strings.Split(s, "\n")[:5], strings.Split(s, "\n")[6:]...), "\n")
		}, "", `tsim: FILE: line 6: the inputs were changed after they were recorded, here or since the line before: the sum is SUM, and the line says "SUM"
exit 2
`},
		{"another scenario", replacing(`"Seed":7`, `"Seed":8`), "", `tsim: FILE: line 1: the head was changed after it was recorded: its sum is SUM, and it says "SUM"
exit 2
`},
		{"another format", replacing(`"format":1,"version":"`+version(), `"format":2,"version":"9.9.9`), "", `tsim: FILE: line 1: tsim 9.9.9 wrote this in format 2, and this is tsim VERSION, which reads format 1: replay it with the tsim that recorded it
exit 2
`},
		{"torn", func(s string) string { return s[:strings.LastIndex(s, `{"input"`)+30] }, "", `Sandbox "default" of the scenario "default" with seed 7, recorded by tsim VERSION.
14 inputs, 5 events, 0 callbacks: the same.
The last line is cut off: tsim, or its machine, ended in the middle of it.
`},
		{"without an end", func(s string) string { return s[:strings.LastIndex(s, `{"end"`)] }, "", `Sandbox "default" of the scenario "default" with seed 7, recorded by tsim VERSION.
15 inputs, 5 events, 0 callbacks: the same.
There is no last line that says why it ended: whoever recorded stopped, tsim was killed, or it still writes.
`},
		{"two of them", func(s string) string { return s + s }, "", `tsim: FILE: line 18: another recording begins here: replay each alone
exit 2
`},
		{"nothing", func(string) string { return "" }, "", `tsim: FILE: this is no recording of tsim: there is no whole line in it
exit 2
`},
		{"something else", func(string) string { return "seed: 1\n" }, "", `tsim: FILE: line 1: this is no recording of tsim, which would begin with {"tsim_recording":
exit 2
`},
		{"a slip", same, "--until tomorrow", `tsim: --until is the number of an event or an instant such as 2030-01-01T00:05:00Z, not "tomorrow" (see 'tsim --help')
exit 2
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			edited := filepath.Join(t.TempDir(), "edited.jsonl")
			if err := os.WriteFile(edited, []byte(c.edit(whole)), 0o600); err != nil {
				t.Fatal(err)
			}
			out := output(nil, append([]string{"replay", edited}, strings.Fields(c.args)...)...)
			for from, to := range map[string]string{regexp.QuoteMeta(edited): "FILE", `[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`: "REQUEST", `\b` + regexp.QuoteMeta(version()) + `\b`: "VERSION",
				`sum is [0-9a-f]{8}`: "sum is SUM", `says "[0-9a-f]{8}"`: `says "SUM"`, `"began":"[^"]*"`: `"began":"BEGAN"`} {
				out = regexp.MustCompile(from).ReplaceAllString(out, to)
			}
			if want, _, _ := strings.Cut(c.want, "exit "); out != want {
				t.Errorf("it says\n%s\nwant\n%s", out, want)
			}
		})
	}
}

// TestReplayServes: where a replay stops, the sandbox can be served, with credentials of its own; and be recorded anew.
func TestReplayServes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bug.jsonl")
	server := start(t, nil, "serve", "--addr", "127.0.0.1:0", "--clock", "manual", "--record", file)
	_, url := server.read(`listening on (http://\S+)`)
	for _, args := range []string{"do profile_suspend 89445000000000000019", "clock advance 1m"} {
		if out := output([]string{"TSIM_CONTROL_URL=" + url}, strings.Fields(args)...); strings.Contains(out, "tsim: ") {
			t.Fatalf("%s: %s", args, out)
		}
	}
	server.stop(syscall.SIGTERM)
	again := start(t, nil, "replay", file, "--until", "3", "--serve", "--addr", "127.0.0.1:0", "--record", file+".again")
	_, url = again.read(`listening on (http://\S+)`)
	env := []string{"TSIM_CONTROL_URL=" + url}
	if out := output(env, "clock", "show"); !strings.HasPrefix(out, "now    2030-01-01T00:00:00Z\n") {
		t.Errorf("it is\n%s", out)
	}
	// What was accepted before goes on; and the printed credentials are good.
	output(env, "clock", "advance", "1m")
	if out := output(env, "event"); strings.Count(out, "operation.succeeded") != 1 {
		t.Errorf("there are the events\n%s", out)
	}
	if out := output(append(env, "TSIM_APP_KEY=demo-key", "TSIM_APP_SECRET=demo-secret", "TSIM_USERNAME=demo", "TSIM_PASSWORD=demo-pass"), "do", "profile_resume", "89445000000000000019"); !strings.Contains(out, "tsim: ") {
		t.Errorf("the credentials of the recorded server are good here: %s", out)
	}
	again.stop(syscall.SIGTERM)
	if out := output(nil, "replay", file+".again"); !strings.Contains(out, ": the same.\n") {
		t.Errorf("its own recording comes to\n%s", out)
	}
}

func same(s string) string { return s }

func replacing(from, to string) func(string) string {
	return func(s string) string { return strings.Replace(s, from, to, 1) }
}
