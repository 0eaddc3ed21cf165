package tsimgodog

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

var listenerFamily = family{
	"Listeners",
	`Who is registered for the callbacks of the account. Mine is one of the suite itself: it keeps what it hears, and acknowledges it
with 200 unless a step says otherwise. With the application's, what tsim has told it is asked of tsim: see Callbacks.`,
	[]step{
		{
			pattern: `my listener is registered`,
			doc:     "Registers a listener of the suite, in place of the one that was registered.",
			example: oneDevice + `And my listener is registered
When I suspend the Global profile
And time passes until nothing is owed
Then my listener hears
  | of     | status  |
  | Global | SUCCESS |`,
			do: func(ctx context.Context, w *world) error { return w.listen(ctx, tsimbox.Registration{}) },
		},
		{
			pattern: `my listener is registered with the username {text} and the password {text}`,
			doc:     "The same with the two that each callback brings along.",
			example: oneDevice + `And my listener is registered with the username "ann" and the password "secret"
When I suspend the Global profile
And time passes until nothing is owed
Then my listener hears
  | of     | username | password |
  | Global | ann      | secret   |`,
			do: func(ctx context.Context, w *world, username, password string) error {
				return w.listen(ctx, tsimbox.Registration{Username: username, Password: password})
			},
		},
		{
			pattern: `my listener is a mailbox`,
			doc:     "Callbacks wait until they are fetched.",
			example: oneDevice + `And my listener is a mailbox
When I suspend the Global profile
And time passes until nothing is owed
Then the callback waits in my mailbox
When I take attempt 1 from my mailbox and answer 200
Then the callback is delivered`,
			do: func(ctx context.Context, w *world) error {
				return w.listen(ctx, tsimbox.Registration{URL: "mailbox:"})
			},
		},
		{
			pattern: `my application listens at {text}`,
			doc:     "Registers the application under test for the callbacks: a path of it, or a whole URL. An application that registers itself needs no such step.",
			example: oneDevice + `And my application listens at "/callbacks"
When I suspend the Global profile
And time passes until nothing is owed
Then the callback is delivered`,
			do: func(ctx context.Context, w *world, at string) error {
				if err := w.start(ctx); err != nil {
					return err
				}
				url, err := w.applicationURL(at)
				if err != nil {
					return err
				}
				return w.listen(ctx, tsimbox.Registration{URL: url})
			},
		},
		{
			pattern: `my listener answers {n} {times} and then {n}`,
			doc:     "A callback that is not acknowledged with a 2xx comes again, five minutes later.",
			example: oneDevice + `And my listener is registered
And my listener answers 503 twice and then 200
When I suspend the Global profile
And time passes until nothing is owed
Then my listener hears the same callback with the counts 1, 2 and 3`,
			do: func(_ context.Context, w *world, first int, often string, then int) error {
				n, err := times(often)
				if err != nil {
					return err
				}
				var answers []tsimbox.Answer
				for range n {
					answers = append(answers, tsimbox.Answer(first))
				}
				w.listener.answers(tsimbox.InTurn(append(answers, tsimbox.Answer(then))...))
				return nil
			},
		},
		{
			pattern: `my listener always answers {n}`,
			doc:     "From now on.",
			example: oneDevice + `And my listener is registered
And my listener always answers 503
When I suspend the Global profile
And time passes until nothing is owed
Then the callback is archived`,
			do: func(_ context.Context, w *world, status int) {
				w.listener.answers(tsimbox.InTurn(tsimbox.Answer(status)))
			},
		},
		{
			pattern: `my listener never answers`,
			doc:     "From now on. Each attempt takes as long as listeners have to answer, 10 seconds on the clock on the wall if no step says otherwise.",
			example: `
Given listeners have 50ms to answer` + oneDevice + `And my listener is registered
And my listener never answers
When I suspend the Global profile
And time passes until nothing is owed
Then every attempt ended with "timeout"`,
			do: func(_ context.Context, w *world) { w.listener.answers(tsimbox.InTurn(tsimbox.Hang)) },
		},
		{
			pattern: `my listener (goes down|is up again)`,
			doc:     "While it is down it ends every connection, and hears nothing.",
			example: oneDevice + `And my listener is registered
When my listener goes down
And I suspend the Global profile
And 4 minutes pass
And my listener is up again
And time passes until nothing is owed
Then my listener hears the same callback with the counts 2`,
			do: func(_ context.Context, w *world, what string) {
				w.listener.set(func(l *listener) { l.down = what == "goes down" })
			},
		},
		{
			pattern: `my listener takes no callback that it cannot read, or that has a wrong password`,
			doc:     "It answers 400 to what is no JSON, and 401 to another password than the one that it was registered with. What it has turned away, it has not heard.",
			example: oneDevice + `And my listener is registered with the username "ann" and the password "secret"
And my listener takes no callback that it cannot read, or that has a wrong password
And the misfortune "wrong-password"
When I suspend the Global profile
And time passes until nothing is owed
Then my listener has turned callbacks away with 401`,
			do: func(_ context.Context, w *world) { w.listener.set(func(l *listener) { l.careful = true }) },
		},
		{
			pattern: `my listener has turned callbacks away with {numbers}`,
			doc:     "What it has answered to those, in order.",
			example: oneDevice + `And my listener is registered
And my listener takes no callback that it cannot read, or that has a wrong password
And the misfortune "garbled-callbacks"
When I suspend the Global profile
And time passes until nothing is owed
Then my listener has turned callbacks away with 400`,
			do: func(_ context.Context, w *world, list string) error {
				want, err := numbers(list)
				if err != nil {
					return err
				}
				var away []int
				w.listener.set(func(l *listener) { away = slices.Clone(l.away) })
				if !slices.Equal(away, want) {
					return fmt.Errorf("it has turned callbacks away with %v", away)
				}
				return nil
			},
			check: true,
		},
		{
			pattern: `I take attempt {n} from my mailbox and answer {n}`,
			doc:     "Takes the oldest attempt that waits there, which has to have that number, and answers it.",
			example: oneDevice + `And my listener is a mailbox
When I suspend the Global profile
And time passes until nothing is owed
And I take attempt 1 from my mailbox and answer 503
And 5 minutes pass
And I take attempt 2 from my mailbox and answer 200
Then the callbacks came at 0 and 5 minutes`,
			do: func(ctx context.Context, w *world, attempt, status int) error {
				return w.takeMail(ctx, attempt, status)
			},
		},
		{
			pattern: `the registered listener is {text}`,
			doc:     "The reply with a list of listeners has this one, of DeviceProfileService, and no other.",
			example: `
Given the built-in scenario "listener-down-for-an-hour"
When I list my listeners
Then the registered listener is "http://127.0.0.1:9001/callbacks"`,
			do: func(_ context.Context, w *world, url string) error {
				var all []struct{ ServiceName, URL string }
				if err := w.decode(&all); err != nil {
					return err
				}
				if len(all) != 1 || all[0].ServiceName != tsimclient.DeviceProfileService || all[0].URL != url {
					return fmt.Errorf("the listeners are %s", w.reply.body)
				}
				return nil
			},
		},
	},
}

// applicationURL is a path of the application, or a whole URL.
func (w *world) applicationURL(at string) (string, error) {
	if len(at) > 0 && at[0] != '/' {
		return at, nil
	}
	if w.app == "" {
		return "", errors.New("where the application under test is, nobody has said: it is the option tsimgodog.Application, the flag --app of tsim bdd, or the variable TSIM_APP_URL")
	}
	return w.app + at, nil
}
