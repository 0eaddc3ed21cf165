package tsimgodog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"reflect"
	"strings"

	"github.com/cucumber/godog"
)

var replyFamily = family{
	"Replies",
	`What the latest call was answered with, whether it was one of ThingSpace or one of the application.`,
	[]step{
		{
			pattern: `the call is accepted`,
			doc:     "It was answered with 200.",
			example: oneDevice + `
When I suspend the Global profile
Then the call is accepted`,
			do: func(_ context.Context, w *world) error { return w.refused(http.StatusOK, "") },
		},
		{
			pattern: `the call is refused with {n} and {text}`,
			doc:     "ThingSpace has refused it with this status, which is its errorCode, too, and a message with this in it.",
			example: oneDevice + `
When I suspend the Global profile for the account "0000123456-00009"
Then the call is refused with 400 and "REQUEST_FAILED.AccountNotFound"`,
			do: func(_ context.Context, w *world, status int, text string) error { return w.refused(status, text) },
		},
		{
			pattern: `the call is refused with {n} and the code {text}`,
			doc:     "The same with a code: the errorCode, or the code of the gateway's fault.",
			example: `
Given the built-in scenario "token-expiry-in-a-long-job"
And I am logged in
When 60 seconds pass
And I log in
Then the call is refused with 401 and the code "900901"`,
			do: func(_ context.Context, w *world, status int, code string) error {
				return w.refusedWithCode(status, code)
			},
		},
		{
			pattern: `the request is {text}`,
			doc:     "The status in the reply: Pending, Success or Failure.",
			example: oneDevice + `
When I suspend the Global profile
And time passes until nothing is owed
And I ask for the status of that request
Then the request is "Success"`,
			do: func(_ context.Context, w *world, status string) error {
				return w.replyHas([][2]string{{"/status", status}})
			},
		},
		{
			pattern: `the reply is {n}`,
			doc:     "Its HTTP status.",
			example: `
When I GET "/api/m2m/v1/plans/{sandbox.account}" of ThingSpace
Then the reply is 200`,
			do: func(_ context.Context, w *world, status int) error { return w.statusIs(status) },
		},
		{
			pattern: `the reply has`,
			doc: `Of its JSON, what stands at each JSON pointer: a string as it is, and anything else as JSON. A # as the last part is how many items
there are. A cell "absent" is for what is not there.`,
			example: `
When I GET "/api/m2m/v1/plans/{sandbox.account}" of ThingSpace
Then the reply has
  | /0/name  | US Plan |
  | /99/name | absent  |`,
			do: func(_ context.Context, w *world, table *godog.Table) error {
				want, err := pairs(table)
				if err != nil {
					return err
				}
				return w.replyHas(want)
			},
		},
		{
			pattern: `the reply is the JSON`,
			doc:     "All of it; the order of fields and spaces do not matter.",
			example: `
When I POST to "/vans" of my application
  """
  {"name": "van-7"}
  """
Then the reply is the JSON
  """
  {"id": "van-7", "state": "new"}
  """`,
			do: func(_ context.Context, w *world, text *godog.DocString) error {
				want, err := value([]byte(text.Content))
				if err != nil {
					return err
				}
				a, err := w.has()
				if err != nil {
					return err
				}
				got, err := value(a.body)
				if err != nil {
					return err
				}
				if !reflect.DeepEqual(got, want) {
					return errors.New(a.String())
				}
				return nil
			},
		},
		{
			pattern: `the reply is a {n} with {text} in it`,
			doc:     "For a reply that is no JSON: its HTTP status, and a part of its text.",
			example: `
When I GET "/health" of my application
Then the reply is a 200 with "fine" in it`,
			do: func(_ context.Context, w *world, status int, text string) error {
				if err := w.statusIs(status); err != nil {
					return err
				}
				if !strings.Contains(string(w.reply.body), text) {
					return errors.New(w.reply.String())
				}
				return nil
			},
		},
		{
			pattern: `the reply is {n} and a page in HTML`,
			doc:     "Not one of ThingSpace's own, but of something in front of it.",
			example: oneDevice + `And the misfortune "flaky-gateway"
When I suspend the Global profile
Then the reply is 502 and a page in HTML`,
			do: func(_ context.Context, w *world, status int) error {
				if err := w.statusIs(status); err != nil {
					return err
				}
				if kind := w.reply.header.Get("Content-Type"); kind != "text/html" || !strings.HasPrefix(string(w.reply.body), "<html>") {
					return fmt.Errorf("the Content-Type is %s: %s", kind, &w.reply)
				}
				return nil
			},
		},
		{
			pattern: `the reply has the header {text} {text}`,
			doc:     "A header with its value.",
			example: `
When I GET "/api/m2m/v1/plans/{sandbox.account}" of ThingSpace
Then the reply has the header "Content-Type" "application/json"`,
			do: func(_ context.Context, w *world, name, want string) error {
				a, err := w.has()
				if err != nil {
					return err
				}
				if got := a.header.Get(name); got != want {
					return fmt.Errorf("the header %s is %q, not %q", name, got, want)
				}
				return nil
			},
		},
		{
			pattern: `the connection ends without a reply`,
			doc:     "What was sent of a reply, if anything, was not all of it.",
			example: oneDevice + `And the rule
  """
  name: lost
  when: {operation: profile_suspend}
  reply: {cut: after}
  """
When I suspend the Global profile
Then the connection ends without a reply`,
			do: func(_ context.Context, w *world) error { return w.hasNone(false) },
		},
		{
			pattern: `no reply has come in time`,
			doc:     "I did not wait any longer.",
			example: oneDevice + `And I wait 100ms for a reply
And the rule
  """
  name: slow
  when: {operation: profile_suspend}
  reply: {delay: 5s}
  """
When I suspend the Global profile
Then no reply has come in time`,
			do: func(_ context.Context, w *world) error { return w.hasNone(true) },
		},
		{
			pattern: `I wait {duration} for a reply`,
			doc:     "For so long of the clock on the wall, from now on, and not any longer.",
			example: `
Given I wait 5 seconds for a reply
When I list my listeners
Then the call is accepted`,
			do: func(_ context.Context, w *world, text string) (err error) {
				w.client.http.Timeout, err = duration(text)
				return err
			},
		},
		{
			pattern: `I keep {text} of the reply as {text}`,
			doc:     "Keeps what stands at a JSON pointer for later steps, where its name between < and > stands for it.",
			example: oneDevice + `
When I suspend the Global profile
And I keep "/requestId" of the reply as "job"
And I GET "/api/m2m/v1/accounts/{sandbox.account}/requests/<job>/status" of ThingSpace
Then the reply has
  | /status | Pending |`,
			do: func(_ context.Context, w *world, pointer, name string) error {
				a, err := w.has()
				if err != nil {
					return err
				}
				v, err := value(a.body)
				if err != nil {
					return err
				}
				text, ok := at(v, pointer)
				if !ok {
					return fmt.Errorf("there is nothing at %s: %s", pointer, a)
				}
				w.kept[name] = text
				return nil
			},
		},
	},
}

