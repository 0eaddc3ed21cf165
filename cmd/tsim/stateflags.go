package main

import (
	"fmt"
	"math"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tsim/internal/server"
	"tsim/internal/store"
)

// stateFlags say where sandboxes are kept.
type stateFlags struct {
	dir        string
	sync, time choice
	log        byteSize
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
	flags.Var(&f.log, "state-log", "how long the log of inputs becomes before a snapshot takes its place, such as 256KiB (default 64MiB)")
}

func (f *stateFlags) options() server.StateOptions {
	return server.StateOptions{Dir: f.dir, Sync: store.Sync(f.sync.word), CatchUp: f.time.word == "catchup", Long: int64(f.log)}
}

// byteSize is a flag: a number of bytes, with a unit behind it if it is large.
type byteSize int64

func (b *byteSize) Type() string { return "size" }

func (b *byteSize) String() string { return "" }

// Set takes a size.
func (b *byteSize) Set(text string) error {
	digits := len(text)
	for digits > 0 && (text[digits-1] < '0' || text[digits-1] > '9') {
		digits--
	}
	unit, known := map[string]int64{"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}[text[digits:]]
	n, err := strconv.ParseInt(text[:digits], 10, 64)
	if err != nil || !known || n < 1 || n > math.MaxInt64/unit {
		return fmt.Errorf("expected a whole number from 1, of bytes or with KiB, MiB or GiB behind it")
	}
	*b = byteSize(n * unit)
	return nil
}
