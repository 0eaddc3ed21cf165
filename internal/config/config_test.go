package config_test

import (
	"slices"
	"strings"
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
)

func TestProblems(t *testing.T) {
	if fine := newConfig(); len(fine.Problems()) > 0 {
		t.Fatalf("of a usual configuration: %+v", fine.Problems())
	}
	profile := func(c *config.Config, card, i int) *euicc.Profile { return &c.Accounts[0].Cards[card].Profiles[i] }
	for _, test := range []struct {
		pointer, says string
		spoil         func(*config.Config)
	}{
		{"/credentials", "appKey", func(c *config.Config) { c.Credentials = nil }},
		{"/credentials/1/appKey", appKey, func(c *config.Config) {
			c.Credentials = append(c.Credentials, config.Credential{appKey, "s", "u", "p"})
		}},
		{"/credentials/1/username", username, func(c *config.Config) {
			c.Credentials = append(c.Credentials, config.Credential{"k", "s", username, "p"})
		}},
		{"/accounts/1/name", account, func(c *config.Config) { c.Accounts = append(c.Accounts, config.Account{Name: account}) }},
		{"/accounts/0/plans/2/name", usPlan, func(c *config.Config) {
			c.Accounts[0].Plans = append(c.Accounts[0].Plans, config.Plan{Name: usPlan, Network: euicc.Global})
		}},
		{"/accounts/0/devices/1/eid", "/accounts/0/devices/0/eid", func(c *config.Config) { c.Accounts[0].Cards[1].EID = eid(1) }},
		{"/accounts/0/devices/2/imei", "/accounts/0/devices/0/imei", func(c *config.Config) {
			c.Accounts[0].Cards[2].IMEI = c.Accounts[0].Cards[0].IMEI
		}},
		{"/accounts/0/devices/1/profiles/1/iccid", "/accounts/0/devices/0/profiles/1/iccid", func(c *config.Config) {
			profile(c, 1, 1).ICCID = local(1)
		}},
		{"/accounts/0/devices/1/profiles/0/mdn", "MDN 5415550100 is there already, at /accounts/0/devices/0/profiles/0/mdn", func(c *config.Config) {
			profile(c, 0, 0).MDN, profile(c, 1, 0).MDN = "5415550100", "5415550100"
		}},
		{"/accounts/0/devices/1/profiles/1/iccid", "twice", func(c *config.Config) { profile(c, 1, 1).ICCID = lead(2) }},
		{"/accounts/1/devices/0/eid", "/accounts/0/devices/0/eid", func(c *config.Config) {
			twin := card(9)
			twin.EID = eid(1)
			c.Accounts = append(c.Accounts, config.Account{Name: "other", Cards: []euicc.Card{twin}})
		}},
		{"/accounts/0/devices/0/profiles/0/suspended", "only with its device", func(c *config.Config) {
			profile(c, 0, 0).Suspended = euicc.ByProfile
		}},
		{"/accounts/0/devices/0/fallback", "not on the card", func(c *config.Config) { c.Accounts[0].Cards[0].Fallback = local(1) }},
		{"/accounts/0/devices/0/profiles/0/plan", "no plan", func(c *config.Config) { profile(c, 0, 0).Plan = "unknown" }},
		{"/accounts/0/devices/0/profiles/0/plan", "global", func(c *config.Config) { profile(c, 0, 0).Plan = global }},
		{"/listeners/0/account", "nobody", func(c *config.Config) { c.Listeners[0].Account = "nobody" }},
		{"/listeners/0/service", "unknown service", func(c *config.Config) { c.Listeners[0].Service = "ProfileService" }},
		{"/listeners/0/url", "ftp", func(c *config.Config) { c.Listeners[0].URL = "ftp://127.0.0.1" }},
		{"/listeners/0/password", "40", func(c *config.Config) { c.Listeners[0].Password = config.Secret(strings.Repeat("x", 41)) }},
		{"/listeners/0/username", "40", func(c *config.Config) { c.Listeners[0].Username = strings.Repeat("x", 41) }},
		{"/listeners/0/url", "28200-28220", func(c *config.Config) {
			c.Compat, c.Listeners[0].URL = set(t, config.Ports, "verizon"), "http://127.0.0.1:7/"
		}},
		{"/accounts/0/fleets/0/count", "1 to 1000000", func(c *config.Config) { c.Accounts[0].Fleets = []config.Fleet{{}} }},
		{"/accounts/0/fleets/0/count", "1000001", func(c *config.Config) { c.Accounts[0].Fleets = []config.Fleet{{Count: 1_000_001}} }},
		{"/accounts/0/fleets/0/profiles", "at most 8", func(c *config.Config) {
			c.Accounts[0].Fleets = []config.Fleet{{Count: 1, Card: euicc.Card{Profiles: make([]euicc.Profile, 9)}}}
		}},
		{"/listeners/1/service", config.ProfileService, func(c *config.Config) { c.Listeners = append(c.Listeners, c.Listeners[0]) }},
		{"/limits/provisioningPerLineAndDay", "-5", func(c *config.Config) { c.Limits.ProvisioningPerLineAndDay = -5 }},
		{"/limits/activatesPerMinute", "-1", func(c *config.Config) { c.Limits.ActivatesPerMinute = -1 }},
		{"/limits/planChangesPerMonth", "-4", func(c *config.Config) { c.Limits.PlanChangesPerMonth = -4 }},
		{"/limits/callsPerSecond", "-2", func(c *config.Config) { c.Limits.CallsPerSecond = -2 }},
		{"/delivery/attempts", "0", func(c *config.Config) { c.Delivery.Attempts = 0 }},
	} {
		c := newConfig()
		test.spoil(&c)
		found := c.Problems()
		if len(found) != 1 || found[0].Pointer != test.pointer || !strings.Contains(found[0].Text(), test.says) {
			t.Errorf("%s (%s): found %+v", test.pointer, test.says, found)
			continue
		}
		if text := found[0].String(); text != test.pointer+": "+found[0].Text() {
			t.Errorf("%s: the problem is %s", test.pointer, text)
		}
	}
}

