package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"tsim/internal/scenario"
	"tsim/tsimclient"
)

func newDevice() *cobra.Command {
	var r remote
	return noun(&r, &cobra.Command{
		Use:   "device",
		Short: "The devices of a sandbox, with their profiles",
		Long: `A device has an eUICC with profiles. It is named by its EID, or where one is looked up by any
identifier that it has: an ICCID, its IMEI, an MDN.`,
		Example: `  tsim device list
  tsim device show 89001012012341234012345678901224
  tsim device set 89001012012341234012345678901224 powered=false`,
	}, r.deviceList(), r.deviceShow(), r.deviceAdd(), r.deviceSet(), r.deviceDelete())
}

func (r *remote) deviceList() *cobra.Command {
	var f tsimclient.DeviceFilter
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List devices",
		Long:    "list lists devices by EID, each with whether it is on and has a network, and the profile in use.",
		Example: "  tsim device list --limit 5\n  tsim device list --account 0000123456-00001 -o json",
	}
	r.addFilter(cmd, &f)
	l := devices
	l.fetch = func(b *box, p tsimclient.Page) ([]tsimclient.Device, string, error) {
		list, err := b.Devices(b.ctx, f, p)
		return list.Devices, list.Next, err
	}
	return lists(r, cmd, l)
}

// devices are printed like this.
var devices = listing[tsimclient.Device]{
	what:     "devices",
	answer:   func(all []tsimclient.Device, next string) any { return tsimclient.DeviceList{Devices: all, Next: next} },
	headings: []string{"EID", "IMEI", "ACCOUNT", "POWER", "NETWORK", "PROFILES", "IN USE"},
	row: func(_ *box, d *tsimclient.Device) []any {
		inUse := ""
		for _, p := range d.Profiles {
			if p.Enabled {
				inUse = p.ICCID
			}
		}
		return []any{d.EID, d.IMEI, d.Account, onOff(d.Powered), onOff(d.Connected), len(d.Profiles), inUse}
	},
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func (r *remote) deviceShow() *cobra.Command {
	return r.verb(&cobra.Command{
		Use:               "show DEVICE",
		Short:             "Show a device and its profiles",
		Long:              "show shows a device as it is now, and its profiles. Any of its identifiers names it.",
		Example:           "  tsim device show 89001012012341234012345678901224\n  tsim device show 89445000000000000019 -o yaml",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: r.offerFirst(deviceEIDs),
	}, func(b *box, args []string) error {
		eid, err := b.eid(args[0])
		if err != nil {
			return err
		}
		d, err := b.Device(b.ctx, eid)
		return b.device(&d, err)
	})
}

// eid is the EID of a device that is named by any of its identifiers. One of 32 digits is an EID itself.
func (b *box) eid(id string) (string, error) {
	if len(id) == eidLength {
		return id, nil
	}
	list, err := b.Devices(b.ctx, tsimclient.DeviceFilter{Device: id}, tsimclient.Page{Limit: 1})
	if err == nil && len(list.Devices) == 0 {
		err = fmt.Errorf("no device has the EID, ICCID, IMEI or MDN %q; 'tsim device list' has those that there are", id)
	}
	if err != nil {
		return "", err
	}
	return list.Devices[0].EID, nil
}

// device prints a device.
func (b *box) device(d *tsimclient.Device, err error) error {
	if err != nil {
		return err
	}
	return b.print(d, func() error {
		if err := b.sheet("EID", d.EID, "IMEI", d.IMEI, "account", d.Account, "power", onOff(d.Powered), "network", onOff(d.Connected), "fallback", d.Fallback); err != nil {
			return err
		}
		var rows [][]any
		for _, p := range d.Profiles {
			inUse := "no"
			if p.Enabled {
				inUse = "yes"
			}
			rows = append(rows, []any{p.ICCID, p.Role, p.Network, p.Service, p.Status, p.Suspended, inUse, p.MDN, p.Plan})
		}
		fmt.Fprintln(b.out)
		return b.table("profiles", []string{"ICCID", "ROLE", "NETWORK", "SERVICE", "STATUS", "SUSPENDED", "IN USE", "MDN", "PLAN"}, rows)
	})
}

func (r *remote) deviceAdd() *cobra.Command {
	return r.verb(&cobra.Command{
		Use:   "add FILE",
		Short: "Add devices",
		Long: `add adds the device of a file, or a list of them, written as in a scenario, in YAML or JSON. With
several accounts in the sandbox, each needs its account. The file - is standard input.`,
		Example: "  tsim device add devices.yaml",
		Args:    cobra.ExactArgs(1),
	}, func(b *box, args []string) error {
		written, err := b.file(args[0])
		if err != nil {
			return err
		}
		list, err := b.AddDevices(b.ctx, written)
		if err != nil {
			return err
		}
		return devices.print(b, list.Devices, "")
	})
}

// file is a file of YAML or JSON, or standard input, as JSON for control.
func (b *box) file(name string) (json.RawMessage, error) {
	var text []byte
	var err error
	if name == scenario.Stdin {
		name = "stdin"
		text, err = io.ReadAll(b.in)
	} else {
		text, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, err
	}
	return scenario.JSON(name, text)
}

func (r *remote) deviceSet() *cobra.Command {
	var profile string
	cmd := &cobra.Command{
		Use:   "set DEVICE FIELD=VALUE…",
		Short: "Change a device, or switch it or its network on or off",
		Long: `set changes what is named, and leaves the rest as it is. Of the device that is powered, connected,
imei, fallback (an ICCID) and memory; with --profile of one of its profiles: mdn, network, role,
service, status, suspended, plan, coverage, pol1, pol2 (words with commas between them).`,
		Example: `  tsim device set 89001012012341234012345678901224 powered=false
  tsim device set 89001012012341234012345678901224 connected=true powered=true
  tsim device set 89001012012341234012345678901224 --profile 89445000000000000019 suspended=profile`,
		Args: cobra.MinimumNArgs(2),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return r.offer(deviceEIDs)(cmd, args, typed)
			}
			return completeField(profile != ""), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		},
	}
	cmd.Flags().StringVar(&profile, "profile", "", "the ICCID of the profile that the fields are about")
	return r.verb(cmd, func(b *box, args []string) error {
		change, err := patch(profile, args[1:])
		if err != nil {
			return usageError{err}
		}
		eid, err := b.eid(args[0])
		if err != nil {
			return err
		}
		d, err := b.PatchDevice(b.ctx, eid, change)
		return b.device(&d, err)
	})
}

func (r *remote) deviceDelete() *cobra.Command {
	return r.verb(&cobra.Command{
		Use:               "delete DEVICE",
		Short:             "Remove a device",
		Long:              "delete removes a device. Operations that are still owed to it do not find it.",
		Example:           "  tsim device delete 89001012012341234012345678901224",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: r.offerFirst(deviceEIDs),
	}, func(b *box, args []string) error {
		eid, err := b.eid(args[0])
		if err != nil {
			return err
		}
		gone, err := b.DeleteDevice(b.ctx, eid)
		return b.deleted(gone, err)
	})
}
