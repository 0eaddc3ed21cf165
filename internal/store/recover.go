package store

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"tsim/internal/sim"
)

// recovering makes sandboxes anew out of what was kept of them.
type recovering struct {
	k        *Keeper
	recovery Recovery
	alive    time.Time // the last sign of life
	times    map[uint64]sandboxTime
	last     map[uint64]time.Time // when the last input of a sandbox came, or the snapshot was made that has it
	gone     uint64               // sandboxes with numbers up to this one that are not in the snapshot had been removed
	unknown  map[uint64]bool      // sandboxes that have inputs and are not there, though they should be
	told     time.Time            // when the last line was written of how far it is
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
	if from.Snapshot {
		r.k.snapped += int64(len(from.Payload)) + frameSize
	}
	switch {
	case e.Version != nil:
		if e.Version.State != sim.StateVersion {
			return fmt.Errorf("tsim %s has kept it as version %d, and this tsim reads version %d: use that tsim, or begin anew in an empty directory",
				e.Version.Tsim, e.Version.State, sim.StateVersion)
		}
	case e.Opened != nil:
		return r.open(e.Opened)
	case e.Closed != 0:
		r.close(e.Closed)
	case e.Input != nil:
		return r.input(e.Input)
	case e.Alive != nil:
		r.alive = e.Alive.At
		for _, t := range e.Alive.Times {
			r.times[t.Sandbox] = t
		}
	case e.Rest != nil:
		r.alive, r.gone, r.recovery.Names = e.Rest.At, e.Rest.Last, e.Rest.Names
		r.k.last = max(r.k.last, e.Rest.Last)
		for number := range r.k.boxes {
			r.last[number] = e.Rest.At
		}
	}
	return nil
}

func (r *recovering) open(o *opened) (err error) {
	k := r.k
	r.recovery.Names.Named = max(r.recovery.Names.Named, o.Named)
	if o.Sandbox <= r.gone || k.boxes[o.Sandbox] != nil { // it was removed since, or is in the snapshot, which was made afterwards
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
		if kept.Sandbox > r.gone {
			r.unknown[kept.Sandbox] = true
		}
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
	r.last[kept.Sandbox] = time.UnixMilli(kept.Came)
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

// end is what has come of it, and how long that took.
func (r *recovering) end(began time.Time) Recovery {
	k := r.k
	for _, number := range slices.Sorted(maps.Keys(k.boxes)) {
		is := k.boxes[number]
		one, known := Recovered{Box: is.box, Until: is.until}, r.last[number]
		if t := r.times[number]; t.Inputs == is.box.Inputs() {
			one.now = t.Now
			known = r.alive
		}
		if !known.IsZero() {
			one.Gone = max(time.Since(known), 0)
		}
		r.recovery.Sandboxes = append(r.recovery.Sandboxes, one)
	}
	r.recovery.Took = time.Since(began)
	return r.recovery
}

// giveUp closes what was opened.
func (r *recovering) giveUp() {
	for _, is := range r.k.boxes {
		is.box.Close()
	}
}
