package sim

import (
	"cmp"
	"maps"
	"slices"

	"tsim/internal/config"
	"tsim/internal/scheduler"
)

// A State may have things in it that somebody outside is at work on: a reply that is being written, an attempt in flight, an advance.
// An import leaves them as they are. But where nobody is at work on them any more, they are settled: in a fork, in a sandbox
// that was taken back to where it was, and after a crash.

// Fork is the State of another sandbox that goes on from this one, with a name and credentials of its own, and without tokens
// and snapshots. It begins an epoch, which must be one that no sandbox of that name ever had: requestIds come of both. What was
// in flight counts as not yet sent, but for what lies in mailboxes; that is settled when the State is imported.
func (st State) Fork(name string, credentials []config.Credential, epoch uint64) State {
	st.Config.Name, st.Config.Credentials, st.Config.Epochs, st.Epoch = name, credentials, 0, epoch
	st.Tokens, st.Snapshots, st.Inputs = SavedTokens{}, nil, 0
	st.Advancing, st.Branched, st.Unsent = false, true, true
	return st
}

// rewind takes the sandbox back to a State, which is one of itself, or nothing has changed. It keeps its name, credentials,
// passwords, tokens, which count as issued at that moment, and snapshots; and it begins the next epoch, so that answers of
// attempts that are in flight are ignored when they come, and whoever waits is sent away. Attempts that were in flight in the
// State count as not yet sent.
func (s *Sim) rewind(st *State, name string) error {
	if err := st.check(); err != nil {
		return err
	}
	cfg := st.Config
	cfg.Name, cfg.Credentials, cfg.Epochs = s.cfg.Name, s.cfg.Credentials, s.cfg.Epochs
	// What was is given up once what is to be is there.
	to := &Sim{env: s.env, room: s.room, reserved: s.reserved}
	to.configure(cfg)
	if err := to.load(st); err != nil {
		for which := range numBudgets {
			to.giveBack(which, to.reserved[which]-s.reserved[which])
		}
		return err
	}
	to.state.tokens = s.tokens
	s.configure(cfg)
	s.state, s.room, s.reserved = to.state, to.room, to.reserved
	s.clock.mode, s.clock.speed = st.Clock, st.Speed
	s.epoch, s.branched = s.nextEpoch(), true
	s.anchorHere()
	s.tokens.renewed = s.tokenTime()
	close(s.over)
	s.over = make(chan struct{})
	s.record(Event{Kind: SandboxRewound, Detail: name})
	s.settleUnsent()
	s.newCalls.send() // there will be none of the epoch that is over
	s.notify()
	return nil
}

// Recover settles what was at work when tsim ended without notice: attempts in flight count as unanswered, as ThingSpace
// has it. The epoch goes on, and so does time, from now on or from the last input if that was later.
func (s *Sim) Recover(now Instant) {
	s.doNow(&recoverSandbox{Now: now}) // time has not passed while nobody was there
	s.notify()
}

type recoverSandbox struct {
	Now Instant
	result
}

func (c *recoverSandbox) apply(s *Sim) {
	s.jobs.MoveTo(c.Now)
	s.anchorHere()
	s.advancing = false
	s.recordAnswers()
	s.settle(s.giveUp)
}

// settleUnsent settles a sandbox that was somewhere else before: nothing that was sent then is known to anybody here.
func (s *Sim) settleUnsent() {
	s.outbox, s.answers, s.inFlight = nil, nil, 0
	s.settle(s.unsend)
}

// settle ends what somebody outside was at work on: whoever was owed a reply has it, and what is to be done with attempts in
// flight is done, in the order in which they were sent.
func (s *Sim) settle(attempt func(*callback)) {
	var early []uint64
	for _, id := range slices.Sorted(maps.Keys(s.callbackRules)) {
		if s.callbackRules[id].earlyBy != "" {
			early = append(early, id)
		}
	}
	(&giveUpEarly{Callbacks: early}).apply(s)
	s.early = nil
	for _, r := range s.requests.after(0) {
		if r.gated {
			s.endReply(r)
		}
	}
	var sent []*callback
	for _, c := range s.callbacks.after(0) {
		if c.state == InFlight {
			sent = append(sent, c)
		}
	}
	slices.SortFunc(sent, func(a, b *callback) int { return cmp.Compare(a.latest, b.latest) })
	for _, c := range sent {
		attempt(c)
	}
}

// unsend makes an attempt in flight one that is still to be sent, now.
func (s *Sim) unsend(c *callback) {
	s.setState(c, Scheduled)
	if c.sent() > max(-int(c.shift), 0) {
		s.setState(c, Retrying)
	}
	if len(c.attempts) == 0 {
		c.sentTo = nil
	}
	c.due = s.jobs.Now()
	s.jobs.Add(c.due, scheduler.Owed, job{kind: delivery, about: c.id})
}

// giveUp lets an attempt in flight fail; one that is only about to be sent is sent yet.
func (s *Sim) giveUp(c *callback) {
	if slices.ContainsFunc(s.outbox, func(o outgoing) bool { return o.Callback == c.id }) {
		return
	}
	s.inFlight--
	s.answered(c, Answer{Result: Other, Err: "tsim was restarted"})
}
