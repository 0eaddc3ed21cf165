package sim_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"tsim/internal/config"
	"tsim/internal/rule"
	"tsim/internal/sim"

	"pgregory.net/rapid"
)

// deed is one thing that happens to a sandbox with rules: a step, as everywhere, or something to its rules, its
// callbacks, or all of it.
type deed struct {
	kind    deedKind
	step    step
	late    bool // the reply to the call is written after other deeds, though no rule keeps it back
	history bool // of a query
	rules   []rule.Rule
	name    string
	do      sim.Steering
	n       int // which of the callbacks, holds or late replies
}

type deedKind int

const (
	stepDeed deedKind = iota
	queryDeed
	repliedDeed
	addRules
	putRule
	setRules
	removeRule
	removeSet
	restartRule
	holdDeed
	liftDeed
	steerDeed
	fireDeed
	resetDeed
)

func (d deed) String() string {
	if d.kind == stepDeed {
		return d.step.String()
	}
	return fmt.Sprintf("deed %d: %+v %q %s %d %v", d.kind, d.rules, d.name, d.do, d.n, d.history)
}

var drawDeed = rapid.Custom(func(t *rapid.T) deed {
	d := deed{
		name: fmt.Sprintf("rule %d", rapid.IntRange(0, 9).Draw(t, "name")), n: rapid.IntRange(0, 30).Draw(t, "n"),
		late: maybe(t, "late"),
	}
	switch rapid.IntRange(0, 39).Draw(t, "deed") {
	case 0:
		d.kind, d.rules = addRules, drawRules(t, 2)
	case 1:
		d.kind, d.rules = putRule, []rule.Rule{drawRule(t)}
	case 2:
		d.kind, d.rules = setRules, drawRules(t, 2)
	case 3:
		d.kind = removeRule
	case 4:
		d.kind = removeSet
	case 5:
		d.kind = restartRule
	case 6:
		d.kind = holdDeed
	case 7:
		d.kind = liftDeed
	case 8, 9, 10, 11, 12:
		d.kind, d.do = steerDeed, sim.Steering(rapid.IntRange(0, 4).Draw(t, "steering"))
	case 13, 14:
		d.kind = fireDeed
	case 15, 16:
		d.kind = repliedDeed
	case 17:
		d.kind, d.history = queryDeed, rapid.Bool().Draw(t, "history")
	case 18:
		if maybe(t, "reset") {
			d.kind = resetDeed
		}
	default:
		d.step = drawStep.Draw(t, "step")
	}
	return d
})

// ruled is a world whose calls meet the rules, as they do on the wire.
type ruled struct {
	*world
	waiting []sim.Request     // for their replies, oldest first
	epoch   *ruledEpoch       // what is known of the present one
	roles   map[string]string // of profiles
	log     strings.Builder   // the journals of the epochs that are over
	resets  int               // that a listener may still do
}

// ruledEpoch is what was done to the sandbox since its last reset, and is not in its journal.
type ruledEpoch struct {
	replied map[uint64]uint64 // by request: the last event before its reply
	fired   map[uint64]bool   // callbacks that were sent by hand
	steered map[uint64]bool   // callbacks that were taken out of the chain of their card by hand
}

func newRuled(t rapid.TB, cfg config.Config, budgets *sim.Budgets, mood int) *ruled {
	t.Helper()
	w := &ruled{world: &world{TB: t}, roles: map[string]string{}, resets: 1}
	s, err := sim.New(cfg, sim.Env{Send: w.send, Budgets: budgets})
	if err != nil {
		t.Fatalf("new sandbox: %v", err)
	}
	w.Sim, w.answer = s, w.meddling(mood)
	w.begin()
	return w
}

func (w *ruled) begin() {
	w.epoch = &ruledEpoch{map[uint64]uint64{}, map[uint64]bool{}, map[uint64]bool{}}
	clear(w.roles)
}

// meddling is a moody listener that sometimes has something done to the sandbox, before it answers.
func (w *ruled) meddling(mood int) func(posted) sim.Answer {
	answer := moody(mood)
	return func(a posted) sim.Answer {
		h := fnv.New32a()
		fmt.Fprint(h, "meddling", mood, a.ID, a.CallbackCount)
		next := a.ID + 1
		switch h.Sum32() % 16 {
		case 0:
			w.steerIt(next, sim.Hold)
		case 1:
			w.steerIt(next, sim.Hold)
			w.steerIt(next, sim.Release)
		case 2:
			w.steerIt(next, sim.Drop)
		case 3:
			w.steerIt(a.ID, sim.Duplicate)
		case 4:
			if w.resets > 0 && h.Sum32()%7 == 0 {
				w.resets--
				w.reset()
			}
		}
		return answer(a)
	}
}

// send is that of any world, but for attempts that a reset has forgotten meanwhile.
func (w *ruled) send(url string, id sim.AttemptID) {
	if id.Epoch == w.Clock().Epoch {
		w.world.send(url, id)
	}
}

// steerIt steers a callback, if that is possible.
func (w *ruled) steerIt(id uint64, do sim.Steering) {
	c, err := w.Steer(id, do)
	if err == nil {
		w.epoch.steered[c.ID] = true // the copy, if it is one
	}
}

func (w *ruled) reset() {
	w.checkJournal()
	w.log.WriteString(dump(w.world))
	w.Reset(sim.ResetOptions{Listeners: true})
	w.begin()
}

