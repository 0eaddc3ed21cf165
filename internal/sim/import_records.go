package sim

import (
	"tsim/internal/config"
)

// records are those that refer to nothing.
func (l *loader) records() error {
	s, st := l.s, l.st
	err := loadTable(&s.timeline, "event of the timeline", &st.Timeline, func(_ uint64, from, to *config.TimelineEvent) error {
		*to = *from
		return nil
	})
	if err == nil {
		err = loadLatest(&s.history, "record", &st.History, func(uint64, *Record) error { return nil })
	}
	if err == nil {
		err = loadTable(&s.holds, "hold", &st.Holds, func(number uint64, from, to *Holding) error {
			if *to = *from; to.ID != number {
				return bad("hold %d says that it is %d", number, to.ID)
			}
			to.Callbacks = 0 // counted with the callbacks
			return nil
		})
	}
	if err == nil {
		err = l.reserve(BudgetHolds, s.holds.live)
	}
	return err
}

func (l *loader) events() error {
	s := l.s
	return loadLatest(&s.journal, "event", &l.st.Journal, func(seq uint64, e *Event) error {
		if e.Seq != seq {
			return bad("event %d says that it is %d", seq, e.Seq)
		}
		if r := s.requests.get(e.Request); r != nil {
			r.events++
		}
		if c := s.callbacks.get(e.Callback); c != nil {
			c.events++
		}
		return nil
	})
}

// calls are those on record. For want of room, the oldest ones are left out.
func (l *loader) calls() error {
	s := l.s
	err := loadLatest(&s.calls.calls, "call", &l.st.Calls, func(number uint64, c *Call) error {
		if c.Number != number {
			return bad("call %d says that it is %d", number, c.Number)
		}
		s.calls.bytes += c.size()
		if c.room = 0; c.Request.Kept != KeptDropped && c.Reply.Kept != KeptDropped {
			c.room = callOverhead + c.size()
		}
		return nil
	})
	if err != nil {
		return err
	}
	room := 0
	for _, c := range s.calls.calls.after(0) {
		room += c.room
	}
	for l.reserve(BudgetCalls, room) != nil && s.calls.calls.live > 0 {
		room -= s.calls.forget()
	}
	return nil
}
