package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"tsim/tsimclient"
)

// check compares what is there after a start with what must be.
func (c *client) check(ctx context.Context, base string, life int, thorough bool) error {
	c.lives++
	c.base, c.draw = base, newLuck(c.w.seed, uint64(life*1000+c.number+1))
	c.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4}, Timeout: patience}
	c.control = &tsimclient.Client{BaseURL: base, Sandbox: c.sandbox, HTTPClient: c.http}
	if c.doubt.found != nil {
		is, err := c.doubt.found(ctx)
		if err != nil {
			return fmt.Errorf("after %s, which had no reply: %w", c.doubt.name, err)
		}
		if is {
			c.counts.inEffect++
		}
	}
	c.doubt, c.read = command{}, nil
	if c.sandbox == "" {
		return nil
	}
	for _, part := range []func(context.Context, bool) error{c.checkClock, c.checkSteering, c.checkCards, c.checkTokens, c.checkRequests, c.checkJournal, c.checkSnapshots, c.checkDeliveries} {
		if err := part(ctx, thorough); err != nil {
			return err
		}
	}
	return nil
}

func (c *client) checkClock(ctx context.Context, _ bool) error {
	is, err := c.control.Clock(ctx)
	switch {
	case err != nil:
		return err
	case is.Epoch != c.epoch:
		return fmt.Errorf("it is in epoch %d, and was in %d", is.Epoch, c.epoch)
	case is.Mode != c.mode:
		return fmt.Errorf("its clock is %s, and was %s", is.Mode, c.mode)
	case is.Now.Before(c.now), is.Mode == tsimclient.ClockManual && !is.Now.Equal(c.now):
		return fmt.Errorf("with the clock %s it is %s, and was %s", is.Mode, is.Now, c.now)
	}
	return nil
}

// checkSteering looks for rules and holds.
func (c *client) checkSteering(ctx context.Context, _ bool) error {
	rules, err := c.control.Rules(ctx)
	if err != nil {
		return err
	}
	is := map[string]bool{}
	for _, r := range rules.Rules {
		is[r.Name] = true
	}
	for i := range 5 {
		if name := fmt.Sprintf("rule-%d", i); is[name] != c.rules[name] {
			return fmt.Errorf("that there is a rule %q is %t, and was %t", name, is[name], c.rules[name])
		}
	}
	holds, err := c.control.Holds(ctx, tsimclient.Page{Limit: tsimclient.MaxLimit})
	if err != nil {
		return err
	}
	for _, h := range holds.Holds {
		if !c.holds[h.ID] {
			return fmt.Errorf("there is a hold %d, which was lifted", h.ID)
		}
	}
	if len(holds.Holds) != len(c.holds) {
		return fmt.Errorf("there are %d holds, and were %d", len(holds.Holds), len(c.holds))
	}
	return nil
}

// checkSnapshots looks for snapshots, and for a fork.
func (c *client) checkSnapshots(ctx context.Context, _ bool) error {
	list, err := c.control.Snapshots(ctx, tsimclient.Page{Limit: tsimclient.MaxLimit})
	if err != nil {
		return err
	}
	for _, is := range list.Snapshots {
		if was, known := c.saved[is.Name]; !known || was.epoch != is.Epoch {
			return fmt.Errorf("there is a snapshot %q of epoch %d, and was one of epoch %d", is.Name, is.Epoch, was.epoch)
		}
	}
	if len(list.Snapshots) != len(c.saved) {
		return fmt.Errorf("there are %d snapshots, and were %d", len(list.Snapshots), len(c.saved))
	}
	if c.forked == "" {
		return nil
	}
	fork := &tsimclient.Client{BaseURL: c.base, Sandbox: c.forked, HTTPClient: c.http}
	if is, err := fork.Info(ctx); err != nil || is.Counts.Devices != 8 {
		return fmt.Errorf("the fork %q has %d devices: %w", c.forked, is.Counts.Devices, err)
	}
	for _, a := range c.forkedWith {
		if _, err := fork.Request(ctx, a.id, tsimclient.Page{}); err != nil {
			return fmt.Errorf("request %s of the fork %q: %w", a.id, c.forked, err)
		}
	}
	return nil
}

// checkCards compares the devices with what is known of them, and looks whether each is as a card can be.
func (c *client) checkCards(ctx context.Context, _ bool) error {
	devices, err := c.control.AllDevices(ctx, tsimclient.DeviceFilter{}, 100)
	if err != nil {
		return err
	}
	if len(devices) != 8 {
		return fmt.Errorf("there are %d devices, and were 8", len(devices))
	}
	for _, d := range devices {
		if on, known := c.powered[d.EID]; known && on != d.Powered {
			return fmt.Errorf("that %s has power is %t, and was %t", d.EID, d.Powered, on)
		}
		enabled := 0
		for i, p := range d.Profiles {
			if known := c.profiles[d.EID]; known != nil && (i >= len(known) || known[i] != p.ICCID) {
				return fmt.Errorf("%s has the profile %s, and had %v", d.EID, p.ICCID, known)
			}
			if p.Enabled {
				enabled++
			}
			if (p.Enabled || p.Suspended != tsimclient.SuspendedNone) && p.Service != tsimclient.ServiceActive {
				return fmt.Errorf("%s: a profile that is not in service is in use or suspended: %+v", d.EID, p)
			}
		}
		if enabled > 1 {
			return fmt.Errorf("%s has %d profiles in use", d.EID, enabled)
		}
		c.counts.cards++
	}
	return nil
}

