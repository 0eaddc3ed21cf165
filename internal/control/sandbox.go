package control

import (
	"time"

	"tsim/internal/bound"
	"tsim/internal/sim"
)

// Sandbox is what a sandbox is and how much is in it.
type Sandbox struct {
	Name        string       `json:"name"`
	Scenario    string       `json:"scenario"`
	About       string       `json:"about"`
	Seed        uint64       `json:"seed"`
	Start       time.Time    `json:"start"`
	Clock       Clock        `json:"clock"`
	Accounts    []string     `json:"accounts"`
	Credentials []Credential `json:"credentials"`
	Counts      Counts       `json:"counts"`
}

// Credential is what a client needs to get in.
type Credential struct {
	AppKey    string `json:"appKey"`
	AppSecret string `json:"appSecret"`
	Username  string `json:"username"`
	Password  string `json:"password"`
}

// Counts says how much there is in a sandbox. Requests and Callbacks are those with something still
// to come.
type Counts struct {
	Devices   int `json:"devices"`
	Listeners int `json:"listeners"`
	Requests  int `json:"requests"`
	Callbacks int `json:"callbacks"`
	Events    int `json:"events"`
}

func sandboxView(box *sim.Sim) Sandbox {
	info := box.Info()
	v := Sandbox{
		Name: info.Name, Scenario: info.Scenario, About: info.About, Seed: info.Seed, Start: info.Start.Time(), Clock: clockView(info.Clock),
		Accounts: append([]string{}, info.Accounts...), Credentials: []Credential{},
		Counts: Counts{info.Devices, info.Listeners, info.Requests, info.Callbacks, info.Events},
	}
	for _, c := range info.Credentials {
		v.Credentials = append(v.Credentials, Credential(c))
	}
	return v
}

func showSandbox(c *call) (any, error) { return sandboxView(c.box), nil }

// Reset is what to ask of a reset.
type Reset struct {
	Keep []string `json:"keep,omitempty"`
}

// What a reset can leave as it is.
const (
	KeepListeners = "listeners"
	KeepTokens    = "tokens"
)

func resetSandbox(c *call) (any, error) {
	var body Reset
	if err := c.decodeOptional(&body); err != nil {
		return nil, err
	}
	var keep sim.ResetOptions
	for _, what := range body.Keep {
		switch what {
		case KeepListeners:
			keep.Listeners = true
		case KeepTokens:
			keep.Tokens = true
		default:
			return nil, bad(suggest(what, []string{KeepListeners, KeepTokens}, "words"), "a reset cannot keep %q", bound.Short(what))
		}
	}
	c.box.Reset(keep)
	return sandboxView(c.box), nil
}
