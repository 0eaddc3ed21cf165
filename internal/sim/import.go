package sim

import (
	"cmp"
	"math"
	"slices"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/scheduler"
)

// Import makes a sandbox out of a State, which goes on exactly as the one would have that was exported. The error says what
// is wrong with the State, and where: it cannot be one that Export made then. Or it names the budget that is spent. Nothing
// that happens in the sandbox changes the State.
func Import(st State, env Env) (*Sim, error) {
	if err := st.check(); err != nil {
		return nil, err
	}
	s := &Sim{
		env: env, clock: clock{mode: st.Clock, speed: st.Speed}, epoch: st.Epoch, branched: st.Branched, inputs: st.Inputs, advancing: st.Advancing,
		wakeDriver: make(chan struct{}, 1), wakeAdvance: make(chan struct{}, 1), over: make(chan struct{}),
	}
	s.configure(st.Config)
	err := s.reserve(BudgetSandboxes, 1)
	if err == nil {
		err = s.load(&st)
	}
	if err == nil {
		err = s.loadSnapshots(st.Snapshots)
	}
	if err != nil {
		s.giveAllBack(allBudgets...)
		return nil, err
	}
	if st.Unsent {
		s.settleUnsent()
	}
	return s, nil
}

// allBudgets are those of which a sandbox may have something.
var allBudgets = []Budget{BudgetSandboxes, BudgetDevices, BudgetPending, BudgetHolds, BudgetWaits, BudgetCalls, BudgetSnapshots, BudgetStreams}

// maxEpoch is so far from the first one that nobody comes there, and from the last number that what follows it never comes to an end.
const maxEpoch = 1 << 53

// check says what is wrong with a State as a whole.
func (st *State) check() error {
	if st.Version != StateVersion {
		return Errorf(Invalid, "the state has version %d, and this tsim reads version %d: use the tsim that wrote it, or begin anew", st.Version, StateVersion)
	}
	if err := st.checkWords(); err != nil {
		return err
	}
	switch cfg := &st.Config; {
	case cfg.Start.Year() < 1678 || cfg.Start.Year() > 2261:
		return Errorf(Invalid, "the state is of a sandbox that starts in the year %d", cfg.Start.Year())
	case !(st.Speed > 0 && st.Speed <= config.MaxSpeed):
		return Errorf(Invalid, "the state has the speed %g, which is above 0 and at most %g", st.Speed, float64(config.MaxSpeed))
	case st.Epoch == 0 || st.Epoch > maxEpoch:
		return Errorf(Invalid, "the state has the epoch %d, and epochs go from 1 to %d", st.Epoch, uint64(maxEpoch))
	}
	return Impossible(st.Config.Problems())
}

