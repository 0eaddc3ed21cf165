package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"tsim/tsimclient"
)

func newSnapshot() *cobra.Command {
	var r remote
	return noun(&r, &cobra.Command{
		Use:   "snapshot",
		Short: "What a sandbox was at a moment: go back to it, or fork it",
		Long: `A snapshot is a sandbox at a moment, under a name: its devices, its clock, and all that is still to
come. Go back to it as often as you like, or make other sandboxes that go on from there.`,
		Example: `  tsim snapshot save ready
  tsim snapshot rewind ready
  tsim snapshot fork ready --as mine
  tsim snapshot list`,
	}, r.snapshotList(), r.snapshotSave(), r.snapshotRewind(), r.snapshotFork(), r.snapshotDelete())
}

func (r *remote) snapshotList() *cobra.Command {
	return lists(r, &cobra.Command{
		Use:     "list",
		Short:   "List the snapshots",
		Long:    "list names the snapshots of a sandbox, each with the time in it and how much it holds.",
		Example: "  tsim snapshot list",
	}, listing[tsimclient.Snapshot]{
		what: "snapshots",
		fetch: func(b *box, p tsimclient.Page) ([]tsimclient.Snapshot, string, error) {
			list, err := b.Snapshots(b.ctx, p)
			return list.Snapshots, list.Next, err
		},
		answer: func(all []tsimclient.Snapshot, next string) any {
			return tsimclient.SnapshotList{Snapshots: all, Next: next}
		},
		headings: []string{"NAME", "SCENARIO", "NOW", "EPOCH", "DEVICES", "RECORDS"},
		row: func(_ *box, s *tsimclient.Snapshot) []any {
			return []any{s.Name, s.Scenario, instant(s.Now), s.Epoch, s.Devices, s.Records}
		},
	})
}

func (r *remote) snapshotSave() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "save [NAME]",
		Short: "Keep a sandbox as it is now",
		Long: `save keeps the sandbox as it is now, under a name on the server. With --file it writes it into a
file instead, or to standard output if that is -, which 'tsim snapshot fork --file' makes a sandbox
of, here or elsewhere. No secrets are in it.`,
		Example: "  tsim snapshot save ready\n  tsim snapshot save --file world.json",
		Args:    cobra.MaximumNArgs(1),
	}
	cmd.Flags().StringVar(&file, "file", "", "a file to write it into, or - for standard output")
	return r.verb(cmd, func(b *box, args []string) error {
		if (len(args) == 1) == (file != "") {
			return usageError{errors.New("snapshot save takes a NAME or --file, one of them")}
		}
		if file != "" {
			return b.writeState(file)
		}
		saved, err := b.SaveSnapshot(b.ctx, args[0])
		if err != nil {
			return err
		}
		return b.say(saved, "%s is saved as %s; it took %g ms.", b.Sandbox, saved.Name, saved.HeldMS)
	})
}

// writeState writes what the sandbox is now into a file. One that is not whole is removed.
func (b *box) writeState(name string) error {
	if name == "-" {
		return b.WriteState(b.ctx, "", b.out)
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if err = errors.Join(b.WriteState(b.ctx, "", file), file.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	_, err = fmt.Fprintf(b.out, "%s is in %s.\n", b.Sandbox, name)
	return err
}

func (r *remote) snapshotRewind() *cobra.Command {
	return r.verb(&cobra.Command{
		Use:   "rewind NAME",
		Short: "Take a sandbox back to a snapshot",
		Long: `rewind takes the sandbox back to where it was when the snapshot was saved. Its credentials, tokens
and snapshots stay, and no requestId comes twice.`,
		Example:           "  tsim snapshot save ready\n  tsim snapshot rewind ready",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: r.offerFirst(snapshotNames),
	}, func(b *box, args []string) error {
		info, err := b.Rewind(b.ctx, args[0])
		if err != nil {
			return err
		}
		return b.say(info, "%s is where it was at %s, which is %s.", info.Name, args[0], instant(info.Clock.Now))
	})
}

func (r *remote) snapshotFork() *cobra.Command {
	var spec tsimclient.ForkSpec
	var file string
	var ttl duration
	cmd := &cobra.Command{
		Use:   "fork [NAME]",
		Short: "Make another sandbox that goes on from a snapshot, or from now",
		Long: `fork makes another sandbox, which goes on from a snapshot or, without a name, from what the sandbox
is now; with --file, from what 'tsim snapshot save --file' has written. It shows the new one: its
credentials are its own, and nobody is logged in. Its listeners are those of the original, until
others are registered.`,
		Example:           "  tsim snapshot fork --as mine\n  tsim snapshot save --file world.json\n  tsim snapshot fork --file world.json --as theirs --ttl 10m",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: r.offerFirst(snapshotNames),
	}
	flags := cmd.Flags()
	flags.StringVar(&spec.Name, "as", "", "the name of the new sandbox (default: one that tsim makes up)")
	flags.StringVar(&file, "file", "", "the file that it goes on from, or - for standard input")
	flags.Var(&ttl, "ttl", "after how long on the clock on the wall it is removed (default: never)")
	return r.verb(cmd, func(b *box, args []string) error {
		spec.TTL = ttl.text()
		if file == "" {
			info, err := b.Fork(b.ctx, first(args), spec)
			return b.sandbox(&info, err)
		}
		if len(args) > 0 {
			return usageError{errors.New("snapshot fork takes a NAME or --file, one of them")}
		}
		from := io.NopCloser(b.in)
		if file != "-" {
			opened, err := os.Open(file)
			if err != nil {
				return err
			}
			from = opened
		}
		info, err := b.ForkDocument(b.ctx, from, spec)
		_ = from.Close() // which is only read
		return b.sandbox(&info, err)
	})
}

// first is the first argument, "" for none.
func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

func (r *remote) snapshotDelete() *cobra.Command {
	return r.verb(&cobra.Command{
		Use:               "delete NAME",
		Short:             "Remove a snapshot",
		Long:              "delete removes a snapshot. Sandboxes that were forked from it stay.",
		Example:           "  tsim snapshot save ready\n  tsim snapshot delete ready",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: r.offerFirst(snapshotNames),
	}, func(b *box, args []string) error {
		gone, err := b.DeleteSnapshot(b.ctx, args[0])
		return b.deleted(gone, err)
	})
}
