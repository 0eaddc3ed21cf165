package tsimclient

import (
	"context"
	"encoding/json"
	"time"
)

// Health says that tsim is there: then its Status is "ok".
type Health struct {
	Status  string `json:"status"`
	Version string `json:"version"`
}

// Index lists the endpoints of the surface, and the budgets that all sandboxes share.
type Index struct {
	Endpoints []Endpoint `json:"endpoints"`
	Budgets   []Budget   `json:"budgets"`
}

// Endpoint is one line of the Index.
type Endpoint struct {
	Method string   `json:"method"`
	Path   string   `json:"path"`
	Query  []string `json:"query,omitempty"` // the parameters that it takes
	About  string   `json:"about"`
}

// Budget is how much there is of something, and how much of it is in use.
type Budget struct {
	Name  string `json:"name"`
	Limit int    `json:"limit"`
	Used  int    `json:"used"`
}

// Sandbox is what a sandbox is and how much is in it.
type Sandbox struct {
	Name        string       `json:"name"`
	Scenario    string       `json:"scenario"` // the name of the one that it started from
	About       string       `json:"about"`
	Seed        uint64       `json:"seed"`
	Start       time.Time    `json:"start"`
	Clock       Clock        `json:"clock"`
	Accounts    []string     `json:"accounts"` // their names
	Credentials []Credential `json:"credentials"`
	Rules       int          `json:"rules"` // how many there are
	Counts      Counts       `json:"counts"`
}

// Credential is what a client of ThingSpace logs in with: the first two for a bearer token, the others for a session.
type Credential struct {
	AppKey    string `json:"appKey"`
	AppSecret string `json:"appSecret"`
	Username  string `json:"username"`
	Password  string `json:"password"`
}

// Counts says how much there is in a sandbox. Requests and Callbacks are those with something still to come.
type Counts struct {
	Devices   int `json:"devices"`
	Listeners int `json:"listeners"`
	Requests  int `json:"requests"`
	Callbacks int `json:"callbacks"`
	Events    int `json:"events"`
}

// SandboxList is a page of sandboxes; Next is the After of the page that follows, "" when none does.
type SandboxList struct {
	Sandboxes []Sandbox `json:"sandboxes"`
	Next      string    `json:"next,omitempty"`
}

// SandboxSpec is what to make a sandbox of. Without a Scenario it is the built-in one "default".
type SandboxSpec struct {
	Name string `json:"name,omitempty"` // "" for one that tsim makes up
	ScenarioSpec
	TTL string `json:"ttl,omitempty"` // after how long of the wall clock the sandbox is removed; "" for never
}

// ScenarioSpec is what a sandbox starts from. What is not given is as the scenario has it.
type ScenarioSpec struct {
	// Scenario is a JSON string, which has the name of a built-in scenario or one in YAML, or a scenario as a JSON object.
	Scenario json.RawMessage `json:"scenario,omitempty"`
	Rules    json.RawMessage `json:"rules,omitempty"` // a rule or a list of them in JSON, in front of those of With and of the scenario
	With     []string        `json:"with,omitempty"`  // the names of misfortunes, in front of the rules of the scenario
	Seed     *uint64         `json:"seed,omitempty"`
	Clock    ClockMode       `json:"clock,omitempty"`
	Compat   json.RawMessage `json:"compat,omitempty"` // a JSON string, which is a preset, or an object with a word per switch
}

// Deleted names what is not there any more.
type Deleted struct {
	Deleted string `json:"deleted"`
}

// ResetOptions is what to ask of a reset. Without a Scenario the sandbox starts from its own.
type ResetOptions struct {
	Keep []Keep `json:"keep,omitempty"`
	ScenarioSpec
}

// Index lists the endpoints of the surface, and the budgets that all sandboxes share.
func (c *Client) Index(ctx context.Context) (Index, error) {
	return do[Index](ctx, c, "GET", "", nil, nil)
}

// Health says whether the server is there, and its version. It asks for no token.
func (c *Client) Health(ctx context.Context) (Health, error) {
	return do[Health](ctx, c, "GET", "/health", nil, nil)
}

// OpenAPI describes the simulated calls with their callbacks, in OpenAPI 3.1.
func (c *Client) OpenAPI(ctx context.Context) (json.RawMessage, error) {
	return do[json.RawMessage](ctx, c, "GET", "/openapi.json", nil, nil)
}

// CreateSandbox makes a sandbox on the server, whichever one the client is for. Its credentials are fresh ones.
func (c *Client) CreateSandbox(ctx context.Context, spec SandboxSpec) (Sandbox, error) {
	return do[Sandbox](ctx, c, "POST", "/sandboxes", nil, spec)
}

// Sandboxes lists a page of sandboxes, by name.
func (c *Client) Sandboxes(ctx context.Context, page Page) (SandboxList, error) {
	return do[SandboxList](ctx, c, "GET", "/sandboxes", page.values(), nil)
}

// DeleteSandbox removes the sandbox: what is pending is dropped, and the attempts in flight are waited for. The one that
// is called DefaultSandbox stays (409).
func (c *Client) DeleteSandbox(ctx context.Context) (Deleted, error) {
	return do[Deleted](ctx, c, "DELETE", c.path(), nil, nil)
}

// Info says what the sandbox is and how much is in it.
func (c *Client) Info(ctx context.Context) (Sandbox, error) {
	return do[Sandbox](ctx, c, "GET", c.path(), nil, nil)
}

// Reset puts the sandbox back to its start, except for what is to be kept.
func (c *Client) Reset(ctx context.Context, keep ...Keep) (Sandbox, error) {
	return c.ResetTo(ctx, ScenarioSpec{}, keep...)
}

// ResetTo has the sandbox start from another scenario, or otherwise from its own, except for what is to be kept. Its name and
// credentials stay as they are.
func (c *Client) ResetTo(ctx context.Context, to ScenarioSpec, keep ...Keep) (Sandbox, error) {
	return do[Sandbox](ctx, c, "POST", c.path("reset"), nil, ResetOptions{keep, to})
}

// Scenario is the sandbox as it is now, as a scenario in YAML: to go on from by hand, with CreateSandbox, ResetTo or tsim serve. A
// comment at its top says what no scenario can say. The passwords of listeners are not in it, but xxxxx.
func (c *Client) Scenario(ctx context.Context) (string, error) {
	text, err := c.ask(ctx, "GET", c.path("scenario"), nil, nil)
	return string(text), err
}
