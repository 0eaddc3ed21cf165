package tsimgodog

import (
	"context"
	"fmt"
	"time"

	"tsim/tsimclient"
)

var timeFamily = family{
	"Time",
	`Simulated time stands still until a step moves it. What is due meanwhile is done, sent and answered when the step ends.`,
	[]step{
		{
			pattern: `{duration} pass(?:es)?`,
			doc:     "Lets so much time pass.",
			example: `
Given the built-in scenario "first-device"
And my listener is registered
When I activate the US profile
And 4 seconds pass
Then my listener hears nothing`,
			do: func(ctx context.Context, w *world, text string) error {
				d, err := duration(text)
				if err != nil {
					return err
				}
				return w.advance(ctx, tsimclient.Advance{By: d.String()})
			},
		},
		{
			pattern: `time passes until nothing is owed`,
			doc:     "Lets time pass until every operation is carried out and every callback delivered or given up, but for those that are held.",
			example: `
Given a device with the profiles
  | profile | service | status |
  | Global  | active  | ENABLE |
And my listener is registered
And my listener answers 503 three times and then 200
When I suspend the Global profile
And time passes until nothing is owed
Then the callbacks came at 0, 5, 10 and 15 minutes`,
			do: func(ctx context.Context, w *world) error {
				if err := w.start(ctx); err != nil {
					return err
				}
				_, err := w.box.Settle(ctx)
				return err
			},
		},
		{
			pattern: `it is {late}`,
			doc:     "Lets time pass until the next time it is that late, in UTC.",
			example: `
Given a device with the profiles
  | profile | service | status |
  | Global  | active  | ENABLE |
When it is 02:00
And I suspend the Global profile
Then the time is "2030-01-01T02:00:00Z"`,
			do: func(ctx context.Context, w *world, text string) error {
				if err := w.start(ctx); err != nil {
					return err
				}
				at, err := time.Parse("15:04", text)
				if err != nil {
					return fmt.Errorf("%q is no time of day; one is like 02:00", text)
				}
				clock, err := w.box.Control.Clock(ctx)
				if err != nil {
					return err
				}
				now := clock.Now.UTC()
				next := time.Date(now.Year(), now.Month(), now.Day(), at.Hour(), at.Minute(), 0, 0, time.UTC)
				if next.Before(now) {
					next = next.AddDate(0, 0, 1)
				}
				return w.advance(ctx, tsimclient.Advance{To: next.Format(time.RFC3339)})
			},
		},
		{
			pattern: `the time is {text}`,
			doc:     "The simulated time, as RFC 3339 has it.",
			example: oneDevice + `
When 2 days pass
And it is 23:30
And 1 hour passes
And it is 00:15
Then the time is "2030-01-05T00:15:00Z"`,
			do: func(ctx context.Context, w *world, want string) error {
				if err := w.start(ctx); err != nil {
					return err
				}
				clock, err := w.box.Control.Clock(ctx)
				if now := clock.Now.UTC().Format(time.RFC3339); err == nil && now != want {
					err = fmt.Errorf("the time is %s, not %s", now, want)
				}
				return err
			},
			check: true,
		},
		{
			pattern: `time (runs by itself|follows the clock on the wall|stands still)`,
			doc: `From now on, time jumps to whatever is owed next as soon as every listener has answered; or it goes as fast as on the wall; or it
stands still again.`,
			example: `
Given a device with the profiles
  | profile | service | status |
  | Global  | active  | ENABLE |
And my listener is registered
And time runs by itself
When I suspend the Global profile
Then within 2 seconds, my listener hears
  | of     | status  |
  | Global | SUCCESS |`,
			do: func(ctx context.Context, w *world, how string) error {
				if err := w.start(ctx); err != nil {
					return err
				}
				mode := map[string]tsimclient.ClockMode{
					"runs by itself": tsimclient.ClockAuto, "follows the clock on the wall": tsimclient.ClockReal, "stands still": tsimclient.ClockManual,
				}[how]
				_, err := w.box.Control.SetClock(ctx, tsimclient.ClockSettings{Mode: &mode})
				return err
			},
		},
	},
}

func (w *world) advance(ctx context.Context, how tsimclient.Advance) error {
	if err := w.start(ctx); err != nil {
		return err
	}
	_, err := w.box.Control.Advance(ctx, how)
	return err
}
