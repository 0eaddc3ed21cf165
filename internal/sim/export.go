package sim

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/scheduler"
)

// Export is the sandbox as a State, and how long that took the lock. Nothing that happens in the sandbox afterwards changes
// it.
func (s *Sim) Export() (State, time.Duration) {
	s.lock()
	var st State
	held := s.timed(func() { st = s.export() })
	s.mu.Unlock()
	st.sort()
	return st, held
}

// timed says how long something takes of the wall clock, where there is one.
func (s *Sim) timed(do func()) time.Duration {
	if s.env.Wall == nil {
		do()
		return 0
	}
	began := s.env.Wall()
	do()
	return s.env.Wall() - began
}

// export is the State but for the order of some of its lists; see sort. The caller has the lock.
func (s *Sim) export() State {
	e := exporter{s: s, places: map[*config.Listener]int{}, known: map[config.Listener]int{}}
	e.st = State{
		Version: StateVersion, Config: *s.cfg, Epoch: s.epoch, Branched: s.branched, Inputs: s.inputs, Clock: s.clock.mode, Speed: s.clock.speed,
		Advancing: s.advancing, Wall: s.wallNow(), DevicesEver: s.numbered.count, Fleet: len(s.fleet), ICCIDsUsed: s.iccidsUsed,
		Now: s.jobs.Now(), Accepted: s.jobs.Seq(), Asked: s.asked, Rules: s.rules.Save(),
		EIDs: savedIDs(s.byEID, s), ICCIDs: savedIDs(s.byICCID, s), IMEIs: savedIDs(s.byIMEI, s), MDNs: savedIDs(s.byMDN, s),
		Timeline: saveTable(&s.timeline, func(_ uint64, t *config.TimelineEvent) config.TimelineEvent { return *t }),
		Journal:  saveTable(&s.journal, func(_ uint64, e *Event) Event { return *e }),
		History:  saveTable(&s.history, func(_ uint64, r *Record) Record { return *r }),
		Holds:    saveTable(&s.holds, func(_ uint64, h *Holding) Holding { return *h }),
		Calls: saveTable(&s.calls.calls, func(_ uint64, c *Call) Call {
			call := *c
			call.room = 0 // follows from the rest
			return call
		}),
		Snapshots: slices.Clone(s.snapshots), Early: slices.Clone(s.early), Ran: s.count.ran, Acked: s.count.delivered, Failed: s.count.failed,
	}
	st := &e.st
	st.Config.Credentials, st.Config.Listeners = slices.Clone(s.cfg.Credentials), slices.Clone(s.cfg.Listeners)
	e.devices()
	e.jobs()
	e.tokens()
	e.requests()
	st.Callbacks = saveTable(&s.callbacks, e.callback)
	e.rules()
	for _, l := range s.listeners {
		st.Listeners = append(st.Listeners, *l)
	}
	for key, waiting := range s.mail {
		if len(waiting) > 0 {
			st.Mailboxes = append(st.Mailboxes, SavedMailbox{key.account, key.service, slices.Clone(waiting)})
		}
	}
	for _, o := range s.outbox {
		st.Outbox = append(st.Outbox, o.Callback)
	}
	for _, a := range s.answers {
		st.Answers = append(st.Answers, SavedAnswer{a.callback, a.answer})
	}
	st.Usage = SavedUsage{Second: s.usage.second, Calls: s.usage.calls, Activates: slices.Clone(s.usage.activates)}
	for iccid, u := range s.usage.lines {
		st.Usage.Lines = append(st.Usage.Lines, SavedLineUse{iccid, u.day, u.month, u.actions, u.planMoves})
	}
	return e.st
}

