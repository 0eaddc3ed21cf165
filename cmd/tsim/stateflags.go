package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tsim/internal/server"
	"tsim/internal/store"
)

// stateFlags say where sandboxes are kept.
type stateFlags struct {
	dir        string
	sync, time choice
}

func newStateFlags() stateFlags {
	return stateFlags{
		sync: choice{words: []string{string(store.Always), string(store.Interval), string(store.Off)}},
		time: choice{words: []string{"resume", "catchup"}},
	}
}

func (f *stateFlags) declare(cmd *cobra.Command, flags *pflag.FlagSet) {
	flags.StringVar(&f.dir, "state", "", "keep all sandboxes in this directory, and go on from there at the next start (default: nothing is kept)")
	addChoice(cmd, &f.sync, "state-sync", "when what is kept survives the machine, too: before each reply, a moment later, or when the system sees fit (default: always)")
	addChoice(cmd, &f.time, "state-time", "after a pause, a clock that is real goes on where it stopped, or catches up (default: resume)")
}

func (f *stateFlags) options() server.StateOptions {
	return server.StateOptions{Dir: f.dir, Sync: store.Sync(f.sync.word), CatchUp: f.time.word == "catchup"}
}
