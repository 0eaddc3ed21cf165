package tsimclient

import (
	"context"
	"encoding/json"
	"net/url"
	"time"
)

// Rule is misfortune on demand: when something goes wrong, and what. It is spelled as in a scenario, of which
// docs/scenario.md says what can stand beside what. Exactly one of Reply, Outcome and Callback is there, which says where
// the rule interferes. In that place the first rule that matches wins.
type Rule struct {
	Name     string        `json:"name"` // the only one of that name in a sandbox; the luck of its Chance depends on it
	About    string        `json:"about,omitempty"`
	When     When          `json:"when,omitzero"`
	Reply    *Reply        `json:"reply,omitempty"`    // what becomes of the answer to a call
	Outcome  *Outcome      `json:"outcome,omitempty"`  // of an operation on one device of a request
	Callback *CallbackRule `json:"callback,omitempty"` // of one message to a listener
}

// When is the condition of a Rule: all that is given must hold, and what is zero is not given. A * in Path, Account, EID,
// ICCID and IMEI stands for any text.
type When struct {
	Operation []Operation `json:"operation,omitempty"` // any of them; of a Reply also the operationId of another call
	Method    string      `json:"method,omitempty"`    // of a Reply, in place of operations
	Path      string      `json:"path,omitempty"`      // likewise; it may be one that tsim does not simulate
	Account   string      `json:"account,omitempty"`
	EID       string      `json:"eid,omitempty"` // of a Reply, these are of any device of the call
	ICCID     string      `json:"iccid,omitempty"`
	IMEI      string      `json:"imei,omitempty"`
	Role      Role        `json:"role,omitempty"`
	Level     Level       `json:"level,omitempty"`   // LevelProfile or LevelDevice: whom a callback is about
	Result    Result      `json:"result,omitempty"`  // what a callback says
	Attempt   int         `json:"attempt,omitempty"` // of a callback, from 1; 0 asks the rule once, when it is decided
	First     int         `json:"first,omitempty"`   // only the first n times that all else holds,
	Nth       int         `json:"nth,omitempty"`     // or only the n-th of them,
	Every     int         `json:"every,omitempty"`   // or each n-th of them
	After     int         `json:"after,omitempty"`   // not the first n times
	Times     int         `json:"times,omitempty"`   // how often it strikes at the most
	Per       Per         `json:"per,omitempty"`     // what these five count apart
	Chance    float64     `json:"chance,omitempty"`  // above 0, up to 1
	From      string      `json:"from,omitempty"`    // simulated: a duration from the start of the sandbox, or an instant in RFC 3339
	Until     string      `json:"until,omitempty"`   // likewise; it is not included
	TTL       string      `json:"ttl,omitempty"`     // simulated, from when the rule came
}

// Reply is what becomes of the answer to a call.
type Reply struct {
	Status      int             `json:"status,omitempty"`      // of HTTP, in place of what tsim would answer; nothing is carried out
	Error       *ReplyError     `json:"error,omitempty"`       // the body of a Status, in the dialect of the sandbox
	ContentType string          `json:"contentType,omitempty"` // of Body; "" for application/json
	Body        json.RawMessage `json:"body,omitempty"`        // any JSON; a JSON string if ContentType says that it is no JSON
	RetryAfter  string          `json:"retryAfter,omitempty"`  // the header of a Status, in whole seconds
	Delay       Delay           `json:"delay,omitzero"`
	Pace        int             `json:"pace,omitempty"`   // bytes a second
	Cut         Cut             `json:"cut,omitempty"`    // where the connection ends
	Accept      bool            `json:"accept,omitempty"` // a requestId, and then nothing, ever
	Expire      Expire          `json:"expire,omitempty"` // what the call carries is dead from now on
}

// ReplyError is how a Reply refuses a call.
type ReplyError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Delay is how long a Reply waits, on the clock on the wall: Before the call is looked at, or After it was accepted. One of
// them is given at the most.
type Delay struct{ Before, After string }

// delayAfter is how a Delay is spelled that is no plain duration.
type delayAfter struct {
	After string `json:"after"`
}

// MarshalJSON spells a delay as a scenario does: "5s", or {"after": "5s"}.
func (d Delay) MarshalJSON() ([]byte, error) {
	if d.After != "" {
		return json.Marshal(delayAfter{d.After})
	}
	return json.Marshal(d.Before)
}

