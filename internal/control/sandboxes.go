package control

import (
	"encoding/json"
	"net/http"
	"time"

	"tsim/internal/bound"
	"tsim/internal/config"
	"tsim/internal/scenario"
	"tsim/internal/sim"
)

// SandboxList is a page of sandboxes, by name; Next is what to pass as after for the next one.
type SandboxList struct {
	Sandboxes []Sandbox `json:"sandboxes"`
	Next      string    `json:"next,omitempty"`
}

func listSandboxes(c *call) (any, error) {
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	return pages(nil, "sandboxes", c.query.Get("after"), limit, c.o.Registry.List, func(s **sim.Sim) string { return (*s).Name() }, func(s **sim.Sim) any {
		return sandboxView(*s)
	}), nil
}

// NewSandbox is what to make a sandbox of. Scenario is the name of a built-in one, one in YAML as a
// string, or one as a JSON object; absent it is the scenario "default". What is absent otherwise is
// the scenario's. TTL is how long the sandbox lives, in time of the wall clock; absent it is for ever.
type NewSandbox struct {
	Name     string          `json:"name,omitempty"`
	Scenario json.RawMessage `json:"scenario,omitempty"`
	Seed     *uint64         `json:"seed,omitempty"`
	Clock    string          `json:"clock,omitempty"`
	Compat   json.RawMessage `json:"compat,omitempty"`
	TTL      string          `json:"ttl,omitempty"`
}

func makeSandbox(c *call) (any, error) {
	var body NewSandbox
	if err := c.decodeOptional(&body); err != nil {
		return nil, err
	}
	if body.Name != "" && !scenario.Name(body.Name) {
		return nil, bad("a name has letters, digits and . _ -, begins with one of the first two, and has at most 100 of them",
			"a sandbox cannot be called %q", bound.Short(body.Name))
	}
	cfg, err := body.config()
	if err != nil {
		return nil, err
	}
	ttl := time.Duration(0)
	if body.TTL != "" {
		if ttl, err = duration("ttl", body.TTL); err != nil {
			return nil, err
		}
		if ttl == 0 {
			return nil, bad("leave it out for ever", "a ttl of 0 is no time at all")
		}
	}
	c.o.Registry.Fresh(&cfg, body.Name, c.o.NewToken)
	box, err := c.o.Open(cfg, ttl)
	if err != nil {
		return nil, err
	}
	return answer{status: http.StatusCreated, body: sandboxView(box)}, nil
}

// config is the scenario with what is said otherwise.
func (n *NewSandbox) config() (config.Config, error) {
	cfg, at, err := n.scenario()
	if err != nil {
		return cfg, bad("", "%v", err)
	}
	if n.Seed != nil {
		cfg.Seed = *n.Seed
	}
	if n.Clock != "" {
		mode, ok := config.ParseMode(n.Clock)
		if !ok {
			return cfg, bad(suggest(n.Clock, config.ModeWords(), "modes"), "unknown mode %q", bound.Short(n.Clock))
		}
		cfg.Clock = mode
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

// scenario is what the sandbox is made from, and the JSON pointer to it if it is an object of the body.
func (n *NewSandbox) scenario() (cfg config.Config, at string, err error) {
	now := time.Now()
	if len(n.Scenario) == 0 {
		cfg, err = scenario.Refer(sim.Default, now)
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

// Deleted says what is not there any more.
type Deleted struct {
	Deleted string `json:"deleted"`
}

func deleteSandbox(c *call) (any, error) {
	name := c.box.Name()
	if name == sim.Default {
		return nil, &Error{
			Status: http.StatusConflict, Msg: "the sandbox default is what the server was started with, it cannot be deleted",
			Hint: "POST " + prefix + "/sandboxes/default/reset puts it back to its start",
		}
	}
	if err := c.o.Close(c.ctx, c.box); err != nil {
		if c.ctx.Err() != nil {
			err = &Error{Status: http.StatusServiceUnavailable, Msg: "the sandbox is gone, but deliveries in flight had not ended"}
		}
		return nil, err
	}
	return Deleted{name}, nil
}
