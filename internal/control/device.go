package control

import "tsim/internal/sim"

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

// PatchDevice is what to change about a device; nil leaves that as it is.
type PatchDevice struct {
	Powered   *bool `json:"powered,omitempty"`
	Connected *bool `json:"connected,omitempty"`
}

func patchDevice(c *call) (any, error) {
	var body PatchDevice
	if err := c.decode(&body); err != nil {
		return nil, err
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
