package control

import (
	"reflect"

	"tsim/internal/bound"
	"tsim/internal/config"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

func sandboxView(box *sim.Sim) tsimclient.Sandbox {
	info := box.Info()
	v := tsimclient.Sandbox{
		Name: info.Name, Scenario: info.Scenario, About: info.About, Seed: info.Seed, Start: info.Start.Time(), Clock: clockView(info.Clock),
		Accounts: append([]string{}, info.Accounts...), Credentials: []tsimclient.Credential{}, Rules: info.Rules,
		Counts: tsimclient.Counts{
			Devices: info.Devices, Listeners: info.Listeners, Requests: info.Requests, Callbacks: info.Callbacks, Events: info.Events,
		},
	}
	for _, c := range info.Credentials {
		v.Credentials = append(v.Credentials, tsimclient.Credential{
			AppKey: c.AppKey, AppSecret: string(c.AppSecret), Username: c.Username, Password: string(c.Password),
		})
	}
	return v
}

func showSandbox(c *call) (any, error) { return sandboxView(c.box), nil }

func resetSandbox(c *call) (any, error) {
	var body tsimclient.ResetOptions
	if err := c.decodeOptional(&body); err != nil {
		return nil, err
	}
	var keep sim.ResetOptions
	for _, what := range body.Keep {
		switch what {
		case tsimclient.KeepListeners:
			keep.Listeners = true
		case tsimclient.KeepTokens:
			keep.Tokens = true
		default:
			word, words := string(what), []string{string(tsimclient.KeepListeners), string(tsimclient.KeepTokens)}
			return nil, bad(suggest(word, words, "words"), "a reset cannot keep %q", bound.Short(word))
		}
	}
	if reflect.ValueOf(body.ScenarioSpec).IsZero() {
		c.box.Reset(keep)
		return sandboxView(c.box), nil
	}
	cfg, err := specConfig(&body.ScenarioSpec, func() (config.Config, error) { return c.box.Config(), nil })
	if err == nil {
		err = c.box.ResetTo(cfg, keep)
	}
	if err != nil {
		return nil, err
	}
	return sandboxView(c.box), nil
}
