package tsimgodog

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"tsim/internal/spell"
	"tsim/tsimbox"
)

// snapshot is one of the sandbox, with what the steps knew then.
type snapshot struct {
	*tsimbox.Snapshot
	request string
	asked   []string
}

var snapshotFamily = family{
	"Snapshots",
	`A world is built once, and has several endings: the sandbox is kept as it is at a moment, and taken back there.`,
	[]step{
		{
			pattern: `a snapshot {text}`,
			doc:     "Keeps the sandbox as it is now, under a name.",
			example: oneDevice + `
And a snapshot "ready"
When I suspend the Global profile
And time passes until nothing is owed
And the sandbox is rewound to "ready"
Then the device now has
  | profile | suspended |
  | Global  | none      |`,
			do: func(ctx context.Context, w *world, name string) error {
				if err := w.start(ctx); err != nil {
					return err
				}
				saved, err := w.box.Snapshot(ctx, name)
				if err == nil {
					w.snapshots[name] = snapshot{saved, w.request, w.asked}
				}
				return err
			},
		},
		{
			pattern: `the sandbox is rewound to {text}`,
			doc: `Takes the sandbox back to a snapshot: its devices, its time, and what was still to come, which comes again. Who is logged in stays so,
and what my listener has heard stays heard. The latest request is the one of then.`,
			example: oneDevice + `
When I suspend the Global profile
And a snapshot "asked"
And time passes until nothing is owed
And the sandbox is rewound to "asked"
And the device is switched off
And time passes until nothing is owed
Then the callbacks are
  | of     | status  |
  | Global | SUCCESS |`,
			do: func(ctx context.Context, w *world, name string) error {
				to, ok := w.snapshots[name]
				if !ok {
					return fmt.Errorf("there is no snapshot %q%s", name, spell.DidYouMean(name, slices.Sorted(maps.Keys(w.snapshots))))
				}
				w.request, w.asked = to.request, to.asked
				return w.box.Rewind(ctx, to.Snapshot)
			},
		},
	},
}
