package sim_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
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
	if d.kind == stepDeed && d.step.kind == callStep && d.step.plan == "" && len(d.step.devices) == 0 {
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
	// A callback may be held again at its next attempt.
	for range 20 {
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
		for i := len(w.waiting) - 1; i >= 0; i-- {
			if !w.waiting[i].Late {
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
			w.Expire(p.Expire, "bearer", "session", hit.Event)
		}
		if p.Expire != rule.ExpireNothing || p.Status != 0 || p.Cut == rule.CutBefore {
			return
		}
		r.Rule, r.RuleDid, r.RuleEvent = hit.Name, hit.Did, hit.Event
		r.Late, r.Lost = p.After > 0, p.Accept
	}
	submit := w.Submit
	if r.Query != nil {
		submit = w.Ask
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

// checkCards: whatever rules do, no card contradicts itself, no identifier is there twice, and no profile changes its role
// (the invariants of a card that do not compare it with what was told).
func (w *ruled) checkCards() {
	w.Helper()
	seen := map[string]bool{}
	once := func(id string) {
		if id != "" && seen[id] {
			w.Fatalf("%s is there twice:\n%s", id, dump(w.world))
		}
		seen[id] = true
	}
	for _, d := range w.Devices("", 10) {
		if found := d.Contradictions(); len(found) > 0 {
			w.Fatalf("device %s: %+v\n%s", d.EID, found, dump(w.world))
		}
		for _, p := range d.Profiles {
			once(p.ICCID)
			once(p.MDN)
			if was := w.roles[p.ICCID]; was != "" && was != p.Role.String() {
				w.Fatalf("profile %s was %s and is %s", p.ICCID, was, p.Role)
			}
			w.roles[p.ICCID] = p.Role.String()
		}
	}
	checkHolds(w.TB, w.world)
}

// checkJournal reads the journal: causes come first, attempts are sent one after the other, and
//
//   - no attempt is sent before the reply to its request, but those of callbacks that a rule wants early, and those that
//     somebody fires;
//   - the callbacks of one card leave in order: attempt n of one of them only when attempt n of each of those before it has
//     failed, or the callback is finished. Excepted are those that were taken out of the chain of their card: by a swap, because they were
//     held or dropped, by hand, and copies. A delay does not let others pass: they wait too, and neither does early.
func (w *ruled) checkJournal() {
	w.Helper()
	var last event
	stories, cards := map[uint64]*story{}, map[string][]uint64{}
	out, early := map[uint64]bool{}, map[uint64]bool{}
	for id := range w.epoch.steered {
		out[id] = true
	}
	for _, e := range w.events() {
		if e.Seq != last.Seq+1 || e.At < last.At || e.Cause >= e.Seq {
			w.Fatalf("event %+v after %+v", e, last)
		}
		if last = e; e.Callback == 0 {
			continue
		}
		s := stories[e.Callback]
		if s == nil {
			s = &story{}
			stories[e.Callback] = s
		}
		switch e.Kind {
		case sim.OperationSucceeded, sim.OperationRefused, sim.OperationWarned:
			if _, err := w.Device(e.callback.Card.EID); err == nil {
				cards[e.callback.Card.EID] = append(cards[e.callback.Card.EID], e.Callback)
			}
		case sim.CallbackHeld, sim.CallbackDuplicated, sim.CallbackDropped, sim.CallbackResent:
			out[e.Callback] = true
			if s.over = e.Kind == sim.CallbackDropped; e.Kind == sim.CallbackResent {
				s.sent, s.failed = 0, 0
			}
		case sim.RuleApplied:
			out[e.Callback] = out[e.Callback] || strings.Contains(e.Detail, "swap")
			early[e.Callback] = early[e.Callback] || strings.Contains(e.Detail, ": early")
		case sim.AttemptSent:
			if s.over || s.sent != s.failed {
				w.Fatalf("callback %d was sent again at event %d: %+v\n%s", e.Callback, e.Seq, *s, dump(w.world))
			}
			s.sent++
			if at, ok := w.epoch.replied[e.Request]; (!ok || e.Seq <= at) && !w.epoch.fired[e.Callback] && !(early[e.Callback] && s.sent == 1) {
				w.Fatalf("event %d is before the reply:\n%s", e.Seq, dump(w.world))
			}
			line := cards[e.EID]
			if out[e.Callback] {
				break
			}
			for _, before := range line[:max(slices.Index(line, e.Callback), 0)] {
				if b := stories[before]; !out[before] && !b.over && b.failed < s.sent {
					w.Fatalf("attempt %d of callback %d overtook callback %d (%+v):\n%s", s.sent, e.Callback, before, *b, dump(w.world))
				}
			}
		case sim.AttemptFailed:
			s.failed++
		case sim.AttemptAcknowledged, sim.CallbackArchived, sim.CallbackNoListener:
			if s.over || e.Kind == sim.AttemptAcknowledged && s.sent != s.failed+1 {
				w.Fatalf("callback %d ended at event %d: %+v\n%s", e.Callback, e.Seq, *s, dump(w.world))
			}
			s.over = true
		}
	}
}

// checkOver: in the end every request is finished, every callback is final, and nothing of a rule is left.
func (w *ruled) checkOver() {
	w.Helper()
	checkCounts(w.TB, w.world)
	if info := w.Info(); info.Requests != 0 || info.Callbacks != 0 {
		w.Fatalf("%d requests and %d callbacks are still to come:\n%+v\n%s", info.Requests, info.Callbacks, w.Pending("", 100), dump(w.world))
	}
	if report := w.idle(); !report.Idle || report.Pending != 0 || report.Held != 0 {
		w.Fatalf("%+v", report)
	}
	copies := map[uint64]bool{}
	for _, e := range w.events() {
		copies[e.Callback] = copies[e.Callback] || e.Kind == sim.CallbackDuplicated
	}
	for _, r := range w.Requests(0, 1_000_000) {
		report, err := w.RequestReport(r.Request.ID, 0, 100)
		if err != nil {
			w.Fatalf("%v", err)
		}
		for _, e := range report.Entries {
			w.checkEntry(r.Request, e, copies)
		}
	}
	if left := w.RuleLeftovers(); left != "" {
		w.Fatalf("rules leave behind: %s\n%s", left, dump(w.world))
	}
}

// checkEntry: what came of each entry is told once, of each profile and of the device, and at most one warning before it;
// nothing of what is silent or lost.
func (w *ruled) checkEntry(r sim.Request, e sim.EntryReport, copies map[uint64]bool) {
	w.Helper()
	ends, warnings := 0, 0
	for _, c := range e.Callbacks {
		switch {
		case copies[c.ID]:
		case c.Outcome.Warning == euicc.Unreachable:
			warnings++
		case c.Outcome.Device == r.Op.WholeDevice():
			ends++
		}
	}
	want := 1
	if r.Lost || slices.ContainsFunc(e.Rules, func(a sim.Applied) bool { return strings.Contains(a.Did, "silent") }) {
		want = 0
	}
	if e.Done == r.Lost || ends != want || warnings > want {
		w.Fatalf("entry %d of request %d, done %v: told %d times, warned %d times\n%s", e.N, r.Number, e.Done, ends, warnings, dump(w.world))
	}
}

// TestRulesKeepPromises, under random rules, steering, holds and resets: nothing panics, nothing is lost, every card is one that can
// be, and the same seed has the same journal.
func TestRulesKeepPromises(t *testing.T) {
	often(t, 5, func(t *rapid.T) {
		cfg, deeds, mood := drawZoo(t), rapid.SliceOfN(drawDeed, 10, 60).Draw(t, "deeds"), rapid.IntRange(0, 99).Draw(t, "mood")
		cfg.Rules = drawRules(t, 5)
		for _, r := range cfg.Rules {
			checkRule(t, r)
		}
		limit := rapid.SampledFrom([]int{5_000_000, 5_000_000, 40}).Draw(t, "pending")
		budgets := sim.NewBudgets()
		budgets.Limit(sim.BudgetPending, limit)
		w := newRuled(t, cfg, budgets, mood)
		w.play(deeds)
		w.checkOver()
		for _, b := range budgets.Use() {
			if b.Used != 0 && (b.Name == "pending" || b.Name == "holds") {
				t.Fatalf("%d of %s are used in the end", b.Used, b.Name)
			}
		}
		w.Close()
		for _, b := range budgets.Use() {
			if b.Used != 0 {
				t.Fatalf("%d of %s are used by nobody", b.Used, b.Name)
			}
		}
		again := newRuled(t, cfg, budgets, mood)
		if again.play(deeds); again.log.String() != w.log.String() {
			t.Fatalf("once\n%s\nagain\n%s", w.log.String(), again.log.String())
		}
	})
}

// TestRulesThatNeverMatch change nothing, though some of them are looked at.
func TestRulesThatNeverMatch(t *testing.T) {
	often(t, 2, func(t *rapid.T) {
		cfg, mood := drawZoo(t), rapid.IntRange(0, 99).Draw(t, "mood")
		deeds := slices.DeleteFunc(rapid.SliceOfN(drawDeed, 10, 60).Draw(t, "deeds"), func(d deed) bool { return d.rules != nil })
		without := newRuled(t, cfg, nil, mood)
		without.play(deeds)
		cfg.Rules = neverMatching(t, drawRules(t, 8))
		for _, r := range cfg.Rules {
			checkRule(t, r)
		}
		with := newRuled(t, cfg, nil, mood)
		if with.play(deeds); with.log.String() != without.log.String() {
			t.Fatalf("without %+v\n%s\nwith them\n%s", cfg.Rules, without.log.String(), with.log.String())
		}
	})
}

// carriedOut is everything that was carried out, refused or waited for, card by card, and nothing of how it was told. What
// comes early also comes before what other cards have at that instant.
func carriedOut(w *world) []string {
	var all []string
	for _, e := range w.events() {
		switch e.Kind {
		case sim.DeviceChanged, sim.RequestAccepted, sim.OperationSucceeded, sim.OperationRefused, sim.OperationWaiting, sim.OperationWarned, sim.ProfileFellBack:
			all = append(all, fmt.Sprintf("%32s %s %s %d %s %s", e.EID, e.At.Time().Format(time.RFC3339Nano), e.Kind, e.Request, e.ICCID, e.Detail))
		}
	}
	records, _, _ := w.History(&sim.HistoryFilter{}, 1_000_000)
	for _, r := range records {
		if strings.HasPrefix(r.MDN, "201555") {
			r.MDN = "some number"
		}
		all = append(all, fmt.Sprintf("%32s %+v", r.EID, r))
	}
	slices.SortStableFunc(all, func(a, b string) int { return strings.Compare(a[:len(eid(1))], b[:len(eid(1))]) })
	return all
}

// TestTellingChangesNothingElse: rules that interfere with callbacks leave cards, history and what comes of requests as
// they are without them.
func TestTellingChangesNothingElse(t *testing.T) {
	often(t, 3, func(t *rapid.T) {
		cfg, steps, salt := drawZoo(t), withoutNumbers(drawSteps(t)), rapid.IntRange(0, 9).Draw(t, "mood")
		rules := drawRules(t, 5)
		for i := range rules {
			if rules[i].Callback == nil {
				rules[i] = rule.Rule{Name: rules[i].Name, Callback: drawCallback(t)}
			}
		}
		play := func(rules []rule.Rule) *world {
			cfg.Rules = rules
			w := &ruled{world: start(t, cfg), roles: map[string]string{}}
			w.answer = moody(salt)
			w.begin()
			w.pass(0)
			for _, s := range steps {
				// What an early rule carries out before the reply is otherwise carried out right after it.
				w.step(deed{step: s, n: 1})
				w.pass(0)
			}
			for range 10 {
				w.idle()
				w.ReleaseAll()
			}
			w.advance(sim.Goal{To: w.Info().Start.Add(1000 * time.Hour)})
			w.checkJournal()
			w.checkOver()
			return w.world
		}
		without, with := play(nil), play(rules)
		if a, b := cardsOf(without, false), cardsOf(with, false); !slices.Equal(a, b) {
			t.Fatalf("without:\n%q\nwith %+v:\n%q", a, rules, b)
		}
		if a, b := carriedOut(without), carriedOut(with); !slices.Equal(a, b) {
			t.Fatalf("without:\n%s\nwith %+v:\n%s", strings.Join(a, "\n"), rules, strings.Join(b, "\n"))
		}
	})
}

// TestWarningWaitsForTheReply: of what an early rule lets begin before the reply, nothing is told before it that the rule does
// not want early, however long the reply takes.
func TestWarningWaitsForTheReply(t *testing.T) {
	cfg, wall := newConfig(), time.Duration(0)
	cfg.Clock = config.Real
	cfg.Rules = []rule.Rule{{Name: "early", Callback: &rule.Callback{Early: true}}}
	w := startWith(t, cfg, func() time.Duration { return wall })
	w.power(1, false)
	r := w.submit(euicc.OpDownload, "", byLocal(1))
	w.Early(context.Background(), r)
	for range 10 {
		wall += time.Hour
		w.Drive()
	}
	if sent := w.take(); len(sent) > 0 {
		t.Fatalf("before the reply: %+v", sent)
	}
	w.Replied(r)
	w.Drive()
	w.Drive()
	w.expectTold(r, "LOCAL PRE_ACTIVE (waits), delivered", "LOCAL expired, delivered")
}

// TestSteeredWhileEarly: who steers a callback while another one is sent before the reply has taken it over.
func TestSteeredWhileEarly(t *testing.T) {
	cfg := newConfig()
	cfg.Rules = []rule.Rule{{Name: "early", Callback: &rule.Callback{Early: true}}}
	w := start(t, cfg)
	w.answer = func(a posted) sim.Answer {
		if a.ID == 1 {
			w.steer(2, sim.Drop)
			w.steer(3, sim.Hold)
			w.steer(4, sim.Hold)
			w.steer(4, sim.Release)
		}
		return ok200
	}
	r := w.submit(euicc.OpServicePlan, "", byLocal(1), byLocal(2), byLocal(3), euicc.IDs{EID: "none"})
	w.Early(context.Background(), r)
	w.expectStates("delivered", "dropped", "held", "scheduled")
	w.Replied(r)
	w.idle()
	w.expectStates("delivered", "dropped", "held", "delivered")
	if sent := w.take(); len(sent) != 2 {
		t.Fatalf("%d attempts were sent", len(sent))
	}
}
