package sim_test

import (
	"fmt"
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
	w.Early(t.Context(), r)
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
	w.Early(t.Context(), r)
	w.expectStates("delivered", "dropped", "held", "scheduled")
	w.Replied(r)
	w.idle()
	w.expectStates("delivered", "dropped", "held", "delivered")
	if sent := w.take(); len(sent) != 2 {
		t.Fatalf("%d attempts were sent", len(sent))
	}
}

// TestCopyOfAnAttempt: a copy is sent as the attempt was that it copies, and later attempts of it as those are.
func TestCopyOfAnAttempt(t *testing.T) {
	cfg := newConfig()
	cfg.Rules = []rule.Rule{{Name: "second", When: rule.When{Attempt: 2}, Callback: &rule.Callback{Duplicate: 1, Merge: "{}"}}}
	w := start(t, cfg)
	w.answer = func(a posted) sim.Answer { return map[bool]sim.Answer{true: err500, false: ok200}[a.CallbackCount < 3] }
	w.request(euicc.OpServicePlan, byLocal(1))
	w.idle()
	var sent []string
	for _, a := range w.take() {
		sent = append(sent, fmt.Sprintf("%d: attempt %d, merged %v", a.ID, a.CallbackCount, a.Effect != nil))
	}
	if want := []string{
		"1: attempt 1, merged false", "1: attempt 2, merged true", "2: attempt 2, merged true", "1: attempt 3, merged false", "2: attempt 3, merged false",
	}; !slices.Equal(sent, want) {
		t.Fatalf("sent %q\nwant %q", sent, want)
	}
}

// TestFiredAndDelayed: a callback that is held and fired, and that a rule delays then, is held no more.
func TestFiredAndDelayed(t *testing.T) {
	cfg := newConfig()
	cfg.Rules = []rule.Rule{{Name: "later", When: rule.When{Attempt: 1}, Callback: &rule.Callback{Delay: minute}}}
	w := start(t, cfg)
	if _, err := w.HoldAll(sim.HoldFilter{}); err != nil {
		t.Fatal(err)
	}
	w.request(euicc.OpServicePlan, byLocal(1))
	w.idle()
	w.expectStates("held")
	if _, err := w.Fire(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	w.expectStates("scheduled")
	w.ReleaseAll()
	w.idle()
	w.expectStates("delivered")
	if sent := w.take(); len(sent) != 1 || w.since() != minute {
		t.Fatalf("%d attempts were sent, after %s", len(sent), w.since())
	}
}
