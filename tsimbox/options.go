package tsimbox

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"tsim/internal/config"
	"tsim/internal/scenario"
	"tsim/tsimclient"
)

// An Option says something about a sandbox that is about to start.
type Option func(*options)

type options struct {
	scenario string
	seed     *uint64 // nil for that of the scenario
	clock    tsimclient.ClockMode
	control  string        // "" for where the simulated calls are
	timeout  time.Duration // 0 for that of the scenario
	rules    []tsimclient.Rule
	with     []string // names of misfortunes
}

// Scenario is what the sandbox starts from: the name of a built-in scenario, a file, or the text of a scenario itself,
// in YAML. Without it, it is the built-in "default"; a file of that name is "./default".
func Scenario(ref string) Option { return func(o *options) { o.scenario = ref } }

// Seed makes another draw of every chance than the scenario's own seed does. The variable TSIM_SEED beats it.
func Seed(n uint64) Option { return func(o *options) { o.seed = &n } }

// Clock says what moves time. Without it that is nothing but Advance and Settle (tsimclient.ClockManual).
func Clock(mode tsimclient.ClockMode) Option { return func(o *options) { o.clock = mode } }

// DeliveryTimeout is how long of the wall clock a listener has to answer, instead of what the scenario says, which is
// 10 s if it says nothing. A short one makes listeners that hang cheap.
func DeliveryTimeout(d time.Duration) Option { return func(o *options) { o.timeout = d } }

// Rules are misfortunes of your own. They come in front of those of With, and those in front of what the scenario has; a
// Reset brings them back. The option may be given several times.
func Rules(rules ...tsimclient.Rule) Option {
	return func(o *options) { o.rules = append(o.rules, rules...) }
}

// With is misfortune by name, such as "duplicates": "tsim misfortune list" has the names. The option may be given several
// times.
func With(names ...string) Option { return func(o *options) { o.with = append(o.with, names...) } }

// ControlURL says to Connect where the control surface is, if it has an address of its own.
func ControlURL(url string) Option { return func(o *options) { o.control = url } }

const (
	tokenVariable = "TSIM_CONTROL_TOKEN" // what the control surface asks Connect for, if it asks
	seedVariable  = "TSIM_SEED"          // runs something again with the draws of another run
)

func choose(given []Option) (options, error) {
	o := options{scenario: tsimclient.DefaultSandbox, clock: tsimclient.ClockManual}
	for _, option := range given {
		option(&o)
	}
	if o.timeout < 0 {
		return o, fmt.Errorf("a delivery timeout of %s is negative; a listener has some time to answer, such as 100ms", o.timeout)
	}
	if text := os.Getenv(seedVariable); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return o, fmt.Errorf("%s is %q, not a whole number from 0", seedVariable, text)
		}
		o.seed = &n
	}
	return o, nil
}

// config is the scenario with what the options say otherwise, for a server of its own.
func (o *options) config() (config.Config, error) {
	cfg, err := load(o.scenario)
	if err != nil {
		return cfg, err
	}
	mode, ok := config.ParseMode(string(o.clock))
	if !ok {
		return cfg, fmt.Errorf("unknown mode %q of the clock; it is one of %s", o.clock, strings.Join(config.ModeWords(), ", "))
	}
	cfg.Clock = mode
	if o.seed != nil {
		cfg.Seed = *o.seed
	}
	if o.timeout > 0 {
		cfg.Delivery.Timeout = o.timeout
	}
	if err := scenario.With(&cfg, o.with); err != nil {
		return cfg, err
	}
	text, err := json.Marshal(append([]tsimclient.Rule{}, o.rules...))
	if err != nil {
		return cfg, err
	}
	rules, err := scenario.Rules(text)
	cfg.Rules = append(rules, cfg.Rules...)
	return cfg, err
}

func load(ref string) (config.Config, error) {
	if strings.Contains(ref, "\n") {
		return scenario.Load("scenario", []byte(ref), time.Now())
	}
	return scenario.Open(ref, strings.NewReader(""), time.Now())
}

// spec is the same for a server elsewhere: it knows the built-in scenarios, but has no files of this machine.
func (o *options) spec() (tsimclient.SandboxSpec, error) {
	text := o.scenario
	builtin, err := scenario.Builtin(o.scenario)
	if err != nil {
		if file, err := os.ReadFile(o.scenario); err == nil {
			text = string(file)
		}
	}
	if o.timeout > 0 {
		if err == nil {
			text = string(builtin)
		}
		with, err := scenario.WithDeliveryTimeout([]byte(text), o.timeout)
		if err != nil {
			return tsimclient.SandboxSpec{}, err
		}
		text = string(with)
	}
	spec := tsimclient.SandboxSpec{ScenarioSpec: tsimclient.ScenarioSpec{With: o.with, Seed: o.seed, Clock: o.clock}, TTL: timeToLive}
	if spec.Scenario, err = json.Marshal(text); err == nil && len(o.rules) > 0 {
		spec.Rules, err = json.Marshal(o.rules)
	}
	return spec, err
}

// timeToLive is when the server removes a sandbox that nobody has closed.
const timeToLive = "1h"
