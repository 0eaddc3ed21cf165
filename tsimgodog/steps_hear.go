package tsimgodog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/cucumber/godog"
)

var hearFamily = family{
	"What my listener hears",
	`Each step looks at what has come since the one before. The columns of a table are *of* (US, Global or what the profile is called;
device for a callback about the whole device; unknown), *device* (its name), *status* (SUCCESS, Failed, warning), *fault* (the
faultstring), *count* (which attempt it is), any other field of the deviceProfileResponse or the faultResponse, or a JSON pointer
into the body, in which a # counts. *times* says of how many alike a row is.`,
	[]step{
		{
			pattern: `my listener hears`,
			doc:     "These callbacks, in this order, and no others.",
			example: oneDevice + `And my listener is registered
When I suspend the Global profile
And I suspend the Global profile
And time passes until nothing is owed
Then my listener hears
  | of     | status  | state     | profileRole | fault                        |
  | Global | SUCCESS | SUSPENDED | LOCAL       |                              |
  | Global | Failed  |           |             | Profile is already suspended |`,
			do:    func(ctx context.Context, w *world, table *godog.Table) error { return w.hears(ctx, table, false) },
			check: true,
		},
		{
			pattern: `my listener hears, in any order`,
			doc:     "The same, whichever comes first: callbacks of different devices go side by side.",
			example: fiveDevices + `
When I suspend these in one call
  | devices | profile |
  | van-1   | Global  |
  | van-2   | Global  |
And time passes until nothing is owed
Then my listener hears, in any order
  | device | of     | status  |
  | van-1  | Global | SUCCESS |
  | van-2  | Global | SUCCESS |`,
			do:    func(ctx context.Context, w *world, table *godog.Table) error { return w.hears(ctx, table, true) },
			check: true,
		},
		{
			pattern: `my listener hears nothing`,
			doc:     "Nothing has come.",
			example: oneDevice + `And my listener is registered
When I suspend the Global profile
Then my listener hears nothing
When time passes until nothing is owed
Then my listener hears 1 times "SUCCESS"`,
			do: func(ctx context.Context, w *world) error {
				if news, _ := w.news(ctx); len(news) > 0 {
					return fmt.Errorf("%d callbacks came, the first is %s", len(news), news[0].body)
				}
				return nil
			},
		},
		{
			pattern: `my listener hears {n} times {text}`,
			doc:     "So many of all callbacks that have come in the scenario have this status, or this faultstring.",
			example: fiveDevices + `
When I suspend the Global profiles of 5 devices in one call
And time passes until nothing is owed
Then my listener hears 5 times "SUCCESS"`,
			do: func(_ context.Context, w *world, n int, what string) error {
				count, all := 0, w.listener.all()
				for _, m := range all {
					if m.Status == what || m.FaultString == what {
						count++
					}
				}
				if count != n {
					return fmt.Errorf("%d of %d callbacks say %q", count, len(all), what)
				}
				return nil
			},
			check: true,
		},
		{
			pattern: `each of these devices was told of once, with {text}`,
			doc:     "Of each device of the latest call, there is one callback with this status among those that no step has looked at, and there are no others.",
			example: fiveDevices + `
When I suspend the Global profiles of 5 devices in one call
And time passes until nothing is owed
Then each of these devices was told of once, with "SUCCESS"`,
			do:    func(_ context.Context, w *world, status string) error { return w.toldOnce(status) },
			check: true,
		},
		{
			pattern: `my listener hears the same callback with the counts {numbers}`,
			doc:     "One callback, so many times, with these callbackCounts, and nothing else of it has changed.",
			example: oneDevice + `And my listener is registered
And my listener answers 500 once and then 200
When I suspend the Global profile
And time passes until nothing is owed
Then my listener hears the same callback with the counts 1 and 2`,
			do:    func(ctx context.Context, w *world, counts string) error { return w.hearsAgain(ctx, counts) },
			check: true,
		},
		{
			pattern: `the callback begins with the username {text} and the password {text}`,
			doc:     "One callback, whose first two fields are these.",
			example: oneDevice + `And my listener is registered with the username "ann" and the password "secret"
When I suspend the Global profile
And time passes until nothing is owed
Then the callback begins with the username "ann" and the password "secret"`,
			do: func(ctx context.Context, w *world, username, password string) error {
				news, look := w.news(ctx)
				want := fmt.Sprintf(`{"username":%q,"password":%q,`, username, password)
				if len(news) != 1 || !bytes.HasPrefix(news[0].body, []byte(want)) {
					return fmt.Errorf("want one callback that begins with %s; there are %d, and the last one is %s", want, len(news), last(news))
				}
				look()
				return nil
			},
		},
		{
			pattern: `{n} callbacks? came before the reply`,
			doc:     "So many came while the latest call of ThingSpace was not answered yet.",
			example: oneDevice + `And my listener is registered
When I suspend the Global profile
Then 0 callbacks came before the reply`,
			do: func(_ context.Context, w *world, n int) error {
				if w.listener.before != n {
					return fmt.Errorf("%d callbacks came before %s", w.listener.before, &w.reply)
				}
				return nil
			},
		},
	},
}

func last(all []*told) []byte {
	if len(all) == 0 {
		return []byte("nothing")
	}
	return all[len(all)-1].body
}

func (w *world) hears(ctx context.Context, table *godog.Table, anyOrder bool) error {
	if err := w.start(ctx); err != nil {
		return err
	}
	if w.listener.box == nil {
		return errors.New("my listener is not registered: there is a step for that, and for what tsim has told others, one is: the callbacks are")
	}
	news, look := w.news(ctx)
	err := compare("my listener heard", news, table, anyOrder)
	if err == nil {
		look()
	}
	return err
}

func (w *world) toldOnce(status string) error {
	open := map[string]bool{}
	for _, id := range w.asked {
		open[id] = true
	}
	all := w.listener.all()
	news := all[w.listener.looked:]
	for _, m := range news {
		id := m.ICCID
		if !open[id] {
			id = m.EID
		}
		if !open[id] || m.Status != status {
			return fmt.Errorf("unexpected, or for the second time: %s", m.Body)
		}
		delete(open, id)
	}
	if len(open) > 0 {
		return fmt.Errorf("%d callbacks came, and %d devices were not told of", len(news), len(open))
	}
	w.listener.looked = len(all)
	return nil
}

func (w *world) hearsAgain(ctx context.Context, counts string) error {
	want, err := numbers(counts)
	if err != nil {
		return err
	}
	news, look := w.news(ctx)
	if len(news) != len(want) {
		return fmt.Errorf("%d callbacks came, not %d", len(news), len(want))
	}
	without := func(body []byte, count int) string {
		return strings.Replace(string(body), `"callbackCount":`+strconv.Itoa(count), `"callbackCount":N`, 1)
	}
	for i, t := range news {
		if !json.Valid(t.body) || !strings.Contains(without(t.body, want[i]), `"callbackCount":N`) || without(t.body, want[i]) != without(news[0].body, want[0]) {
			return fmt.Errorf("callback %d is not the first one with the count %d:\n%s\n%s", i+1, want[i], news[0].body, t.body)
		}
	}
	look()
	return nil
}
