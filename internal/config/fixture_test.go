package config_test

import (
	"fmt"

	"tsim/internal/config"
	"tsim/internal/euicc"
)

const (
	account  = "0000123456-00001"
	usPlan   = "US plan"
	global   = "Global plan"
	hook     = "http://127.0.0.1:8080/hook"
	appKey   = "key"
	secret   = "secret"
	username = "user"
	password = "password"
)

func eid(n int) string   { return fmt.Sprintf("89001012%024d", n) }
func lead(n int) string  { return fmt.Sprintf("8914800000%010d", n) }
func local(n int) string { return fmt.Sprintf("8944500000%010d", n) }

// card is a powered card with a LEAD in use and a LOCAL that is still to come.
func card(n int) euicc.Card {
	return euicc.Card{EID: eid(n), IMEI: fmt.Sprintf("35%013d", n), Powered: true, Connected: true, Profiles: []euicc.Profile{
		{ICCID: lead(n), Network: euicc.US, Role: euicc.Lead, Service: euicc.Active, Status: euicc.StatusEnable, MDN: fmt.Sprintf("303666%04d", n)},
		{ICCID: local(n), Network: euicc.Global, Role: euicc.Local},
	}}
}

// newConfig is a manual sandbox of one account with three cards and a listener.
func newConfig() config.Config {
	c := config.Defaults()
	c.Name, c.Clock = "test", config.Manual
	c.Credentials = []config.Credential{{appKey, secret, username, password}}
	c.Accounts = []config.Account{{
		Name:  account,
		Plans: []config.Plan{{Name: usPlan, Network: euicc.US}, {Name: global, Network: euicc.Global}},
		Cards: []euicc.Card{card(1), card(2), card(3)},
	}}
	c.Listeners = []config.Listener{{account, config.ProfileService, hook, "hook user", "hook password"}}
	return c
}
