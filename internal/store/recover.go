package store

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"tsim/internal/sim"
)

// recovering makes sandboxes anew out of what was kept of them.
type recovering struct {
	k        *Keeper
	recovery Recovery
	alive    time.Time // the last sign of life
	times    map[uint64]sim.Instant
	// unknown are sandboxes that had inputs after the snapshot, but are not in it: they were removed while it was made, or
	// something is wrong.
	unknown map[uint64]bool
	told    time.Time // when the last line was written of how far it is
}

// load takes one entry.
func (r *recovering) load(from Entry) error {
	var e entry
	if err := json.Unmarshal(from.Payload, &e); err != nil {
		return fmt.Errorf("what is kept cannot be read: %w", err)
	}
	if time.Since(r.told) >= progressEvery {
		r.told = time.Now()
		r.k.o.Log.Info("recovering", slog.Int("inputs", r.recovery.Inputs), slog.Int64("percent", 100*from.Done/max(from.Total, 1)))
	}
	switch {
	case e.Version != nil:
		if e.Version.State != sim.StateVersion {
			return fmt.Errorf("tsim %s has kept it as version %d, and this tsim reads version %d: use that tsim, or begin anew in an empty directory",
				e.Version.Tsim, e.Version.State, sim.StateVersion)
		}
		if e.Names != nil {
			r.recovery.Names = *e.Names
		}
	case e.Opened != nil:
		return r.open(e.Opened)
	case e.Closed != 0:
		r.close(e.Closed)
	case e.Input != nil:
		return r.input(e.Input)
	case e.Alive != nil:
		r.alive, r.times = e.Alive.At, map[uint64]sim.Instant{}
		for _, t := range e.Alive.Times {
			r.times[t.Sandbox] = t.Now
		}
	}
	return nil
}

func (r *recovering) open(o *opened) (err error) {
	k := r.k
	if k.boxes[o.Sandbox] != nil { // it is in the snapshot, which was made afterwards
		return nil
	}
	is := &kept{until: o.Until}
	switch {
	case o.State != nil:
		is.box, err = k.o.Import(*o.State)
	case o.Config != nil:
		is.box, err = k.o.New(*o.Config)
	default:
		err = fmt.Errorf("nothing of it is there")
	}
	if err != nil {
		return fmt.Errorf("sandbox %d: %w", o.Sandbox, err)
	}
	k.boxes[o.Sandbox], k.numbers[is.box] = is, o.Sandbox
	k.last = max(k.last, o.Sandbox)
	return nil
}

func (r *recovering) close(number uint64) {
	delete(r.unknown, number)
	if is := r.k.boxes[number]; is != nil {
		r.recovery.Names.Gone(is.box)
		is.box.Close()
		delete(r.k.numbers, is.box)
		delete(r.k.boxes, number)
	}
	r.k.last = max(r.k.last, number)
}

func (r *recovering) input(kept *keptInput) error {
	is := r.k.boxes[kept.Sandbox]
	if is == nil {
		r.unknown[kept.Sandbox] = true
		return nil
	}
	if kept.Number <= is.box.Inputs() { // it is in the snapshot, which was made afterwards
		return nil
	}
	in, err := kept.input()
	if err == nil {
		err = is.box.Apply(in)
	}
	if err != nil {
		return fmt.Errorf("sandbox %q: %w", is.box.Name(), err)
	}
	r.recovery.Inputs++
	return nil
}

// check says what is missing in the end.
func (r *recovering) check() error {
	if len(r.unknown) == 0 {
		return nil
	}
	var numbers []uint64
	for n := range r.unknown {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	return fmt.Errorf("there are inputs of sandboxes that are not there: %d", numbers)
}

// giveUp closes what was opened.
func (r *recovering) giveUp() {
	for _, is := range r.k.boxes {
		is.box.Close()
	}
}