// play does the deeds, looks at the cards after each, and lets everything come to its end.
func (w *ruled) play(deeds []deed) {
	w.Helper()
	for _, d := range deeds {
		w.doIt(d)
		w.checkCards()
	}
	// A callback may be held again at its next attempt, and those of a card wait for each other in a mailbox.
	for range 200 {
		for len(w.waiting) > 0 {
			w.reply(0)
		}
		w.ReleaseAll()
		w.idle()
		for _, c := range w.Callbacks(sim.CallbackFilter{}, 0, 1_000_000) {
			if c.State == sim.InMailbox {
				if _, err := w.AnswerMail(account, config.ProfileService, c.ID, 200+300*int(c.ID%2)); err != nil {
					w.Fatalf("mailbox: %v", err)
				}
			}
		}
		w.idle()
		if info := w.Info(); info.Requests == 0 && info.Callbacks == 0 && len(w.waiting) == 0 {
			break
		}
	}
	w.checkCards()
	w.checkJournal()
	w.log.WriteString(dump(w.world))
}

func (w *ruled) doIt(d deed) {
	w.Helper()
	switch callbacks := w.Callbacks(sim.CallbackFilter{}, 0, 1_000_000); d.kind {
	case stepDeed:
		w.step(d)
	case queryDeed:
		q := &sim.Query{Lines: &sim.LineFilter{}}
		if d.history {
			q = &sim.Query{History: &sim.HistoryFilter{}}
		}
		w.call(sim.Request{Account: account, Query: q}, "list_v2", d.late)
	case repliedDeed:
		if len(w.waiting) > 0 {
			w.reply(d.n % len(w.waiting))
		}
	case addRules:
		w.allow(w.AddRules(d.rules), sim.Conflict)
	case putRule:
		_, err := w.PutRule(d.rules[0])
		w.allow(err)
	case setRules:
		w.allow(w.SetRules(d.rules))
	case removeRule:
		w.allow(w.RemoveRule(d.name), sim.NotFound)
	case removeSet:
		w.RemoveRules("a set")
	case restartRule:
		w.allow(w.RestartRule(d.name), sim.NotFound)
	case holdDeed:
		f := sim.HoldFilter{}
		if d.n%2 == 0 {
			f.EID = eid(1 + d.n%3)
		}
		_, err := w.HoldAll(f)
		w.allow(err, sim.Overloaded)
	case liftDeed:
		_, err := w.Lift(1 + uint64(d.n%3))
		w.allow(err, sim.NotFound)
	case steerDeed:
		if n := len(callbacks); n > 0 {
			w.steerIt(callbacks[max(0, n-1-d.n/3)].ID, d.do)
		}
	case fireDeed:
		if n := len(callbacks); n > 0 {
			// Who asks for it knows before the listener does, which may reset the sandbox.
			if c := callbacks[max(0, n-1-d.n/3)]; c.State < sim.Delivered && c.State != sim.InMailbox {
				w.epoch.fired[c.ID], w.epoch.steered[c.ID] = true, true
				_, err := w.Fire(context.Background(), c.ID)
				w.allow(err)
			}
		}
	case resetDeed:
		w.reset()
	}
}

// allow takes only errors of some kinds.
func (w *ruled) allow(err error, kinds ...sim.Kind) {
	w.Helper()
	if err == nil {
		return
	}
	if e, ok := err.(*sim.Error); !ok || !slices.Contains(kinds, e.Kind) {
		w.Fatalf("%v", err)
	}
}

func (w *ruled) step(d deed) {
	w.Helper()
	switch s := d.step; s.kind {
	case callStep:
		w.call(sim.Request{
			Account: account, Op: s.op, Plan: s.plan, CheckFallback: s.checkFallback, Devices: sim.ListOf(s.devices...),
		}, s.op.String(), d.late)
	case timeStep:
		// Time waits for replies, but for those that a rule keeps back.
		for i, r := range slices.Backward(w.waiting) {
			if !r.Late {
				w.reply(i)
			}
		}
		w.pass(s.by)
	case deviceStep:
		w.outside(s.n, s.powered, s.connected)
	case listenerStep:
		if w.Deregister(account, config.ProfileService) != nil {
			l := newConfig().Listeners[0]
			if d.n%3 == 0 {
				l.URL = config.Mailbox
			}
			if err := w.Register(l); err != nil {
				w.Fatalf("register: %v", err)
			}
		}
	}
}

// call is what the floor above does for a call that is all right.
func (w *ruled) call(r sim.Request, operation string, late bool) {
	w.Helper()
	hit := w.AskReply(sim.CallFacts{
		Operation: operation, Method: "POST", Path: "/api/m2m/v1/devices/profile/actions/" + operation, Account: account, Devices: r.Devices,
	})
	if p := hit.Reply; p != nil {
		if p.Expire != rule.ExpireNothing {
			_ = w.Expire(hit, "bearer", "session")
		}
		if p.Expire != rule.ExpireNothing || p.Status != 0 || p.Cut == rule.CutBefore {
			return
		}
		r.Rule, r.RuleDid, r.RuleEvent = hit.Name, hit.Did, hit.Event
		r.Late, r.Lost = p.After > 0, p.Accept
	}
	submit := w.Submit
	if r.Query != nil {
		submit = w.Submit
	}
	r, err := submit(r)
	if w.allow(err, sim.Overloaded); err != nil {
		return
	}
	w.Early(context.Background(), r)
	w.waiting = append(w.waiting, r)
	if !r.Late && !late {
		w.reply(len(w.waiting) - 1)
	}
}

// reply writes one of the replies that wait.
func (w *ruled) reply(i int) {
	r := w.waiting[i]
	w.waiting = slices.Delete(w.waiting, i, i+1)
	if info := w.Info(); r.Epoch == info.Clock.Epoch {
		w.epoch.replied[r.Number] = uint64(info.Events)
	}
	w.Replied(r)
}