// load puts everything of a State into a sandbox that has nothing but its configuration, and reserves room for it.
func (s *Sim) load(st *State) error {
	s.state = state{
		listeners: map[listenerKey]*config.Listener{}, mail: map[listenerKey][]uint64{}, requestNumbers: make(map[string]uint64, len(st.Requests.Records)),
		callbackRules: make(map[uint64]*callbackRule, len(st.CallbackRules)), outcomeRules: make(map[entryKey]*outcomeRule, len(st.OutcomeRules)),
		aside: map[uint64][]scheduledJob{}, swaps: map[string]uint64{}, tokens: newTokens(), asked: st.Asked,
	}
	s.count.ran, s.count.delivered, s.count.failed = st.Ran, st.Acked, st.Failed
	s.wall = st.Wall
	if s.env.Wall != nil {
		s.wallSince = st.Wall - s.env.Wall()
	}
	l := loader{s: s, st: st, room: s.reserved, told: map[config.Listener]*config.Listener{}}
	for _, step := range []func() error{
		l.devices, l.identifiers, l.listeners, l.records, l.requests, l.callbacks, l.waiting, l.rules, l.jobs,
		l.underway, l.events, l.tokens, l.usage, l.calls,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	for which, n := range l.room {
		s.giveBack(Budget(which), s.reserved[which]-n)
	}
	s.anchorHere()
	return nil
}

// reserve takes what a sandbox needs of a budget, beside what it has of it. What it has too much of it gives back in the end.
func (l *loader) reserve(which Budget, n int) error {
	if more := n - l.s.reserved[which]; more > 0 {
		if err := l.s.reserve(which, more); err != nil {
			return err
		}
	}
	l.room[which] = n
	return nil
}

// loader makes a sandbox out of a State.
type loader struct {
	s        *Sim
	st       *State
	told     map[config.Listener]*config.Listener // one for all that are equal
	listener []*config.Listener                   // the same by their place in State.Told, from 1
	effects  map[rule.Callback]*rule.Callback
	faults   map[rule.Fault]*rule.Fault
	room     reserves // that the sandbox needs
}

// bad is the error of a State that cannot be.
func bad(format string, args ...any) error {
	return Errorf(Invalid, "the state is damaged: "+format, args...)
}

// maxSpan is how many numbers there may be from the oldest record of a kind to the newest one: each takes room, whether or not
// it is there.
const maxSpan = 1 << 28

// loadTable puts records into a table, which must be empty.
func loadTable[T, S any](t *table[T], what string, n *Numbered[S], load func(number uint64, from *S, to *T) error) error {
	first, i := n.Count+1, 0
	if len(n.Numbers) > 0 {
		first = n.Numbers[0].From
	}
	if first == 0 || first > n.Count+1 || n.Count-first+1 > maxSpan || n.Count == math.MaxUint64 {
		return bad("the first %s is number %d of %d", what, first, n.Count)
	}
	t.begin(n.Count, first)
	next := first
	for _, r := range n.Numbers {
		if r.From < next || r.To < r.From || r.To > n.Count || r.To-r.From >= uint64(len(n.Records)-i) {
			return bad("%ss %d to %d, of %d, %d of which are there", what, r.From, r.To, n.Count, len(n.Records))
		}
		for number := r.From; number <= r.To; number++ {
			if err := load(number, &n.Records[i], t.restore(number)); err != nil {
				return err
			}
			i++
		}
		next = r.To + 1
	}
	if i != len(n.Records) {
		return bad("%d %ss are there, and %d have numbers", len(n.Records), what, i)
	}
	return nil
}

// loadLatest is loadTable for records of which only the oldest ones are ever gone.
func loadLatest[T any](t *table[T], what string, n *Numbered[T], check func(number uint64, r *T) error) error {
	if len(n.Numbers) > 1 || len(n.Numbers) == 1 && n.Numbers[0].To != n.Count || len(n.Numbers) == 0 && n.Count > 0 {
		return bad("of %d %ss, not just the oldest ones are gone", n.Count, what)
	}
	return loadTable(t, what, n, func(number uint64, from, to *T) error {
		*to = *from
		return check(number, to)
	})
}

// inOrder says whether a list goes upwards by a key, which nothing has twice.
func inOrder[T any](list []T, compare func(a, b *T) int) bool {
	for i := 1; i < len(list); i++ {
		if compare(&list[i-1], &list[i]) >= 0 {
			return false
		}
	}
	return true
}

func (l *loader) devices() error {
	s, st := l.s, l.st
	if err := l.reserve(BudgetDevices, max(len(st.Devices), s.cfg.Size())); err != nil {
		return err
	}
	accounts := map[string]*config.Account{}
	places := 0
	for i := range s.cfg.Accounts {
		a := &s.cfg.Accounts[i]
		accounts[a.Name] = a
		for j := range a.Fleets {
			places += a.Fleets[j].Count
		}
		for j := range a.Cards {
			places += 2 + len(a.Cards[j].Profiles) // each identifier that is named costs a gap at the most
		}
	}
	x := &s.index
	first := st.DevicesEver + 1
	for i := range st.Devices {
		first = min(first, uint64(max(st.Devices[i].Number, 0)))
	}
	switch {
	case st.Fleet < 0 || st.Fleet > places:
		return bad("fleets have %d places, and there can be %d", st.Fleet, places)
	case st.DevicesEver > math.MaxInt32 || first == 0 || first > st.DevicesEver+1:
		return bad("the first device is number %d of %d", first, st.DevicesEver)
	case st.ICCIDsUsed < 0 || st.ICCIDsUsed > maxSpan:
		return bad("%d ICCIDs are used", st.ICCIDsUsed)
	}
	x.numbering, x.iccidsUsed = newNumbering(s.cfg.Seed), st.ICCIDsUsed
	x.fleet, x.devices = make([]device, st.Fleet), make([]*device, len(st.Devices))
	x.numbered.begin(st.DevicesEver, first)
	for i := range st.Devices {
		saved := &st.Devices[i]
		var d *device
		eid := saved.Card.EID
		if saved.Place == 0 {
			d = &device{}
		} else if place, ok := x.numbering.IndexOfEID(eid); !ok || saved.Place != int(place)+1 || saved.Place > st.Fleet {
			return bad("device %s is at place %d of the fleets", eid, saved.Place)
		} else {
			d = &x.fleet[place]
		}
		d.account = accounts[saved.Account]
		switch {
		case eid == "" || i > 0 && st.Devices[i-1].Card.EID >= eid:
			return bad("device %d of the list, %q, does not come after the one before it", i+1, eid)
		case d.account == nil:
			return bad("device %s: there is no account %q", eid, saved.Account)
		case saved.Number < 1 || uint64(saved.Number) > st.DevicesEver || x.numbered.get(uint64(saved.Number)) != nil:
			return bad("device %s has number %d, which another one has, or which was never given out", eid, saved.Number)
		}
		*x.numbered.restore(uint64(saved.Number)) = d
		d.Card, d.number, d.added, d.free, d.last = saved.Card, saved.Number, saved.Added, saved.Free, saved.Last
		if len(saved.Card.Profiles) <= len(d.profiles) {
			d.Profiles = append(d.profiles[:0], saved.Card.Profiles...)
		} else {
			d.Profiles = slices.Clone(saved.Card.Profiles)
		}
		if saved.Place > 0 {
			d.identity = Identity{d.EID, d.IMEI}
			d.called = &d.identity
		}
		x.devices[i] = d
	}
	return nil
}

// identifiers are what devices are found by.
func (l *loader) identifiers() error {
	x, gone := &l.s.index, &device{}
	for _, of := range []struct {
		what string
		ids  []SavedID
		to   *map[string]*device
		gone bool // devices may be gone
	}{
		{"EID", l.st.EIDs, &x.byEID, false}, {"ICCID", l.st.ICCIDs, &x.byICCID, false},
		{"IMEI", l.st.IMEIs, &x.byIMEI, false}, {"MDN", l.st.MDNs, &x.byMDN, true},
	} {
		*of.to = make(map[string]*device, len(of.ids))
		for _, id := range of.ids {
			d := x.deviceByNumber(id.Device)
			if d == nil && id.Device == 0 && of.gone {
				d = gone
			}
			if d == nil || (*of.to)[id.ID] != nil {
				return bad("%s %s: device %d is not there, or not the only one", of.what, id.ID, id.Device)
			}
			(*of.to)[id.ID] = d
		}
	}
	x.generated = make([]*device, len(l.st.GeneratedMDNs))
	for i, number := range l.st.GeneratedMDNs {
		if x.generated[i] = x.deviceByNumber(number); number != 0 && x.generated[i] == nil {
			return bad("number %d of those that are generated: device %d is not there", i+1, number)
		}
	}
	return nil
}

// share is one listener for all that are equal.
func (l *loader) share(one config.Listener) *config.Listener {
	if l.told[one] == nil {
		l.told[one] = &one
	}
	return l.told[one]
}

func (l *loader) listeners() error {
	for i := range l.st.Listeners {
		is := l.st.Listeners[i]
		if l.s.checkAccount(is.Account) != nil || config.CheckService(is.Service) != "" || l.s.listeners[keyOf(&is)] != nil {
			return bad("listener %d, of account %q for %q, cannot be there, or is there twice", i+1, is.Account, is.Service)
		}
		l.s.listeners[keyOf(&is)] = l.share(is)
	}
	l.listener = []*config.Listener{nobody}
	for _, is := range l.st.Told {
		l.listener = append(l.listener, l.share(is))
	}
	return nil
}

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

func (l *loader) requests() error {
	s, pending := l.s, 0
	err := loadTable(&s.requests, "request", &l.st.Requests, func(number uint64, from *SavedRequest, to *request) error {
		*to = request{
			Request: from.Request, gated: from.Gated, early: from.Early, reserved: from.Reserved, left: from.Left, failed: from.Failed,
			smsr: slices.Clone(from.SMSR), results: slices.Clone(from.Results), callbacks: slices.Clone(from.Callbacks),
			accepted: from.Accepted, findings: from.Findings,
		}
		for _, a := range from.Applied {
			to.applied = append(to.applied, applied{a.Applied, a.Entry, a.Callback})
		}
		most := to.Devices.Len()
		if to.Query != nil {
			most = 1
		}
		switch {
		case to.Number != number || to.ID == "" || s.requestNumbers[to.ID] != 0:
			return bad("request %d says that it is %d, %q", number, to.Number, to.ID)
		case s.checkAccount(to.Account) != nil:
			return bad("request %d: there is no account %q", number, to.Account)
		case to.Query != nil && ((to.Query.Lines == nil) == (to.Query.History == nil) || to.Devices.Len() > 0):
			return bad("request %d asks for nothing, or for two things", number)
		case len(to.results) != to.Devices.Len() || to.smsr != nil && len(to.smsr) != len(to.results) || most > MaxDevices:
			return bad("request %d: %d devices, %d results, %d cards", number, to.Devices.Len(), len(to.results), len(to.smsr))
		case to.left < 0 || to.left > most || to.failed < 0 || to.reserved < 0 || to.reserved > math.MaxInt32:
			return bad("request %d: %d executions to come, %d failed, room for %d", number, to.left, to.failed, to.reserved)
		case !inOrder(to.callbacks, func(a, b *uint64) int { return cmp.Compare(*a, *b) }):
			return bad("request %d: its callbacks are not in order", number)
		}
		s.requestNumbers[to.ID] = number
		pending += to.reserved
		if to.early && to.gated {
			s.earlyRequests++
		}
		for i, d := range to.smsr {
			if d := s.deviceByNumber(d); d != nil && to.left > 0 && to.results[i] == Undecided {
				d.smsr++
			}
		}
		return nil
	})
	if err == nil {
		err = l.reserve(BudgetPending, pending)
	}
	return err
}

func (l *loader) callbacks() error {
	s := l.s
	var last *Identity
	err := loadTable(&s.callbacks, "callback", &l.st.Callbacks, func(id uint64, from *SavedCallback, to *callback) error {
		r := s.request(from.Request)
		switch {
		case r == nil:
			return bad("callback %d: request %d is not there", id, from.Request)
		case int(from.Entry) >= max(len(r.results), 1):
			return bad("callback %d: request %d has no entry %d", id, from.Request, from.Entry)
		case !listed(r.callbacks, id):
			return bad("callback %d: request %d does not know of it", id, from.Request)
		case from.Listener < 0 || from.Listener >= len(l.listener) || from.SentTo < 0 || from.SentTo >= len(l.listener):
			return bad("callback %d: there are no listeners %d and %d", id, from.Listener, from.SentTo)
		case from.SentTo == 0 && (from.State == InFlight || from.State == InMailbox || len(from.Attempts) > 0):
			return bad("callback %d is %s, and was sent to nobody", id, from.State)
		case r.Query != nil && r.findings == nil:
			return bad("callback %d: nothing was found for request %d", id, from.Request)
		case from.Blocked && from.State != Scheduled && from.State != Retrying:
			return bad("callback %d is %s, and waits for another one", id, from.State)
		}
		*to = callback{
			id: id, request: from.Request, card: last, outcome: from.Outcome, listener: l.listener[from.Listener], guard: from.Guard,
			attempts: slices.Clone(from.Attempts), due: from.Due, cause: from.Cause, latest: from.Latest, prev: from.Prev, next: from.Next,
			device: from.Device, shift: from.Shift, hold: from.Hold, entry: from.Entry, state: from.State, blocked: from.Blocked,
		}
		if from.SentTo > 0 {
			to.sentTo = l.listener[from.SentTo]
		}
		if last == nil || *last != from.Card {
			last = l.identity(from.Card)
			to.card = last
		}
		if !to.final() {
			r.open++
			s.open++
		}
		if to.state == Held {
			s.countHeld(uint64(to.hold), 1)
		}
		return nil
	})
	for _, r := range s.requests.after(0) {
		if !r.finished() {
			s.unfinished++
		}
	}
	return err
}

// listed says whether a number is in a list that goes upwards.
func listed(list []uint64, n uint64) bool {
	_, ok := slices.BinarySearch(list, n)
	return ok
}

// identity is what a card is called: that of the device, which all its callbacks share, as long as it is called so.
func (l *loader) identity(card Identity) *Identity {
	if d := l.s.deviceByEID(card.EID); d != nil && *d.name() == card {
		return d.name()
	}
	return &card
}

// waiting are the operations that wait for their devices.
func (l *loader) waiting() error {
	for i, saved := range l.st.Devices {
		w := saved.Waiting
		if w == nil {
			continue
		}
		d := l.s.index.devices[i]
		d.waiting = &waiting{loadJob(&w.Job), w.ICCID, w.Deadline, w.Warned, w.Scheduled}
		if err := l.checkJob(&w.Job); err != nil {
			return err
		}
		if r := l.s.request(w.Job.About); w.Job.Kind != execution || l.s.occupied(r, w.Job.Entry) != d {
			return bad("device %s: what waits for it, entry %d of request %d, is about another one", d.EID, w.Job.Entry, w.Job.About)
		}
	}
	return nil
}

func loadJob(from *SavedJob) job {
	return job{kind: from.Kind, busy: from.Busy, entry: from.Entry, about: from.About}
}

// checkJob says what is wrong with a job.
func (l *loader) checkJob(j *SavedJob) error {
	s, ok := l.s, false
	switch j.Kind {
	case delivery:
		c := s.callbacks.get(j.About)
		ok = c != nil && !c.blocked && (c.state == Scheduled || c.state == Retrying)
	case timeline:
		ok = s.timeline.get(j.About) != nil
	case query:
		r := s.request(j.About)
		ok = r != nil && r.Query != nil && r.findings == nil && r.left > 0
	default:
		r := s.request(j.About)
		ok = r != nil && r.Query == nil && j.Entry >= 0 && int(j.Entry) < len(r.results) && r.results[j.Entry] == Undecided && r.left > 0
	}
	if ok && (j.Kind == warning || j.Kind == expiry) {
		d := s.occupied(s.request(j.About), j.Entry)
		ok = d != nil && d.waiting != nil && d.waiting.scheduled && d.waiting.job.about == j.About && d.waiting.job.entry == j.Entry
	}
	if ok && j.Kind == forewarning {
		ok = s.outcomeRules[entryKey{j.About, j.Entry}] != nil
	}
	if !ok {
		return bad("the %s %d, entry %d, that is due at %s, is about nothing that waits for it", j.Kind, j.About, j.Entry, j.Due.Time())
	}
	return nil
}

func (l *loader) jobs() error {
	s, st := l.s, l.st
	all := make([]scheduler.Saved[job], len(st.Jobs))
	once := make(map[job]bool, len(st.Jobs))
	note := func(j *SavedJob) error {
		key := loadJob(j)
		key.busy = false
		if key.kind == expiry {
			key.kind = execution // an entry has one of the two
		}
		if once[key] {
			return bad("the %s %d, entry %d, is there twice", j.Kind, j.About, j.Entry)
		}
		once[key] = true
		return l.checkJob(j)
	}
	for i := range st.Jobs {
		j := &st.Jobs[i]
		if err := note(j); err != nil {
			return err
		}
		all[i] = scheduler.Saved[job]{Item: scheduledJob{Due: j.Due, Seq: j.Seq, Job: loadJob(j)}, Brief: j.Brief}
		if j.Background {
			all[i].Kind = scheduler.Background
		}
	}
	for i := range st.Aside {
		a := &st.Aside[i]
		if i > 0 && st.Aside[i-1].Request >= a.Request {
			return bad("the jobs of request %d, whose reply is kept back, are not in order", a.Request)
		}
		for k := range a.Jobs {
			j := &a.Jobs[k]
			if err := note(j); err != nil {
				return err
			}
			s.aside[a.Request] = append(s.aside[a.Request], scheduledJob{Due: j.Due, Seq: j.Seq, Job: loadJob(j)})
		}
	}
	queue, err := scheduler.Restore(st.Now, st.Accepted, all)
	if err != nil {
		return bad("%v", err)
	}
	s.jobs = queue
	return nil
}

// underway is what was sent, lies in a mailbox, or is about to be sent.
func (l *loader) underway() error {
	s, st := l.s, l.st
	sent, seen := 0, map[uint64]bool{}
	for _, c := range s.callbacks.after(0) {
		if c.state == InFlight {
			sent++
		}
	}
	is := func(id uint64, state CallbackState) bool {
		c := s.callbacks.get(id)
		ok := c != nil && c.state == state && !seen[id]
		seen[id] = true
		return ok
	}
	for _, m := range st.Mailboxes {
		key := listenerKey{m.Account, m.Service}
		for _, id := range m.Callbacks {
			if !is(id, InMailbox) || keyOf(s.callbacks.get(id).sentTo) != key {
				return bad("callback %d is not one for the mailbox of account %s for %s", id, m.Account, m.Service)
			}
		}
		s.mail[key] = slices.Clone(m.Callbacks)
	}
	for _, id := range st.Outbox {
		if !is(id, InFlight) {
			return bad("callback %d is not one that is about to be sent", id)
		}
		s.outbox = append(s.outbox, outgoing{s.callbacks.get(id).sentTo.URL, AttemptID{s.epoch, id}})
	}
	for _, a := range st.Answers {
		if !is(a.Callback, InFlight) {
			return bad("callback %d is not one that was answered just now", a.Callback)
		}
		s.answers = append(s.answers, attemptAnswer{a.Callback, a.Answer})
	}
	s.inFlight = sent - len(st.Answers)
	for _, id := range st.Early {
		if s.callbacks.get(id) == nil {
			return bad("callback %d, which is to come early, is not there", id)
		}
	}
	s.early = slices.Clone(st.Early)
	return nil
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

// rules are those in force, and what they do to things that they have struck.
func (l *loader) rules() error {
	s, st := l.s, l.st
	l.effects, l.faults = map[rule.Callback]*rule.Callback{}, map[rule.Fault]*rule.Fault{}
	plain := make([]rule.Rule, len(st.Rules))
	for i := range st.Rules {
		plain[i] = st.Rules[i].Rule
	}
	if err := s.mayHave(plain, nil); err != nil {
		return err
	}
	var err error
	if s.rules, err = rule.Restore(st.Rules); err != nil {
		return bad("%v", err)
	}
	for i := range st.CallbackRules {
		u := &st.CallbackRules[i]
		if s.callbacks.get(u.Callback) == nil || s.callbackRules[u.Callback] != nil {
			return bad("callback %d, which a rule has struck, is not there, or there twice", u.Callback)
		}
		s.callbackRules[u.Callback] = &callbackRule{
			by: u.By, told: shared(l.faults, u.Told), effect: shared(l.effects, u.Effect), attempt: u.Attempt,
			atAttempt: shared(l.effects, u.AtAttempt), attemptBy: u.AttemptBy, copies: shared(l.effects, u.Copies), copiesBy: u.CopiesBy,
			letsGo: u.LetsGo, isCopy: u.IsCopy, awaitsNext: u.AwaitsNext, waitsFor: u.WaitsFor, earlyBy: u.EarlyBy,
		}
	}
	for id, c := range s.callbacks.after(0) {
		u := s.callbackRules[id]
		if c.outcome.Fault == euicc.ByRule && (u == nil || u.told == nil) {
			return bad("callback %d: no rule says what it tells", id)
		}
		if u != nil && (u.letsGo > s.callbacks.count || s.callbacks.get(u.letsGo) != nil && s.callbackRules[u.letsGo] == nil) {
			return bad("callback %d: no rule lets callback %d wait for it", id, u.letsGo)
		}
	}
	for i := range st.OutcomeRules {
		o := &st.OutcomeRules[i]
		r := s.request(o.Request)
		if r == nil || o.Entry < 0 || int(o.Entry) >= len(r.results) || o.What == nil || s.outcomeRules[entryKey{o.Request, o.Entry}] != nil {
			return bad("entry %d of request %d, which a rule has struck, is not there, or there twice", o.Entry, o.Request)
		}
		s.outcomeRules[entryKey{o.Request, o.Entry}] = &outcomeRule{o.Name, o.What, o.Event, o.Skipped}
	}
	for _, swap := range st.Swaps {
		if s.checkAccount(swap.Account) != nil || s.swaps[swap.Account] != 0 {
			return bad("account %q, of which callback %d waits for another one, is not there, or there twice", swap.Account, swap.Callback)
		}
		s.swaps[swap.Account] = swap.Callback
	}
	return nil
}

// shared is one value for all that are equal.
func shared[T comparable](all map[T]*T, v *T) *T {
	if v == nil {
		return nil
	}
	if all[*v] == nil {
		all[*v] = v
	}
	return all[*v]
}

func (l *loader) tokens() error {
	from, to := &l.st.Tokens, &l.s.tokens
	to.issued, to.since, to.renewed = from.Issued, from.Since, from.Renewed
	load := func(all []SavedToken, keep func(*token) bool) error {
		for i, saved := range all {
			t := &token{number: saved.Number, text: string(saved.Text), bearer: saved.Bearer, of: saved.Of, at: saved.At, epoch: saved.Epoch}
			if saved.Text == Masked {
				t.text = string(maskedToken(t.number))
			}
			if to.known[t.text] != nil || to.byNumber[t.number] != nil || t.number > to.issued || !keep(t) {
				return bad("token %d, the one of the number %d for %q, is there twice, or of another kind", i+1, t.number, t.of)
			}
			to.known[t.text], to.byNumber[t.number] = t, t
		}
		return nil
	}
	err := load(from.Bearers, func(t *token) bool {
		before := to.bearers[t.of]
		to.bearers[t.of] = t
		return t.bearer && before == nil
	})
	if err == nil {
		err = load(from.Sessions, func(t *token) bool {
			to.open.add(t)
			return !t.bearer
		})
	}
	if err == nil {
		err = load(from.Over, func(t *token) bool {
			t.over = true
			to.over.add(t)
			return true
		})
	}
	for _, w := range from.Wrong {
		to.wrong[w.User] = w.Times
	}
	for _, c := range from.Changed {
		to.changed[c.User] = string(c.Password)
	}
	return err
}

func (l *loader) usage() error {
	from := &l.st.Usage
	l.s.usage = usage{second: from.Second, calls: from.Calls, activates: slices.Clone(from.Activates)}
	for _, u := range from.Lines {
		if l.s.usage.lines == nil {
			l.s.usage.lines = make(map[string]lineUse, len(from.Lines))
		}
		l.s.usage.lines[u.ICCID] = lineUse{u.Day, u.Month, u.Actions, u.PlanMoves}
	}
	return nil
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
