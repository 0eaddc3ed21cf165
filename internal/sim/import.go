package sim

import (
	"math"

	"tsim/internal/config"
	"tsim/internal/rule"
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
