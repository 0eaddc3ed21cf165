package tsimgodog

import (
	"context"
	"fmt"
	"slices"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

var pendingFamily = family{
	"Pending callbacks",
	`Steering what is told, and when. With a listener that answers, callbacks are delivered in the same step that decides them, so to meddle
with one, hold it first.`,
	[]step{
		{
			pattern: `(?:the )?callbacks(?: (of that request|of {text}|for {operation}))? are held`,
			doc:     "All callbacks, those of the latest request, of a device, or for an operation: those to come included.",
			example: oneDevice + `And my listener is registered
And callbacks are held
When I suspend the Global profile
And time passes until nothing is owed
Then the callback is held
And my listener hears nothing
When callbacks are released
And time passes until nothing is owed
Then my listener hears 1 times "SUCCESS"`,
			do: func(ctx context.Context, w *world, which, name, op string) error {
				return w.soon(ctx, func(ctx context.Context) error {
					f := tsimclient.HoldFilter{Operation: tsimclient.Operation(op)}
					switch {
					case which == "of that request":
						f.Request = w.request
					case which != "" && op == "":
						d, err := w.named(name)
						if err != nil {
							return err
						}
						f.EID = d.eid
					}
					_, err := w.box.HoldAll(ctx, f)
					return err
				})
			},
		},
		{
			pattern: `(?:the )?callbacks are released`,
			doc:     "Ends all holds. What was held is sent when time passes.",
			example: oneDevice + `And my listener is registered
And callbacks for profile_suspend are held
When I suspend the Global profile
And time passes until nothing is owed
And callbacks are released
And time passes until nothing is owed
Then the callback is delivered`,
			do: func(ctx context.Context, w *world) error {
				if err := w.start(ctx); err != nil {
					return err
				}
				return w.box.ReleaseAll(ctx)
			},
		},
		{
			pattern: `the callback about (?:the {profile} profile|the device){of} is (held|released|dropped|sent twice|sent now)`,
			doc:     "One callback, the latest one about this: it is kept back, let go, never sent, sent once more, or sent whatever the clock says.",
			example: oneDevice + `And my listener is registered
And callbacks are held
When I suspend the device
And time passes until nothing is owed
And the callback about the US profile is dropped
And the callback about the device is sent now
And callbacks are released
And time passes until nothing is owed
Then my listener hears
  | of     |
  | device |
  | Global |`,
			do: func(ctx context.Context, w *world, name, of, what string) error { return w.steer(ctx, name, of, what) },
		},
		{
			pattern: `the callbacks about the {profile} profile and the (?:device|{profile} profile){of} are swapped`,
			doc:     "Both are held, or hold is in force: the second one is sent first, and then the first one, whatever the clock says.",
			example: oneDevice + `And my listener is registered
And callbacks are held
When I suspend the device
And time passes until nothing is owed
And the callbacks about the US profile and the device are swapped
Then my listener hears
  | of     |
  | device |
  | US     |`,
			do: func(ctx context.Context, w *world, first, second, of string) error {
				if err := w.steer(ctx, second, of, "sent now"); err != nil {
					return err
				}
				return w.steer(ctx, first, of, "sent now")
			},
		},
		{
			pattern: `the archived callbacks are sent again`,
			doc:     "As support does it on request. There has to be one.",
			example: oneDevice + `And my listener is registered
And my listener goes down
When I suspend the Global profile
And time passes until nothing is owed
And my listener is up again
And the archived callbacks are sent again
And time passes until nothing is owed
Then the callback is delivered`,
			do: func(ctx context.Context, w *world) error {
				_, archived, err := w.callbacks(ctx, tsimclient.CallbackFilter{State: tsimclient.StateArchived})
				if err == nil && len(archived) == 0 {
					err = fmt.Errorf("no callback is archived")
				}
				for i := range archived {
					if err == nil {
						_, err = w.box.Resend(ctx, archived[i].ID)
					}
				}
				return err
			},
		},
	},
}

var steering = map[string]func(*tsimbox.Sandbox, context.Context, uint64) (tsimclient.Callback, error){
	"held": (*tsimbox.Sandbox).Hold, "released": (*tsimbox.Sandbox).Release, "dropped": (*tsimbox.Sandbox).Drop,
	"sent twice": (*tsimbox.Sandbox).Duplicate, "sent now": (*tsimbox.Sandbox).Fire,
}

// steer does something to the latest callback about a profile of a device, or with "" about the device itself.
func (w *world) steer(ctx context.Context, name, of, what string) error {
	d, err := w.device(ctx, of)
	if err != nil {
		return err
	}
	about := "device"
	if name != "" {
		if _, err := d.profile(name); err != nil {
			return err
		}
		about = name
	}
	all, callbacks, err := w.callbacks(ctx, tsimclient.CallbackFilter{Device: d.eid})
	if err != nil {
		return err
	}
	for i, latest := range slices.Backward(all) {
		if latest.fields["of"] == about {
			_, err = steering[what](w.box, ctx, callbacks[i].ID)
			return err
		}
	}
	return fmt.Errorf("there is no callback about the %s of %q", about, d.name)
}
