package store

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"tsim/internal/config"
	"tsim/internal/sim"
)

// entry is what a payload of the log of a server says, as JSON: one of its fields is there.
type entry struct {
	Version *version   `json:",omitempty"` // of what follows
	Opened  *opened    `json:",omitempty"`
	Input   *keptInput `json:",omitempty"`
	Closed  uint64     `json:",omitempty"` // the number of a sandbox that was removed
	Alive   *alive     `json:",omitempty"`
	Rest    *rest      `json:",omitempty"`
}

// version says how entries are to be read.
type version struct {
	State int    // sim.StateVersion, which counts for inputs as well
	Tsim  string // that wrote it
}

// opened is a sandbox: as it was opened, or as it was when the snapshot was made.
type opened struct {
	Sandbox uint64         // its number, which no other one ever has
	Until   time.Time      // the end of its time to live; zero for none
	Config  *config.Config // of one that was new
	State   *sim.State     // of any other
	Named   int            // how many names had been made up by then; 0 in a snapshot
}

// rest ends a snapshot.
type rest struct {
	Last  uint64 // the number of the latest sandbox: those up to it that are not in the snapshot are gone
	Names sim.UsedNames
	At    time.Time // by the clock on the wall
}

// keptInput is an input of a sandbox.
type keptInput struct {
	Sandbox uint64
	Number  uint64
	At      sim.Instant
	Wall    time.Duration `json:",omitempty"`
	Refused []int         `json:",omitempty"`
	Came    int64         // by the clock on the wall, in milliseconds since 1970
	Kind    string
	Do      json.RawMessage
}

// alive says that the server was there, and what time it was in its sandboxes whose time passes by itself.
type alive struct {
	At    time.Time // by the clock on the wall
	Times []sandboxTime
}

type sandboxTime struct {
	Sandbox uint64
	Inputs  uint64 // how many there were
	Now     sim.Instant
}

// encodeInput is the payload of an input, an entry with a keptInput. It is made with the lock of the sandbox, for every call
// several times: written by hand, it takes half the time.
func encodeInput(sandbox uint64, in *sim.Input, came time.Time) ([]byte, error) {
	do, err := json.Marshal(in.Do)
	if err != nil {
		return nil, err
	}
	b := append(make([]byte, 0, len(do)+160), `{"Input":{"Sandbox":`...)
	b = strconv.AppendUint(b, sandbox, 10)
	b = strconv.AppendUint(append(b, `,"Number":`...), in.Number, 10)
	b = strconv.AppendInt(append(b, `,"At":`...), int64(in.At), 10)
	if in.Wall != 0 {
		b = strconv.AppendInt(append(b, `,"Wall":`...), int64(in.Wall), 10)
	}
	for i, n := range in.Refused {
		b = append(b, []string{`,"Refused":[`, ","}[min(i, 1)]...)
		b = strconv.AppendInt(b, int64(n), 10)
	}
	if len(in.Refused) > 0 {
		b = append(b, ']')
	}
	b = strconv.AppendInt(append(b, `,"Came":`...), came.UnixMilli(), 10)
	b = strconv.AppendQuote(append(b, `,"Kind":`...), sim.InputKind(in.Do))
	return append(append(append(b, `,"Do":`...), do...), "}}"...), nil
}

// input is the input that was kept.
func (k *keptInput) input() (sim.Input, error) {
	do, err := commandOf(k.Number, k.Kind, k.Do)
	return sim.Input{Number: k.Number, At: k.At, Wall: k.Wall, Refused: k.Refused, Do: do}, err
}

// commandOf is what the input of a number does, of which JSON has the fields.
func commandOf(number uint64, kind string, fields []byte) (sim.Command, error) {
	do := sim.NewCommand(kind)
	if do == nil {
		return nil, fmt.Errorf("input %d is %.40q, which this tsim does not know", number, kind)
	}
	if err := decodeJSON(fields, do); err != nil {
		return nil, fmt.Errorf("input %d, %s: %w", number, kind, err)
	}
	return do, nil
}
