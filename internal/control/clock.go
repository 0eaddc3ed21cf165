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
)

// Clock is the time of a sandbox. NextDue is zero, and absent on the wire, when nothing is due. Epoch
// counts from 1, and goes up with each reset: then events are numbered from 1 again.
type Clock struct {
	Now     time.Time `json:"now"`
	Epoch   uint64    `json:"epoch"`
	Mode    string    `json:"mode"`
	Speed   float64   `json:"speed"`
	NextDue time.Time `json:"nextDue,omitzero"`
}

func clockView(c sim.Clock) Clock {
	v := Clock{Now: c.Now.Time(), Mode: c.Mode.String(), Speed: c.Speed, Epoch: c.Epoch}
	if c.NextDue != scheduler.Never {
		v.NextDue = c.NextDue.Time()
	}
	return v
}

func showClock(c *call) (any, error) { return clockView(c.box.Clock()), nil }

// SetClock is what to ask of a clock; nil leaves that as it is.
type SetClock struct {
	Mode  *string  `json:"mode,omitempty"`
	Speed *float64 `json:"speed,omitempty"`
}

func setClock(c *call) (any, error) {
	var body SetClock
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	clock := c.box.Clock()
	if body.Mode == nil && body.Speed == nil {
		return clockView(clock), nil
	}
	if body.Mode != nil {
		mode, ok := config.ParseMode(*body.Mode)
		if !ok {
			return nil, bad(suggest(*body.Mode, config.ModeWords(), "modes"), "unknown mode %q", bound.Short(*body.Mode))
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

// Advance is how far time is to go: By a Go duration, To an instant, or Until UntilIdle, exactly one
// of them. Limit is how far UntilIdle goes at the most.
type Advance struct {
	By    string `json:"by,omitempty"`
	To    string `json:"to,omitempty"`
	Until string `json:"until,omitempty"`
	Limit string `json:"limit,omitempty"`
}

// UntilIdle lets time pass until nothing is owed to anybody.
const UntilIdle = "idle"

// Advanced is what an advance did.
type Advanced struct {
	From      time.Time `json:"from"`
	Now       time.Time `json:"now"`
	Ran       int       `json:"ran"`       // jobs that were done
	Delivered int       `json:"delivered"` // attempts that were acknowledged
	Failed    int       `json:"failed"`    // attempts that were not
	Pending   int       `json:"pending"`   // jobs that are still owed
	Held      int       `json:"held"`      // callbacks that are held back
	Idle      bool      `json:"idle"`
}

func advance(c *call) (any, error) {
	var body Advance
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	goal, err := body.goal()
	if err != nil {
		return nil, err
	}
	r, err := c.box.Advance(c.ctx, goal)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil, &Error{
			Status: http.StatusServiceUnavailable, Msg: "the advance was stopped at " + rfc3339(r.Now),
			Hint: "advance again to go on",
		}
	}
	if err != nil {
		return nil, err
	}
	return Advanced{
		From: r.From.Time(), Now: r.Now.Time(), Ran: r.Ran, Delivered: r.Delivered, Failed: r.Failed,
		Pending: r.Pending, Held: r.Held, Idle: r.Idle,
	}, nil
}

func rfc3339(i sim.Instant) string { return i.Time().Format(time.RFC3339Nano) }

// howFar is what would be right where an advance is wrong.
const howFar = `{"by":"15m"}, {"to":"2030-01-01T12:00:00Z"} or {"until":"idle","limit":"24h"}`

func (a *Advance) goal() (sim.Goal, error) {
	given := 0
	for _, text := range []string{a.By, a.To, a.Until} {
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
	case a.Until != UntilIdle:
		return sim.Goal{}, bad(howFar, `until is %q; it can only be "idle"`, bound.Short(a.Until))
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
