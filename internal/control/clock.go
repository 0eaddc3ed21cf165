package control

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"tsim/internal/bound"
	"tsim/internal/config"
	"tsim/internal/scheduler"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

func clockView(c sim.Clock) tsimclient.Clock {
	v := tsimclient.Clock{Now: c.Now.Time(), Mode: tsimclient.ClockMode(c.Mode.String()), Speed: c.Speed, Epoch: c.Epoch}
	if c.NextDue != scheduler.Never {
		v.NextDue = c.NextDue.Time()
	}
	return v
}

func showClock(c *call) (any, error) { return clockView(c.box.Clock()), nil }

func setClock(c *call) (any, error) {
	var body tsimclient.ClockSettings
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	clock := c.box.Clock()
	if body.Mode == nil && body.Speed == nil {
		return clockView(clock), nil
	}
	if body.Mode != nil {
		mode, err := parseMode(*body.Mode)
		if err != nil {
			return nil, err
		}
		clock.Mode = mode
	}
	if body.Speed != nil {
		clock.Speed = *body.Speed
	}
	clock, err := c.box.SetClock(clock.Mode, clock.Speed)
	if err != nil {
		return nil, err
	}
	return clockView(clock), nil
}

func parseMode(word tsimclient.ClockMode) (config.Mode, error) {
	mode, ok := config.ParseMode(string(word))
	if !ok {
		return 0, bad(suggest(string(word), config.ModeWords(), "modes"), "unknown mode %q", bound.Short(string(word)))
	}
	return mode, nil
}

func advance(c *call) (any, error) {
	var body tsimclient.Advance
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	how, err := goal(&body)
	if err != nil {
		return nil, err
	}
	r, err := c.box.Advance(c.ctx, how)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil, &tsimclient.Error{
			Status: http.StatusServiceUnavailable, Message: "the advance was stopped at " + rfc3339(r.Now),
			Hint: "advance again to go on",
		}
	}
	if err != nil {
		return nil, err
	}
	return tsimclient.Advanced{
		From: r.From.Time(), Now: r.Now.Time(), Ran: r.Ran, Delivered: r.Delivered, Failed: r.Failed,
		Pending: r.Pending, Held: r.Held, Idle: r.Idle,
	}, nil
}

func rfc3339(i sim.Instant) string { return i.Time().Format(time.RFC3339Nano) }

// howFar is what would be right where an advance is wrong.
const howFar = `{"by":"15m"}, {"to":"2030-01-01T12:00:00Z"} or {"until":"idle","limit":"24h"}`

func goal(a *tsimclient.Advance) (sim.Goal, error) {
	given := 0
	for _, text := range []string{a.By, a.To, string(a.Until)} {
		if text != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return sim.Goal{}, bad(howFar, "an advance has exactly one of by, to and until; here are %d", given)
	case a.Limit != "" && a.Until == "":
		return sim.Goal{}, bad(howFar, "limit goes with until only")
	case a.By != "":
		d, err := duration("by", a.By)
		return sim.Goal{By: d}, err
	case a.To != "":
		return to(a.To)
	case a.Until != tsimclient.Idle:
		return sim.Goal{}, bad(howFar, `until is %q; it can only be "idle"`, bound.Short(string(a.Until)))
	case a.Limit == "":
		return sim.Goal{Idle: true}, nil
	}
	d, err := duration("limit", a.Limit)
	if err == nil && d == 0 {
		err = bad("leave it out for 24h", "a limit of 0 is no time at all")
	}
	return sim.Goal{Idle: true, Limit: d}, err
}

func duration(field, text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, bad(`hours, minutes and seconds with their letters, like "15m", "1h30m" or "0.5s"`, "%s %q is not a duration", field, bound.Short(text))
	case strings.HasPrefix(text, "-"):
		return 0, bad(`time runs forwards: "15m"`, "%s %q is negative", field, bound.Short(text))
	}
	return d, nil
}

func to(text string) (sim.Goal, error) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return sim.Goal{}, bad("", `to %q is not an instant of RFC 3339, like "2030-01-01T12:00:00Z"`, bound.Short(text))
	}
	if first, last := time.Unix(0, -1<<63), time.Unix(0, int64(scheduler.Never)-1); t.Before(first) || t.After(last) {
		return sim.Goal{}, bad("", "to %q is out of range: simulated time ends in the year %d", bound.Short(text), last.UTC().Year())
	}
	goal := sim.Goal{To: scheduler.At(t)}
	if goal.To == 0 {
		goal.To = -1 // 0 would mean that there is no To; a nanosecond before 1970 is just as much in the past
	}
	return goal, nil
}