// UnmarshalJSON reads what MarshalJSON has written.
func (d *Delay) UnmarshalJSON(text []byte) error {
	*d = Delay{}
	if json.Unmarshal(text, &d.Before) == nil {
		return nil
	}
	var after delayAfter
	err := json.Unmarshal(text, &after)
	d.After = after.After
	return err
}

// Outcome is what becomes of an operation on one device.
type Outcome struct {
	Delay   string       `json:"delay,omitempty"`   // simulated, beside the latency
	Fault   Fault        `json:"fault,omitzero"`    // what it fails with
	EUICC   *EUICCStatus `json:"euicc,omitempty"`   // what the SM-SR says of Fault
	Warn    bool         `json:"warn,omitempty"`    // the listener is warned first
	Expire  bool         `json:"expire,omitempty"`  // the SM-SR does not reach the device for the whole validity period
	Applied *bool        `json:"applied,omitempty"` // whether it is done, against what is told; nil for what is told
	Silent  bool         `json:"silent,omitempty"`  // nobody is told
}

// Fault is how an operation fails: with one of ThingSpace's sentences as its Message, which has a code of its own, or with
// a Code and a Message of yours.
type Fault struct{ Code, Message string }

// ownFault is how a Fault is spelled that is none of ThingSpace's sentences.
type ownFault struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// MarshalJSON spells a fault as a scenario does: a sentence, or {"code": …, "message": …}.
func (f Fault) MarshalJSON() ([]byte, error) {
	if f.Code != "" {
		return json.Marshal(ownFault(f))
	}
	return json.Marshal(f.Message)
}

// UnmarshalJSON reads what MarshalJSON has written.
func (f *Fault) UnmarshalJSON(text []byte) error {
	*f = Fault{}
	if json.Unmarshal(text, &f.Message) == nil {
		return nil
	}
	return json.Unmarshal(text, (*ownFault)(f))
}

// EUICCStatus is what the SM-SR says of a fault, each as the field of the callback that begins with euiccStatus.
type EUICCStatus struct {
	Status string `json:"status,omitempty"`
	Code   string `json:"code,omitempty"`
	Desc   string `json:"desc,omitempty"`
}

// CallbackRule is what becomes of one message to a listener.
type CallbackRule struct {
	Delay     string          `json:"delay,omitempty"`     // simulated; with Duplicate, of the copies
	Drop      bool            `json:"drop,omitempty"`      // it is never sent
	Hold      bool            `json:"hold,omitempty"`      // it waits until it is released
	Duplicate int             `json:"duplicate,omitempty"` // so many copies follow
	Swap      bool            `json:"swap,omitempty"`      // it comes after the next one of its account, or after Delay, or a minute
	Early     bool            `json:"early,omitempty"`     // it comes before the reply to the call, where the operation takes no time
	Merge     json.RawMessage `json:"merge,omitempty"`     // a JSON merge patch (RFC 7396) of the body
	Truncate  *int            `json:"truncate,omitempty"`  // so many bytes of the body are left
	Pace      int             `json:"pace,omitempty"`      // bytes a second
	Cut       Cut             `json:"cut,omitempty"`       // CutMidway
}

// RuleReport is a rule that is in force, with what it has done.
type RuleReport struct {
	Rule
	Set       string    `json:"set,omitempty"`    // the named set that it is a part of
	Does      string    `json:"does"`             // what it does, in a few words
	Occasions int       `json:"occasions"`        // how often all held but its counts and its chance
	Hits      int       `json:"hits"`             // how often it did what it says
	Skipped   int       `json:"skipped"`          // how often it matched, and that could not be done
	Last      time.Time `json:"last,omitzero"`    // when it struck the last time
	Over      bool      `json:"over"`             // its time has passed, or its counts are used up
	Behind    string    `json:"behind,omitempty"` // an earlier rule that takes all that this one would match
}

// RuleList is the rules of a sandbox, or some of them, in the order in which they are asked.
type RuleList struct {
	Rules []RuleReport `json:"rules"`
}

// RulesRemoved is how many rules were taken out.
type RulesRemoved struct {
	Rules int `json:"rules"`
}

// Applied is what a rule did, or why it could not.
type Applied struct {
	Rule    string `json:"rule"` // its name
	Did     string `json:"did"`  // in a few words; why not, if Skipped
	Skipped bool   `json:"skipped,omitempty"`
}

