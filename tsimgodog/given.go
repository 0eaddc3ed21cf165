package tsimgodog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cucumber/godog"

	"tsim/tsimclient"
)

var yes, no = true, false

var happens = map[string]tsimclient.DevicePatch{
	"is switched off": {Powered: &no}, "are switched off": {Powered: &no}, "is switched on": {Powered: &yes}, "are switched on": {Powered: &yes},
	"loses its network": {Connected: &no}, "lose their network": {Connected: &no},
	"has its network again": {Connected: &yes}, "have their network again": {Connected: &yes},
}

func (w *world) startFrom(scenario string) error {
	if w.box != nil || w.base != "" {
		return errors.New("the sandbox has a scenario already")
	}
	w.base = scenario
	return nil
}

func givenDevice(ctx context.Context, w *world, name string, table *godog.Table) error {
	all, err := rows(table)
	if err != nil {
		return err
	}
	if name == "" {
		name = "device"
	}
	if w.devices.byName[name] != nil {
		return fmt.Errorf("there is a device %q already", name)
	}
	d, n := &device{name: name}, w.made
	if w.made++; w.box != nil {
		n += 500 // those of the scenario may be numbered as the first ones are
	}
	d.eid, d.imei = number(n)
	var profiles []map[string]any
	count := map[string]int{}
	for _, row := range all {
		p, err := scenarioProfile(row)
		if err != nil {
			return err
		}
		network := p["network"].(string)
		if p["iccid"] == nil {
			p["iccid"] = iccid(network, n, count[network])
		}
		count[network]++
		profiles = append(profiles, p)
		d.profiles = append(d.profiles, profile{row["profile"], p["iccid"].(string)})
	}
	given := map[string]any{"eid": d.eid, "imei": d.imei, "profiles": profiles}
	if w.box == nil {
		w.first = append(w.first, given)
	} else if _, err := w.box.Control.AddDevices(ctx, given); err != nil {
		return err
	}
	w.devices.add(d)
	if w.about == nil {
		w.about = d
	}
	return nil
}

// scenarioProfile is the profile of a row as a scenario has it.
func scenarioProfile(row map[string]string) (map[string]any, error) {
	p := map[string]any{}
	for column, value := range row {
		if column != "profile" && value != "" {
			p[column] = value
		}
	}
	if v, ok := p["coverage"]; ok {
		p["coverage"] = v == "true"
	}
	if p["network"] == nil {
		if row["profile"] != "US" && row["profile"] != "Global" {
			return nil, fmt.Errorf("the profile %q is neither US nor Global: say its network, us or global, in a column of that name", row["profile"])
		}
		p["network"] = strings.ToLower(row["profile"])
	}
	return p, nil
}

func givenPlans(_ context.Context, w *world, table *godog.Table) error {
	if w.box != nil {
		return errors.New("the sandbox runs already: say its plans before the first step that needs it")
	}
	all, err := rows(table, "name", "network")
	w.plans = nil
	for _, row := range all {
		w.plans = append(w.plans, map[string]any{"name": row["name"], "network": row["network"]})
	}
	return err
}

func givenFleet(_ context.Context, w *world, n int, name string, table *godog.Table) error {
	if w.box != nil {
		return errors.New("the sandbox runs already: say its fleets before the first step that needs it")
	}
	all, err := rows(table)
	if err != nil {
		return err
	}
	if name == "" {
		name = "device"
	}
	f := fleet{name: name, count: n}
	for _, row := range all {
		p, err := scenarioProfile(row)
		if err != nil {
			return err
		}
		f.names = append(f.names, row["profile"])
		f.profiles = append(f.profiles, p)
	}
	w.fleets = append(w.fleets, f)
	return nil
}

func giveName(ctx context.Context, w *world, _, name, kind, id string) error {
	return w.soon(ctx, func(ctx context.Context) error {
		all, err := w.box.Control.AllDevices(ctx, tsimclient.DeviceFilter{Device: id}, 1)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return fmt.Errorf("no device has the %s %q", kind, id)
		}
		w.rename(name, &all[0])
		return nil
	})
}

func giveNameByEnd(ctx context.Context, w *world, _, name, digits string) error {
	return w.soon(ctx, func(ctx context.Context) error {
		all, err := w.all(ctx)
		if err != nil {
			return err
		}
		for i := range all {
			d := &all[i]
			if strings.HasSuffix(d.EID, digits) && strings.HasSuffix(d.IMEI, digits) &&
				!slices.ContainsFunc(d.Profiles, func(p tsimclient.Profile) bool { return !strings.HasSuffix(p.ICCID, digits) }) {
				w.rename(name, d)
				return nil
			}
		}
		return fmt.Errorf("no device has identifiers that all end in %s", digits)
	})
}

// rename calls a device by a name; with "" it is the one that the scenario is about.
func (w *world) rename(name string, d *tsimclient.Device) {
	known := *w.known(d)
	known.name = cmp.Or(name, "device")
	if name == "" {
		w.about = &known
	}
	w.devices.add(&known)
}

func (w *world) patch(ctx context.Context, d *device, change tsimclient.DevicePatch) error {
	_, err := w.box.PatchDevice(ctx, d.eid, change)
	return err
}

// atLeast are all devices, at least so many.
func (w *world) atLeast(ctx context.Context, n int) ([]tsimclient.Device, error) {
	if err := w.start(ctx); err != nil {
		return nil, err
	}
	all, err := w.all(ctx)
	if err == nil && len(all) < n {
		err = fmt.Errorf("there are %d devices, not %d", len(all), n)
	}
	return all, err
}
