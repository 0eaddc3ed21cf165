package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/scenario"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

func deviceView(d config.Device) tsimclient.Device {
	v := tsimclient.Device{
		Account: d.Account, EID: d.EID, IMEI: d.IMEI, Powered: d.Powered, Connected: d.Connected, Fallback: d.Fallback,
		Profiles: make([]tsimclient.Profile, len(d.Profiles)),
	}
	for i := range d.Profiles {
		p := &d.Profiles[i]
		v.Profiles[i] = tsimclient.Profile{
			ICCID: p.ICCID, Role: tsimclient.Role(p.Role.String()), Network: tsimclient.Network(p.Network.String()), Service: tsimclient.Service(p.Service.String()),
			Status: tsimclient.Status(p.Status.String()), Suspended: tsimclient.Suspension(p.Suspended.String()), MDN: p.MDN, Plan: p.Plan, Enabled: p.Status.Enabled(),
		}
	}
	return v
}

func listDevices(c *call) (any, error) {
	var f tsimclient.DeviceFilter
	if err := c.readFilter(&f); err != nil {
		return nil, err
	}
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	return pages(c.box, "devices", c.query.Get("after"), limit, c.box.Devices, func(d *config.Device) string { return d.EID }, deviceCriteria(&f), func(d *config.Device) any {
		return deviceView(*d)
	}), nil
}

func showDevice(c *call) (any, error) {
	d, err := c.box.Device(c.path("eid"))
	if err != nil {
		return nil, err
	}
	return deviceView(d), nil
}

func patchDevice(c *call) (any, error) {
	// What is not just a switch is read by scenario, and all that is wrong with it told at once.
	var body struct {
		Powered   *bool           `json:"powered"`
		Connected *bool           `json:"connected"`
		IMEI      json.RawMessage `json:"imei"`
		Fallback  json.RawMessage `json:"fallback"`
		Memory    json.RawMessage `json:"memory"`
		Profiles  json.RawMessage `json:"profiles"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.IMEI != nil || body.Fallback != nil || body.Memory != nil || body.Profiles != nil {
		return c.rewriteDevice()
	}
	if body.Powered == nil && body.Connected == nil {
		return showDevice(c)
	}
	d, err := c.box.SetDevice(c.path("eid"), body.Powered, body.Connected)
	if err != nil {
		return nil, err
	}
	return deviceView(d), nil
}

// rewriteDevice sets what a patch says, as a scenario would have said it.
func (c *call) rewriteDevice() (any, error) {
	var card *euicc.Card
	var named map[string]string
	d, err := c.box.ChangeDevice(c.path("eid"), "", func(to *euicc.Card) (err error) {
		card = to
		named, err = scenario.Change(c.body, to)
		return err
	})
	if err != nil {
		return nil, misread(err, func(p config.Problem) config.Problem { return inPatch(p, card, named) })
	}
	return deviceView(d), nil
}

// inPatch is a problem of a device in the place where the patch names the profile, which may be another
// one than on the card. A profile that the patch does not name is told by its ICCID.
func inPatch(p config.Problem, card *euicc.Card, named map[string]string) config.Problem {
	var i int
	var field string
	if n, _ := fmt.Sscanf(p.Pointer, "/profiles/%d/%s", &i, &field); n < 2 {
		return p
	}
	iccid := card.Profiles[i].ICCID
	if at, ok := named[iccid]; ok {
		p.Pointer = at + "/" + field
		return p
	}
	return config.Problem{Msg: "profile " + iccid + ", " + field + ": " + p.Text()}
}

// misread makes an answer of what is wrong with a part of a scenario. In says where in the body the
// problem of a device stands.
func misread(err error, in func(config.Problem) config.Problem) error {
	if wrong, ok := errors.AsType[*scenario.Error](err); ok {
		return bad("", "%s", wrong.Error())
	}
	if fact, ok := errors.AsType[*sim.Error](err); ok && len(fact.Problems) > 0 {
		problems := slices.Clone(fact.Problems)
		for i := range problems {
			problems[i] = in(problems[i])
		}
		return sim.Impossible(problems)
	}
	return err
}

func asItIs(p config.Problem) config.Problem { return p }

const likeScenario = "a device as in a scenario, in JSON"

func addDevices(c *call) (any, error) {
	if err := c.isJSON(likeScenario); err != nil {
		return nil, err
	}
	devices, err := scenario.Devices(c.body)
	if err != nil {
		return nil, misread(err, asItIs)
	}
	added, err := c.box.AddDevices(devices)
	if err != nil {
		in := asItIs
		if len(devices) == 1 && bytes.HasPrefix(bytes.TrimSpace(c.body), []byte("[")) {
			in = func(p config.Problem) config.Problem { return p.Under("/0") } // of a list, and not alone
		}
		return nil, misread(err, in)
	}
	list := tsimclient.DeviceList{Devices: make([]tsimclient.Device, len(added))}
	for i := range added {
		list.Devices[i] = deviceView(added[i])
	}
	return replyWithStatus{http.StatusCreated, list}, nil
}

func putDevice(c *call) (any, error) {
	if err := c.isJSON(likeScenario); err != nil {
		return nil, err
	}
	to, err := scenario.OneDevice(c.body, c.path("eid"))
	if err != nil {
		return nil, misread(err, asItIs)
	}
	d, created, err := c.box.PutDevice(to)
	switch {
	case err != nil:
		return nil, err
	case created:
		return replyWithStatus{http.StatusCreated, deviceView(d)}, nil
	}
	return deviceView(d), nil
}

func deleteDevice(c *call) (any, error) {
	eid := c.path("eid")
	if err := c.box.RemoveDevice(eid); err != nil {
		return nil, err
	}
	return tsimclient.Deleted{Deleted: eid}, nil
}
