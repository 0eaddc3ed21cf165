// Package euicc knows what may happen to an eUICC and to the profiles on it: one table of operations
// with their guards in order and their effects. It is pure: time, chance, I/O and the outside world
// belong to its callers, and a Card is a plain value that one goroutine changes at a time.
//
// Two things are independent of each other, as ThingSpace's own samples show: where a profile
// stands on the card (Status) and what its subscription is doing (Service and Suspension).
//
//	card:     NOT_DOWNLOADED -> DOWNLOAD_DISABLE -> ENABLE <-> DISABLE -> DELETE
//	service:  pre_active -> active <-> deactive,  and while active: suspended by profile | by device
package euicc

import "slices"

// Profile is one eSIM profile of a card.
type Profile struct {
	ICCID     string // 19 or 20 digits
	MDN       string // 10 digits; none before activation and after deactivation
	Plan      string // service plan; none after deactivation
	Network   Network
	Role      Role
	Service   Service
	Status    Status
	Suspended Suspension
	POL1      Policy // of the card
	POL2      Policy // of the SM-SR
	// NoCoverage is set from outside: enabling this profile finds no network.
	NoCoverage bool
}

// HybridPlan is the service plan of a consumer eSIM (page "Activate a device (eUICC)").
const HybridPlan = "HybridESim"

// State is what a callback says of the profile.
func (p *Profile) State() State {
	switch {
	case p.Service == PreActive:
		return StatePreActive
	case p.Service == Deactive:
		return StateDeactive
	case p.Suspended != NotSuspended:
		return StateSuspended
	}
	return StateActive
}

// Card is one eUICC in its device.
type Card struct {
	EID       string // 32 digits
	IMEI      string // 15 digits
	Fallback  string // ICCID of the profile with the fallback attribute; "" for none
	Powered   bool   // set from outside: the device is switched on
	Connected bool   // set from outside: the device has a network
	Memory    uint8  // how many profiles the card can hold; 0 for as many as one likes
	Profiles  []Profile
}

// Reachable says whether the SM-SR can talk to the card.
func (c *Card) Reachable() bool { return c.Powered && c.Connected }

// Sort puts the profiles in the order in which they are told of: the LEAD, then by ICCID.
func (c *Card) Sort() {
	slices.SortFunc(c.Profiles, func(a, b Profile) int {
		if (a.Role == Lead) != (b.Role == Lead) {
			return int(a.Role) - int(b.Role)
		}
		if a.ICCID < b.ICCID {
			return -1
		}
		return 1
	})
}

// Profile finds a profile by its ICCID, or nil.
func (c *Card) Profile(iccid string) *Profile {
	for i := range c.Profiles {
		if c.Profiles[i].ICCID == iccid {
			return &c.Profiles[i]
		}
	}
	return nil
}

// Lead is the card's LEAD profile, or nil.
func (c *Card) Lead() *Profile {
	for i := range c.Profiles {
		if c.Profiles[i].Role == Lead {
			return &c.Profiles[i]
		}
	}
	return nil
}

// Enabled is the profile in use, or nil.
func (c *Card) Enabled() *Profile {
	for i := range c.Profiles {
		if c.Profiles[i].Status.Enabled() {
			return &c.Profiles[i]
		}
	}
	return nil
}

// State derives the state of the whole device: suspended when every active profile is.
func (c *Card) State() State {
	state := StatePreActive
	for i := range c.Profiles {
		switch s := c.Profiles[i].State(); s {
		case StateActive:
			return StateActive
		case StateSuspended:
			state = StateSuspended
		case StateDeactive:
			if state == StatePreActive {
				state = StateDeactive
			}
		}
	}
	return state
}

// Clone copies the card, profiles included.
func (c *Card) Clone() Card {
	d := *c
	d.Profiles = slices.Clone(c.Profiles)
	return d
}

// enable brings p into use and takes every other profile out of it, as one step of the card. What is
// to be deleted when it is disabled goes, unless it is the one to fall back to.
func (c *Card) enable(p *Profile, as Status) {
	for i := range c.Profiles {
		q := &c.Profiles[i]
		if q == p || !q.Status.Enabled() {
			continue
		}
		q.Status = StatusDisable
		if (q.POL1|q.POL2)&DeleteOnDisable != 0 && c.Fallback != q.ICCID {
			q.Status = StatusDelete
		}
	}
	p.Status = as
}

// LoseNetwork is what the card does on its own when the network of a device that is switched on is
// gone: it enables the profile with the fallback attribute, whatever the policies say. It says
// whether there was something to do.
func (c *Card) LoseNetwork() bool {
	p, now := c.Profile(c.Fallback), c.Enabled()
	if !c.Powered || p == nil || p == now || p.Service != Active {
		return false
	}
	if now != nil {
		now.Status = StatusDisable
	}
	p.Status = StatusEnable
	return true
}