// pairs reads a table of two columns without a heading.
func pairs(table *godog.Table) (all [][2]string, err error) {
	for _, row := range table.Rows {
		if len(row.Cells) != 2 || !strings.HasPrefix(row.Cells[0].Value, "/") {
			return nil, errors.New("the table has a JSON pointer and a value in each row, such as | /devices/0/id | 7 |, and no heading")
		}
		all = append(all, [2]string{row.Cells[0].Value, row.Cells[1].Value})
	}
	return all, nil
}

// decode reads the reply.
func (w *world) decode(to any) error {
	a, err := w.has()
	if err != nil {
		return err
	}
	if err := json.Unmarshal(a.body, to); err != nil {
		return fmt.Errorf("%s: %w", a, err)
	}
	return nil
}

func (w *world) statusIs(status int) error {
	a, err := w.has()
	if err == nil && a.status != status {
		err = errors.New(a.String())
	}
	return err
}

// replyHas holds what stands at pointers to values.
func (w *world) replyHas(want [][2]string) error {
	a, err := w.has()
	if err != nil {
		return err
	}
	v, err := value(a.body)
	if err != nil {
		return fmt.Errorf("%s: %w", a, err)
	}
	var wrong []string
	for _, p := range want {
		got, ok := at(v, p[0])
		switch {
		case !ok && p[1] == "absent", ok && got == p[1]:
		case !ok:
			wrong = append(wrong, fmt.Sprintf("there is nothing at %s", p[0]))
		default:
			wrong = append(wrong, fmt.Sprintf("%s is %q, not %q", p[0], got, p[1]))
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%s: %s", strings.Join(wrong, "; "), a)
	}
	return nil
}

// hasNone holds the latest call to having no reply: because the connection has ended, or because none has come in time.
func (w *world) hasNone(late bool) error {
	a := &w.reply
	var timeout net.Error
	if a.broken == nil || (errors.As(a.broken, &timeout) && timeout.Timeout()) != late {
		return errors.New(a.String())
	}
	a.looked = true
	return nil
}
