package tsimclient

import "context"

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
	ICCID     string     `json:"iccid"`
	Role      Role       `json:"role"`
	Network   Network    `json:"network"`
	Service   Service    `json:"service"`
	Status    Status     `json:"status"`
	Suspended Suspension `json:"suspended"`
	MDN       string     `json:"mdn"`
	Plan      string     `json:"plan"`
	Enabled   bool       `json:"enabled"` // it is the one in use
}

// DeviceList is a page of devices; Next is the After of the page that follows, "" when none does.
type DeviceList struct {
	Devices []Device `json:"devices"`
	Next    string   `json:"next,omitempty"`
}

// DevicePatch is what to change about a device; what is nil stays as it is. Profiles are named by their ICCIDs, and
// those that are not named stay as they are.
type DevicePatch struct {
	Powered   *bool          `json:"powered,omitempty"`
	Connected *bool          `json:"connected,omitempty"`
	IMEI      *string        `json:"imei,omitempty"`
	Fallback  *string        `json:"fallback,omitempty"` // the ICCID of a profile
	Memory    *int           `json:"memory,omitempty"`   // how many profiles the eUICC can hold, 1 to 255
	Profiles  []ProfilePatch `json:"profiles,omitempty"`
}

// ProfilePatch is what to change about the profile of an ICCID; what is empty stays as it is.
type ProfilePatch struct {
	ICCID     string     `json:"iccid"`
	MDN       string     `json:"mdn,omitempty"`
	Network   Network    `json:"network,omitempty"`
	Role      Role       `json:"role,omitempty"`
	Service   Service    `json:"service,omitempty"`
	Status    Status     `json:"status,omitempty"`
	Suspended Suspension `json:"suspended,omitempty"`
	Plan      string     `json:"plan,omitempty"`
	Coverage  *bool      `json:"coverage,omitempty"` // whether the profile finds a network where the device is
	POL1      []Policy   `json:"pol1,omitempty"`
	POL2      []Policy   `json:"pol2,omitempty"`
}

// DeviceFilter chooses devices; empty fields choose all.
type DeviceFilter struct {
	Account string `json:"account,omitempty"`
	Device  string `json:"device,omitempty"` // an identifier: EID, ICCID, IMEI or MDN
}

// Devices lists a page of devices, by EID.
func (c *Client) Devices(ctx context.Context, f DeviceFilter, page Page) (DeviceList, error) {
	return do[DeviceList](ctx, c, "GET", c.path("devices"), page.with(f), nil)
}

// AllDevices lists all devices of a filter, by EID; it is an error if there are more than most.
func (c *Client) AllDevices(ctx context.Context, f DeviceFilter, most int) ([]Device, error) {
	return all("devices", most, func(p Page) ([]Device, string, error) {
		list, err := c.Devices(ctx, f, p)
		return list.Devices, list.Next, err
	})
}

// Device is the device of an EID (404 when there is none).
func (c *Client) Device(ctx context.Context, eid string) (Device, error) {
	return do[Device](ctx, c, "GET", c.path("devices", eid), nil, nil)
}

// AddDevices adds devices, written as in a scenario: anything that is JSON for one or for a list. All that is wrong
// with them is told at once, by JSON pointers.
func (c *Client) AddDevices(ctx context.Context, devices any) (DeviceList, error) {
	return do[DeviceList](ctx, c, "POST", c.path("devices"), nil, devices)
}

// PutDevice makes a device what it is said to be, whether or not it is there: written as in a scenario, without the EID.
func (c *Client) PutDevice(ctx context.Context, eid string, device any) (Device, error) {
	return do[Device](ctx, c, "PUT", c.path("devices", eid), nil, device)
}

// PatchDevice changes a device, or switches it or its network on or off.
func (c *Client) PatchDevice(ctx context.Context, eid string, change DevicePatch) (Device, error) {
	return do[Device](ctx, c, "PATCH", c.path("devices", eid), nil, change)
}

// DeleteDevice removes a device.
func (c *Client) DeleteDevice(ctx context.Context, eid string) (Deleted, error) {
	return do[Deleted](ctx, c, "DELETE", c.path("devices", eid), nil, nil)
}
