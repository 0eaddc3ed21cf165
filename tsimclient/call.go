package tsimclient

import (
	"context"
	"encoding/json"
	"time"
)

// Call is a call that was sent to the simulated ThingSpace, as it is on record: accepted or refused, without the secrets
// in it, in whose place there are asterisks. A list has neither its Headers nor the texts of its bodies.
type Call struct {
	N         uint64            `json:"n"`           // calls are numbered from 1, anew after a reset
	At        time.Time         `json:"at,omitzero"` // zero if it named no sandbox
	Wall      time.Time         `json:"wall"`        // when it came, on the clock on the wall
	MS        float64           `json:"ms"`          // milliseconds on that clock until its reply was ready
	Method    string            `json:"method"`
	Path      string            `json:"path"`
	Query     string            `json:"query,omitempty"`
	Operation Operation         `json:"operation,omitempty"` // the operationId of the OpenAPI description; "" for what is not simulated
	Devices   int               `json:"devices"`             // how many it names
	Status    int               `json:"status"`              // of HTTP
	Code      string            `json:"code,omitempty"`      // of the refusal, as it was told
	Error     string            `json:"error,omitempty"`     // its message
	Pointer   string            `json:"pointer,omitempty"`   // JSON pointer to what was wrong in the body
	Request   string            `json:"request,omitempty"`   // the requestId
	Rule      string            `json:"rule,omitempty"`      // the name of the rule that interfered with its reply
	Headers   map[string]string `json:"headers,omitempty"`   // those that ThingSpace looks at, and User-Agent
	Sent      CallBody          `json:"sent"`
	Reply     CallBody          `json:"reply"`
}

// CallBody is a body of a call.
type CallBody struct {
	Type string `json:"type,omitempty"` // the content type
	Size int    `json:"size"`           // of all of it, in bytes
	Kept Kept   `json:"kept"`
	Text string `json:"text,omitempty"` // what is kept of it
}

// CallFilter chooses calls; empty fields choose all. A * in Path stands for any text.
type CallFilter struct {
	Operation Operation `json:"operation,omitempty"` // the operationId
	Method    string    `json:"method,omitempty"`
	Path      string    `json:"path,omitempty"`
	Status    int       `json:"status,omitempty"`
	Refused   *bool     `json:"refused,omitempty"`
	Device    string    `json:"device,omitempty"`  // an identifier in the body: EID, ICCID, IMEI or MDN
	Devices   *int      `json:"devices,omitempty"` // how many it names
	Request   string    `json:"request,omitempty"` // the requestId
	From      string    `json:"from,omitempty"`    // the first instant, in RFC 3339
	To        string    `json:"to,omitempty"`      // the last one
	Rule      string    `json:"rule,omitempty"`    // the name of the rule that interfered with its reply
	Text      string    `json:"text,omitempty"`    // in one of the bodies
	Agent     string    `json:"agent,omitempty"`   // the header User-Agent, with * for any text; a ! in front of it chooses all others
}

// CallList is a page of calls; Next is the After of the page that follows, "" when none does.
type CallList struct {
	Calls []Call `json:"calls"`
	Next  string `json:"next,omitempty"`
}

// CallsWanted are so many calls of a filter.
type CallsWanted struct {
	CallFilter
	Count int `json:"count,omitempty"` // at least so many; 0 for one
}

// CallCount is how many calls there are of a filter. When there are fewer than wanted, it says which ones are near.
type CallCount struct {
	Count   int        `json:"count"`
	Nearest []NearCall `json:"nearest,omitempty"` // the nearest first
}

// NearCall is a call that a filter does not choose, and why not.
type NearCall struct {
	Call
	Differs []string `json:"differs"` // a sentence for each field of the filter
}

// Calls lists a page of the calls of the sandbox, oldest first.
func (c *Client) Calls(ctx context.Context, f CallFilter, page Page) (CallList, error) {
	return do[CallList](ctx, c, "GET", c.path("calls"), page.with(f), nil)
}

// AllCalls lists all calls of a filter, oldest first; it is an error if there are more than most.
func (c *Client) AllCalls(ctx context.Context, f CallFilter, most int) ([]Call, error) {
	return all("calls", most, func(p Page) ([]Call, string, error) {
		list, err := c.Calls(ctx, f, p)
		return list.Calls, list.Next, err
	})
}

// Call is the call of a number, in full (404 when there is none, or none any more).
func (c *Client) Call(ctx context.Context, n uint64) (Call, error) {
	return do[Call](ctx, c, "GET", c.path("calls", number(n)), nil, nil)
}

// CallsHAR is a page of the calls as an HTTP archive, version 1.2, which browsers and many other tools can show.
func (c *Client) CallsHAR(ctx context.Context, f CallFilter, page Page) (json.RawMessage, error) {
	query := page.with(f)
	query.Set("format", "har")
	return do[json.RawMessage](ctx, c, "GET", c.path("calls"), query, nil)
}

// CountCalls says how many calls there are of a filter.
func (c *Client) CountCalls(ctx context.Context, wanted CallsWanted) (CallCount, error) {
	return do[CallCount](ctx, c, "POST", c.path("calls", "count"), nil, wanted)
}

// ServerCalls lists a page of the calls that named no sandbox, by no credential that the server knows.
func (c *Client) ServerCalls(ctx context.Context, f CallFilter, page Page) (CallList, error) {
	return do[CallList](ctx, c, "GET", "/calls", page.with(f), nil)
}
