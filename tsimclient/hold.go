package tsimclient

import "context"

// HoldFilter chooses the callbacks to hold, those to come included; what is empty chooses all.
type HoldFilter struct {
	Request   string    `json:"request,omitempty"`
	Account   string    `json:"account,omitempty"`
	Operation Operation `json:"operation,omitempty"`
	EID       string    `json:"eid,omitempty"`
	ICCID     string    `json:"iccid,omitempty"`
	Level     Level     `json:"level,omitempty"` // LevelProfile or LevelDevice
}

// Hold is a hold that is in force.
type Hold struct {
	ID uint64 `json:"id"` // holds are numbered from 1, anew after a reset
	HoldFilter
	Callbacks int    `json:"callbacks"`      // how many it holds now
	Note      string `json:"note,omitempty"` // what could surprise about it
}

// HoldList is a page of holds; Next is the After of the page that follows, "" when none does.
type HoldList struct {
	Holds []Hold `json:"holds"`
	Next  string `json:"next,omitempty"`
}

// Released is how many callbacks were released.
type Released struct {
	Callbacks int `json:"callbacks"`
}

// HoldAll holds the callbacks that match, those to come included.
func (c *Client) HoldAll(ctx context.Context, f HoldFilter) (Hold, error) {
	return do[Hold](ctx, c, "POST", c.path("holds"), nil, f)
}

// Holds lists a page of holds, oldest first.
func (c *Client) Holds(ctx context.Context, page Page) (HoldList, error) {
	return do[HoldList](ctx, c, "GET", c.path("holds"), page.values(), nil)
}

// LiftHold lifts one hold, and releases the callbacks that no other one holds.
func (c *Client) LiftHold(ctx context.Context, id uint64) (Released, error) {
	return do[Released](ctx, c, "DELETE", c.path("holds", number(id)), nil, nil)
}

// ReleaseAll lifts every hold, and releases all callbacks that are held.
func (c *Client) ReleaseAll(ctx context.Context) (Released, error) {
	return do[Released](ctx, c, "DELETE", c.path("holds"), nil, nil)
}
