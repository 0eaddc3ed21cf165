package sim_test

import (
	"slices"

	"tsim/internal/sim"

	"pgregory.net/rapid"
)

// story is how the delivery of one callback went, as far as the journal has been read.
type story struct {
	sent, failed int
	over         bool
}

// checkHistory reads the journal and checks what must hold of every history: time never runs
// backwards, causes come first, attempts follow failures only, and the callbacks of one card
// leave in order.
func checkHistory(t rapid.TB, w *world) {
	t.Helper()
	stories, lines := map[*sim.Callback]*story{}, map[string][]*sim.Callback{}
	checkCounts(t, w)
	var last event
	for _, e := range w.events() {
		if e.Seq != last.Seq+1 || e.At < last.At || e.Cause >= e.Seq {
			t.Fatalf("event %+v after %+v", e, last)
		}
		last = e
		c := e.callback
		if c == nil {
			continue
		}
		s := stories[c]
		switch e.Kind {
		case sim.OperationSucceeded, sim.OperationRefused, sim.OperationWarned:
			if s != nil {
				t.Fatalf("callback %d was decided twice", c.ID)
			}
			stories[c] = &story{}
			if _, err := w.Device(c.Card.EID); err == nil {
				lines[c.Card.EID] = append(lines[c.Card.EID], c)
			}
			continue
		case sim.AttemptSent:
			if s.over || s.sent != s.failed {
				t.Fatalf("callback %d was sent again: %+v", c.ID, *s)
			}
			s.sent++
			line := lines[c.Card.EID]
			for _, before := range line[:max(slices.Index(line, c), 0)] {
				if b := stories[before]; !b.over && b.failed < s.sent {
					t.Fatalf("attempt %d of callback %d overtook callback %d (%+v):\n%s", s.sent, c.ID, before.ID, *b, dump(w))
				}
			}
		case sim.AttemptFailed:
			s.failed++
		case sim.AttemptAcknowledged, sim.CallbackArchived, sim.CallbackNoListener:
			if s.over || e.Kind == sim.AttemptAcknowledged && s.sent != s.failed+1 {
				t.Fatalf("callback %d ended: %+v", c.ID, *s)
			}
			s.over = true
		default:
			t.Fatalf("a %s with a callback", e.Kind)
		}
		if s.failed > s.sent || e.Cause == 0 {
			t.Fatalf("event %+v: %+v", e, *s)
		}
	}
}

// checkCounts counts what the sandbox says that there is.
func checkCounts(t rapid.TB, w *world) {
	t.Helper()
	info, requests, callbacks := w.Info(), 0, 0
	for _, r := range w.Requests(0, 1_000_000) {
		if r.Left > 0 || r.Open > 0 {
			requests++
		}
		open := 0
		for _, c := range w.callbacks(r.Request) {
			if c.State < sim.Delivered {
				open++
			}
		}
		if open != r.Open {
			t.Fatalf("request %s has %d callbacks with something to come, and says %d", r.Request.ID, open, r.Open)
		}
		callbacks += open
	}
	checkHolds(t, w)
	if info.Requests != requests || info.Callbacks != callbacks {
		t.Fatalf("%d requests and %d callbacks have something to come, and %d and %d are told of", requests, callbacks, info.Requests, info.Callbacks)
	}
}

// checkHolds counts what the sandbox says is held.
func checkHolds(t rapid.TB, w *world) {
	t.Helper()
	byHold, all := map[uint64]int{}, 0
	for _, hold := range w.HeldBy() {
		byHold[hold]++
		all++
	}
	if n := w.Held(); n != all {
		t.Fatalf("%d callbacks are held, and %d are told of", all, n)
	}
	for _, h := range w.Holds(0, 1000) {
		if h.Callbacks != byHold[h.ID] {
			t.Fatalf("hold %d holds %d callbacks, and says %d", h.ID, byHold[h.ID], h.Callbacks)
		}
	}
}
