package sim

import (
	"context"
	"fmt"
)

// Place is a place in the journal of a sandbox: after the event of a Seq, and before the next one. After a rewind the
// journal has events of earlier epochs too, so the epoch is that of the sandbox, and not that of the event.
type Place struct{ Epoch, Seq uint64 }

// Follower reads the journal of a sandbox as it grows. It keeps a place in it and no events, and the journal knows nothing
// of it: however slow a follower is, the sandbox neither waits for it nor keeps anything for it. One that is too slow
// finds that what it wants to read is forgotten, and is told so.
type Follower struct {
	sim *Sim
	at  Place
}

// News is what a Follower has found.
type News struct {
	Events []EventReport
	More   bool   // there are more, already
	Missed string // why there are events that the follower cannot have, if not "": then it goes on before the oldest that is there
}

// Span is the place before the oldest event that the journal remembers, and the one after the latest.
func (s *Sim) Span() (oldest, latest Place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.oldestPlace(), Place{s.epoch, s.journal.count}
}

func (s *Sim) oldestPlace() Place { return Place{s.epoch, s.journal.oldest() - 1} }

// Follow follows the journal from a place on. The error says that the budget is spent, or that the sandbox is gone. Close
// gives back what the follower has of the budget.
func (s *Sim) Follow(from Place) (*Follower, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, s.removed()
	}
	if err := s.reserve(BudgetStreams, 1); err != nil {
		return nil, err
	}
	return &Follower{sim: s, at: from}, nil
}

// Close ends the following. It is called once.
func (f *Follower) Close() {
	f.sim.mu.Lock()
	defer f.sim.mu.Unlock()
	f.sim.giveBack(BudgetStreams, 1)
}

// At is how far the follower has read.
func (f *Follower) At() Place { return f.at }

// Wait returns when Next has something to tell, or with the error of ctx when that ends first.
func (f *Follower) Wait(ctx context.Context) error {
	s := f.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.closed && f.at == (Place{s.epoch, s.journal.count}) {
		if err := s.sleep(ctx, &s.changes); err != nil {
			return err
		}
	}
	return nil
}

// Next is what comes next: as many events as there is room for in page, which has some. The error is that the sandbox was removed.
func (f *Follower) Next(page []EventReport) (News, error) {
	s := f.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return News{}, s.removed()
	}
	if why := f.missed(); why != "" {
		f.at = s.oldestPlace()
		return News{More: f.at.Seq < s.journal.count, Missed: why}, nil
	}
	n := 0
	for seq, e := range s.journal.after(f.at.Seq) {
		if n == len(page) {
			break
		}
		page[n] = s.eventReport(e)
		f.at.Seq = seq
		n++
	}
	return News{Events: page[:n], More: f.at.Seq < s.journal.count}, nil
}

// missed says why the journal does not have what comes after the place of the follower, or "".
func (f *Follower) missed() string {
	s := f.sim
	oldest := s.oldestPlace()
	switch {
	case f.at.Epoch != s.epoch:
		return fmt.Sprintf("the sandbox is in epoch %d, and no more in epoch %d: it was reset, taken back, or made anew", s.epoch, f.at.Epoch)
	case f.at.Seq > s.journal.count:
		return fmt.Sprintf("there is no event %d yet, so this is another sandbox than the one that had it", f.at.Seq)
	case f.at.Seq < oldest.Seq:
		return fmt.Sprintf("the events %d to %d are forgotten", f.at.Seq+1, oldest.Seq)
	}
	return ""
}
