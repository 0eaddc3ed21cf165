package thingspace

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"tsim/internal/euicc"
	"tsim/internal/schema"
	"tsim/internal/sim"
)

// actionBody is what the body of an action asks for.
type actionBody struct {
	account, plan, carrier string
	checkFallback          bool
	devices                *sim.IDList
}

// readAction is what the body of an action asks for, if the fast path is sure of it, or else where that stopped.
func (b *bodySchema) readAction(body []byte) (a actionBody, stop schema.Stop, sure bool) {
	var ids euicc.IDs
	devices := sim.NewIDList(bytes.Count(body, []byte(`"deviceIds"`)))
	// The string lasts as long as the body, so what is to last longer is copied from it.
	texts, stop, sure := b.compiled().FastPath(unsafe.String(unsafe.SliceData(body), len(body)), &schema.Handlers{
		Pair:    func(kind, id string) { setID(&ids, kind, id) },
		ItemEnd: func() { devices.Add(ids); ids = euicc.IDs{} },
	})
	if !sure {
		return a, stop, false
	}
	return actionBody{
		account: strings.Clone(texts.Get("accountName")), plan: strings.Clone(texts.Get("servicePlan")),
		carrier: strings.Clone(texts.Get("carrierName")), checkFallback: texts.Get("checkFallbackProfile") == "true",
		devices: devices,
	}, stop, true
}

// actionIn is what the body of an action asks for, from a document that the schema accepts.
func (e *endpoint) actionIn(doc any) actionBody {
	return actionBody{
		account: text(doc, "accountName"), plan: text(doc, "servicePlan"), carrier: text(doc, "carrierName"),
		checkFallback: doc.(map[string]any)["checkFallbackProfile"] == true, devices: e.devices(doc),
	}
}

// devices reads the identifiers of each device of an action's body.
func (e *endpoint) devices(doc any) *sim.IDList {
	all := sim.NewIDList(0)
	e.eachDevice(doc, func(_ string, list []any) {
		var ids euicc.IDs
		for _, id := range list {
			setID(&ids, text(id, "kind"), text(id, "id"))
		}
		all.Add(ids)
	})
	return all
}

// eachDevice goes through the lists of identifiers of an action's body, each with its JSON pointer. A
// device is {"deviceIds": […]}; some SDKs say ids for deviceIds.
func (e *endpoint) eachDevice(doc any, do func(pointer string, ids []any)) {
	fields, _ := doc.(map[string]any)
	list, _ := fields["devices"].([]any)
	if e.anyForm && flat(list) {
		do("/devices", list)
		return
	}
	for i, d := range list {
		if ids, ok := d.([]any); ok {
			do(fmt.Sprintf("/devices/%d", i), ids)
			continue
		}
		fields, _ := d.(map[string]any)
		name := "deviceIds"
		if _, ok := fields[name]; !ok {
			name = "ids"
		}
		ids, _ := fields[name].([]any)
		do(fmt.Sprintf("/devices/%d/%s", i, name), ids)
	}
}

// flat says whether a list of devices is the identifiers of one device, as one SDK sends them.
func flat(list []any) bool {
	return !slices.ContainsFunc(list, func(item any) bool {
		fields, ok := item.(map[string]any)
		_, has := fields["kind"]
		return !ok || !has
	})
}

// setID notes one identifier. ThingSpace's kinds are lower case in its requests; any case is taken. What
// no device of a sandbox has (an MEID, an IMSI or an ESN) is not looked at.
func setID(ids *euicc.IDs, kind, id string) {
	if k, ok := euicc.ParseKind(kind); ok {
		ids.Set(k, id)
	}
}