// sort puts the lists of a State into their order, which takes long for many devices and jobs, and needs no lock.
func (st *State) sort() {
	for _, ids := range [][]SavedID{st.EIDs, st.ICCIDs, st.IMEIs, st.MDNs} {
		slices.SortFunc(ids, func(a, b SavedID) int { return cmp.Or(cmp.Compare(a.Device, b.Device), strings.Compare(a.ID, b.ID)) })
	}
	slices.SortFunc(st.Jobs, func(a, b SavedJob) int { return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.Seq, b.Seq)) })
	slices.SortFunc(st.Tokens.Bearers, func(a, b SavedToken) int { return strings.Compare(a.Of, b.Of) })
	slices.SortFunc(st.Tokens.Wrong, func(a, b SavedWrong) int { return strings.Compare(a.User, b.User) })
	slices.SortFunc(st.Tokens.Changed, func(a, b SavedPassword) int { return strings.Compare(a.User, b.User) })
	slices.SortFunc(st.Listeners, func(a, b config.Listener) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Service, b.Service))
	})
	slices.SortFunc(st.Mailboxes, func(a, b SavedMailbox) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Service, b.Service))
	})
	slices.SortFunc(st.Usage.Lines, func(a, b SavedLineUse) int { return strings.Compare(a.ICCID, b.ICCID) })
	slices.SortFunc(st.CallbackRules, func(a, b SavedCallbackRule) int { return cmp.Compare(a.Callback, b.Callback) })
	slices.SortFunc(st.OutcomeRules, func(a, b SavedOutcomeRule) int {
		return cmp.Or(cmp.Compare(a.Request, b.Request), cmp.Compare(a.Entry, b.Entry))
	})
	slices.SortFunc(st.Aside, func(a, b SavedAside) int { return cmp.Compare(a.Request, b.Request) })
	slices.SortFunc(st.Swaps, func(a, b SavedSwap) int { return strings.Compare(a.Account, b.Account) })
}

// exporter makes a State.
type exporter struct {
	s      *Sim
	st     State
	places map[*config.Listener]int // in st.Told
	known  map[config.Listener]int  // the same by what they say
}

// saveTable is the records of a table, each as save says.
func saveTable[T, S any](t *table[T], save func(number uint64, record *T) S) Numbered[S] {
	n := Numbered[S]{Count: t.count}
	if t.live > 0 {
		n.Records = make([]S, 0, t.live)
	}
	for number, record := range t.after(0) {
		if last := len(n.Numbers) - 1; last >= 0 && n.Numbers[last].To+1 == number {
			n.Numbers[last].To = number
		} else {
			n.Numbers = append(n.Numbers, Range{number, number})
		}
		n.Records = append(n.Records, save(number, record))
	}
	return n
}

// numberOf is that of a device; 0 for none, or one that is gone.
func (x *index) numberOf(d *device) int32 {
	if d != nil && x.deviceByNumber(d.number) == d {
		return d.number
	}
	return 0
}

func savedIDs(of map[string]*device, s *Sim) []SavedID {
	ids := make([]SavedID, 0, len(of))
	for id, d := range of {
		ids = append(ids, SavedID{id, s.numberOf(d)})
	}
	return ids
}

func (e *exporter) devices() {
	s, profiles := e.s, 0
	for _, d := range s.devices {
		profiles += len(d.Profiles)
	}
	room := make([]euicc.Profile, 0, profiles) // in one piece, rather than a million
	e.st.Devices = make([]SavedDevice, len(s.devices))
	for i, d := range s.devices {
		e.st.Devices[i] = SavedDevice{Number: d.number, Account: d.account.Name, Card: d.Card, Added: d.added, Free: d.free, Last: d.last}
		saved, first := &e.st.Devices[i], len(room)
		room = append(room, d.Profiles...)
		saved.Card.Profiles = room[first:len(room):len(room)]
		if place, ok := s.numbering.IndexOfEID(d.EID); s.generatedDevice(place, ok) == d {
			saved.Place = int(place) + 1
		}
		if w := d.waiting; w != nil {
			saved.Waiting = &SavedWaiting{saveJob(w.job), w.iccid, w.deadline, w.warned, w.scheduled}
		}
	}
	if len(s.generated) > 0 {
		e.st.GeneratedMDNs = make([]int32, len(s.generated))
	}
	for i, d := range s.generated {
		e.st.GeneratedMDNs[i] = s.numberOf(d)
	}
}

func saveJob(j job) SavedJob {
	return SavedJob{Kind: j.kind, Busy: j.busy, Entry: j.entry, About: j.about}
}

