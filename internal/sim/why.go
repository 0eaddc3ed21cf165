package sim

import (
	"fmt"
	"strconv"
	"time"

	"tsim/internal/config"
	"tsim/internal/scheduler"
)

type scheduledJob = scheduler.Item[job]

// whyNotDone says why an execution is still to come.
func (s *Sim) whyNotDone(j *job, due Instant) string {
	r := s.request(j.about)
	switch {
	case r.Late && len(s.aside[r.Number]) > 0:
		return "the rule " + r.Rule + " keeps the reply to the call back, and what it asks for with it"
	case r.gated:
		return "the reply to the call has not been written yet"
	case j.kind == expiry:
		lacks := "has no network"
		if o := s.outcomeRules[entryKey{j.about, j.entry}]; o != nil && o.what.Expire {
			lacks = "is out of reach, as the rule " + o.name + " has it"
		} else if !s.occupied(r, j.entry).Powered {
			lacks = "is switched off"
		}
		return "the device " + lacks + "; the SM-SR tries until " + text(due) + s.clockStands(due)
	}
	return "it is carried out at " + text(due) + s.clockStands(due)
}

// whyNotDelivered says why a callback is not delivered, or "".
func (s *Sim) whyNotDelivered(c *callback) string {
	account := s.request(c.request).Account
	switch c.state {
	case Delivered:
		return ""
	case Held:
		return "it is held back until it is released, fired or dropped"
	case Dropped:
		return "it was dropped on request"
	case InFlight:
		return fmt.Sprintf("attempt %d was sent at %s and is not answered yet", c.sent(), text(c.due))
	case InMailbox:
		return fmt.Sprintf("attempt %d is in the mailbox since %s, until somebody takes and answers it", c.sent(), text(c.due))
	case Archived:
		return fmt.Sprintf("all %d attempts failed, the last one with %s", c.sent(), c.lastAnswer())
	case NoListener:
		return "there was no listener for " + config.ProfileService + " of the account " + account + " when it was to be sent"
	}
	why := ""
	if s.profileListener(account) == nil {
		why = "there is no listener for " + config.ProfileService + " of the account " + account + "; "
	}
	switch u := s.callbackRules[c.id]; {
	case u != nil && u.waitsFor != 0:
		return why + fmt.Sprintf("a rule lets it come after callback %d", u.waitsFor)
	case u != nil && u.awaitsNext:
		return why + "a rule lets it come after the next callback of the account, or alone at " + text(c.due) + s.clockStands(c.due)
	case c.blocked && s.request(c.request).gated:
		return why + "the reply to the call has not been written yet"
	case c.blocked:
		return why + fmt.Sprintf("it leaves after callback %d of the same card, which is %s", c.prev, s.callbacks.get(c.prev).state)
	case c.state == Retrying:
		return why + fmt.Sprintf("attempt %d failed with %s, the next one is due at %s", c.sent(), c.lastAnswer(), text(c.due)) + s.clockStands(c.due)
	}
	return why + "it is due at " + text(c.due) + s.clockStands(c.due)
}

// clockStands says that nobody moves the clock to where something is due.
func (s *Sim) clockStands(due Instant) string {
	switch {
	case s.clock.mode == config.Manual && !s.advancing:
		return ", and the clock is in manual mode: it stands at " + text(s.jobs.Now()) + " until it is advanced"
	case s.stepping() && s.nextIsGated():
		return ", and time waits for the reply to another call"
	case due > s.jobs.Now() && s.clock.mode == config.Real:
		return ", and it is " + text(s.jobs.Now())
	}
	return ""
}

// nextIsGated says whether the first job of all waits for a reply.
func (s *Sim) nextIsGated() bool {
	next, ok := s.jobs.Peek()
	return ok && s.gated(&next.Job)
}

// lastAnswer is what came of the latest attempt.
func (c *callback) lastAnswer() string {
	return c.attempts[len(c.attempts)-1].Answer.String()
}

// String is the status of an answer, or what happened instead of one.
func (a Answer) String() string {
	if a.Result == Replied {
		return strconv.Itoa(a.Status)
	}
	return a.Result.String()
}

func text(i Instant) string { return i.Time().Format(time.RFC3339Nano) }
