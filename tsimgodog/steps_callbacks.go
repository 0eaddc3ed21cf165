package tsimgodog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cucumber/godog"

	"tsim/tsimclient"
)

var callbackFamily = family{
	"Callbacks, as tsim knows them",
	`Whoever listens: mine, the application, or nobody. The columns of a table are those of what my listener hears, and *delivery* (scheduled,
held, retrying, mailbox, delivered, archived, unheard, dropped), *attempts* (how many there were), *operation* and *request*.`,
	[]step{
		{
			pattern: `the callbacks(?: (of that request|of {text}))? are(, in any order)?`,
			doc:     "All callbacks, those of the latest request, or those of a device, in the order in which they were decided.",
			example: oneDevice + `And my application listens at "/callbacks"
When I suspend the device "van-7"
And time passes until nothing is owed
Then the callbacks of that request are
  | of     | status  | delivery  | attempts |
  | US     | SUCCESS | delivered | 1        |
  | Global | SUCCESS | delivered | 1        |
  | device | SUCCESS | delivered | 1        |
And the callbacks of "van-7" are, in any order
  | times | status  |
  | 3     | SUCCESS |`,
			do: func(ctx context.Context, w *world, of, name, order string, table *godog.Table) error {
				if err := w.start(ctx); err != nil {
					return err
				}
				f := tsimclient.CallbackFilter{}
				switch {
				case of == "of that request":
					f.Request = w.request
				case of != "":
					d, err := w.named(name)
					if err != nil {
						return err
					}
					f.Device = d.eid
				}
				all, _, err := w.callbacks(ctx, f)
				if err != nil {
					return err
				}
				return compare("the callbacks are", all, table, order != "")
			},
			check: true,
		},
		{
			pattern: `there are no callbacks`,
			doc:     "None was decided.",
			example: oneDevice + `
When I suspend the Global profile
Then there are no callbacks`,
			do: func(ctx context.Context, w *world) error {
				all, _, err := w.callbacks(ctx, tsimclient.CallbackFilter{})
				if err == nil && len(all) > 0 {
					err = fmt.Errorf("there are %d callbacks; the first is %s", len(all), all[0].body)
				}
				return err
			},
		},
		{
			pattern: `the callback (is (?:scheduled|held|retrying|delivered|archived|unheard|dropped)|waits in my mailbox)`,
			doc:     "How far the one callback of the scenario has come.",
			example: oneDevice + `
When I suspend the Global profile
And time passes until nothing is owed
Then the callback is unheard`,
			do: func(ctx context.Context, w *world, is string) error {
				want := string(tsimclient.StateMailbox)
				if is != "waits in my mailbox" {
					want = is[len("is "):]
				}
				c, err := w.only(ctx)
				if err == nil && string(c.State) != want {
					err = fmt.Errorf("the callback is %s, not %s", c.State, want)
				}
				return err
			},
			check: true,
		},
		{
			pattern: `the callbacks came at {numbers} minutes`,
			doc:     "When the attempts of the one callback were made, in minutes after the first one.",
			example: oneDevice + `And my listener is registered
And my listener always answers 503
When I suspend the Global profile
And time passes until nothing is owed
Then the callbacks came at 0, 5, 10 and 15 minutes`,
			do: func(ctx context.Context, w *world, minutes string) error { return w.cameAt(ctx, minutes) },
		},
		{
			pattern: `every attempt ended with {text}`,
			doc:     "How the attempts of the one callback ended that had no reply: timeout, refused, reset, tls or other.",
			example: oneDevice + `And my listener is registered
And my listener goes down
When I suspend the Global profile
And time passes until nothing is owed
Then every attempt ended with "reset"`,
			do: func(ctx context.Context, w *world, result string) error {
				c, err := w.only(ctx)
				for _, a := range c.Attempts {
					if string(a.Error) != result {
						err = errors.Join(err, fmt.Errorf("attempt %d ended with %q, status %d", a.N, a.Error, a.Status))
					}
				}
				if err == nil && len(c.Attempts) == 0 {
					err = errors.New("there was no attempt")
				}
				return err
			},
		},
	},
}

func (w *world) cameAt(ctx context.Context, minutes string) error {
	want, err := numbers(minutes)
	if err != nil {
		return err
	}
	c, err := w.only(ctx)
	if err != nil {
		return err
	}
	if len(c.Attempts) != len(want) {
		return fmt.Errorf("there were %d attempts, not %d", len(c.Attempts), len(want))
	}
	for i, a := range c.Attempts {
		if after := a.At.Sub(c.Attempts[0].At); after != time.Duration(want[i])*time.Minute {
			return fmt.Errorf("attempt %d came after %s, not %d minutes", i+1, after, want[i])
		}
	}
	return nil
}
