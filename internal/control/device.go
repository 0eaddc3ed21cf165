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
)

// Device is a device with its eUICC as it is now. Words are those of scenarios.
type Device struct {
	Account   string    `json:"account"`
	EID       string    `json:"eid"`
	IMEI      string    `json:"imei"`
	Powered   bool      `json:"powered"`
	Connected bool      `json:"connected"`
	Fallback  string    `json:"fallback"` // ICCID of the profile with the fallback attribute; "" for none
	Profiles  []Profile `json:"profiles"`
}

// Profile is one profile of a device.
type Profile struct {
	ICCID     string `json:"iccid"`
	Role      string `json:"role"`
	Network   string `json:"network"`
	Service   string `json:"service"`
	Status    string `json:"status"`
	Suspended string `json:"suspended"` // by whom: none, profile or device
	MDN       string `json:"mdn"`
	Plan      string `json:"plan"`
	Enabled   bool   `json:"enabled"`
}

// DeviceList is a page of devices; Next is what to pass as after for the next one.
type DeviceList struct {
	Devices []Device `json:"devices"`
	Next    string   `json:"next,omitempty"`
}

func deviceView(d config.Device) Device {
	v := Device{
		Account: d.Account, EID: d.EID, IMEI: d.IMEI, Powered: d.Powered, Connected: d.Connected, Fallback: d.Fallback,
		Profiles: make([]Profile, len(d.Profiles)),
	}
	for i := range d.Profiles {
		p := &d.Profiles[i]
		v.Profiles[i] = Profile{
			ICCID: p.ICCID, Role: p.Role.String(), Network: p.Network.String(), Service: p.Service.String(),
			Status: p.Status.String(), Suspended: p.Suspended.String(), MDN: p.MDN, Plan: p.Plan, Enabled: p.Status.Enabled(),
		}
	}
	return v
}

func listDevices(c *call) (any, error) {
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	return pages(c.box, "devices", c.query.Get("after"), limit, c.box.Devices, func(d *config.Device) string { return d.EID }, func(d *config.Device) any {
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

// PatchDevice is what to change about a device; nil leaves that as it is. Profiles are named by their
// ICCIDs, and those that are not named stay as they are.
type PatchDevice struct {
	Powered   *bool          `json:"powered,omitempty"`
	Connected *bool          `json:"connected,omitempty"`
	IMEI      *string        `json:"imei,omitempty"`
	Fallback  *string        `json:"fallback,omitempty"`
	Memory    *int           `json:"memory,omitempty"`
	Profiles  []PatchProfile `json:"profiles,omitempty"`
}

// PatchProfile is what to change about one profile, in the words of scenarios.
type PatchProfile struct {
	ICCID     string   `json:"iccid"`
	MDN       string   `json:"mdn,omitempty"`
	Network   string   `json:"network,omitempty"`
	Role      string   `json:"role,omitempty"`
	Service   string   `json:"service,omitempty"`
	Status    string   `json:"status,omitempty"`
	Suspended string   `json:"suspended,omitempty"`
	Plan      string   `json:"plan,omitempty"`
	Coverage  *bool    `json:"coverage,omitempty"`
	POL1      []string `json:"pol1,omitempty"`
	POL2      []string `json:"pol2,omitempty"`
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
	list := DeviceList{Devices: make([]Device, len(added))}
	for i := range added {
		list.Devices[i] = deviceView(added[i])
	}
	return answer{http.StatusCreated, list}, nil
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
		return answer{http.StatusCreated, deviceView(d)}, nil
	}
	return deviceView(d), nil
}

func deleteDevice(c *call) (any, error) {
	eid := c.path("eid")
	if err := c.box.RemoveDevice(eid); err != nil {
		return nil, err
	}
	return Deleted{eid}, nil
}
