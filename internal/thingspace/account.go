package thingspace

import (
	"strconv"

	"tsim/internal/config"
)

type (
	accountOf struct {
		AccountName           string `json:"accountName"`
		AccountNumber         string `json:"accountNumber"`
		OrganizationName      string `json:"organizationName"`
		IsProvisioningAllowed bool   `json:"isProvisioningAllowed"`
	}
	accountReply struct {
		accountOf
		Carriers     []string `json:"carriers"`
		Features     []string `json:"features"`
		IPPools      []ipPool `json:"iPPools"`
		ServicePlans []planOf `json:"servicePlans"`
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

// The account as the SDKs for eSIMs model it.
type (
	accountDetails struct {
		accountOf
		Carriers     []carrierName `json:"carriers"`
		Features     []featureName `json:"features"`
		ServicePlans []planDetails `json:"servicePlans"`
	}
	carrierName struct {
		Carrier string `json:"carriers"`
	}
	featureName struct {
		Feature string `json:"features"`
	}
	planDetails struct {
		Name                   string `json:"name"`
		Code                   string `json:"code"`
		SizeKb                 string `json:"sizeKb"`
		CarrierServicePlanCode string `json:"carrierServicePlanCode"`
	}
)

// features are those of every account: of the page's eUICC sample.
var features = []string{"eUICC Verizon as Lead", "Global eSim Billing"}

// account is what a sandbox says of any account: of organizations it knows nothing.
func account(name string) accountOf { return accountOf{name, name, "tsim", true} }

// showAccount is GET …/m2m/v1/accounts/{account} ("Retrieve account information").
func showAccount(c *call) (reply, error) {
	name := c.vars["account"]
	plans, err := c.sim.Plans(name)
	return reply{body: accountReply{
		accountOf: account(name), Carriers: []string{defaultCarrier}, Features: features,
		IPPools: []ipPool{}, ServicePlans: plansOf(plans),
	}}, err
}

// listPlans is GET …/m2m/v1/plans/{account} ("List all service plans of an account"): a bare array.
func listPlans(c *call) (reply, error) {
	plans, err := c.sim.Plans(c.vars["account"])
	return reply{body: plansOf(plans)}, err
}

// plansOf spells plans. The scenario has no codes, so the names are those too.
func plansOf(plans []config.Plan) []planOf {
	list := make([]planOf, len(plans))
	for i, p := range plans {
		list[i] = planOf{p.Name, p.Name, p.SizeKb, p.Name}
	}
	return list
}

// showDetails is GET …/api/v1/accounts/{account} and …/api/v1/plans/{account}: the SDKs for eSIMs expect
// the whole account from both.
func showDetails(c *call) (reply, error) {
	name := c.vars["account"]
	plans, err := c.sim.Plans(name)
	body := accountDetails{
		accountOf: account(name), Carriers: []carrierName{{defaultCarrier}}, ServicePlans: make([]planDetails, len(plans)),
	}
	for _, f := range features {
		body.Features = append(body.Features, featureName{f})
	}
	for i, p := range plans {
		body.ServicePlans[i] = planDetails{p.Name, p.Name, strconv.FormatUint(p.SizeKb, 10), p.Name}
	}
	return reply{body: body}, err
}
