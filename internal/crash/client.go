package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"tsim/tsimclient"
)

const account = "0000123456-00001"

// client has a sandbox of its own, which nobody else steers. So it knows, from the replies it has got, what must be there.
type client struct {
	w       *world
	number  int
	lives   uint64
	draw    *luck
	base    string // of the server in this life
	http    *http.Client
	control *tsimclient.Client
	counts  counts
	doubt   command // what had no reply when tsim was killed

	sandbox    string // its name; "" for none
	credential tsimclient.Credential
	sessions   []tokens            // that must work
	saved      map[string]expected // snapshots
	forked     string              // a fork; "" for none
	forkedWith []asked             // some requests that it has
	expected
}

// tokens are what a login gave.
type tokens struct{ bearer, session string }

// expected is what must be in the sandbox, beside what time has brought.
type expected struct {
	epoch    uint64
	powered  map[string]bool     // by EID
	profiles map[string][]string // ICCIDs by EID
	rules    map[string]bool
	holds    map[uint64]bool
	mode     tsimclient.ClockMode
	now      time.Time // at the latest reply that told it
	requests []asked
	all      []string           // of a snapshot: the ids of all its requests, also those that were not replied to
	checked  int                // how many of the requests have been found in an earlier life
	tail     []tsimclient.Event // the latest ones that are surely kept
	read     []tsimclient.Event // that were read since the last reply to something that changes
	settled  map[uint64]bool    // callbacks whose delivery has been recorded
}

// asked is a request that was replied to.
type asked struct {
	id  string
	ids []string // ICCIDs or EIDs, as they were sent
}

// counts is what a client has seen.
type counts struct {
	actions, logins, commands, doubts, inEffect, requests, events, cards, delivered int
}

func (c *counts) add(o *counts) {
	for _, pair := range []struct{ to, from *int }{
		{&c.actions, &o.actions}, {&c.logins, &o.logins}, {&c.commands, &o.commands}, {&c.doubts, &o.doubts}, {&c.inEffect, &o.inEffect},
		{&c.requests, &o.requests}, {&c.events, &o.events}, {&c.cards, &o.cards}, {&c.delivered, &o.delivered},
	} {
		*pair.to += *pair.from
	}
}

// command is something that changes the sandbox. It does it and changes what is expected; if it gets no reply, found says after
// the next start whether it is in effect, and changes what is expected then.
type command struct {
	name  string
	do    func(context.Context) error
	found func(context.Context) (bool, error) // nil if nobody can tell, nor needs to
}

// load does one thing after the other until there is no reply.
func (c *client) load(ctx context.Context) error {
	for {
		next := c.choose()
		err := next.do(ctx)
		switch told, refused := errors.AsType[*tsimclient.Error](err); {
		case err == nil && next.name == "read":
		case err == nil:
			c.surely()
		case refused && told.Status >= 400: // no kill explains that
			return fmt.Errorf("%s: %w", next.name, err)
		default:
			c.doubt = next
			c.counts.doubts++
			return ctx.Err()
		}
	}
}

// surely says that all that was read so far has been kept: for something that was done afterwards has been.
func (c *client) surely() {
	if len(c.read) > 0 {
		c.tail, c.read = c.read, nil
	}
}

// choose draws what to do next.
func (c *client) choose() command {
	if c.sandbox == "" {
		return c.create()
	}
	n := c.draw.below(1000)
	for _, way := range []struct {
		part int
		make func() command
	}{
		{570, c.act}, {80, c.login}, {70, c.look}, {50, c.power}, {60, c.rule}, {40, c.hold}, {40, c.clock}, {40, c.advance}, {10, c.reset}, {5, c.remove}, {15, c.save}, {10, c.rewind}, {10, c.fork},
	} {
		if n -= way.part; n < 0 {
			return way.make()
		}
	}
	panic("the parts are less than 1000")
}

