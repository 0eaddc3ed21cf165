package tsimclient

import (
	"context"
	"net/url"
	"time"
)

// Request is an accepted call and what came of it.
type Request struct {
	ID        string    `json:"id"` // the requestId
	At        time.Time `json:"at"`
	Account   string    `json:"account"`
	Operation Operation `json:"operation"`
	Plan      string    `json:"plan,omitempty"`
	Devices   int       `json:"devices"`
	Left      int       `json:"left"`              // how many of its devices have not been served yet
	Open      int       `json:"open"`              // how many callbacks have something still to come
	Rules     []Applied `json:"rules,omitempty"`   // what they did to the reply; only when one request is asked for
	Summary   *Summary  `json:"summary,omitempty"` // of all its devices; only when one request is asked for
	Entries   []Entry   `json:"entries,omitempty"` // a page of them; only when one request is asked for
	Next      string    `json:"next,omitempty"`    // the After of the page of entries that follows, "" when none does
}

// Summary counts the callbacks of a request that there are by now: those of all its devices, whichever page of entries is
// asked for. What there is none of is not in its maps.
type Summary struct {
	Callbacks   int                    `json:"callbacks"`
	Status      map[CallbackStatus]int `json:"status"`                // by what they say
	State       map[CallbackState]int  `json:"state"`                 // by how far they have come
	Failed      []FaultCount           `json:"failed,omitempty"`      // by their sentence, the most frequent first, ten at most
	OtherFailed int                    `json:"otherFailed,omitempty"` // with other sentences than those
	Forgotten   int                    `json:"forgotten,omitempty"`   // there were so many more, too long ago to be remembered
}

// FaultCount is how many callbacks have failed with the same sentence.
type FaultCount struct {
	FaultString string `json:"faultstring"`
	Callbacks   int    `json:"callbacks"`
}

// Entry is what came of one device of a request. Due and Why are there while its execution is still to come.
type Entry struct {
	N         int              `json:"n"`             // from 1
	EID       string           `json:"eid,omitempty"` // the identifiers of the call, until all entries are carried out
	ICCID     string           `json:"iccid,omitempty"`
	IMEI      string           `json:"imei,omitempty"`
	MDN       string           `json:"mdn,omitempty"`
	Due       time.Time        `json:"due,omitzero"`
	Why       string           `json:"why,omitempty"`   // what it is waiting for
	Rules     []Applied        `json:"rules,omitempty"` // what they did to its execution
	Callbacks []CallbackReport `json:"callbacks"`
}

// CallbackReport is a callback of an entry: what was decided and why, and how far it has come.
type CallbackReport struct {
	Callback
	Guard Guard        `json:"guard,omitempty"` // the one that refused the operation
	Fault Fault        `json:"fault,omitzero"`  // what it fails with if that is GuardByRule
	Saw   GuardContext `json:"saw"`
	Why   string       `json:"why,omitempty"`   // why it has not been delivered
	Rules []Applied    `json:"rules,omitempty"` // what they did to it
}

// GuardContext is a card and a profile as the guards saw them, after the operation when it was carried out.
type GuardContext struct {
	Service   Service    `json:"service"`
	Status    Status     `json:"status"`
	Suspended Suspension `json:"suspended"`
	Plan      string     `json:"plan"`
	*CardContext
}

// CardContext is what the guards saw of the card; it is nil unless one of them refused.
type CardContext struct {
	Enabled   string `json:"enabled"` // ICCID of the profile in use
	Lead      string `json:"lead"`    // the state of the LEAD profile: PRE_ACTIVE, ACTIVE, SUSPENDED or DEACTIVE
	Powered   bool   `json:"powered"`
	Connected bool   `json:"connected"`
	Busy      bool   `json:"busy"` // another operation of the SM-SR was still owed
}

// RequestList is a page of requests; Next is the After of the page that follows, "" when none does.
type RequestList struct {
	Requests []Request `json:"requests"`
	Next     string    `json:"next,omitempty"`
}

// RequestFilter chooses requests; empty fields choose all.
type RequestFilter struct {
	Operation Operation `json:"operation,omitempty"`
	Account   string    `json:"account,omitempty"`
	Device    string    `json:"device,omitempty"` // an identifier that it names: EID, ICCID, IMEI or MDN
	From      string    `json:"from,omitempty"`   // the first instant, in RFC 3339
	To        string    `json:"to,omitempty"`     // the last one
}

// Requests lists a page of requests, oldest first.
func (c *Client) Requests(ctx context.Context, f RequestFilter, page Page) (RequestList, error) {
	return do[RequestList](ctx, c, "GET", c.path("requests"), page.with(f), nil)
}

// Request is the story of a request, with a page of its entries.
func (c *Client) Request(ctx context.Context, id string, page Page) (Request, error) {
	return do[Request](ctx, c, "GET", c.path("requests", id), page.values(), nil)
}

// Explain is the story of a request for people, with its first entries: each device, each callback, each attempt, and
// why what is still to come has not come yet.
func (c *Client) Explain(ctx context.Context, id string) (string, error) {
	text, err := c.ask(ctx, "GET", c.path("requests", id), url.Values{"format": {"text"}}, nil)
	return string(text), err
}
