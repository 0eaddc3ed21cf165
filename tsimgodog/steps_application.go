package tsimgodog

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/cucumber/godog"
)

var applicationFamily = family{
	"The application under test",
	`Its base URL is the option Application or StartApplication of the suite, or the variable TSIM_APP_URL. The examples have one with
/vans and /callbacks.`,
	[]step{
		{
			pattern: `I (GET|DELETE) {text} of (ThingSpace|my application)`,
			doc:     "Makes a call; one of ThingSpace with a bearer and a session.",
			example: `
When I GET "/vans/van-7" of my application
Then the reply is 404`,
			do: func(ctx context.Context, w *world, method, path, whom string) error {
				return w.sendTo(ctx, whom, method, path, nil)
			},
		},
		{
			pattern: `I (POST|PUT|PATCH) to {text} of (ThingSpace|my application)`,
			doc:     "The same with a body, the text below the step, which is JSON; without a text there is none.",
			example: `
When I POST to "/vans" of my application
  """
  {"name": "van-7"}
  """
Then the reply is 201
When I keep "/id" of the reply as "van"
And I GET "/vans/<van>" of my application
Then the reply has
  | /state | new |`,
			do: func(ctx context.Context, w *world, method, path, whom string, doc *godog.DocString) error {
				return w.sendTo(ctx, whom, method, path, doc)
			},
			without: true,
		},
		{
			pattern: `GET {text} of my application answers {n}`,
			doc:     "Asks the application, for this status, and if there is a table below for what it says of the JSON. It is for what the application does on its own: \"within 2 seconds\" asks again until it holds.",
			example: oneDevice + `And my application listens at "/callbacks"
When I POST to "/vans" of my application
  """
  {"name": "{van-7.Global.iccid}"}
  """
And I suspend the Global profile
And time passes until nothing is owed
Then within 2 seconds, GET "/vans/{van-7.Global.iccid}" of my application answers 200
  | /state | SUSPENDED |`,
			do: func(ctx context.Context, w *world, path string, status int, table *godog.Table) error {
				if err := w.applicationCall(ctx, http.MethodGet, path, nil); err != nil {
					return err
				}
				if err := w.statusIs(status); err != nil || table == nil {
					return err
				}
				want, err := pairs(table)
				if err != nil {
					return err
				}
				return w.replyHas(want)
			},
			without: true,
			check:   true,
		},
	},
}

// applicationCall makes a call of the application under test.
func (w *world) applicationCall(ctx context.Context, method, path string, body []byte) error {
	if err := w.start(ctx); err != nil {
		return err
	}
	url, err := w.applicationURL(path)
	if err != nil {
		return err
	}
	w.client.last = func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
		if err != nil {
			return fmt.Errorf("%s is no address: %w", url, err)
		}
		r.Header.Set("User-Agent", agent)
		if body != nil {
			r.Header.Set("Content-Type", "application/json")
		}
		return w.send(r)
	}
	return w.client.last(ctx)
}
