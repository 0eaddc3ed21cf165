package tsimgodog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tsim/internal/euicc"
	"tsim/tsimclient"
)

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

// devices are those that the scenario has names for. One can have several.
type devices struct {
	inOrder []*device
	byName  map[string]*device
	byID    map[string]meant // by EID and ICCID
}

// meant is what an identifier means: a device, and a profile of it if it is an ICCID.
type meant struct {
	*device
	profile string
}

func newDevices() devices { return devices{byName: map[string]*device{}, byID: map[string]meant{}} }

// add adds a device, or another name for one. Callbacks about it tell it by the latest one.
func (all *devices) add(d *device) {
	all.inOrder = append(all.inOrder, d)
	all.byName[d.name] = d
	all.byID[d.eid] = meant{d, ""}
	for _, p := range d.profiles {
		all.byID[p.iccid] = meant{d, p.name}
	}
}

// meet gets to know the devices that the sandbox starts with. Those of fleets are called van-1, van-2 and so on, if the
// fleet is called van; those that no step has named, device-1 and so on.
func (w *world) meet(ctx context.Context) error {
	all, err := w.all(ctx)
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(all, func(d tsimclient.Device) bool { return w.devices.byID[d.EID].device != nil })
	called := map[string]int{} // how many are called van, say, by a number
	for _, f := range w.fleets {
		if len(others) < f.count {
			return fmt.Errorf("the sandbox has %d devices for %d called %s", len(others), f.count, f.name)
		}
		for i := range f.count {
			called[f.name]++
			d := newDevice(fmt.Sprintf("%s-%d", f.name, called[f.name]), &others[i])
			for k := range d.profiles {
				d.profiles[k].name = f.names[k]
			}
			w.devices.add(d)
		}
		others = others[f.count:]
	}
	for i := range others {
		w.devices.add(newDevice(fmt.Sprintf("device-%d", i+1), &others[i]))
	}
	if w.about == nil && len(w.devices.inOrder) > 0 {
		w.about = w.devices.inOrder[0]
	}
	return nil
}

// all are all devices as they are now, by EID.
func (w *world) all(ctx context.Context) ([]tsimclient.Device, error) {
	const most = 1_000_000
	return w.box.Control.AllDevices(ctx, tsimclient.DeviceFilter{}, most)
}

// newDevice is a device by a name, with its profiles by those of their networks.
func newDevice(name string, d *tsimclient.Device) *device {
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
	if d := w.devices.byName[name]; d != nil {
		return d, nil
	}
	var names []string
	for _, d := range w.devices.inOrder {
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
