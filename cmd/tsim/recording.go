package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"tsim/tsimclient"
)

func newRecording() *cobra.Command {
	var r remote
	return noun(&r, &cobra.Command{
		Use:   "recording",
		Short: "The recordings of a sandbox: what comes to it from outside",
		Long: `A recording is what comes to a sandbox from outside, line by line, with what it leads to.
'tsim replay' leads it to the same end again: whoever has the file has the bug. There are no
secrets in it; docs/state.md says what there is. 'tsim serve --record' records from the start.`,
		Example: `  tsim recording write bug.jsonl
  tsim recording list`,
	}, r.recordingList(), r.recordingWrite())
}

func (r *remote) recordingList() *cobra.Command {
	return r.verb(&cobra.Command{
		Use:   "list",
		Short: "List the recordings that run",
		Long: `list lists the recordings that run, the oldest first: into which file of the server, or to which
reader. One that ended with an error is there, too.`,
		Example: "  tsim recording list",
	}, func(b *box, _ []string) error {
		list, err := b.Recordings(b.ctx)
		if err != nil {
			return err
		}
		return b.print(list, func() error {
			var rows [][]any
			for _, rec := range list.Recordings {
				rows = append(rows, recordingRow(&rec))
			}
			return b.table("recordings", []string{"TO", "BEGAN", "INPUTS", "EVENTS", "BYTES", "ERROR"}, rows)
		})
	})
}

func recordingRow(r *tsimclient.Recording) []any {
	return []any{r.To, r.Began.Format("2006-01-02T15:04:05Z"), r.Inputs, r.Events, r.Bytes, r.Error}
}

func (r *remote) recordingWrite() *cobra.Command {
	return r.verb(&cobra.Command{
		Use:   "write FILE",
		Short: "Record from now on, into a file",
		Long: `write records the sandbox from now on, until Ctrl-C or until the sandbox is removed. The file must
not be there yet; - is standard output.`,
		Example: "  tsim recording write bug.jsonl\n  tsim recording write - --sandbox orders | gzip > orders.jsonl.gz",
		Args:    cobra.ExactArgs(1),
	}, func(b *box, args []string) (err error) {
		if args[0] == "-" {
			return b.Record(b.ctx, b.out)
		}
		f, err := os.OpenFile(args[0], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s is there already: remove it, or name another file", args[0])
		}
		if err != nil {
			return err
		}
		if err = errors.Join(b.Record(b.ctx, f), f.Close()); err != nil {
			if info, e := os.Stat(args[0]); e == nil && info.Size() == 0 { // nothing was recorded: the name is free again
				err = errors.Join(err, os.Remove(args[0]))
			}
		}
		return err
	})
}
