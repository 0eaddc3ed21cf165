package config

import "tsim/internal/euicc"

// Account is a billing account with its service plans and devices.
type Account struct {
	Name   string
	Plans  []Plan
	Cards  []euicc.Card
	Fleets []Fleet
}

// Device is a card with the account that it belongs to.
type Device struct {
	Account string
	euicc.Card
}

// Plan is a service plan of an account: what euicc knows of it, and what is only told.
type Plan struct {
	Name    string
	Network euicc.Network
	SizeKb  uint64
}

// Size is how many devices the account has, those of fleets included.
func (a Account) Size() int {
	n := len(a.Cards)
	for _, f := range a.Fleets {
		n += f.Count
	}
	return n
}

// Plan is the service plan of a name, as euicc knows it.
func (a *Account) Plan(name string) (euicc.Plan, bool) {
	for _, p := range a.Plans {
		if p.Name == name {
			return euicc.Plan{Name: p.Name, Network: p.Network}, true
		}
	}
	return euicc.Plan{}, false
}

// FirstPlan is what a profile of network n has when nobody says which; without a name when the account has
// none for it.
func (a *Account) FirstPlan(n euicc.Network) euicc.Plan {
	for _, p := range a.Plans {
		if p.Network == n {
			return euicc.Plan{Name: p.Name, Network: p.Network}
		}
	}
	return euicc.Plan{}
}

// Fleet is many devices that are alike: their identifiers and numbers are generated.
type Fleet struct {
	Count int
	Card  euicc.Card // what each of them is like; it has no identifiers
}

// How large fleets can be.
const (
	MaxFleet         = 1_000_000
	MaxFleetProfiles = 8 // of one device
)
