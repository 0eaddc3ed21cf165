package tsimgodog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/cucumber/godog"

	"tsim/internal/euicc"
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

	devices []*device // by what they are called, and others that were met
	made    int       // how many of them a step has made one by one
	about   *device   // whom the scenario is about
	kept    map[string]string

	client   client
	answer   answer
	request  string                          // the id of the latest one that was accepted
	asked    []string                        // the ICCIDs that the latest call was about, or the EIDs
	found    []tsimclient.Call               // on record, by the latest step
	operated map[string]tsimclient.Operation // of requests that were looked up

	listener listener
}

// device is one that the scenario has a name for.
type device struct {
	name, eid, imei string
	profiles        []profile
}

type profile struct{ name, iccid string }

// fleet is some devices that are alike.
type fleet struct {
	name     string
	count    int
	names    []string // of the profiles
	profiles []map[string]any
}

func newWorld(o *options, s *godog.Scenario) *world {
	w := &world{
		o: o, scenario: s, first: []map[string]any{}, story: map[string]any{}, kept: map[string]string{}, operated: map[string]tsimclient.Operation{},
		plans: []map[string]any{
			{"name": "US Plan", "network": "us"}, {"name": "Global Plan", "network": "global"}, {"name": "Global Plus", "network": "global"},
		},
	}
	w.listener.answer = tsimbox.InTurn()
	return w
}

// account is the one of a world that steps have put together.
const account = "0000123456-00001"

// text is the scenario that the steps have put together, in YAML; "" when they have said nothing.
func (w *world) text() (string, error) {
	said := len(w.story) > 0 || len(w.first) > 0 || len(w.fleets) > 0 || len(w.rules) > 0
	if w.base != "" {
		if said {
			return "", errors.New("a scenario is a whole world: what else it has belongs into it, or into steps after the first call")
		}
		return w.base, nil
	}
	if !said {
		return "", nil
	}
	fleets := []map[string]any{}
	for _, f := range w.fleets {
		fleets = append(fleets, map[string]any{"count": f.count, "profiles": f.profiles})
	}
	story := map[string]any{
		"name": "story", "start": "2030-01-01T00:00:00Z",
		"credentials": []any{map[string]any{"appKey": "key", "appSecret": "secret", "username": "user", "password": "pass"}},
		"accounts":    []any{map[string]any{"name": account, "plans": w.plans, "devices": w.first, "fleets": fleets}},
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
		err = errors.Join(err, w.answer.unseen(), w.listener.close(), w.box.Close(ctx))
	}
	return err
}

// meet gets to know the devices that the sandbox starts with. Those of fleets are called van-1, van-2 and so on, if the
// fleet is called van; those that no step has named, device-1 and so on.
func (w *world) meet(ctx context.Context) error {
	all, err := w.all(ctx)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, d := range w.devices {
		known[d.eid] = true
	}
	others := slices.DeleteFunc(all, func(d tsimclient.Device) bool { return known[d.EID] })
	for _, f := range w.fleets {
		if len(others) < f.count {
			return fmt.Errorf("the sandbox has %d devices for %d called %s", len(others), f.count, f.name)
		}
		for i := range f.count {
			d := meeting(fmt.Sprintf("%s-%d", f.name, i+1), &others[i])
			for k := range d.profiles {
				d.profiles[k].name = f.names[k]
			}
			w.devices = append(w.devices, d)
		}
		others = others[f.count:]
	}
	for i := range others {
		w.devices = append(w.devices, meeting(fmt.Sprintf("device-%d", i+1), &others[i]))
	}
	if w.about == nil && len(w.devices) > 0 {
		w.about = w.devices[0]
	}
	return nil
}

// all are all devices as they are now, by EID.
func (w *world) all(ctx context.Context) ([]tsimclient.Device, error) {
	const most = 1_000_000
	return w.box.Control.AllDevices(ctx, tsimclient.DeviceFilter{}, most)
}

// meeting is a device by a name, with its profiles by those of their networks.
func meeting(name string, d *tsimclient.Device) *device {
	known := &device{name: name, eid: d.EID, imei: d.IMEI}
	count := map[string]int{}
	for _, p := range d.Profiles {
		name := "Global"
		if p.Network == tsimclient.NetworkUS {
			name = "US"
		}
		if count[name]++; count[name] > 1 {
			name = fmt.Sprintf("%s-%d", name, count[name])
		}
		known.profiles = append(known.profiles, profile{name, p.ICCID})
	}
	return known
}

// device is the one of a name; "" is the one that the scenario is about.
func (w *world) device(ctx context.Context, name string) (*device, error) {
	if err := w.start(ctx); err != nil {
		return nil, err
	}
	return w.named(name)
}

func (w *world) named(name string) (*device, error) {
	if name == "" && w.about != nil {
		return w.about, nil
	}
	var names []string
	for _, d := range w.devices {
		if d.name == name {
			return d, nil
		}
		names = append(names, d.name)
	}
	if len(names) == 0 {
		return nil, errors.New("the scenario has no devices")
	}
	const most = 10
	if more := len(names) - most; more > 0 {
		names = append(names[:most], fmt.Sprintf("%d more", more))
	}
	return nil, fmt.Errorf("there is no device %q; there are %s", name, strings.Join(names, ", "))
}

// profile is one of a device, by its name.
func (d *device) profile(name string) (profile, error) {
	var names []string
	for _, p := range d.profiles {
		if p.name == name {
			return p, nil
		}
		names = append(names, p.name)
	}
	return profile{}, fmt.Errorf("the device %q has no profile %q; it has %s", d.name, name, strings.Join(names, ", "))
}

// unknownICCID is one that no device has.
func unknownICCID(n int) string { return withLuhn(fmt.Sprintf("8999900000%09d", n)) }

func withLuhn(digits string) string { return digits + string(euicc.LuhnCheck([]byte(digits))) }

// number gives the n-th device that steps name, from 0, its identifiers, with the check digits that they need.
func number(n int) (eid, imei string) {
	digits := fmt.Appendf(nil, "89001012012341234012345678%04d", 9012+n)
	check := euicc.EIDCheck(digits)
	return string(append(digits, check[:]...)), withLuhn(fmt.Sprintf("490154203%05d", 23751+n))
}

// iccid is that of the k-th profile of a network of the n-th device, both from 0.
func iccid(network string, n, k int) string {
	prefix := "8944500000"
	if network == string(tsimclient.NetworkUS) {
		prefix = "8914800000"
	}
	return withLuhn(fmt.Sprintf("%s%09d", prefix, n+1+1000*k))
}
