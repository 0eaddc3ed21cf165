package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"tsim/tsimclient"
)

// copy is what is expected now, apart from what will be.
func (e *expected) copy() expected {
	o := *e
	o.powered, o.profiles, o.rules, o.holds = maps.Clone(e.powered), maps.Clone(e.profiles), maps.Clone(e.rules), maps.Clone(e.holds)
	o.requests, o.checked, o.tail, o.read, o.settled = slices.Clone(e.requests), 0, nil, nil, map[uint64]bool{}
	return o
}

// save saves a snapshot, or deletes one where there are enough.
func (c *client) save() command {
	name := c.snapshot()
	if len(c.saved) >= 3 {
		return command{name: "delete a snapshot", do: func(ctx context.Context) error {
			_, err := c.control.DeleteSnapshot(ctx, name)
			if err == nil {
				c.counts.commands++
				delete(c.saved, name)
			}
			return err
		}, found: func(ctx context.Context) (bool, error) {
			is, err := c.hasSnapshot(ctx, name)
			if !is {
				delete(c.saved, name)
			}
			return !is, err
		}}
	}
	name = fmt.Sprintf("at-%d", c.draw.next()>>32)
	return command{name: "save a snapshot", do: func(ctx context.Context) error {
		saved := c.copy()
		var err error
		if saved.all, err = c.listed(ctx); err == nil {
			_, err = c.control.SaveSnapshot(ctx, name)
		}
		if err == nil {
			c.counts.commands++
			c.saved[name] = saved
		}
		return err
	}, found: func(ctx context.Context) (bool, error) {
		is, err := c.hasSnapshot(ctx, name)
		if is && err == nil {
			saved := c.copy()
			saved.all, err = c.listed(ctx)
			c.saved[name] = saved
		}
		return is, err
	}}
}

// listed is the ids of all requests.
func (c *client) listed(ctx context.Context) ([]string, error) {
	var ids []string
	for page := (tsimclient.Page{Limit: tsimclient.MaxLimit}); ; {
		list, err := c.control.Requests(ctx, tsimclient.RequestFilter{}, page)
		for _, r := range list.Requests {
			ids = append(ids, r.ID)
		}
		if page.After = list.Next; err != nil || page.After == "" {
			return ids, err
		}
	}
}

// snapshot is the name of one that there is, "" if there is none.
func (c *client) snapshot() string {
	names := slices.Sorted(maps.Keys(c.saved))
	if len(names) == 0 {
		return ""
	}
	return names[c.draw.below(len(names))]
}

func (c *client) hasSnapshot(ctx context.Context, name string) (bool, error) {
	list, err := c.control.Snapshots(ctx, tsimclient.Page{Limit: tsimclient.MaxLimit})
	return slices.ContainsFunc(list.Snapshots, func(s tsimclient.Snapshot) bool { return s.Name == name }), err
}

// rewind goes back to a snapshot.
func (c *client) rewind() command {
	name := c.snapshot()
	if name == "" {
		return c.save()
	}
	was, before := c.saved[name], c.epoch
	done := func(is *tsimclient.Sandbox) {
		c.expected = was.copy()
		c.epoch = is.Clock.Epoch
	}
	return command{name: "rewind", do: func(ctx context.Context) error {
		c.w.listener.mayRepeat(was.all)
		is, err := c.control.Rewind(ctx, name)
		if err == nil {
			c.counts.commands++
			if is.Clock.Epoch <= before {
				return wrong("epoch %d came after epoch %d", is.Clock.Epoch, before)
			}
			done(&is)
		}
		return err
	}, found: func(ctx context.Context) (bool, error) {
		is, err := c.control.Info(ctx)
		if err != nil || is.Clock.Epoch == before {
			return false, err
		}
		done(&is)
		return true, nil
	}}
}

// fork forks the sandbox as it is, or removes the fork.
func (c *client) fork() command {
	if name := c.forked; name != "" {
		gone := func() { c.forked, c.forkedWith = "", nil }
		fork := func() *tsimclient.Client {
			return &tsimclient.Client{BaseURL: c.base, Sandbox: name, HTTPClient: c.http}
		}
		return command{name: "remove a fork", do: func(ctx context.Context) error {
			_, err := fork().DeleteSandbox(ctx)
			if err == nil {
				c.counts.commands++
				gone()
			}
			return err
		}, found: func(ctx context.Context) (bool, error) {
			_, err := fork().Info(ctx)
			if !missing(err) {
				return false, err
			}
			gone()
			return true, nil
		}}
	}
	name := fmt.Sprintf("fork-%d-%d", c.number, c.draw.next())
	with := slices.Clone(c.requests[max(0, len(c.requests)-5):])
	return command{name: "fork", do: func(ctx context.Context) error {
		all, err := c.listed(ctx)
		if err == nil {
			c.w.listener.mayRepeat(all)
			_, err = c.control.Fork(ctx, "", tsimclient.ForkSpec{Name: name})
		}
		if err == nil {
			c.counts.commands++
			c.forked, c.forkedWith = name, with
		}
		return err
	}, found: func(ctx context.Context) (bool, error) {
		_, err := (&tsimclient.Client{BaseURL: c.base, Sandbox: name, HTTPClient: c.http}).Info(ctx)
		if missing(err) {
			return false, nil
		}
		c.forked, c.forkedWith = name, with
		return true, err
	}}
}
