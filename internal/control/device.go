package control

import (
	"errors"
	"net/http"

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

func deviceView(d sim.Device) Device {
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
	page, next := cut(c.box.Devices(c.query.Get("after"), limit+1), limit, func(d sim.Device) string { return d.EID })
	list := DeviceList{Devices: make([]Device, len(page)), Next: next}
	for i := range page {
		list.Devices[i] = deviceView(page[i])
	}
	return list, nil
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
	var body PatchDevice
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
	src, err := yaml(c.body)
	if err != nil {
		return nil, err
	}
	d, err := c.box.ChangeDevice(c.path("eid"), "", func(card *euicc.Card) error { return scenario.Change(src, card) })
	if err != nil {
		return nil, misread(err)
	}
	return deviceView(d), nil
}

// misread makes an answer of what is wrong with a part of a scenario.
func misread(err error) error {
	if wrong, ok := errors.AsType[*scenario.Error](err); ok {
		return bad("", "%s", wrong.Error())
	}
	return err
}

func addDevices(c *call) (any, error) {
	src, err := c.yaml()
	if err != nil {
		return nil, err
	}
	devices, err := scenario.Devices(src)
	if err != nil {
		return nil, misread(err)
	}
	added, err := c.box.AddDevices(devices)
	if err != nil {
		return nil, err
	}
	list := DeviceList{Devices: make([]Device, len(added))}
	for i := range added {
		list.Devices[i] = deviceView(added[i])
	}
	return answer{http.StatusCreated, list}, nil
}

func putDevice(c *call) (any, error) {
	src, err := c.yaml()
	if err != nil {
		return nil, err
	}
	to, err := scenario.OneDevice(src, c.path("eid"))
	if err != nil {
		return nil, misread(err)
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

// yaml is a body in JSON as scenario reads it.
func (c *call) yaml() ([]byte, error) {
	src, err := yaml(c.body)
	if err != nil {
		return nil, bad("a device as in a scenario, in JSON", "the body is not JSON: %v", err)
	}
	return src, nil
}
