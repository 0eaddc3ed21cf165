package tsimclient

import (
	"context"
	"time"
)

// Wait is what to wait for.
type Wait struct {
	For     Condition `json:"for"`               // Idle or a For
	Timeout string    `json:"timeout,omitempty"` // of the wall clock, up to 10m; "0s" for at once, "" for 10s
}

// Condition is something to wait for: Idle or a For.
type Condition interface{ condition() }

func (Until) condition() {}
func (For) condition()   {}

// For is something to wait for. With Kind it is an event that all that is given fits; without, it is about a Request:
// that it has so many Callbacks in State (StateDelivered if not given), or nothing still to come.
type For struct {
	Request   string        `json:"request,omitempty"`
	Callbacks int           `json:"callbacks,omitempty"`
	State     CallbackState `json:"state,omitempty"`
	Kind      EventKind     `json:"kind,omitempty"`
	EID       string        `json:"eid,omitempty"`
	ICCID     string        `json:"iccid,omitempty"`
	Callback  uint64        `json:"callback,omitempty"`
	After     uint64        `json:"after,omitempty"` // the Seq of an event: only later ones count
	Calls     *CallsWanted  `json:"calls,omitempty"` // calls on record, and nothing else of this
}

// Waited is what a wait came to.
type Waited struct {
	Now   time.Time `json:"now"`
	Event *Event    `json:"event,omitempty"` // the one that was waited for; nil if it was none
}

// PendingItem is something that is still to come, and why it has not come yet.
type PendingItem struct {
	Request   string    `json:"request"`
	Entry     int       `json:"entry"` // from 1; 0 for a list or a history, which has none
	Operation Operation `json:"operation"`
	EID       string    `json:"eid,omitempty"`
	Callback  uint64    `json:"callback,omitempty"` // 0 for an operation
	Due       time.Time `json:"due"`
	Why       string    `json:"why"`
}

// Wait returns as soon as something holds. It does not move time. When its timeout is over, its Error (408) says what
// did happen, and what is pending.
func (c *Client) Wait(ctx context.Context, w Wait) (Waited, error) {
	return do[Waited](ctx, c, "POST", c.path("wait"), nil, w)
}