func (e *exporter) jobs() {
	place := func(item scheduledJob) SavedJob {
		j := saveJob(item.Job)
		j.Due, j.Seq = item.Due, item.Seq
		return j
	}
	for _, item := range e.s.jobs.Save() {
		j := place(item.Item)
		j.Background, j.Brief = item.Kind == scheduler.Background, item.Brief
		e.st.Jobs = append(e.st.Jobs, j)
	}
	for request, jobs := range e.s.aside {
		a := SavedAside{Request: request}
		for _, item := range jobs {
			a.Jobs = append(a.Jobs, place(item))
		}
		e.st.Aside = append(e.st.Aside, a)
	}
}

func (e *exporter) tokens() {
	t := &e.s.tokens
	e.st.Tokens = SavedTokens{Issued: t.issued, Since: t.since, Renewed: t.renewed}
	to := &e.st.Tokens
	save := func(t *token) SavedToken {
		return SavedToken{t.number, config.Secret(t.text), t.bearer, t.of, t.at, t.epoch}
	}
	for _, b := range t.bearers {
		to.Bearers = append(to.Bearers, save(b))
	}
	for is := t.open.oldest; is != nil; is = is.newer {
		to.Sessions = append(to.Sessions, save(is))
	}
	for is := t.over.oldest; is != nil; is = is.newer {
		to.Over = append(to.Over, save(is))
	}
	for user, times := range t.wrong {
		to.Wrong = append(to.Wrong, SavedWrong{user, times})
	}
	for user, password := range t.changed {
		to.Changed = append(to.Changed, SavedPassword{user, config.Secret(password)})
	}
}

func (e *exporter) requests() {
	e.st.Requests = saveTable(&e.s.requests, func(_ uint64, r *request) SavedRequest {
		saved := SavedRequest{
			Request: r.Request, Gated: r.gated, Early: r.early, Reserved: r.reserved, Left: r.left, Failed: r.failed,
			SMSR: slices.Clone(r.smsr), Results: slices.Clone(r.results), Callbacks: slices.Clone(r.callbacks),
			Accepted: r.accepted, Findings: r.findings,
		}
		for _, a := range r.applied {
			saved.Applied = append(saved.Applied, SavedApplied{a.Applied, a.entry, a.callback})
		}
		return saved
	})
}

func (e *exporter) callback(_ uint64, c *callback) SavedCallback {
	return SavedCallback{
		Request: c.request, Card: *c.card, Outcome: c.outcome, Listener: e.place(c.listener), Guard: c.guard,
		Attempts: slices.Clone(c.attempts), SentTo: e.place(c.sentTo), Due: c.due, Cause: c.cause, Latest: c.latest,
		Prev: c.prev, Next: c.next, Device: c.device, Shift: c.shift, Hold: c.hold, Entry: c.entry, State: c.state, Blocked: c.blocked,
	}
}

// place is that of a listener in State.Told.
func (e *exporter) place(l *config.Listener) int {
	if l == nil || l == nobody {
		return 0
	}
	n := e.places[l]
	if n == 0 {
		if n = e.known[*l]; n == 0 {
			e.st.Told = append(e.st.Told, *l)
			n = len(e.st.Told)
			e.known[*l] = n
		}
		e.places[l] = n
	}
	return n
}

func (e *exporter) rules() {
	for id, u := range e.s.callbackRules {
		e.st.CallbackRules = append(e.st.CallbackRules, SavedCallbackRule{
			Callback: id, By: u.by, Told: u.told, Effect: u.effect, Attempt: u.attempt, AtAttempt: u.atAttempt, AttemptBy: u.attemptBy,
			Copies: u.copies, CopiesBy: u.copiesBy, LetsGo: u.letsGo, IsCopy: u.isCopy, AwaitsNext: u.awaitsNext,
			WaitsFor: u.waitsFor, EarlyBy: u.earlyBy,
		})
	}
	for key, o := range e.s.outcomeRules {
		e.st.OutcomeRules = append(e.st.OutcomeRules, SavedOutcomeRule{key.request, key.entry, o.name, o.what, o.event, o.skipped})
	}
	for _, account := range slices.Sorted(maps.Keys(e.s.swaps)) {
		e.st.Swaps = append(e.st.Swaps, SavedSwap{account, e.s.swaps[account]})
	}
}
