package tsimgodog

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cucumber/godog"

	"tsim/tsimclient"
)

var deviceFamily = family{
	"Devices and profiles",
	`How they are now. Columns are *profile*, *service*, *status*, *suspended* (none, profile or device), *plan*, *number* (the MDN) and
*fallback* (yes or no). An empty cell says nothing.`,
	[]step{
		{
			pattern: `the device{device} now has`,
			doc:     "A profile in each row.",
			example: oneDevice + `
When I disable the Global profile
And time passes until nothing is owed
Then the device "van-7" now has
  | profile | service | status  |
  | US      | active  | ENABLE  |
  | Global  | active  | DISABLE |`,
			do:    deviceHas,
			check: true,
		},
		{
			pattern: `the devices now have`,
			doc:     "How many devices have a profile like that of each row.",
			example: fiveDevices + `
When I suspend the Global profiles of 2 devices in one call
And time passes until nothing is owed
Then the devices now have
  | devices | profile | suspended |
  | 2       | Global  | profile   |
  | 3       | Global  | none      |`,
			do:    devicesHave,
			check: true,
		},
		{
			pattern: `the {profile} profile{of} has no number and no plan`,
			doc:     "It was deactivated, or never active.",
			example: oneDevice + `
When I deactivate the Global profile
And time passes until nothing is owed
Then the Global profile has no number and no plan`,
			do: func(ctx context.Context, w *world, name, of string) error {
				return w.subscribed(ctx, name, of, false, "")
			},
			check: true,
		},
		{
			pattern: `the {profile} profile{of} has a number and the plan {text}`,
			doc:     "It has a subscription with this plan.",
			example: oneDevice + `
Then the Global profile of "van-7" has a number and the plan "Global Plan"`,
			do: func(ctx context.Context, w *world, name, of, plan string) error {
				return w.subscribed(ctx, name, of, true, plan)
			},
			check: true,
		},
		{
			pattern: `the device{device} (is off|is on|has lost its network|has a network)`,
			doc:     "Whether it is powered and connected.",
			example: oneDevice + `
When the device "van-7" is switched off
Then the device "van-7" is off`,
			do: func(ctx context.Context, w *world, name, what string) error {
				d, err := w.now(ctx, name)
				if err != nil {
					return err
				}
				is := map[string]bool{"is off": !d.Powered, "is on": d.Powered, "has lost its network": !d.Connected, "has a network": d.Connected}
				if !is[what] {
					return fmt.Errorf("powered is %t, and connected is %t", d.Powered, d.Connected)
				}
				return nil
			},
			check: true,
		},
	},
}

// now is a device as it is now.
func (w *world) now(ctx context.Context, name string) (tsimclient.Device, error) {
	d, err := w.device(ctx, name)
	if err != nil {
		return tsimclient.Device{}, err
	}
	return w.box.Device(ctx, d.eid)
}

// profileOf is a profile of a device as it is now.
func (w *world) profileOf(ctx context.Context, name, of string) (p tsimclient.Profile, now tsimclient.Device, err error) {
	d, err := w.device(ctx, of)
	if err != nil {
		return p, now, err
	}
	named, err := d.profile(name)
	if err != nil {
		return p, now, err
	}
	if now, err = w.box.Device(ctx, d.eid); err != nil {
		return p, now, err
	}
	i := slices.IndexFunc(now.Profiles, func(p tsimclient.Profile) bool { return p.ICCID == named.iccid })
	if i < 0 {
		return p, now, fmt.Errorf("the %s profile is not there any more", name)
	}
	return now.Profiles[i], now, nil
}

var deviceColumns = []string{"devices", "profile", "service", "status", "suspended", "plan", "number", "fallback"}

func deviceHas(ctx context.Context, w *world, of string, table *godog.Table) error {
	all, err := rows(table, deviceColumns[1:]...)
	if err != nil {
		return err
	}
	var wrong []string
	for _, want := range all {
		p, d, err := w.profileOf(ctx, want["profile"], of)
		if err != nil {
			return err
		}
		for _, differs := range differing(&p, &d, want) {
			wrong = append(wrong, fmt.Sprintf("the %s profile has %s", want["profile"], differs))
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%s", strings.Join(wrong, "\n"))
	}
	return nil
}

// differing is in what a profile differs from a row.
func differing(p *tsimclient.Profile, d *tsimclient.Device, row map[string]string) (all []string) {
	has := map[string]string{
		"service": string(p.Service), "status": string(p.Status), "suspended": string(p.Suspended), "plan": p.Plan, "number": p.MDN,
		"fallback": map[bool]string{true: "yes", false: "no"}[d.Fallback == p.ICCID],
	}
	for _, column := range deviceColumns[2:] {
		if want := row[column]; want != "" && has[column] != want {
			all = append(all, fmt.Sprintf("%s %q, not %q", column, has[column], want))
		}
	}
	return all
}

func devicesHave(ctx context.Context, w *world, table *godog.Table) error {
	all, err := rows(table, deviceColumns...)
	if err != nil {
		return err
	}
	now, err := w.atLeast(ctx, 1)
	if err != nil {
		return err
	}
	var wrong []string
	for _, want := range all {
		n := 0
		for i := range now {
			for k := range now[i].Profiles {
				p := &now[i].Profiles[k]
				if w.devices.byID[p.ICCID].profile == want["profile"] && len(differing(p, &now[i], want)) == 0 {
					n++
				}
			}
		}
		if strconv.Itoa(n) != want["devices"] {
			wrong = append(wrong, fmt.Sprintf("%d devices, not %s, have a %s profile like that: %v", n, want["devices"], want["profile"], want))
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%s", strings.Join(wrong, "\n"))
	}
	return nil
}

// subscribed holds a profile to having a number or none, and to its plan.
func (w *world) subscribed(ctx context.Context, name, of string, number bool, plan string) error {
	p, _, err := w.profileOf(ctx, name, of)
	if err == nil && ((p.MDN != "") != number || p.Plan != plan) {
		err = fmt.Errorf("the %s profile has the number %q and the plan %q", name, p.MDN, p.Plan)
	}
	return err
}
