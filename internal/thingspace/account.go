package thingspace

import "tsim/internal/sim"

type (
	accountReply struct {
		AccountName           string   `json:"accountName"`
		AccountNumber         string   `json:"accountNumber"`
		OrganizationName      string   `json:"organizationName"`
		IsProvisioningAllowed bool     `json:"isProvisioningAllowed"`
		Carriers              []string `json:"carriers"`
		Features              []string `json:"features"`
		IPPools               []ipPool `json:"iPPools"`
		ServicePlans          []planOf `json:"servicePlans"`
	}
	ipPool struct {
		PoolName      string `json:"poolName"`
		PoolType      string `json:"poolType"`
		IsDefaultPool bool   `json:"isDefaultPool"`
	}
	planOf struct {
		Name                   string `json:"name"`
		Code                   string `json:"code"`
		SizeKb                 uint64 `json:"sizeKb"`
		CarrierServicePlanCode string `json:"carrierServicePlanCode"`
	}
)

// showAccount is GET …/accounts/{account} ("Retrieve account information"). The features are those
// of the page's eUICC sample; of pools and organization a sandbox knows nothing.
func showAccount(c *call) (reply, error) {
	name := c.vars["account"]
	plans, err := c.sim.Plans(name)
	return reply{body: accountReply{
		AccountName: name, AccountNumber: name, OrganizationName: "tsim", IsProvisioningAllowed: true,
		Carriers: []string{defaultCarrier}, Features: []string{"eUICC Verizon as Lead", "Global eSim Billing"},
		IPPools: []ipPool{}, ServicePlans: plansOf(plans),
	}}, err
}

// listPlans is GET …/plans/{account} ("List all service plans of an account"): a bare array.
func listPlans(c *call) (reply, error) {
	plans, err := c.sim.Plans(c.vars["account"])
	return reply{body: plansOf(plans)}, err
}

// plansOf spells plans. The scenario has no codes, so the names are those too.
func plansOf(plans []sim.Plan) []planOf {
	list := make([]planOf, len(plans))
	for i, p := range plans {
		list[i] = planOf{p.Name, p.Name, p.SizeKb, p.Name}
	}
	return list
}
