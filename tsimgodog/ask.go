package tsimgodog

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"

	"tsim/internal/euicc"
	"tsim/tsimclient"
)

// id is one identifier of a device.
func id(kind euicc.Kind, value string) map[string]string {
	return map[string]string{"kind": kind.String(), "id": value}
}

type ids = []map[string]string

// ask asks for an operation on devices, each given by its identifiers.
func (w *world) ask(ctx context.Context, account string, op tsimclient.Operation, plan string, devices ...ids) error {
	if err := w.start(ctx); err != nil {
		return err
	}
	list := make([]any, len(devices))
	w.asked = nil
	for i, ids := range devices {
		list[i] = map[string]any{"deviceIds": ids}
		w.asked = append(w.asked, ids[0]["id"])
	}
	body := map[string]any{"accountName": cmp.Or(account, w.box.Account), "devices": list}
	if plan != "" {
		body["servicePlan"] = plan
	}
	return w.call(ctx, http.MethodPost, "/api/m2m/v1/devices/profile/actions/"+string(op), body)
}

// operation is what a verb asks for, of a profile.
func operation(verb string) tsimclient.Operation {
	if verb == "suspend" || verb == "resume" {
		verb = "profile_" + verb
	}
	return tsimclient.Operation(verb)
}

// identifiersOf are the identifiers with which an operation means a profile of a device: those that its page asks for.
func identifiersOf(op tsimclient.Operation, eid, imei, iccid string) ids {
	list := ids{id(euicc.KindICCID, iccid)}
	switch op {
	case tsimclient.OpProfileSuspend, tsimclient.OpProfileResume, tsimclient.OpActivate, tsimclient.OpActivateEnable, tsimclient.OpDeactivate:
	default:
		if list = append(list, id(euicc.KindEID, eid)); imei != "" {
			list = append(list, id(euicc.KindIMEI, imei))
		}
	}
	return list
}

// act asks for an operation on one profile.
func (w *world) act(ctx context.Context, op tsimclient.Operation, name, of, plan, account string) error {
	d, err := w.device(ctx, of)
	if err != nil {
		return err
	}
	p, err := d.profile(name)
	if err != nil {
		return err
	}
	return w.ask(ctx, account, op, plan, identifiersOf(op, d.eid, d.imei, p.iccid))
}

// bulk asks for an operation on what rows choose: so many devices (the next ones each time), all, or one by its name; a
// profile of each by its name, the whole device if there is none, or "unknown".
func (w *world) bulk(ctx context.Context, verb string, chosen []map[string]string) error {
	all, err := w.atLeast(ctx, 0)
	if err != nil {
		return err
	}
	var list []ids
	op := operation(verb)
	next, unknown := 0, 0
	for _, row := range chosen {
		if row["profile"] == "" {
			op = tsimclient.Operation("device_" + verb)
		}
		n, err := strconv.Atoi(row["devices"])
		var these []*device
		switch {
		case row["profile"] == "unknown":
			for range max(n, 1) {
				list = append(list, ids{id(euicc.KindICCID, unknownICCID(unknown))})
				unknown++
			}
			continue
		case row["devices"] == "all", err == nil:
			if err != nil {
				n = len(all)
			}
			if next+n > len(all) {
				return fmt.Errorf("there are %d devices, not %d", len(all), next+n)
			}
			for i := next; i < next+n; i++ {
				these = append(these, w.known(&all[i]))
			}
			next += n
		default:
			d, err := w.named(row["devices"])
			if err != nil {
				return err
			}
			these = []*device{d}
		}
		for _, d := range these {
			one, err := d.in(op, row["profile"])
			if err != nil {
				return err
			}
			list = append(list, one)
		}
	}
	return w.ask(ctx, "", op, "", list...)
}

// known is a device as the scenario knows it, or one that was added since.
func (w *world) known(d *tsimclient.Device) *device {
	if known := w.devices.byID[d.EID].device; known != nil {
		return known
	}
	return newDevice("", d)
}

// in is the device, or a profile of it, in a call.
func (d *device) in(op tsimclient.Operation, name string) (ids, error) {
	if name == "" {
		return ids{id(euicc.KindEID, d.eid)}, nil
	}
	p, err := d.profile(name)
	return identifiersOf(op, d.eid, d.imei, p.iccid), err
}
