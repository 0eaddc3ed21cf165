package sim

import (
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
)

// StateVersion is the version of State that this tsim writes and reads. Whatever changes the shape of a State, or what
// something in it means, makes it one more.
const StateVersion = 1

// State is all that a sandbox is, as a plain value: numbers and identifiers in place of pointers into the sandbox, lists in a
// fixed order in place of maps. Export and Import are its only doors. What can be computed from the rest is not in it.
//
// It can be marshalled with encoding/json as it is. Texts of tokens and passwords are in it, of the type config.Secret;
// URLs of listeners may have passwords in them, see config.Redact.
type State struct {
	Version   int
	Config    config.Config
	Epoch     uint64
	Branched  bool   // it was forked from another one, or rewound
	Unsent    bool   // it is about to be: what is in flight counts as not yet sent
	Inputs    uint64 // the number of the last input that was applied
	Clock     config.Mode
	Speed     float64
	Advancing bool          // somebody lets time pass
	Wall      time.Duration // what the wall clock said, by which tokens may grow old

	Devices       []SavedDevice // by EID
	DevicesEver   uint64        // how many there ever were: the number of the last one
	Fleet         int           // how many places the devices of fleets have
	EIDs, ICCIDs  []SavedID     // by device
	IMEIs, MDNs   []SavedID     // likewise
	GeneratedMDNs []int32       // the numbers of the devices that they were given to; 0 for none that is still there
	ICCIDsUsed    int           // of those that are generated, after those of the fleets
	Now           Instant
	Accepted      uint64     // jobs: the Seq of the last one
	Jobs          []SavedJob // in the order in which they will be done
	Timeline      Numbered[config.TimelineEvent]
	Tokens        SavedTokens
	Listeners     []config.Listener // by account and service
	Told          []config.Listener // those that callbacks refer to, by their place from 1 on, as they were
	Mailboxes     []SavedMailbox    // by account and service
	Requests      Numbered[SavedRequest]
	Callbacks     Numbered[SavedCallback]
	Journal       Numbered[Event]
	History       Numbered[Record]
	Calls         Numbered[Call]
	Usage         SavedUsage
	Rules         []rule.Saved
	Asked         uint64              // calls of which the rules for replies were asked
	CallbackRules []SavedCallbackRule // by callback
	OutcomeRules  []SavedOutcomeRule  // by request and entry
	Aside         []SavedAside        // by request
	Early         []uint64            // callbacks that are to come before the reply to their call
	Swaps         []SavedSwap         // by account
	Outbox        []uint64            // callbacks whose attempts are about to be sent
	Answers       []SavedAnswer       // that will be recorded at the end of the instant
	Holds         Numbered[Holding]
	Ran           int        // jobs
	Acked, Failed int        // attempts
	Snapshots     []Snapshot // by name
}

// Numbered is records that have consecutive numbers, from 1 on, of which some may be gone.
type Numbered[T any] struct {
	Count   uint64 // how many there ever were
	Numbers []Range
	Records []T // in the order of their numbers
}

// Range is the numbers from one to another, both included.
type Range struct{ From, To uint64 }

// SavedDevice is a device.
type SavedDevice struct {
	Number      int32
	Place       int // of a device of a fleet, from 1; 0 for one that somebody has named
	Account     string
	Card        euicc.Card
	Added, Free Instant
	Last        uint64 // the callback at the end of its chain; 0 for none
	Waiting     *SavedWaiting
}

// SavedID is an identifier with the device that is found by it; 0 for one that is gone.
type SavedID struct {
	ID     string
	Device int32
}

// SavedWaiting is an operation that waits for its device.
type SavedWaiting struct {
	Job               SavedJob
	ICCID             string
	Deadline          Instant
	Warned, Scheduled bool
}

// SavedJob is a job, with its place in time where it has one.
type SavedJob struct {
	Due        Instant
	Seq        uint64
	Background bool // nobody makes time pass for its sake
	Brief      bool // it will most likely be taken back
	Kind       jobKind
	Busy       bool
	Entry      int32
	About      uint64
}

// SavedTokens are bearers, sessions and users.
type SavedTokens struct {
	Issued   uint64
	Bearers  []SavedToken // in force, by app key
	Sessions []SavedToken // that are open, by their last use
	Over     []SavedToken // by their end
	Since    uint64       // the epoch of the last reset that kept none
	Renewed  Instant
	Wrong    []SavedWrong    // by user
	Changed  []SavedPassword // by user
}

// SavedToken is a bearer or a session.
type SavedToken struct {
	Number uint64
	Text   config.Secret
	Bearer bool
	Of     string
	At     Instant
	Epoch  uint64
}

// SavedWrong is how many wrong passwords somebody gave in a row.
type SavedWrong struct {
	User  string
	Times int
}

// SavedPassword is one that a user was given in place of the scenario's.
type SavedPassword struct {
	User     string
	Password config.Secret
}

// SavedMailbox is the callbacks in a mailbox that nobody has taken, oldest first.
type SavedMailbox struct {
	Account, Service string
	Callbacks        []uint64
}

// SavedRequest is a request.
type SavedRequest struct {
	Request
	Gated, Early bool
	Reserved     int
	Left, Failed int
	Applied      []SavedApplied
	SMSR         []int32
	Results      []Progress
	Callbacks    []uint64
	Accepted     uint64
	Findings     *Findings
}

// SavedApplied is what a rule did to a request.
type SavedApplied struct {
	Applied
	Entry    int32
	Callback uint64
}

// SavedCallback is a callback.
type SavedCallback struct {
	Request       uint64
	Card          Identity
	Outcome       euicc.Outcome
	Listener      int // its place in State.Told; 0 for none
	Guard         *CardContext
	Attempts      []Attempt // that were answered
	SentTo        int       // by the last attempt, a place in State.Told; 0 before the first
	Due           Instant
	Cause, Latest uint64
	Prev, Next    uint64
	Device        int32
	Shift         int32
	Hold          uint32
	Entry         uint16
	State         CallbackState
	Blocked       bool
}

// SavedUsage is what has been used up of the limits.
type SavedUsage struct {
	Second    Instant
	Calls     int
	Activates []Instant
	Lines     []SavedLineUse // by ICCID
}

// SavedLineUse is what a line has used up.
type SavedLineUse struct {
	ICCID              string
	Day, Month         int
	Actions, PlanMoves int
}

// SavedCallbackRule is what rules do to a callback.
type SavedCallbackRule struct {
	Callback   uint64
	By         string
	Told       *rule.Fault
	Effect     *rule.Callback
	Attempt    int
	AtAttempt  *rule.Callback
	AttemptBy  string
	Copies     *rule.Callback
	CopiesBy   string
	LetsGo     uint64
	IsCopy     bool
	AwaitsNext bool
	WaitsFor   uint64
	EarlyBy    string
}

// SavedOutcomeRule is what a rule does to an execution that is still to come.
type SavedOutcomeRule struct {
	Request uint64
	Entry   int32
	Name    string
	What    *rule.Outcome
	Event   uint64
	Skipped bool
}

// SavedAside is the jobs of a request whose reply a rule keeps back.
type SavedAside struct {
	Request uint64
	Jobs    []SavedJob
}

// SavedSwap is the callback of an account that waits for another one.
type SavedSwap struct {
	Account  string
	Callback uint64
}

// SavedAnswer is what came of the attempt of a callback, until the instant is over.
type SavedAnswer struct {
	Callback uint64
	Answer   Answer
}
