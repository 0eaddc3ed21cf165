package main

import (
	"github.com/spf13/cobra"

	"tsim/tsimclient"
)

// What the shell completes with what a running server has.

// offered is how many of a list are offered: more is no help to who types.
var offered = tsimclient.Page{Limit: 200}

// filterOffers complete the flags of filters.
var filterOffers = map[string]offers{
	"device": deviceEIDs, "eid": deviceEIDs, "account": accountNames,
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