// Misfortune is a set of rules with a name, which every server knows.
type Misfortune struct {
	Name    string  `json:"name"`
	About   string  `json:"about"`   // what happens
	For     string  `json:"for"`     // who should try it
	Good    string  `json:"good"`    // what a good client does
	Changes Changes `json:"changes"` // how far it reaches
}

// MisfortuneList is the misfortunes, by name.
type MisfortuneList struct {
	Misfortunes []Misfortune `json:"misfortunes"`
}

// Rules lists the rules of the sandbox in the order in which they are asked.
func (c *Client) Rules(ctx context.Context) (RuleList, error) {
	return do[RuleList](ctx, c, "GET", c.path("rules"), nil, nil)
}

// Rule is the rule of a name (404 when there is none).
func (c *Client) Rule(ctx context.Context, name string) (RuleReport, error) {
	return do[RuleReport](ctx, c, "GET", c.path("rules", name), nil, nil)
}

// AddRules puts rules in front of those that there are, in their order: all of them, or none when one cannot be (400), or
// when there is one of its name already (409).
func (c *Client) AddRules(ctx context.Context, rules ...Rule) (RuleList, error) {
	return do[RuleList](ctx, c, "POST", c.path("rules"), nil, append([]Rule{}, rules...))
}

// AddRulesAsWritten is AddRules for rules as somebody has written them, for a scenario say: anything that is JSON for one or
// for a list, or for names of misfortunes: {"with": ["duplicates"]}.
func (c *Client) AddRulesAsWritten(ctx context.Context, rules any) (RuleList, error) {
	return do[RuleList](ctx, c, "POST", c.path("rules"), nil, rules)
}

// AddMisfortune puts the rules of a Misfortune in front of those that there are (409 when it is there already).
func (c *Client) AddMisfortune(ctx context.Context, name string) (RuleList, error) {
	return do[RuleList](ctx, c, "POST", c.path("rules"), nil, map[string]string{"with": name})
}

// PutRule takes a rule in place of the one of its name, whose counts are forgotten; where there is none, it comes in front
// of the others.
func (c *Client) PutRule(ctx context.Context, rule Rule) (RuleReport, error) {
	return do[RuleReport](ctx, c, "PUT", c.path("rules", rule.Name), nil, rule)
}

// PutRuleAsWritten is PutRule for a rule as somebody has written it: anything that is JSON for one. It needs no name.
func (c *Client) PutRuleAsWritten(ctx context.Context, name string, rule any) (RuleReport, error) {
	return do[RuleReport](ctx, c, "PUT", c.path("rules", name), nil, rule)
}

// SetRules takes rules in place of all that there are.
func (c *Client) SetRules(ctx context.Context, rules ...Rule) (RuleList, error) {
	return do[RuleList](ctx, c, "PUT", c.path("rules"), nil, append([]Rule{}, rules...))
}

// DeleteRule takes out the rule of a name (404 when there is none). What it has struck goes on as it says.
func (c *Client) DeleteRule(ctx context.Context, name string) (Deleted, error) {
	return do[Deleted](ctx, c, "DELETE", c.path("rules", name), nil, nil)
}

// DeleteRules takes out the rules of a Misfortune, or all rules with "".
func (c *Client) DeleteRules(ctx context.Context, misfortune string) (RulesRemoved, error) {
	query := url.Values{}
	if misfortune != "" {
		query.Set("with", misfortune)
	}
	return do[RulesRemoved](ctx, c, "DELETE", c.path("rules"), query, nil)
}

// RestartRule puts the counts of a rule to 0.
func (c *Client) RestartRule(ctx context.Context, name string) (RuleReport, error) {
	return do[RuleReport](ctx, c, "POST", c.path("rules", name, "restart"), nil, nil)
}

// RestartRules puts the counts of all rules to 0.
func (c *Client) RestartRules(ctx context.Context) (RuleList, error) {
	return do[RuleList](ctx, c, "POST", c.path("rules", "restart"), nil, nil)
}

// Misfortunes lists the sets of rules that have a name.
func (c *Client) Misfortunes(ctx context.Context) (MisfortuneList, error) {
	return do[MisfortuneList](ctx, c, "GET", "/misfortunes", nil, nil)
}