// checkTokens makes a call with each pair of tokens.
func (c *client) checkTokens(ctx context.Context, thorough bool) error {
	if !thorough && len(c.sessions) > 3 {
		c.sessions = c.sessions[len(c.sessions)-3:]
	}
	for _, s := range c.sessions {
		var listeners []any
		if err := c.ask(ctx, "GET", "/api/m2m/v1/callbacks/"+account, s, nil, &listeners); err != nil {
			return fmt.Errorf("a session is lost: %w", err)
		}
		if len(listeners) != 1 {
			return fmt.Errorf("there are %d listeners, and was one", len(listeners))
		}
	}
	return nil
}

// checkRequests looks for the requests that were replied to since the last check, and some older ones.
func (c *client) checkRequests(ctx context.Context, thorough bool) error {
	for i, a := range c.requests {
		if i < c.checked && !thorough && c.draw.below(c.checked) > 5 {
			continue
		}
		r, err := c.control.Request(ctx, a.id, tsimclient.Page{})
		if err != nil {
			return fmt.Errorf("request %s of %d, which was replied to: %w", a.id, len(c.requests), err)
		}
		if r.Devices != len(a.ids) || len(r.Entries) != len(a.ids) {
			return fmt.Errorf("request %s has %d devices, and had %d", a.id, r.Devices, len(a.ids))
		}
		for n, id := range a.ids {
			e := r.Entries[n]
			is := e.EID == id || e.ICCID == id || slices.ContainsFunc(e.Callbacks, func(cb tsimclient.CallbackReport) bool { return cb.EID == id || cb.ICCID == id })
			if !is && (len(e.Callbacks) > 0 || e.EID+e.ICCID != "") {
				return fmt.Errorf("device %d of request %s was %s, and is %+v", n+1, a.id, id, e)
			}
		}
		c.counts.requests++
	}
	c.checked = len(c.requests)
	return nil
}

// latest is the latest events, without a gap, of the present epoch.
func (c *client) latest(ctx context.Context) ([]tsimclient.Event, error) {
	after := uint64(0)
	if n := len(c.tail); n > 0 {
		after = c.tail[0].Seq - 1
	}
	events, err := c.eventsAfter(ctx, after)
	return events[max(0, len(events)-50):], err
}

// eventsAfter is all events after one.
func (c *client) eventsAfter(ctx context.Context, after uint64) ([]tsimclient.Event, error) {
	var all []tsimclient.Event
	page := tsimclient.Page{After: strconv.FormatUint(after, 10), Limit: tsimclient.MaxLimit}
	for {
		list, err := c.control.Events(ctx, tsimclient.EventFilter{}, page)
		if err != nil {
			return nil, err
		}
		for _, e := range list.Events {
			if after++; e.Seq != after || e.Epoch > c.epoch { // those before a rewind are of earlier ones
				return nil, wrong("event %d of epoch %d came where event %d of epoch %d belongs", e.Seq, e.Epoch, after, c.epoch)
			}
		}
		all = append(all, list.Events...)
		if page.After = list.Next; page.After == "" {
			return all, nil
		}
	}
}

// checkJournal looks for a gap, and for the events that were there before.
func (c *client) checkJournal(ctx context.Context, thorough bool) error {
	if thorough {
		all, err := c.eventsAfter(ctx, 0)
		if err != nil {
			return err
		}
		c.counts.events += len(all)
	}
	events, err := c.eventsAfter(ctx, c.before())
	if err != nil {
		return err
	}
	for i, was := range c.tail {
		if i >= len(events) {
			return fmt.Errorf("event %d is gone", was.Seq)
		}
		if events[i] != was {
			return fmt.Errorf("event %d is %+v, and was %+v", was.Seq, events[i], was)
		}
	}
	c.counts.events += len(events)
	c.read = events[max(0, len(events)-50):]
	return nil
}

// before is the event before those that are known.
func (c *client) before() uint64 {
	if len(c.tail) == 0 {
		return 0
	}
	return c.tail[0].Seq - 1
}

// checkDeliveries asks which callbacks are delivered: the listener must have acknowledged them, and must not get them any more once that
// has been kept.
func (c *client) checkDeliveries(ctx context.Context, _ bool) error {
	list, err := c.control.AllCallbacks(ctx, tsimclient.CallbackFilter{State: tsimclient.StateDelivered}, 1_000_000)
	if err != nil {
		return err
	}
	var keys []string
	for _, cb := range list {
		if c.settled[cb.ID] {
			continue
		}
		full, err := c.control.Callback(ctx, cb.ID)
		if err != nil {
			return err
		}
		key, _, _, err := identify(full.Body)
		if err != nil {
			return fmt.Errorf("callback %d: %w", cb.ID, err)
		}
		keys = append(keys, key)
	}
	settled := 0
	is := map[uint64]bool{}
	for _, cb := range list {
		is[cb.ID] = true
	}
	for id := range c.settled {
		if is[id] {
			settled++
		}
	}
	if settled != len(c.settled) {
		return fmt.Errorf("%d callbacks that were delivered are delivered no more", len(c.settled)-settled)
	}
	// Whatever changes something after it is replied to when that has been kept, and all before it.
	if err := c.login().do(ctx); err != nil {
		return err
	}
	c.surely()
	for _, key := range keys {
		if err := c.w.listener.recorded(key); err != nil {
			return err
		}
	}
	c.settled = is
	c.counts.delivered += len(keys)
	return nil
}
