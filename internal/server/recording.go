package server

import (
	"context"
	"io"
	"slices"
	"sync"

	"tsim/internal/config"
	"tsim/internal/control"
	"tsim/internal/sim"
	"tsim/internal/store"
	"tsim/internal/thingspace"
)

// maxRecordings is how many recordings of one sandbox run at once: each encodes every input.
const maxRecordings = 4

// recordings are those of all sandboxes.
type recordings struct {
	mu  sync.Mutex
	all map[*sim.Sim][]*store.Recording // those that run, and the last ones that have failed
}

// Spell is the body of a callback as a recording has it, and a replay.
func Spell(compat config.Compat, threshold int, m *sim.Message) []byte {
	return thingspace.Encode(compat, &m.Facts, m.CallbackCount, threshold, m.Effect)
}

func (s *Server) recordingOptions() store.RecordingOptions {
	return store.RecordingOptions{Version: s.version, Spell: Spell, Log: s.log}
}

// recordDefault records the sandbox that there always is in a file from now on.
func (s *Server) recordDefault(file string, size int64) error {
	box, err := s.registry.Sandbox(sim.Default)
	if err != nil {
		return err
	}
	return s.recordings.begin(box, func() (*store.Recording, error) {
		return store.RecordFile(box, file, size, s.recordingOptions())
	})
}

// record records a sandbox for who reads it, and returns when he has gone, or the sandbox.
func (s *Server) record(ctx context.Context, box *sim.Sim, who string, to io.Writer) error {
	var r *store.Recording
	err := s.recordings.begin(box, func() (*store.Recording, error) {
		// One that is removed later ends its recordings then.
		if is, err := s.registry.Sandbox(box.Name()); err != nil || is != box {
			return nil, sim.Errorf(sim.NotFound, "the sandbox %q was removed", box.Name())
		}
		r = store.RecordTo(box, who, to, s.recordingOptions())
		return r, nil
	})
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		err = r.Close("whoever read it has gone, or tsim ends")
	case <-r.Done():
		err = r.Status().Err
	}
	s.recordings.forget(box, r)
	return err
}

// begin adds a recording, unless there are too many.
func (r *recordings) begin(box *sim.Sim, begin func() (*store.Recording, error)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	running := 0
	for _, is := range r.all[box] {
		if is.Status().Err == nil {
			running++
		}
	}
	if running >= maxRecordings {
		return sim.Errorf(sim.Conflict, "the sandbox %q has %d recordings already, which is as many as there can be; end one of them", box.Name(), running)
	}
	made, err := begin()
	if err != nil {
		return err
	}
	if r.all == nil {
		r.all = map[*sim.Sim][]*store.Recording{}
	}
	r.all[box] = append(r.all[box], made)
	return nil
}

// forget drops a recording that has ended, unless its error is to be seen.
func (r *recordings) forget(box *sim.Sim, over *store.Recording) {
	r.mu.Lock()
	defer r.mu.Unlock()
	failed := 0
	r.all[box] = slices.DeleteFunc(r.all[box], func(is *store.Recording) bool {
		if is.Status().Err != nil {
			failed++
		}
		return is == over && is.Status().Err == nil
	})
	for i := 0; failed > maxRecordings; failed-- { // the oldest go
		for r.all[box][i].Status().Err == nil {
			i++
		}
		r.all[box] = slices.Delete(r.all[box], i, i+1)
	}
	if len(r.all[box]) == 0 {
		delete(r.all, box)
	}
}

// list is how the recordings of a sandbox are getting on, the oldest first.
func (r *recordings) list(box *sim.Sim) (all []control.Recording) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, is := range r.all[box] {
		all = append(all, control.Recording(is.Status()))
	}
	return all
}

// end ends the recordings of a sandbox that is removed.
func (r *recordings) end(box *sim.Sim) {
	r.mu.Lock()
	all := r.all[box]
	delete(r.all, box)
	r.mu.Unlock()
	for _, is := range all {
		is.End("the sandbox was removed")
	}
}

// close ends all recordings, and returns when they are written. Their errors were logged.
func (r *recordings) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, all := range r.all {
		for _, is := range all {
			_ = is.Close("tsim ended")
		}
	}
}
