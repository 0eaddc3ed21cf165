package control

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"

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
	page, next := cut(c.o.Registry.List(c.query.Get("after"), limit+1), limit, (*sim.Sim).Name)
	list := SandboxList{Sandboxes: make([]Sandbox, len(page)), Next: next}
	for i := range page {
		list.Sandboxes[i] = sandboxView(page[i])
	}
	return list, nil
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
			"a sandbox cannot be called %q", body.Name)
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
	c.o.Registry.Fresh(&cfg, body.Name)
	box, err := c.o.Open(cfg, ttl)
	if err != nil {
		return nil, err
	}
	return answer{status: http.StatusCreated, body: sandboxView(box)}, nil
}

// config is the scenario with what is said otherwise.
func (n *NewSandbox) config() (sim.Config, error) {
	cfg, err := n.scenario()
	if err != nil {
		return cfg, bad("", "%v", err)
	}
	if n.Seed != nil {
		cfg.Seed = *n.Seed
	}
	if n.Clock != "" {
		mode, ok := sim.ParseMode(n.Clock)
		if !ok {
			return cfg, bad(suggest(n.Clock, sim.ModeWords(), "modes"), "unknown mode %q", n.Clock)
		}
		cfg.Clock = mode
	}
	if len(n.Compat) > 0 {
		if err := scenario.ReadCompat(n.Compat, &cfg.Compat); err != nil {
			return cfg, bad("", "%v", err)
		}
		// What compat says of identifiers and ports is said of the scenario too.
		if problems := cfg.Problems(); len(problems) > 0 {
			return cfg, bad("", "with this compat the scenario cannot be: %s: %s", problems[0].Pointer, problems[0].Msg)
		}
	}
	return cfg, nil
}

func (n *NewSandbox) scenario() (sim.Config, error) {
	now := time.Now()
	if len(n.Scenario) == 0 {
		return scenario.Refer(sim.Default, now)
	}
	var text string
	if json.Unmarshal(n.Scenario, &text) == nil {
		return scenario.Refer(text, now)
	}
	src, err := yaml(n.Scenario)
	if err != nil {
		return sim.Config{}, err
	}
	return scenario.Load("scenario", src, now)
}

// yaml is JSON as a YAML library reads it: with line breaks, so that errors can name a place, and
// without escapes, because YAML knows no pairs of them for one letter.
func yaml(src []byte) ([]byte, error) {
	if bytes.Contains(src, []byte(`\u`)) {
		var v any
		d := json.NewDecoder(bytes.NewReader(src))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			return nil, err
		}
		var err error
		if src, err = encode(v); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	err := json.Indent(&b, src, "", "  ")
	return b.Bytes(), err
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
