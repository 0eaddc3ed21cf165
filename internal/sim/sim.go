// Package sim is one sandbox: a ThingSpace with its own accounts, cards, tokens, listeners, clock,
// seed and journal, behind one lock. It decides to whom, with what luck and who is told; what may
// happen to a card is euicc's business, when it happens scheduler's, how it is spelled and how it
// travels that of the floors above. It reads no clock and sends nothing itself: see Env.
package sim

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"tsim/internal/bound"
	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/scheduler"
)

// Env is what a sandbox is given by the floors above.
type Env struct {
	// Send makes an attempt to deliver a callback to the listener at a URL. It must not block. When the turn of
	// the attempt has come, Message hands out what it says; if it is to be made, one call of Answered is owed.
	Send func(url string, id AttemptID)
	// Wall is how much wall-clock time has passed since some fixed moment. Real mode follows it; nil
	// keeps time still.
	Wall func() time.Duration
	// NewToken is a UUID that nobody can guess: a bearer, a session, a password. nil draws them of the seed,
	// which anybody can who has a tsim; so does a scenario that says that its tokens are seeded.
	NewToken func() string
	// Budgets bound what all sandboxes of a server have together; nil bounds nothing.
	Budgets *Budgets
}

// Sim is a sandbox. Its methods may be called by many goroutines.
type Sim struct {
	shown       atomic.Pointer[config.Config] // cfg, for those who have no lock
	env         Env
	wakeDriver  chan struct{}
	wakeAdvance chan struct{}

	mu        sync.Mutex
	cfg       *config.Config // what it starts from, and again after a reset
	epoch     uint64         // from 1; each reset begins the next
	branched  bool           // it was forked from another one, or rewound
	closed    bool
	clock     clock
	advancing bool
	registry  *Registry  // that it is in, if any
	reserved  reserves   // of the budgets of its server
	room      roomAsked  // for, during an input
	inputs    uint64     // how many there were
	snapshots []Snapshot // by name; what they point to never changes
	sinks     []*Sink
	usual     usual
	wall      time.Duration // what the wall clock said at the last lock
	wallSince time.Duration // what it said at the last lock before the sandbox was imported, less what Env.Wall said then
	changes   signal        // something has happened, other than calls
	newCalls  signal        // a call is on record, or there will be no more of this epoch
	over      chan struct{} // closed by the end of the epoch
	state
}

// Instant is a point in simulated time.
type Instant = scheduler.Instant

// state is everything that a reset starts anew.
type state struct {
	index
	jobs           *scheduler.Queue[job]
	timeline       table[config.TimelineEvent] // what is still to come of it
	tokens         tokens
	listeners      map[listenerKey]*config.Listener
	mail           map[listenerKey][]uint64 // callbacks whose attempts nobody has taken, oldest first
	unfinished     int                      // requests with something still to come
	open           int                      // callbacks likewise
	held           int                      // of those
	requests       table[request]
	requestNumbers map[string]uint64 // by requestId
	callbacks      table[callback]
	journal        table[Event]
	history        table[Record]
	calls          callRecord // all that were sent, refused ones included
	usage          usage
	rules          *rule.Table
	asked          uint64                    // calls of which the rules for replies were asked
	callbackRules  map[uint64]*callbackRule  // what rules do to callbacks, by their number
	outcomeRules   map[entryKey]*outcomeRule // what they do to executions that are still to come
	aside          map[uint64][]scheduledJob // the jobs of requests whose replies a rule keeps back
	early          []uint64                  // callbacks that were decided just now, and are to come before the reply to their call
	earlyRequests  int                       // requests of which something was carried out before the reply, until that is written
	swaps          map[string]uint64         // callbacks that wait for another one of their account, to come after it
	inFlight       int                       // attempts that were sent and are not answered
	outbox         []outgoing
	answers        []attemptAnswer
	holds          table[Holding]
	order          euicc.Order // of the execution at hand, reused like its outcomes
	outcomes       []euicc.Outcome
	count          struct{ ran, delivered, failed int }
}

// New makes a sandbox. The error names everything that is wrong with the configuration, or the budget
// that is spent. Close gives back what the sandbox has of them.
func New(cfg config.Config, env Env) (*Sim, error) {
	if err := Impossible(cfg.Problems()); err != nil {
		return nil, err
	}
	s := &Sim{
		env: env, clock: clock{mode: cfg.Clock, speed: cfg.Speed},
		wakeDriver: make(chan struct{}, 1), wakeAdvance: make(chan struct{}, 1), epoch: 1,
	}
	s.configure(cfg)
	// Room is reserved first: a fleet that has none is not built.
	err := s.reserve(BudgetSandboxes, 1)
	if err == nil {
		err = s.reserve(BudgetDevices, cfg.Size())
	}
	if err != nil {
		s.giveAllBack(BudgetSandboxes)
		return nil, err
	}
	s.begin()
	return s, nil
}

// configure makes a configuration the one of the sandbox. Nothing changes what it points to from now on.
func (s *Sim) configure(cfg config.Config) {
	s.cfg = &cfg
	s.shown.Store(&cfg)
}

