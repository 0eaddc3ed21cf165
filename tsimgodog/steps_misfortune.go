package tsimgodog

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cucumber/godog"
)

var misfortuneFamily = family{
	"What goes wrong",
	`Rules, as docs/scenario.md has them, by a name or one by one.`,
	[]step{
		{
			pattern: `the misfortune {text}`,
			doc:     "The rules of a named set: from the start, or from now on. docs/scenario.md has the names.",
			example: oneDevice + `And the misfortune "duplicates"
And my listener is registered
When I suspend the Global profile
And time passes until nothing is owed
Then my listener hears
  | of     | status  |
  | Global | SUCCESS |
  | Global | SUCCESS |`,
			do: func(ctx context.Context, w *world, name string) error {
				if w.box != nil {
					return w.box.AddMisfortune(ctx, name)
				}
				w.with = append(w.with, name)
				return nil
			},
		},
		{
			pattern: `the misfortune {text} ends`,
			doc:     "Its rules are gone. What they have struck goes on as they say.",
			example: oneDevice + `And the misfortune "duplicates"
And my listener is registered
When the misfortune "duplicates" ends
And I suspend the Global profile
And time passes until nothing is owed
Then my listener hears
  | of     | status  |
  | Global | SUCCESS |`,
			do: func(ctx context.Context, w *world, name string) error {
				if err := w.start(ctx); err != nil {
					return err
				}
				return w.box.DeleteRules(ctx, name)
			},
		},
		{
			pattern: `the rule`,
			doc:     "One rule of a scenario, in YAML.",
			example: oneDevice + `And the rule
  """
  name: no-memory
  when: {operation: download}
  outcome: {fault: Insufficient memory}
  """
When I download the Global profile
And time passes until nothing is owed
Then the callbacks are
  | of     | status | fault               |
  | Global | Failed | Insufficient memory |`,
			do: func(_ context.Context, w *world, text *godog.DocString) error {
				if w.box != nil {
					return errors.New("the sandbox runs already: say its rules before the first step that needs it")
				}
				w.rules = append(w.rules, strings.TrimSpace(text.Content))
				return nil
			},
		},
		{
			pattern: `the rule {text} has struck {times}`,
			doc:     "How often the rule of this name did something. A scenario that means to survive a misfortune says so little if that never struck.",
			example: oneDevice + `And the rule
  """
  name: no-memory
  when: {operation: download}
  outcome: {fault: Insufficient memory}
  """
When I download the Global profile
And time passes until nothing is owed
Then the rule "no-memory" has struck once`,
			do: func(ctx context.Context, w *world, name, often string) error {
				n, err := times(often)
				if err != nil {
					return err
				}
				if err := w.start(ctx); err != nil {
					return err
				}
				r, err := w.box.Rule(ctx, name)
				if err == nil && r.Hits-r.Skipped != n {
					err = fmt.Errorf("it has struck %d times", r.Hits-r.Skipped)
				}
				return err
			},
			check: true,
		},
	},
}
