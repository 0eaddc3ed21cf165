package control

import (
	"encoding/json"
	"net/http"
	"time"

	"tsim/internal/bound"
	"tsim/internal/config"
	"tsim/internal/scenario"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

func listSandboxes(c *call) (any, error) {
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	return pages(nil, "sandboxes", c.query.Get("after"), limit, c.o.Registry.List, func(s **sim.Sim) string { return (*s).Name() }, nil, func(s **sim.Sim) any {
		return sandboxView(*s)
	}), nil
}

func makeSandbox(c *call) (any, error) {
	var body tsimclient.SandboxSpec
	if err := c.decodeOptional(&body); err != nil {
		return nil, err
	}
	if body.Name != "" && !scenario.Name(body.Name) {
		return nil, badName("sandbox", body.Name)
	}
	cfg, err := specConfig(&body.ScenarioSpec, func() (config.Config, error) { return scenario.Refer(sim.Default, time.Now()) })
	if err != nil {
		return nil, err
	}
	ttl, err := timeToLive(body.TTL)
	if err != nil {
		return nil, err
	}
	c.o.Registry.Fresh(&cfg, body.Name, c.o.NewToken)
	box, err := c.o.Open(cfg, ttl)
	if err != nil {
		return nil, err
	}
	return replyWithStatus{status: http.StatusCreated, body: sandboxView(box)}, nil
}

// badName is the answer to a name that a sandbox or a snapshot cannot have.
func badName(what, name string) *tsimclient.Error {
	return bad("a name has letters, digits and . _ -, begins with one of the first two, and has at most 100 of them",
		"a %s cannot be called %q", what, bound.Short(name))
}

// timeToLive is what a ttl says, or 0 for ever.
func timeToLive(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	ttl, err := duration("ttl", text)
	if err == nil && ttl == 0 {
		return 0, bad("leave it out for ever", "a ttl of 0 is no time at all")
	}
	return ttl, err
}

// specConfig is the scenario with what is said otherwise; usual is the one that is meant when none is given.
func specConfig(n *tsimclient.ScenarioSpec, usual func() (config.Config, error)) (config.Config, error) {
	cfg, at, err := specScenario(n, usual)
	if err != nil {
		return cfg, bad("", "%v", err)
	}
	if n.Seed != nil {
		cfg.Seed = *n.Seed
	}
	if n.Clock != "" {
		if cfg.Clock, err = parseMode(n.Clock); err != nil {
			return cfg, err
		}
	}
	if err := addSpecRules(&cfg, n); err != nil {
		return cfg, err
	}
	if len(n.Compat) > 0 {
		if err := scenario.ReadCompat("/compat", n.Compat, &cfg.Compat); err != nil {
			return cfg, bad("", "%v", err)
		}
		// What compat says of identifiers and ports is said of the scenario too.
		problems := cfg.Problems()
		for i := range problems {
			problems[i] = problems[i].Under(at)
		}
		if err := sim.Impossible(problems); err != nil {
			return cfg, bad("", "with this compat the scenario cannot be: %v", err)
		}
	}
	return cfg, nil
}

// specScenario is what the sandbox is made from, and the JSON pointer to it if it is an object of the body.
func specScenario(n *tsimclient.ScenarioSpec, usual func() (config.Config, error)) (cfg config.Config, at string, err error) {
	now := time.Now()
	if len(n.Scenario) == 0 {
		cfg, err = usual()
		return cfg, "", err
	}
	var text string
	if json.Unmarshal(n.Scenario, &text) == nil {
		cfg, err = scenario.Refer(text, now)
		return cfg, "", err
	}
	cfg, err = scenario.LoadJSON("/scenario", n.Scenario, now)
	return cfg, "/scenario", err
}

func deleteSandbox(c *call) (any, error) {
	name := c.box.Name()
	if name == sim.Default {
		return nil, &tsimclient.Error{
			Status: http.StatusConflict, Message: "the sandbox default is what the server was started with, it cannot be deleted",
			Hint: "POST " + prefix + "/sandboxes/default/reset puts it back to its start",
		}
	}
	if err := c.o.Close(c.ctx, c.box); err != nil {
		if c.ctx.Err() != nil {
			err = &tsimclient.Error{Status: http.StatusServiceUnavailable, Message: "the sandbox is gone, but deliveries in flight had not ended"}
		}
		return nil, err
	}
	return tsimclient.Deleted{Deleted: name}, nil
}
