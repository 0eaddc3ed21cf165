package main

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tsim/internal/euicc"
	"tsim/scenarios"
	"tsim/tsimbox"
	"tsim/tsimclient"
)

// The scripts in testdata/remote each have a server of their own with the scenario default, which begins in 2030 and whose
// clock is moved by hand.
func TestRemoteScripts(t *testing.T) {
	text, err := scenarios.Files.ReadFile("default.yaml")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{Dir: "testdata/remote", Setup: func(env *testscript.Env) error {
		box, err := tsimbox.Start(context.Background(), tsimbox.Scenario(string(text)+"\nstart: 2030-01-01T00:00:00Z\n"))
		if err != nil {
			return err
		}
		if err := box.DeleteRules(context.Background(), ""); err != nil { // of which the scenario has some
			return err
		}
		env.Defer(func() {
			if err := box.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
		env.Setenv("GORACE", quickExit)
		env.Setenv("TSIM_CONTROL_URL", box.URL)
		return nil
	}})
}

// A server that is not there, or that asks for a token: the error says what would be right.
func TestRemoteElsewhere(t *testing.T) {
	server := start(t, []string{"TSIM_CONTROL_TOKEN=letmein"}, "serve", "--addr", "127.0.0.1:0")
	_, url := server.read(`listening on (http://\S+)`)
	_, port, _ := strings.Cut(url, "127.0.0.1")
	for want, env := range map[string][]string{
		"tsim: " + url + " asks for its control token: set TSIM_CONTROL_": {"TSIM_ADDR=0.0.0.0" + port},
		"now    2": {"TSIM_CONTROL_ADDR=" + port, "TSIM_ADDR=127.0.0.1:1", "TSIM_CONTROL_TOKEN=letmein"},
		"tsim: no tsim answers at http://127.0.0.1:1: connection refused; start one with 'tsim serve', or say with --control-url where it is\n": {"TSIM_ADDR=127.0.0.1:1"},
		"tsim: TSIM_SANDBX is no variable of tsim; did you mean TSIM_SANDBOX?":                                                                  {"TSIM_SANDBX=a"},
		`tsim: --addr "127.0.0.1:0": expected host:port`:                                                                                        {"TSIM_ADDR=127.0.0.1:0"},
	} {
		if out := output(env, "clock", "show"); !strings.HasPrefix(out, want) {
			t.Errorf("%q: it says\n%s, want\n%s", env, out, want)
		}
	}
	server.stop(os.Interrupt)
}

// output is what tsim prints, all of it.
func output(env []string, args ...string) string {
	cmd := exec.Command("tsim", args...)
	cmd.Env = append(os.Environ(), env...)
	out, _ := cmd.CombinedOutput()
	return string(out)
}

// Events are followed as they come, also after a reset, until Ctrl-C or until there are none any more.
func TestFollowEvents(t *testing.T) {
	box, err := tsimbox.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := box.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	env := []string{"TSIM_CONTROL_URL=" + box.URL}
	lines, all := start(t, env, "event", "--follow", "--kind", "clock.changed"), start(t, env, "event", "--follow", "-o", "json")
	output(env, "clock", "set", "auto")
	lines.read(`^ +\d+ 20\d\d-\S+  clock\.changed +auto$`)
	all.read(`^\{"epoch":1,.*"kind":"clock\.changed".*\}$`)
	output(env, "sandbox", "reset")
	all.read(`^\{"epoch":2,"seq":1,.*"kind":"sandbox\.reset".*\}$`)
	output(env, "clock", "set", "real")
	lines.read(`clock\.changed +real$`)
	lines.stop(os.Interrupt)
	all.stop(os.Interrupt)
	if want := "the sandbox is in epoch 2, and no more in epoch 1"; !strings.Contains(all.logs.String(), want) {
		t.Errorf("of the reset it says %q", all.logs)
	}
	output(env, "sandbox", "create", "other", "--clock", "manual")
	other := start(t, env, "event", "--follow", "--sandbox", "other", "-o", "yaml")
	output(env, "clock", "set", "auto", "--sandbox", "other")
	other.read(`^detail: auto$`)
	output(env, "sandbox", "delete", "other")
	if err := other.cmd.Wait(); err == nil || other.logs.String() != "tsim: the sandbox \"other\" was removed\n" {
		t.Errorf("of a sandbox that was removed: %v, %s", err, other.logs)
	}
}

// A list is asked for page after page, and for no more than is wanted.
func TestPages(t *testing.T) {
	const all = 2*tsimclient.MaxLimit + 3
	for most, want := range map[int]int{0: all, 1: 1, tsimclient.MaxLimit: tsimclient.MaxLimit, tsimclient.MaxLimit + 1: tsimclient.MaxLimit + 1, all: all, all + 1: all} {
		items, next, err := pages(most, func(p tsimclient.Page) (page []int, next string, err error) {
			if p.Limit < 1 || p.Limit > tsimclient.MaxLimit {
				t.Fatalf("a page of %d is asked for", p.Limit)
			}
			after, _ := strconv.Atoi(p.After)
			for n := after + 1; n <= min(after+p.Limit, all); n++ {
				page = append(page, n)
			}
			if last := after + len(page); last < all {
				next = strconv.Itoa(last)
			}
			return page, next, nil
		})
		if err != nil || len(items) != want || items[want-1] != want || (next == "") != (want == all) {
			t.Errorf("of %d there are %d, and next %q, %v", most, len(items), next, err)
		}
	}
}

// How far a time is from now, in words that are read at a glance.
func TestDistance(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "now", 290 * time.Second: "in 4m50s", -2 * time.Minute: "2m0s ago", 1500 * time.Millisecond: "in 1.5s", 40 * time.Millisecond: "in 40ms",
		-3*time.Hour - 20*time.Minute - 7*time.Second: "3h20m ago", 100 * time.Hour: "in 4d4h",
	} {
		if got := distance(d); got != want {
			t.Errorf("%s is told as %q, want %q", d, got, want)
		}
	}
}

// Devices are told apart by their digits, or named.
func TestDeviceOf(t *testing.T) {
	for word, want := range map[string]euicc.IDs{
		"89001012012341234012345678901224":                      {EID: "89001012012341234012345678901224"},
		"89001012012341234012345678901224,89445000000000000019": {EID: "89001012012341234012345678901224", ICCID: "89445000000000000019"},
		"8944500000000000001":                                   {ICCID: "8944500000000000001"},
		"490154203237518":                                       {IMEI: "490154203237518"},
		"5415550100":                                            {MDN: "5415550100"},
		"15415550100":                                           {MDN: "5415550100"},
		"mdn=15415550100":                                       {MDN: "15415550100"},
		"iccid=1":                                               {ICCID: "1"},
	} {
		if got, err := deviceOf(word); err != nil || got != want {
			t.Errorf("%s is %+v, %v", word, got, err)
		}
	}
	for _, word := range []string{"", "abc", "123", "25415550100", "esn=1", "iccid=", ",", "5415550100,", "5415550100,5415550101"} {
		if got, err := deviceOf(word); err == nil {
			t.Errorf("%q is %+v", word, got)
		}
	}
}