// begin puts the sandbox at its configuration's start.
func (s *Sim) begin() {
	s.state = state{
		index:          newIndex(s.cfg.Accounts, s.cfg.Seed),
		jobs:           scheduler.New[job](scheduler.At(s.cfg.Start)),
		tokens:         newTokens(),
		listeners:      map[listenerKey]*config.Listener{},
		mail:           map[listenerKey][]uint64{},
		requestNumbers: map[string]uint64{},
		rules:          rule.NewTable(s.cfg.Rules, int64(scheduler.At(s.cfg.Start))),
		callbackRules:  map[uint64]*callbackRule{},
		outcomeRules:   map[entryKey]*outcomeRule{},
		aside:          map[uint64][]scheduledJob{},
		swaps:          map[string]uint64{},
	}
	if s.over != nil {
		close(s.over)
	}
	s.over = make(chan struct{})
	for i := range s.cfg.Listeners {
		l := &s.cfg.Listeners[i]
		s.listeners[listenerKey{l.Account, l.Service}] = l
	}
	for _, e := range s.cfg.Timeline {
		event, number := s.timeline.insert()
		*event = e
		s.jobs.Add(s.jobs.Now().Add(e.At), scheduler.Background, job{kind: timeline, about: number})
	}
	s.anchorHere()
}

// lock takes the lock at the present: in real mode time has moved on by itself.
func (s *Sim) lock() {
	s.mu.Lock()
	s.follow()
}

// nextEpoch is the epoch that comes after the present one, and after those of earlier sandboxes of that name.
func (s *Sim) nextEpoch() uint64 { return max(s.epoch, s.cfg.Epochs) + 1 }

// ResetOptions say what a reset leaves as it is.
type ResetOptions struct{ Listeners, Tokens bool }

// Reset puts the sandbox back to its start, the clock's mode included. Answers of attempts that are
// in flight are ignored when they come, and a running advance ends. Kept tokens count as issued at
// that moment; locked users are free again.
func (s *Sim) Reset(keep ResetOptions) { s.do(&resetSandbox{Keep: keep}) }

// ResetTo is Reset to the start of another configuration, but for its name and credentials: those stay. Of the listeners that are
// kept, those of accounts go that are not there any more. The error is that of New; then nothing has changed.
func (s *Sim) ResetTo(cfg config.Config, keep ResetOptions) error {
	if err := Impossible(cfg.Problems()); err != nil {
		return err
	}
	c := &resetSandbox{Keep: keep, To: &cfg}
	s.do(c)
	return c.err
}

type resetSandbox struct {
	Keep ResetOptions
	To   *config.Config // nil for the one that there is
	result
}

func (c *resetSandbox) apply(s *Sim) {
	keep, event := c.Keep, Event{Kind: SandboxReset}
	if c.To != nil {
		if n := c.To.Size() - s.reserved[BudgetDevices]; n > 0 {
			if c.err = s.reserve(BudgetDevices, n); c.err != nil {
				return
			}
		}
		to := *c.To
		to.Name, to.Epochs, to.Credentials = s.cfg.Name, s.cfg.Epochs, s.cfg.Credentials
		s.configure(to)
		event.Detail = "scenario " + to.Scenario
	}
	tokens, listeners := s.tokens, s.listeners
	s.epoch = s.nextEpoch()
	s.clock.mode, s.clock.speed = s.cfg.Clock, s.cfg.Speed
	s.begin()
	s.tokens = tokens
	s.tokens.reset(keep.Tokens, s.epoch, s.tokenTime())
	s.giveAllBack(BudgetPending, BudgetHolds, BudgetCalls)
	s.freeRoom()
	if keep.Listeners {
		maps.DeleteFunc(listeners, func(of listenerKey, _ *config.Listener) bool { return s.checkAccount(of.account) != nil })
		s.listeners = listeners
	}
	s.record(event)
	s.newCalls.send() // there will be none of the epoch that is over
	s.notify()
}

// checkAccount says what is wrong with the name of an account, or nil.
func (s *Sim) checkAccount(name string) error {
	for i := range s.cfg.Accounts {
		if s.cfg.Accounts[i].Name == name {
			return nil
		}
	}
	if name == "" {
		return Errorf(AccountMissing, "accountName is missing")
	}
	return Errorf(AccountUnknown, "no account %q", bound.Short(name))
}

// Name is what the sandbox is called on its server.
func (s *Sim) Name() string { return s.shown.Load().Name }

// Compat is how the sandbox behaves where ThingSpace's documents disagree.
func (s *Sim) Compat() config.Compat { return s.shown.Load().Compat }

// Delivery is how the sandbox delivers its callbacks.
func (s *Sim) Delivery() config.Delivery { return s.shown.Load().Delivery }

// Config is what the sandbox starts from, and again after a reset.
func (s *Sim) Config() config.Config { return *s.shown.Load() }

// Inputs is how many inputs there were.
func (s *Sim) Inputs() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inputs
}

// Info describes a sandbox.
type Info struct {
	Name        string
	Scenario    string
	About       string
	Seed        uint64
	Start       Instant
	Clock       Clock
	Credentials []config.Credential
	Accounts    []string
	Devices     int
	Listeners   int
	Requests    int // that have something still to come
	Callbacks   int // that are not in a final state
	Events      int
	Rules       int
}

// Info says what the sandbox is and how much is in it.
func (s *Sim) Info() Info {
	s.lock()
	defer s.mu.Unlock()
	info := Info{
		Name: s.cfg.Name, Scenario: s.cfg.Scenario, About: s.cfg.About, Seed: s.cfg.Seed, Start: scheduler.At(s.cfg.Start), Clock: s.clockNow(),
		Credentials: s.cfg.Credentials, Devices: len(s.devices), Listeners: len(s.listeners), Events: s.journal.live,
		Requests: s.unfinished, Callbacks: s.open, Rules: len(s.rules.All()),
	}
	for _, a := range s.cfg.Accounts {
		info.Accounts = append(info.Accounts, a.Name)
	}
	return info
}
