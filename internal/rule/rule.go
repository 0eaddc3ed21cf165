// Package rule is misfortune on demand: when something goes wrong, and what. A rule interferes in one of three places: the
// reply to a call, what comes of an operation on one card, or one message to a listener. Here is what a rule is, what is
// wrong with one, and which of them matches; to carry out what it says is the business of those whose place it is.
package rule

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Rule says when something interferes, and what it does. Exactly one of Reply, Outcome and Callback is there, which says
// where.
type Rule struct {
	Name     string // the only one of that name in a sandbox
	About    string
	Set      string // the named set that it is a part of; "" for none
	When     When
	Reply    *Reply    // to a call
	Outcome  *Outcome  // of an operation on one device of a request
	Callback *Callback // one message to a listener
}

// Place is where a rule interferes.
type Place uint8

// The places.
const (
	AtReply Place = iota
	AtOutcome
	AtCallback
	numPlaces
)

var placeWords = [numPlaces]string{"reply", "outcome", "callback"}

func (p Place) String() string { return placeWords[p] }

// Place is where the rule interferes.
func (r *Rule) Place() Place {
	switch {
	case r.Outcome != nil:
		return AtOutcome
	case r.Callback != nil:
		return AtCallback
	}
	return AtReply
}

// When is the condition of a rule: all that is given must hold. Zero fields are not given. A * in a text stands for any text,
// the empty one included.
type When struct {
	Operations []string // any of them
	Method     string
	Path       string
	Account    string
	EID        string
	ICCID      string
	IMEI       string
	Role       string // LEAD, LOCAL or DEFAULT
	Level      string // Profile or Device: whom a callback is about
	Result     string // Success, Failed or Warning: what a callback says
	Attempt    int    // of a callback, from 1; 0 asks the rule when the callback is decided
	// Of the occasions on which all else holds, the first After ones do not count. Of those that follow, First means the first
	// n, Nth the n-th alone, and Every each n-th.
	First, Nth, Every, After int
	Times                    int // how often the rule strikes at the most
	Per                      Per // what First, Nth, Every, After and Times count apart
	Chance                   float64
	From, Until              Moment        // simulated time
	TTL                      time.Duration // simulated, from when the rule came, after which it is over
}

// What a callback can be about, and can say.
const (
	Profile = "profile"
	Device  = "device"
	Success = "success"
	Failed  = "failed"
	Warning = "warning"
)

// Per says what is counted apart.
type Per uint8

// What is counted apart.
const (
	PerRule Per = iota // nothing
	PerCard
	PerRequest
	PerAccount
	numPers
)

var perWords = [numPers]string{"rule", "card", "request", "account"}

func (p Per) String() string { return perWords[p] }

// PerWords are what can be counted apart, in words.
func PerWords() []string { return perWords[:] }

// ParsePer is what a word of them means.
func ParsePer(word string) (Per, bool) {
	i := slices.Index(perWords[:], word)
	return Per(max(i, 0)), i >= 0
}

// Moment is a point in simulated time: an instant, or so much time after the start of the sandbox. The zero Moment is not
// given.
type Moment struct {
	At    time.Time
	After time.Duration
	Given bool
}

// Reply is what becomes of the answer to a call.
type Reply struct {
	Status      int           // of HTTP, in place of what tsim would answer; 0 leaves that
	Error       *Refusal      // the body of a Status, in the words of the sandbox's compat
	Body        string        // or the body as it is, with the Placeholders; JSON if ContentType says so
	ContentType string        // of Body; "" for application/json
	RetryAfter  time.Duration // the header, in whole seconds; 0 for none
	Delay       time.Duration // of the clock on the wall, before the call is looked at
	After       time.Duration // likewise, once the call was accepted
	Pace        int           // bytes a second at which the reply is written; 0 for all at once
	Cut         Cut           // where the connection ends
	Accept      bool          // a requestId, and nothing comes of it, ever
	Expire      Expire        // what the call carries is dead from now on
}

// JSON says whether the Body is JSON, and not a text as it stands.
func (p *Reply) JSON() bool {
	media, _, _ := strings.Cut(strings.ToLower(p.ContentType), ";")
	media = strings.TrimSpace(media)
	return media == "" || media == "application/json" || strings.HasSuffix(media, "+json")
}

// Refusal is how a call is refused.
type Refusal struct{ Code, Message string }

// Cut is where a connection ends.
type Cut uint8

