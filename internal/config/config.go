// Package config is what a sandbox starts from: its accounts and devices, its clock, how long things
// take, and how it behaves where ThingSpace's documents disagree. It says what is wrong with that, too.
// It is pure: package scenario makes a Config from a file, package sim a sandbox from a Config.
package config

import (
	"time"

	"tsim/internal/euicc"
	"tsim/internal/rule"
)

// Forever is a length of time that does not end.
const Forever time.Duration = 1<<63 - 1

// Config is everything that a sandbox starts from. The zero values are not defaults: Defaults has those.
type Config struct {
	Name        string // of the sandbox
	Epochs      uint64 // the last epoch that another sandbox of this name had before; 0 if that does not matter
	Scenario    string // what it was made from
	About       string
	Seed        uint64
	Start       time.Time
	Clock       Mode
	Speed       float64 // simulated seconds per second of the wall clock, in real mode
	Latency     [euicc.NumOps]Latency
	SMSR        SMSR
	Tokens      Tokens
	Delivery    Delivery
	Limits      Limits
	Compat      Compat
	Credentials []Credential
	Accounts    []Account
	Listeners   []Listener
	Timeline    []TimelineEvent
	Rules       []rule.Rule
}

// Delivery is how callbacks are delivered ("About callback services").
type Delivery struct {
	Attempts int           // at the most, the first included
	Interval time.Duration // simulated, from the sending of one attempt to the next
	Timeout  time.Duration // wall-clock time that a listener has to answer
}

// SMSR is how patient the SM-SR is with a device that is off or has no network. It has a row for each
// operation; those that the SM-SR has no part in do not count.
type SMSR struct {
	Validity [euicc.NumOps]time.Duration // simulated, how long it tries
	Warning  time.Duration               // simulated, after which it warns; 0 for a quarter of the validity, Forever for never
}

// Tokens is how long credentials live, Forever is for ever, and where they come from.
type Tokens struct {
	Bearer  time.Duration // from its first issue
	Session time.Duration // each use starts it anew
	Wall    bool          // by the wall clock; otherwise by simulated time
	Seeded  bool          // drawn of seed and name, so that anybody can know them; otherwise random
}

// Limits are how much ThingSpace takes, in simulated time. Zero is no limit, and then nothing is
// counted either.
type Limits struct {
	ProvisioningPerLineAndDay int // successful provisioning operations of a line and day (UTC)
	ActivatesPerMinute        int // accepted requests to activate, within any minute
	PlanChangesPerMonth       int // successful changes of plan of a line and calendar month (UTC)
	CallsPerSecond            int // calls that need a session, within a second of the clock
}

// Credential is an application's key and secret together with a user's name and password.
type Credential struct {
	AppKey    string
	AppSecret Secret
	Username  string
	Password  Secret
}

// TimelineEvent is something that happens to a device without ThingSpace: it loses power, or finds its
// network again.
type TimelineEvent struct {
	At                 time.Duration // after the start
	EID                string
	Powered, Connected *bool // nil: stays as it is
}

// Defaults is a sandbox with nothing in it.
func Defaults() Config {
	return Config{
		Seed:     1,
		Start:    time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC),
		Speed:    1,
		SMSR:     SMSR{Validity: euicc.Validities()},
		Tokens:   Tokens{Bearer: time.Hour, Session: 20 * time.Minute}, // "Getting credentials", "Start a connectivity management session"
		Delivery: Delivery{Attempts: 4, Interval: 5 * time.Minute, Timeout: 10 * time.Second},
	}
}

// Size is how many devices there are, those of fleets included.
func (c *Config) Size() (n int) {
	for i := range c.Accounts {
		n += c.Accounts[i].Size()
	}
	return n
}
