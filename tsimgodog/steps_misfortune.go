package tsimgodog

import (
	"context"
	"errors"
	"strings"

	"github.com/cucumber/godog"
)

var misfortuneFamily = family{
	"What goes wrong",
	`Rules, as docs/scenario.md has them, by a name or one by one.`,
	[]step{
		{
			pattern: `the misfortune {text}`,
			doc:     "The named set of rules goes on in this scenario. It has to be said before the first step that needs the sandbox.",
			example: oneDevice + `And the misfortune "duplicates"
And my listener is registered
When I suspend the Global profile
And time passes until nothing is owed
Then my listener hears
  | of     | status  |
  | Global | SUCCESS |
  | Global | SUCCESS |`,
			do: func(_ context.Context, w *world, name string) error {
				if w.box != nil {
					return errors.New("the sandbox runs already: say its misfortunes before the first step that needs it")
				}
				w.with = append(w.with, name)
				return nil
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
	},
}
