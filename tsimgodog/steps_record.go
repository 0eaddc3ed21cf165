package tsimgodog

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tsim/tsimclient"
)

var recordFamily = family{
	"Calls on record",
	`What ThingSpace was asked for: by the application under test, or by me, which are the calls of these steps. What fails tells the calls
that come nearest, and in what they differ. With "within 2 seconds" in front, a step waits for what the application does on its own.`,
	[]step{
		{
			pattern: `{who} logged in {times}`,
			doc:     "How many logins succeeded.",
			example: `
When I POST to "/login" of my application
Then my application logged in once
And I logged in no times`,
			do: func(ctx context.Context, w *world, who, often string) error {
				n, err := times(often)
				if err != nil {
					return err
				}
				return w.wantCalls(ctx, who, n, tsimclient.CallFilter{Operation: "login", Refused: &no})
			},
			check: true,
		},
		{
			pattern: `{who} got {n} tokens?`,
			doc:     "How many bearer tokens were handed out.",
			example: `
When I list my listeners
Then I got 1 token
And my application got 0 tokens`,
			do: func(ctx context.Context, w *world, who string, n int) error {
				return w.wantCalls(ctx, who, n, tsimclient.CallFilter{Operation: "token", Status: 200})
			},
			check: true,
		},
		{
			pattern: `{who} asked for {operation} {times}`,
			doc:     "How many such calls were made, accepted or not.",
			example: oneDevice + `
When I suspend the Global profile
And I suspend the Global profile
Then I asked for profile_suspend twice`,
			do: func(ctx context.Context, w *world, who, op, often string) error {
				n, err := times(often)
				if err != nil {
					return err
				}
				return w.wantCalls(ctx, who, n, tsimclient.CallFilter{Operation: tsimclient.Operation(op)})
			},
			check: true,
		},
		{
			pattern: `{who} asked for {operation} of {n} devices in one call`,
			doc:     "There is one call that names so many devices.",
			example: fiveDevices + `
When I suspend the Global profiles of 5 devices in one call
Then I asked for profile_suspend of 5 devices in one call`,
			do: func(ctx context.Context, w *world, who, op string, n int) error {
				return w.wantCalls(ctx, who, 1, tsimclient.CallFilter{Operation: tsimclient.Operation(op), Devices: &n})
			},
			check: true,
		},
		{
			pattern: `{who} did not ask for {operation}(?: of {n} devices in one call)?`,
			doc:     "There is no such call.",
			example: fiveDevices + `
When I suspend the Global profiles of 4 devices in one call
Then I did not ask for profile_suspend of 5 devices in one call
And my application did not ask for profile_suspend`,
			do: func(ctx context.Context, w *world, who, op, n string) error {
				f := tsimclient.CallFilter{Operation: tsimclient.Operation(op)}
				if n != "" {
					all, err := numbers(n)
					if err != nil {
						return err
					}
					f.Devices = &all[0]
				}
				return w.wantCalls(ctx, who, 0, f)
			},
		},
		{
			pattern: `that call was accepted and has a requestId`,
			doc:     "The one that the step before has found.",
			example: oneDevice + `
When I suspend the Global profile
Then I asked for profile_suspend once
And that call was accepted and has a requestId`,
			do: func(_ context.Context, w *world) error {
				call, err := w.oneCall()
				if err == nil && (call.Status != 200 || call.Request == "") {
					err = fmt.Errorf("call %d was answered with %d, and has the requestId %q", call.N, call.Status, call.Request)
				}
				return err
			},
		},
		{
			pattern: `{n} calls? for {operation} (?:was|were) refused with {n}`,
			doc:     "So many of all calls, whoever made them.",
			example: `
When I log in with a wrong password 2 times
Then 2 calls for login were refused with 400`,
			do: func(ctx context.Context, w *world, n int, op string, status int) error {
				return w.wantCalls(ctx, "", n, tsimclient.CallFilter{Operation: tsimclient.Operation(op), Status: status})
			},
			check: true,
		},
		{
			pattern: `a call for {operation} was refused with {n} and points to {text}`,
			doc:     "There is one such call, and this JSON pointer says what was wrong in it.",
			example: oneDevice + `
When I suspend the profile "123"
Then a call for profile_suspend was refused with 400 and points to "/devices/0/deviceIds/0/id"`,
			do: func(ctx context.Context, w *world, op string, status int, pointer string) error {
				err := w.wantCalls(ctx, "", 1, tsimclient.CallFilter{Operation: tsimclient.Operation(op), Status: status, Refused: &yes})
				if err == nil && w.found[0].Pointer != pointer {
					err = fmt.Errorf("it points to %q", w.found[0].Pointer)
				}
				return err
			},
			check: true,
		},
		{
			pattern: `what was sent of it has {text}`,
			doc:     "A part of the body of the call that the step before has found.",
			example: oneDevice + `
When I suspend the profile "123"
Then a call for profile_suspend was refused with 400 and points to "/devices/0/deviceIds/0/id"
And what was sent of it has "123"`,
			do: func(ctx context.Context, w *world, text string) error {
				call, err := w.oneCall()
				if err != nil {
					return err
				}
				if call, err = w.box.Control.Call(ctx, call.N); err == nil && !strings.Contains(call.Sent.Text, text) {
					err = fmt.Errorf("it is %s", call.Sent.Text)
				}
				return err
			},
		},
		{
			pattern: `no call is on record`,
			doc:     "But for those of the suite that no step says.",
			example: oneDevice + `
Then no call is on record`,
			do: func(ctx context.Context, w *world) error { return w.wantCalls(ctx, "", 0, tsimclient.CallFilter{}) },
		},
		{
			pattern: `no password, secret or token is on record`,
			doc:     "Of those that I have used.",
			example: `
When I log in with a wrong password 1 times
And I log in
Then no password, secret or token is on record`,
			do: func(ctx context.Context, w *world) error { return w.noSecrets(ctx) },
		},
	},
}

// wantCalls holds the record to so many calls of mine, of the application, or with "" of both.
func (w *world) wantCalls(ctx context.Context, who string, n int, f tsimclient.CallFilter) (err error) {
	if err := w.start(ctx); err != nil {
		return err
	}
	switch who {
	case "I":
		f.Agent = agent
	case "my application":
		f.Agent = otherAgents
	}
	w.found, err = w.box.WantCalls(ctx, n, f)
	return err
}

// oneCall is the one call that the step before has found.
func (w *world) oneCall() (tsimclient.Call, error) {
	if len(w.found) != 1 {
		return tsimclient.Call{}, fmt.Errorf("the step before has found %d calls; this one is about one", len(w.found))
	}
	return w.found[0], nil
}

// noSecrets looks for what I have sent and got.
func (w *world) noSecrets(ctx context.Context) error {
	if err := w.start(ctx); err != nil {
		return err
	}
	all, err := w.box.Calls(ctx, tsimclient.CallFilter{})
	if err == nil && len(all) == 0 {
		err = errors.New("no call is on record")
	}
	for _, c := range all {
		full, failed := w.box.Control.Call(ctx, c.N)
		text := fmt.Sprintf("%+v", full)
		for _, secret := range []string{`"` + w.box.Password + `"`, `"wrong"`, w.box.AppSecret, w.client.bearer, w.client.session} {
			if secret != "" && strings.Contains(text, secret) {
				err = fmt.Errorf("%s is on record: %s", secret, text)
			}
		}
		err = errors.Join(err, failed)
	}
	return err
}
