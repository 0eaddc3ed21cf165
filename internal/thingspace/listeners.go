package thingspace

import (
	"tsim/internal/config"
)

// registered is the answer of register and deregister.
type registered struct {
	AccountName string `json:"accountName"`
	ServiceName string `json:"serviceName"`
}

// register is POST …/callbacks/{account} ("Register a callback URL"). The request says name, the
// answer serviceName.
func register(c *call) (reply, error) {
	l := config.Listener{
		Account: c.vars["account"], Service: text(c.doc, "name"), URL: text(c.doc, "url"),
		Username: text(c.doc, "username"), Password: config.Secret(text(c.doc, "password")),
	}
	return reply{body: registered{l.Account, l.Service}}, c.sim.Register(l)
}

// listListeners is GET …/callbacks/{account} ("List registered callback URLs"): a bare array, the
// password in clear.
func listListeners(c *call) (reply, error) {
	listeners, err := c.sim.Listeners(c.vars["account"])
	items := make([]listenerItem, len(listeners))
	for i, l := range listeners {
		items[i] = listenerItem{l.Account, l.Service, l.URL, l.Username, l.Password}
	}
	return reply{body: items}, err
}

type listenerItem struct {
	AccountName string        `json:"accountName"`
	ServiceName string        `json:"serviceName"`
	URL         string        `json:"url"`
	Username    string        `json:"username"`
	Password    config.Secret `json:"password"`
}

// deregister is DELETE …/callbacks/{account}/name/{service} ("Deregister a callback URL"). That page
// alone writes AlertsService for AlertService.
func deregister(c *call) (reply, error) {
	account, service := c.vars["account"], c.vars["service"]
	if service == "AlertsService" {
		service = "AlertService"
	}
	return reply{body: registered{account, service}}, c.sim.Deregister(account, service)
}
