package features

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cucumber/godog"

	"tsim/internal/scenario"
	"tsim/tsimclient"
)

// misfortuneSteps are the words for what goes wrong on purpose, and for what a good application makes of it.
func misfortuneSteps(sc *godog.ScenarioContext, w *world) {
	sc.Given(`^the misfortune "([^"]*)"$`, func(name string) { w.with = append(w.with, name) })
	sc.Given(`^the rule$`, func(rule *godog.DocString) { w.rules = append(w.rules, rule.Content) })
	sc.Given(`^my device has identifiers that end in "([^"]*)"$`, w.givenEnding)
	sc.Given(`^my listener takes no callback that it cannot read, or that has a wrong password$`, func() { w.careful = true })
	sc.Given(`^my application waits (\S+) for a reply$`, func(patience string) (err error) {
		w.patience, err = time.ParseDuration(patience)
		return err
	})
	sc.Given(`^time jumps to whatever is due next$`, func() error {
		if err := w.start(); err != nil {
			return err
		}
		mode := tsimclient.ClockAuto
		_, err := w.box.Control.SetClock(context.Background(), tsimclient.ClockSettings{Mode: &mode})
		return err
	})

	sc.When(`^I log in for the first time$`, func() error {
		if err := w.open(w.scenario()); err != nil {
			return err
		}
		return w.login("")
	})
	sc.When(`^I make the same call again$`, w.again)
	sc.When(`^I POST to "([^"]*)"$`, func(path string) error {
		return w.call(http.MethodPost, path, map[string]string{"accountName": account}, nil)
	})
	sc.When(`^I ask again for those that failed$`, w.askFailedAgain)
	sc.When(`^my listener is told$`, func() error {
		_, err := w.box.Wait(context.Background(), tsimclient.For{Kind: tsimclient.EventAttemptAcknowledged}, time.Minute)
		return err
	})

	sc.Then(`^the connection ends without a reply$`, func() error { return w.hasNoReply(false) })
	sc.Then(`^no reply has come in time$`, func() error { return w.hasNoReply(true) })
	sc.Then(`^the reply is (\d+) and a page in HTML$`, func(status int) error {
		if kind := w.header.Get("Content-Type"); w.status != status || kind != "text/html" || !bytes.HasPrefix(w.reply, []byte("<html>")) {
			return fmt.Errorf("the reply is %d %s %s", w.status, kind, w.reply)
		}
		return nil
	})
	sc.Then(`^the reply is (\d+) (\{.*\})$`, func(status int, body string) error {
		if w.status != status || string(w.reply) != body {
			return fmt.Errorf("the reply is %d %s", w.status, w.reply)
		}
		return nil
	})
	sc.Then(`^it is to be made again after (\d+) seconds?$`, func(seconds string) error {
		if got := w.header.Get("Retry-After"); got != seconds {
			return fmt.Errorf("the reply has Retry-After: %q", got)
		}
		return nil
	})
	sc.Then(`^(\d+) callbacks? came before the reply$`, func(n int) error {
		if w.before != n {
			return fmt.Errorf("%d did", w.before)
		}
		return nil
	})
	sc.Then(`^my listener has turned callbacks away with (.*)$`, func(list string) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if !slices.Equal(w.turnedAway, numbers(list)) {
			return fmt.Errorf("it did so with %v", w.turnedAway)
		}
		return nil
	})
	sc.Then(`^my listener hears what is no JSON$`, func() error {
		news := w.news()
		if len(news) != 1 || json.Valid(news[0]) {
			return fmt.Errorf("it heard %q", news)
		}
		return nil
	})
	sc.Then(`^the callback has the password "([^"]*)"$`, func(password string) error {
		var c callback
		news := w.news()
		if len(news) != 1 || json.Unmarshal(news[0], &c) != nil || c.Password == nil || *c.Password != password {
			return fmt.Errorf("it heard %q", news)
		}
		return nil
	})
}

// givenEnding makes the device of the scenario with such identifiers the one that the story is about.
func (w *world) givenEnding(digits string) error {
	all, err := w.devices(1)
	if err != nil {
		return err
	}
	for _, d := range all {
		if !strings.HasSuffix(d.EID, digits) {
			continue
		}
		ids := []string{d.IMEI}
		for _, p := range d.Profiles {
			ids = append(ids, p.ICCID)
		}
		for _, id := range ids {
			if !strings.HasSuffix(id, digits) {
				return fmt.Errorf("the device %s has the identifier %s", d.EID, id)
			}
		}
		w.about(known(d))
		return nil
	}
	return fmt.Errorf("no device has an EID that ends in %s", digits)
}

// hasNoReply holds the last call to having none: because the connection has ended, or because none has come in time.
func (w *world) hasNoReply(late bool) error {
	timeout, ok := errors.AsType[net.Error](w.broken)
	if w.broken == nil || (ok && timeout.Timeout()) != late {
		return fmt.Errorf("the reply is %d %s (%v)", w.status, w.reply, w.broken)
	}
	w.broken = nil
	return nil
}

// askFailedAgain asks for the devices of which the new callbacks say that they failed.
func (w *world) askFailedAgain() error {
	var devices [][]map[string]string
	for _, body := range w.news() {
		var c callback
		if err := json.Unmarshal(body, &c); err != nil {
			return err
		}
		for _, d := range c.DeviceIDs {
			if c.Status == "Failed" && strings.EqualFold(d.Kind, "iccid") {
				devices = append(devices, ids("iccid", d.ID))
			}
		}
	}
	return w.ask("profile_suspend", "", devices...)
}

// struck is how often each rule has done something in all stories.
var struck = map[string]int{}

// tally counts that, and holds each set that the story names to having done something in it.
func (w *world) tally(ctx context.Context) error {
	hits := map[string]int{}
	rules, err := w.box.Rules(ctx)
	for i := range rules {
		r := &rules[i]
		struck[r.Name] += r.Hits - r.Skipped
		hits[r.Set] += r.Hits - r.Skipped
	}
	for _, name := range w.with {
		if hits[name] == 0 {
			err = errors.Join(err, fmt.Errorf("%s has done nothing in this story", name))
		}
	}
	return err
}

// checkMisfortunes holds each rule of each named set, and of the scenario "default", to having done something in a story.
func checkMisfortunes(t *testing.T) {
	cfg, err := scenario.Open("default", nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	rules := cfg.Rules
	for _, name := range scenario.Sets() {
		set, err := scenario.LoadSet(name)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, set.Rules...)
	}
	for i := range rules {
		if name := rules[i].Name; struck[name] == 0 {
			t.Errorf("no story shows what %s does", name)
		}
	}
}
