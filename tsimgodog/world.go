package tsimgodog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/cucumber/godog"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

// world is one scenario: a sandbox, a client of ThingSpace, a listener, and an application. Its steps run one after the
// other; only what hears callbacks runs beside them.
type world struct {
	o        *options
	scenario *godog.Scenario
	step     *godog.Step // that runs

	// What the sandbox starts from: a scenario, or else what the steps have put together. Only until it has started.
	base    string
	story   map[string]any // keys of a scenario
	plans   []map[string]any
	first   []map[string]any // devices
	fleets  []fleet
	rules   []string                      // in YAML
	with    []string                      // misfortunes, by their names
	prepare []func(context.Context) error // what is done as soon as it has started

	box  *tsimbox.Sandbox
	app  string // its base URL; "" for none
	stop func() error

	devices devices
	made    int     // how many of them a step has made one by one
	about   *device // whom the scenario is about
	kept    map[string]string

	snapshots map[string]snapshot

	client   client
	reply    reply
	request  string                          // the id of the latest one that was accepted
	asked    []string                        // the ICCIDs that the latest call was about, or the EIDs
	found    []tsimclient.Call               // on record, by the latest step
	operated map[string]tsimclient.Operation // of requests that were looked up

	listener listener
}

func newWorld(o *options, s *godog.Scenario) *world {
	w := &world{
		o: o, scenario: s, story: map[string]any{}, first: []map[string]any{}, devices: newDevices(),
		kept: map[string]string{}, snapshots: map[string]snapshot{}, operated: map[string]tsimclient.Operation{},
	}
	w.client.http.Transport = &http.Transport{} // its own, because no proxy is asked
	w.listener.answer = tsimbox.InTurn()
	return w
}

// usualPlans are those of a world that says none.
var usualPlans = []map[string]any{
	{"name": "US Plan", "network": "us"}, {"name": "Global Plan", "network": "global"}, {"name": "Global Plus", "network": "global"},
}

// account is the one of a world that steps have put together.
const account = "0000123456-00001"

// text is the scenario that the steps have put together, in YAML; "" when they have said nothing.
func (w *world) text() (string, error) {
	said := w.plans != nil || len(w.story) > 0 || len(w.first) > 0 || len(w.fleets) > 0 || len(w.rules) > 0
	if w.base != "" {
		if said {
			return "", errors.New("a scenario is a whole world: what else it has belongs into it, or into steps after the first call")
		}
		return w.base, nil
	}
	if !said {
		return "", nil
	}
	plans := w.plans
	if plans == nil {
		plans = usualPlans
	}
	fleets := []map[string]any{}
	for _, f := range w.fleets {
		fleets = append(fleets, map[string]any{"count": f.count, "profiles": f.profiles})
	}
	story := map[string]any{
		"name": "story", "start": "2030-01-01T00:00:00Z",
		"credentials": []any{map[string]any{"appKey": "key", "appSecret": "secret", "username": "user", "password": "pass"}},
		"accounts":    []any{map[string]any{"name": account, "plans": plans, "devices": w.first, "fleets": fleets}},
	}
	maps.Copy(story, w.story)
	var text strings.Builder
	for _, key := range slices.Sorted(maps.Keys(story)) {
		value, err := json.Marshal(story[key]) // which is YAML, too
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&text, "%s: %s\n", key, value)
	}
	if len(w.rules) > 0 {
		text.WriteString("rules:\n")
	}
	for _, rule := range w.rules {
		text.WriteString("  - " + strings.ReplaceAll(rule, "\n", "\n    ") + "\n")
	}
	return text.String(), nil
}

// start starts the sandbox, once.
func (w *world) start(ctx context.Context) error {
	if w.box != nil {
		return nil
	}
	text, err := w.text()
	if err != nil {
		return err
	}
	o := slices.Clone(w.o.box)
	if text != "" {
		o = append(o, tsimbox.Scenario(text))
	}
	if len(w.with) > 0 {
		o = append(o, tsimbox.With(w.with...))
	}
	if w.o.server == "" {
		w.box, err = tsimbox.Start(ctx, o...)
	} else {
		w.box, err = tsimbox.Connect(ctx, w.o.server, o...)
	}
	if err != nil {
		w.box = nil
		return err
	}
	if err := w.meet(ctx); err != nil {
		return err
	}
	for _, f := range w.prepare {
		if err := f(ctx); err != nil {
			return err
		}
	}
	return w.startApplication(ctx)
}

// soon does something as soon as there is a sandbox, which is now if there is one.
func (w *world) soon(ctx context.Context, do func(context.Context) error) error {
	if w.box != nil {
		return do(ctx)
	}
	w.prepare = append(w.prepare, do)
	return nil
}

// set sets a key of the scenario, or one in it.
func (w *world) set(value any, key string, in ...string) error {
	if w.box != nil {
		return errors.New("the sandbox runs already: this is said before the first step that needs it")
	}
	at := w.story
	for _, k := range append([]string{key}, in...)[:len(in)] {
		next, ok := at[k].(map[string]any)
		if !ok {
			next = map[string]any{}
			at[k] = next
		}
		at = next
	}
	at[append([]string{key}, in...)[len(in)]] = value
	return nil
}

func (w *world) startApplication(ctx context.Context) (err error) {
	start := w.o.app
	if url := os.Getenv("TSIM_APP_URL"); start == nil && url != "" {
		w.app = url
	}
	if start != nil {
		if w.app, w.stop, err = start(ctx, w.box); err != nil {
			err = fmt.Errorf("the application does not start: %w", err)
		}
	}
	w.app = strings.TrimSuffix(w.app, "/")
	return err
}

// close ends what the scenario has started.
func (w *world) close(ctx context.Context) error {
	var err error
	if w.stop != nil {
		err = w.stop()
	}
	if w.box != nil {
		w.client.http.CloseIdleConnections()
		err = errors.Join(err, w.reply.unseen(), w.listener.close(), w.box.Close(ctx))
	}
	return err
}