func (c *client) create() command {
	name := ""
	if c.draw.below(2) == 0 {
		name = fmt.Sprintf("of-%d-%d-%d", c.number, c.lives, c.draw.next())
	}
	return command{name: "create", do: func(ctx context.Context) error {
		yaml, err := json.Marshal(scenario(c.w.listener.url))
		if err != nil {
			return err
		}
		is, err := c.control.CreateSandbox(ctx, tsimclient.SandboxSpec{Name: name, ScenarioSpec: tsimclient.ScenarioSpec{Scenario: yaml}, TTL: "24h"})
		if err != nil {
			return err
		}
		c.counts.commands++
		return c.begin(&is)
	}, found: func(ctx context.Context) (bool, error) {
		if name == "" {
			return false, nil // whatever it is called, nobody asks for it
		}
		c.control.Sandbox = name
		is, err := c.control.Info(ctx)
		if missing(err) {
			return false, nil
		}
		if err == nil {
			err = c.begin(&is)
		}
		return true, err
	}}
}

// begin begins to use a sandbox that is new.
func (c *client) begin(is *tsimclient.Sandbox) error {
	if _, known := c.w.names.LoadOrStore(is.Name, true); known {
		return wrong("the name %q was given twice", is.Name)
	}
	c.sandbox, c.control.Sandbox, c.credential = is.Name, is.Name, is.Credentials[0]
	c.sessions, c.saved = nil, map[string]expected{}
	c.anew(is)
	return nil
}

// anew expects what is there after a reset.
func (c *client) anew(is *tsimclient.Sandbox) {
	c.expected = expected{
		epoch: is.Clock.Epoch, mode: is.Clock.Mode, now: is.Clock.Now,
		powered: map[string]bool{}, profiles: map[string][]string{}, rules: map[string]bool{}, holds: map[uint64]bool{}, settled: map[uint64]bool{},
	}
}

// inventory reads the devices when they are not known yet.
func (c *client) inventory(ctx context.Context) error {
	if len(c.profiles) > 0 {
		return nil
	}
	devices, err := c.control.AllDevices(ctx, tsimclient.DeviceFilter{}, 100)
	for _, d := range devices {
		for _, p := range d.Profiles {
			c.profiles[d.EID] = append(c.profiles[d.EID], p.ICCID)
		}
		if _, known := c.powered[d.EID]; !known {
			c.powered[d.EID] = true
		}
	}
	return err
}

func (c *client) remove() command {
	return command{name: "remove", do: func(ctx context.Context) error {
		_, err := c.control.DeleteSandbox(ctx)
		if err == nil {
			c.counts.commands++
			c.sandbox = ""
		}
		return err
	}, found: func(ctx context.Context) (bool, error) {
		_, err := c.control.Info(ctx)
		if missing(err) {
			c.sandbox = ""
			return true, nil
		}
		return false, err
	}}
}

func (c *client) reset() command {
	keep := c.draw.below(2) == 0
	var to tsimclient.ScenarioSpec
	if c.draw.below(2) == 0 { // with other devices
		seed := c.draw.next() >> 32
		to.Seed = &seed
	}
	done := func(is *tsimclient.Sandbox) {
		if !keep {
			c.sessions = nil
		}
		c.anew(is)
	}
	return command{name: "reset", do: func(ctx context.Context) error {
		var kept []tsimclient.Keep
		if keep {
			kept = append(kept, tsimclient.KeepTokens)
		}
		is, err := c.control.ResetTo(ctx, to, kept...)
		if err != nil {
			return err
		}
		if is.Clock.Epoch != c.epoch+1 {
			return wrong("epoch %d came after epoch %d", is.Clock.Epoch, c.epoch)
		}
		c.counts.commands++
		done(&is)
		return nil
	}, found: func(ctx context.Context) (bool, error) {
		is, err := c.control.Info(ctx)
		if err != nil || is.Clock.Epoch == c.epoch {
			return false, err
		}
		if is.Clock.Epoch != c.epoch+1 {
			return true, wrong("epoch %d came after epoch %d", is.Clock.Epoch, c.epoch)
		}
		done(&is)
		return true, nil
	}}
}

// missing says whether an error is that there is nothing of that name.
func missing(err error) bool {
	told, ok := errors.AsType[*tsimclient.Error](err)
	return ok && told.Status == http.StatusNotFound
}

// wrong is an error that no kill explains.
func wrong(format string, args ...any) error {
	return &tsimclient.Error{Status: http.StatusTeapot, Message: fmt.Sprintf(format, args...)}
}
