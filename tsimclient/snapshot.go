package tsimclient

import (
	"context"
	"io"
	"net/url"
	"time"
)

// Snapshot is what a sandbox was at a moment, under a name.
type Snapshot struct {
	Name     string    `json:"name"`
	Now      time.Time `json:"now"`      // what time it was in the sandbox
	Epoch    uint64    `json:"epoch"`    // the one of the sandbox then
	Scenario string    `json:"scenario"` // the name of the one that it had started from
	Devices  int       `json:"devices"`
	Records  int       `json:"records"` // how much it takes of the budget "snapshots"
}

// SavedSnapshot is a snapshot that was saved just now.
type SavedSnapshot struct {
	Snapshot
	HeldMS float64 `json:"heldMs"` // milliseconds of the wall clock for which all else in the sandbox had to wait
}

// Digest is a hash over all that a sandbox is, but for secrets and for what the clock on the wall says: two sandboxes that are the
// same have the same one, and so has one that nothing has happened to.
type Digest struct {
	Digest string    `json:"digest"`
	Now    time.Time `json:"now"` // simulated
	Epoch  uint64    `json:"epoch"`
	Inputs uint64    `json:"inputs"` // how much has come to it from outside
	HeldMS float64   `json:"heldMs"` // milliseconds of the wall clock for which all else in the sandbox had to wait
}

// SnapshotSpec is what to call a snapshot.
type SnapshotSpec struct {
	Name string `json:"name"`
}

// SnapshotList is a page of snapshots; Next is the After of the page that follows, "" when none does.
type SnapshotList struct {
	Snapshots []Snapshot `json:"snapshots"`
	Next      string     `json:"next,omitempty"`
}

// ForkSpec is what to make of a fork.
type ForkSpec struct {
	Name string `json:"name,omitempty"` // "" for one that tsim makes up
	TTL  string `json:"ttl,omitempty"`  // after how long of the wall clock it is removed; "" for never
}

// SaveSnapshot keeps the sandbox as it is now on the server, under a name that no other snapshot of it has (409).
func (c *Client) SaveSnapshot(ctx context.Context, name string) (SavedSnapshot, error) {
	return do[SavedSnapshot](ctx, c, "POST", c.path("snapshots"), nil, SnapshotSpec{name})
}

// Snapshots lists a page of the snapshots of the sandbox, by name.
func (c *Client) Snapshots(ctx context.Context, page Page) (SnapshotList, error) {
	return do[SnapshotList](ctx, c, "GET", c.path("snapshots"), page.values(), nil)
}

// DeleteSnapshot removes a snapshot.
func (c *Client) DeleteSnapshot(ctx context.Context, name string) (Deleted, error) {
	return do[Deleted](ctx, c, "DELETE", c.path("snapshots", name), nil, nil)
}

// Rewind takes the sandbox back to a snapshot of it. Its credentials, tokens and snapshots stay; requestIds do not come again.
func (c *Client) Rewind(ctx context.Context, snapshot string) (Sandbox, error) {
	return do[Sandbox](ctx, c, "POST", c.path("snapshots", snapshot, "rewind"), nil, nil)
}

// Fork makes another sandbox, which goes on from a snapshot of this one or, with "", from what it is now. Its credentials are
// fresh ones.
func (c *Client) Fork(ctx context.Context, snapshot string, spec ForkSpec) (Sandbox, error) {
	path := c.path("forks")
	if snapshot != "" {
		path = c.path("snapshots", snapshot, "forks")
	}
	return do[Sandbox](ctx, c, "POST", path, nil, spec)
}

// WriteState writes a snapshot of the sandbox or, with "", what it is now, as a document that any tsim of the same format can
// make a fork of. No secrets are in it.
func (c *Client) WriteState(ctx context.Context, snapshot string, to io.Writer) error {
	path := c.path("state")
	if snapshot != "" {
		path = c.path("snapshots", snapshot)
	}
	return c.copy(ctx, "GET", path, nil, nil, to)
}

// Digest is a hash over the sandbox as it is now.
func (c *Client) Digest(ctx context.Context) (Digest, error) {
	return do[Digest](ctx, c, "GET", c.path("digest"), nil, nil)
}

// ForkDocument makes another sandbox on the server, which goes on from a document that WriteState has written. Its credentials
// are fresh ones.
func (c *Client) ForkDocument(ctx context.Context, document io.Reader, spec ForkSpec) (Sandbox, error) {
	query := url.Values{}
	for name, value := range map[string]string{"name": spec.Name, "ttl": spec.TTL} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return do[Sandbox](ctx, c, "POST", "/forks", query, document)
}