// Where a connection ends.
const (
	CutNot    Cut = iota
	CutBefore     // before the call was looked at
	Midway        // in the middle of the body
	CutAfter      // after the call was carried out, without a byte of the reply
	numCuts
)

var cutWords = [numCuts]string{"", "before", "midway", "after"}

func (c Cut) String() string { return cutWords[c] }

// CutWords are where the connection of a reply can end, in words.
func CutWords() []string { return cutWords[1:] }

// ParseCut is what a word of them means.
func ParseCut(word string) (Cut, bool) {
	i := slices.Index(cutWords[:], word)
	return Cut(max(i, 0)), i > 0
}

// Expire is what a call carries and cannot use any more.
type Expire uint8

// What can expire.
const (
	ExpireNothing Expire = iota
	ExpireBearer
	ExpireSession
	numExpires
)

var expireWords = [numExpires]string{"", "bearer", "session"}

func (e Expire) String() string { return expireWords[e] }

// ExpireWords are what can expire, in words.
func ExpireWords() []string { return expireWords[1:] }

// ParseExpire is what a word of them means.
func ParseExpire(word string) (Expire, bool) {
	i := slices.Index(expireWords[:], word)
	return Expire(max(i, 0)), i > 0
}

// Outcome is what becomes of an operation on one device.
type Outcome struct {
	Delay   time.Duration // simulated, beside the latency
	Fault   *Fault        // what it fails with; nil for none
	Warn    bool          // the listener is warned first
	Expire  bool          // the SM-SR does not reach the device for the whole validity period
	Applied *bool         // whether the card is changed, whatever is told; nil for what is told
	Silent  bool          // nobody is told
}

// Fault is what a callback tells of an operation that failed. Without a Code, the Message is one of ThingSpace's sentences,
// whose code it has.
type Fault struct {
	Code, Message             string
	Status, Reason, Describes string // what the SM-SR says: euiccStatus, euiccStatusCode and euiccStatusDesc; "" where it says nothing
}

// Callback is what becomes of a message to a listener.
type Callback struct {
	Delay     time.Duration // simulated; with Duplicate, of the copies
	Drop      bool          // it is never sent
	Hold      bool          // it waits until somebody releases it
	Duplicate int           // copies that follow
	Swap      bool          // it comes after the next one of the same account, if there is one within Delay, or a minute
	Early     bool          // it comes before the reply to the call
	Merge     string        // a JSON merge patch (RFC 7396) of the body; "" for none
	Truncate  int           // bytes of the body that are left, with Truncates
	Truncates bool
	Pace      int  // bytes a second at which it is written; 0 for all at once
	Cut       bool // the connection ends in the middle of it
}

// SwapWithin is how long a swapped callback waits for another one, unless Delay says.
const SwapWithin = time.Minute

// Does says in a few words what a rule does.
func (r *Rule) Does() string {
	var does []string
	say := func(is bool, format string, args ...any) {
		if is {
			does = append(does, fmt.Sprintf(format, args...))
		}
	}
	if p := r.Reply; p != nil {
		say(p.Expire != ExpireNothing, "%s expires", p.Expire)
		say(p.Delay > 0, "delay %s", p.Delay)
		say(p.Status != 0, "status %d", p.Status)
		say(p.RetryAfter > 0, "retry after %s", p.RetryAfter)
		say(p.Accept, "accept only")
		say(p.After > 0, "delay %s after it", p.After)
		say(p.Pace > 0, "%d bytes a second", p.Pace)
		say(p.Cut != CutNot, "cut %s", p.Cut)
	}
	if o := r.Outcome; o != nil {
		say(o.Warn, "warning first")
		say(o.Delay > 0, "delay %s", o.Delay)
		say(o.Expire, "out of reach until it expires")
		if o.Fault != nil {
			say(true, "fault %q", short(o.Fault.Message))
		}
		if o.Applied != nil {
			say(*o.Applied, "applied")
			say(!*o.Applied, "not applied")
		}
		say(o.Silent, "silent")
	}
	if c := r.Callback; c != nil {
		say(c.Drop, "drop")
		say(c.Hold, "hold")
		say(c.Early, "early")
		say(c.Swap, "swap")
		say(c.Duplicate > 0, "duplicate %d", c.Duplicate)
		say(c.Delay > 0, "delay %s", c.Delay)
		say(c.Merge != "", "merge %s", short(c.Merge))
		say(c.Truncates, "truncate to %d bytes", c.Truncate)
		say(c.Pace > 0, "%d bytes a second", c.Pace)
		say(c.Cut, "cut midway")
	}
	return strings.Join(does, ", ")
}
