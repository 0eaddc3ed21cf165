package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tsim/tsimclient"
)

// What the shell completes with what a running server has.

// offered is how many of a list are offered: more is no help to who types.
var offered = tsimclient.Page{Limit: 200}

// filterOffers complete the flags of filters.
var filterOffers = map[string]offers{
	"device": deviceEIDs, "eid": deviceEIDs, "account": accountNames, "request": requestIDs, "callback": callbackIDs, "rule": ruleNames,
}

func sandboxNames(b *box) (found []cobra.Completion, err error) {
	list, err := b.Sandboxes(b.ctx, offered)
	for _, s := range list.Sandboxes {
		found = append(found, cobra.CompletionWithDesc(s.Name, s.About))
	}
	return found, err
}

func accountNames(b *box) ([]cobra.Completion, error) {
	info, err := b.Info(b.ctx)
	return info.Accounts, err
}

func deviceEIDs(b *box) (found []cobra.Completion, err error) {
	list, err := b.Devices(b.ctx, tsimclient.DeviceFilter{}, offered)
	for _, d := range list.Devices {
		found = append(found, cobra.CompletionWithDesc(d.EID, "of "+d.Account))
	}
	return found, err
}

func callbackIDs(b *box) (found []cobra.Completion, err error) {
	list, err := b.Callbacks(b.ctx, tsimclient.CallbackFilter{}, offered)
	for _, c := range list.Callbacks {
		found = append(found, cobra.CompletionWithDesc(fmt.Sprint(c.ID), fmt.Sprintf("%s %s, %s", c.Operation, aboutCallback(&c), c.State)))
	}
	return found, err
}

func requestIDs(b *box) (found []cobra.Completion, err error) {
	list, err := b.Requests(b.ctx, tsimclient.RequestFilter{}, offered)
	for _, q := range list.Requests {
		found = append(found, cobra.CompletionWithDesc(q.ID, fmt.Sprintf("%s at %s", q.Operation, instant(q.At))))
	}
	return found, err
}

func callNumbers(b *box) (found []cobra.Completion, err error) {
	list, err := b.Calls(b.ctx, tsimclient.CallFilter{}, offered)
	for _, c := range list.Calls {
		found = append(found, cobra.CompletionWithDesc(fmt.Sprint(c.N), fmt.Sprintf("%s %s, %d", c.Method, c.Path, c.Status)))
	}
	return found, err
}

func ruleNames(b *box) (found []cobra.Completion, err error) {
	list, err := b.Rules(b.ctx)
	for _, u := range list.Rules {
		found = append(found, cobra.CompletionWithDesc(u.Name, u.Does))
	}
	return found, err
}

func snapshotNames(b *box) (found []cobra.Completion, err error) {
	list, err := b.Snapshots(b.ctx, offered)
	for _, s := range list.Snapshots {
		found = append(found, cobra.CompletionWithDesc(s.Name, instant(s.Now)))
	}
	return found, err
}

func holdIDs(b *box) (found []cobra.Completion, err error) {
	list, err := b.Holds(b.ctx, offered)
	for _, h := range list.Holds {
		found = append(found, cobra.CompletionWithDesc(fmt.Sprint(h.ID), fmt.Sprintf("holds %d", h.Callbacks)))
	}
	return found, err
}