// TestAllProblems are told together.
func TestAllProblems(t *testing.T) {
	var c config.Config
	c.Listeners = []config.Listener{{}}
	if found := c.Problems(); len(found) != 5 {
		t.Fatalf("found %+v", found)
	}
}

// TestAlone: these are wrong whatever else stands there, and the rest could be right elsewhere.
func TestAlone(t *testing.T) {
	c := newConfig()
	c.Credentials = nil
	c.Delivery.Attempts = 0
	c.Limits = config.Limits{ProvisioningPerLineAndDay: -1, ActivatesPerMinute: -1, PlanChangesPerMonth: -1, CallsPerSecond: -1}
	nine := make([]euicc.Profile, 9)
	for i := range nine {
		nine[i].Network = euicc.Global
	}
	c.Accounts[0].Fleets = []config.Fleet{{}, {Count: 1, Card: euicc.Card{Profiles: nine}}}
	long := strings.Repeat("x", 41)
	c.Listeners[0] = config.Listener{Account: "nobody", Service: "none", URL: "none", Username: long, Password: config.Secret(long)}
	c.Accounts[0].Cards[0].Fallback = local(9)
	c.Accounts[0].Cards[1].EID = eid(1)
	var alone, together []string
	for _, p := range c.Problems() {
		if p.Alone {
			alone = append(alone, p.Pointer)
		} else {
			together = append(together, p.Pointer)
		}
	}
	if want := []string{
		"/credentials", "/accounts/0/fleets/0/count", "/accounts/0/fleets/1/profiles",
		"/listeners/0/service", "/listeners/0/username", "/listeners/0/password", "/listeners/0/url", "/delivery/attempts",
		"/limits/provisioningPerLineAndDay", "/limits/activatesPerMinute", "/limits/planChangesPerMonth", "/limits/callsPerSecond",
	}; !slices.Equal(alone, want) {
		t.Errorf("alone %q, want %q", alone, want)
	}
	if want := []string{"/accounts/0/devices/0/fallback", "/accounts/0/devices/1/eid", "/listeners/0/account"}; !slices.Equal(together, want) {
		t.Errorf("together %q, want %q", together, want)
	}
}

// TestUnder: a problem of a configuration that is a part of something else.
func TestUnder(t *testing.T) {
	p := config.Problem{Pointer: "/1/eid", Msg: "EID 1 is there already", First: "/0/eid"}
	if got := p.Under("/scenario").String(); got != "/scenario/1/eid: EID 1 is there already, at /scenario/0/eid" {
		t.Error(got)
	}
	if got := (config.Problem{Msg: "nothing fits"}).String(); got != "nothing fits" {
		t.Error(got)
	}
}
