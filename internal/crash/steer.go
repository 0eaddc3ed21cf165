package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"tsim/tsimclient"
)

func (c *client) power() command {
	var eid string
	var on bool
	return command{name: "power", do: func(ctx context.Context) error {
		if err := c.inventory(ctx); err != nil {
			return err
		}
		eids := slices.Sorted(maps.Keys(c.powered))
		eid = eids[c.draw.below(len(eids))]
		on = !c.powered[eid]
		_, err := c.control.PatchDevice(ctx, eid, tsimclient.DevicePatch{Powered: &on})
		if err == nil {
			c.counts.commands++
			c.powered[eid] = on
		}
		return err
	}, found: func(ctx context.Context) (bool, error) {
		if eid == "" {
			return false, nil
		}
		d, err := c.control.Device(ctx, eid)
		c.powered[eid] = d.Powered
		return err == nil && d.Powered == on, err
	}}
}

// rule puts a rule or takes it away.
func (c *client) rule() command {
	name := fmt.Sprintf("rule-%d", c.draw.below(5))
	there := c.rules[name]
	return command{name: "rule", do: func(ctx context.Context) (err error) {
		if there {
			_, err = c.control.DeleteRule(ctx, name)
		} else {
			_, err = c.control.PutRule(ctx, tsimclient.Rule{
				Name: name, When: tsimclient.When{Operation: []tsimclient.Operation{"delete"}}, Outcome: &tsimclient.Outcome{Silent: true},
			})
		}
		if err == nil {
			c.counts.commands++
			c.setRule(name, !there)
		}
		return err
	}, found: func(ctx context.Context) (bool, error) {
		_, err := c.control.Rule(ctx, name)
		is := !missing(err)
		if is && err != nil {
			return false, err
		}
		c.setRule(name, is)
		return is != there, nil
	}}
}

func (c *client) setRule(name string, is bool) {
	if delete(c.rules, name); is {
		c.rules[name] = true
	}
}

// hold holds the callbacks of a card, or lifts such a hold.
func (c *client) hold() command {
	var lifted uint64
	return command{name: "hold", do: func(ctx context.Context) error {
		if len(c.holds) > 2 {
			for _, lifted = range slices.Sorted(maps.Keys(c.holds)) {
				break
			}
			_, err := c.control.LiftHold(ctx, lifted)
			if err == nil {
				c.counts.commands++
				delete(c.holds, lifted)
			}
			return err
		}
		if err := c.inventory(ctx); err != nil {
			return err
		}
		eids := slices.Sorted(maps.Keys(c.powered))
		h, err := c.control.HoldAll(ctx, tsimclient.HoldFilter{EID: eids[c.draw.below(len(eids))]})
		if err == nil {
			c.counts.commands++
			c.holds[h.ID] = true
		}
		return err
	}, found: func(ctx context.Context) (bool, error) {
		list, err := c.control.Holds(ctx, tsimclient.Page{Limit: tsimclient.MaxLimit})
		is := map[uint64]bool{}
		for _, h := range list.Holds {
			is[h.ID] = true
		}
		for id := range c.holds {
			if !is[id] && id != lifted {
				return false, nil // which check finds
			}
		}
		changed := len(is) != len(c.holds)
		if err == nil {
			c.holds = is
		}
		return changed, err
	}}
}

// clock chooses what moves time.
func (c *client) clock() command {
	set := tsimclient.ClockSettings{}
	mode, speed := []tsimclient.ClockMode{tsimclient.ClockReal, tsimclient.ClockReal, tsimclient.ClockManual, tsimclient.ClockAuto}[c.draw.below(4)], 1000.0
	set.Mode, set.Speed = &mode, &speed
	return command{name: "clock", do: func(ctx context.Context) error {
		is, err := c.control.SetClock(ctx, set)
		if err == nil {
			c.counts.commands++
			c.mode, c.now = is.Mode, is.Now
		}
		return err
	}, found: func(ctx context.Context) (bool, error) {
		is, err := c.control.Clock(ctx)
		changed := is.Mode != c.mode
		if err == nil && is.Mode == mode {
			c.mode = mode
			c.now = laterOf(c.now, is.Now)
		}
		return changed, err
	}}
}

// advance lets ten minutes pass.
func (c *client) advance() command {
	return command{name: "advance", do: func(ctx context.Context) error {
		a, err := c.control.Advance(ctx, tsimclient.Advance{By: "10m"})
		if err == nil {
			c.counts.commands++
			c.now = a.Now
		}
		return err
	}, found: func(ctx context.Context) (bool, error) {
		is, err := c.control.Clock(ctx)
		moved := is.Now.After(c.now)
		c.now = laterOf(c.now, is.Now)
		return moved, err
	}}
}

func laterOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
