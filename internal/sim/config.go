package sim

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tsim/internal/bound"
	"tsim/internal/euicc"
	"tsim/internal/scheduler"
)

// Instant is a point in simulated time.
type Instant = scheduler.Instant

// Config is everything that a sandbox starts from; scenario makes one from a file. The zero values
// are not defaults: Defaults has those.
type Config struct {
	Name        string // of the sandbox
	Scenario    string // what it was made from
	About       string
	Seed        uint64
	Start       Instant
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
	Timeline    []Outside
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
	Seeded  bool          // drawn of seed and name, so that anybody can know them; otherwise as Env says
}

// Credential is an application's key and secret together with a user's name and password.
type Credential struct {
	AppKey, AppSecret, Username, Password string
}

// Account is a billing account with its service plans and devices.
type Account struct {
	Name   string
	Plans  []Plan
	Cards  []euicc.Card
	Fleets []Fleet
}

// Defaults is a sandbox with nothing in it.
func Defaults() Config {
	return Config{
		Seed:     1,
		Start:    scheduler.At(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)),
		Speed:    1,
		SMSR:     SMSR{Validity: euicc.Validities()},
		Tokens:   Tokens{Bearer: time.Hour, Session: 20 * time.Minute}, // "Getting credentials", "Start a connectivity management session"
		Delivery: Delivery{Attempts: 4, Interval: 5 * time.Minute, Timeout: 10 * time.Second},
	}
}

// Problem is something that cannot be, in a Config or a device.
type Problem struct {
	Pointer string // the JSON pointer of its place, in the scenario's own spelling
	Msg     string
	First   string // the JSON pointer of what was there first, of what is there again
	Alone   bool   // it is true of this value, whatever the others are
}

// Says is the message in full.
func (p Problem) Says() string {
	if p.First != "" {
		return p.Msg + ", at " + p.First
	}
	return p.Msg
}

func (p Problem) String() string {
	if p.Pointer == "" {
		return p.Says()
	}
	return p.Pointer + ": " + p.Says()
}

// Under is the problem where its Config is a part of something else.
func (p Problem) Under(pointer string) Problem {
	p.Pointer = pointer + p.Pointer
	if p.First != "" {
		p.First = pointer + p.First
	}
	return p
}

// Impossible is the error of problems, or nil when there are none.
func Impossible(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	texts := make([]string, len(problems))
	for i, p := range problems {
		texts[i] = p.String()
	}
	err := Errorf(Invalid, "%s", strings.Join(texts, "; "))
	err.Problems = problems
	return err
}

// Problems lists what is wrong with the configuration, so that all of it can be mended at once.
func (c *Config) Problems() []Problem {
	k := newChecker(c.Compat)
	if len(c.Credentials) == 0 {
		k.alone("/credentials", "no credentials; a client needs an appKey, appSecret, username and password")
	}
	keys, users := map[string]bool{}, map[string]bool{}
	for i, cred := range c.Credentials {
		at := fmt.Sprintf("/credentials/%d", i)
		k.once(keys, at+"/appKey", "appKey", cred.AppKey)
		k.once(users, at+"/username", "username", cred.Username)
	}
	accounts := map[string]bool{}
	for i := range c.Accounts {
		at := fmt.Sprintf("/accounts/%d", i)
		k.once(accounts, at+"/name", "account", c.Accounts[i].Name)
		if n := utf8.RuneCountInString(c.Accounts[i].Name); n > maxName {
			k.alone(at+"/name", "the name of an account has at most %d characters, not %d", maxName, n)
		}
		k.account(at, &c.Accounts[i])
	}
	taken := map[string]bool{}
	for i, l := range c.Listeners {
		at := fmt.Sprintf("/listeners/%d", i)
		if !accounts[l.Account] {
			k.add(at+"/account", "no account %q in this scenario", bound.Short(l.Account))
		}
		for _, f := range l.flaws(c.Compat) {
			k.found = append(k.found, Problem{Pointer: at + "/" + f.field, Msg: f.err.Msg, Alone: f.alone})
		}
		k.once(taken, at+"/service", "listener of a service", l.Account+" "+l.Service)
	}
	for i, o := range c.Timeline {
		if k.eids[o.EID] == "" {
			k.add(fmt.Sprintf("/timeline/%d/eid", i), "no device with EID %s in this scenario", o.EID)
		}
	}
	if c.Delivery.Attempts < 1 {
		k.alone("/delivery/attempts", "a callback has at least 1 attempt, not %d", c.Delivery.Attempts)
	}
	k.limitProblems(&c.Limits)
	return k.found
}

// checker collects problems and remembers which identifiers were seen where.
type checker struct {
	found                     []Problem
	strict                    bool // identifiers: check digits too
	iccids, eids, imeis, mdns map[string]string
}

func newChecker(compat Compat) checker {
	return checker{
		strict: compat.Says(Identifiers) == "strict",
		iccids: map[string]string{}, eids: map[string]string{}, imeis: map[string]string{}, mdns: map[string]string{},
	}
}

// add notes what is wrong with several values together; each of them could be right with others.
func (k *checker) add(pointer, format string, args ...any) {
	k.found = append(k.found, Problem{Pointer: pointer, Msg: fmt.Sprintf(format, args...)})
}

// alone notes what is wrong with one value, whatever the others are.
func (k *checker) alone(pointer, format string, args ...any) {
	k.found = append(k.found, Problem{Pointer: pointer, Msg: fmt.Sprintf(format, args...), Alone: true})
}

func (k *checker) once(seen map[string]bool, pointer, what, value string) {
	if seen[value] {
		k.add(pointer, "%s %q is there already", what, value)
	}
	seen[value] = true
}

func (k *checker) account(at string, a *Account) {
	plans := map[string]bool{}
	for i, p := range a.Plans {
		k.once(plans, fmt.Sprintf("%s/plans/%d/name", at, i), "plan", p.Name)
	}
	for i := range a.Cards {
		k.card(fmt.Sprintf("%s/devices/%d", at, i), a, &a.Cards[i])
	}
	for i := range a.Fleets {
		k.fleet(fmt.Sprintf("%s/fleets/%d", at, i), a, &a.Fleets[i])
	}
}

// fleet checks the first device of a fleet for all of them.
func (k *checker) fleet(at string, a *Account, f *Fleet) {
	if f.Count < 1 || f.Count > MaxFleet {
		k.alone(at+"/count", "a fleet has 1 to %d devices, not %d", MaxFleet, f.Count)
	}
	if n := len(f.Card.Profiles); n > fleetProfiles {
		k.alone(at+"/profiles", "a device of a fleet has at most %d profiles, not %d", fleetProfiles, n)
		return
	}
	one := f.Card.Clone()
	numbering{}.name(&one, 0, &strings.Builder{})
	k.possible(at, a, &one)
}

func (k *checker) card(at string, a *Account, c *euicc.Card) {
	k.unique(k.eids, at+"/eid", "EID", c.EID)
	k.unique(k.imeis, at+"/imei", "IMEI", c.IMEI)
	for i := range c.Profiles {
		p := &c.Profiles[i]
		if !slices.ContainsFunc(c.Profiles[:i], func(q euicc.Profile) bool { return q.ICCID == p.ICCID }) {
			k.unique(k.iccids, fmt.Sprintf("%s/profiles/%d/iccid", at, i), "ICCID", p.ICCID)
		}
		k.unique(k.mdns, fmt.Sprintf("%s/profiles/%d/mdn", at, i), "MDN", p.MDN)
	}
	k.possible(at, a, c)
	if k.strict {
		k.digits(at, c)
	}
}

// possible looks for what cannot be true of a card and its account together.
func (k *checker) possible(at string, a *Account, c *euicc.Card) {
	for _, bad := range c.Contradictions() {
		pointer := at + "/" + bad.Field
		if bad.Profile >= 0 {
			pointer = fmt.Sprintf("%s/profiles/%d/%s", at, bad.Profile, bad.Field)
		}
		k.add(pointer, "%s", bad.Msg)
	}
	for i := range c.Profiles {
		p := &c.Profiles[i]
		pat := fmt.Sprintf("%s/profiles/%d", at, i)
		if p.Plan == "" {
			continue
		}
		plan, ok := a.plan(p.Plan)
		if !ok {
			k.add(pat+"/plan", "account %s has no plan %q", a.Name, p.Plan)
		} else if !plan.Fits(p.Network) {
			k.add(pat+"/plan", "plan %q is for %s profiles, this is a %s one", p.Plan, plan.Network, p.Network)
		}
	}
}

// digits looks at the check digits of a card.
func (k *checker) digits(at string, c *euicc.Card) {
	check := func(pointer, what, id string, ok bool) {
		if id != "" && !ok {
			k.add(pointer, "the check digits of %s %s are not right", what, id)
		}
	}
	check(at+"/eid", "EID", c.EID, euicc.ValidEID(c.EID))
	check(at+"/imei", "IMEI", c.IMEI, euicc.ValidLuhn(c.IMEI))
	for i := range c.Profiles {
		iccid := c.Profiles[i].ICCID
		check(fmt.Sprintf("%s/profiles/%d/iccid", at, i), "ICCID", iccid, euicc.ValidLuhn(iccid))
	}
}

// unique holds an identifier to one place; "" is no identifier.
func (k *checker) unique(seen map[string]string, pointer, what, value string) {
	if value == "" {
		return
	}
	if first, ok := seen[value]; ok {
		k.found = append(k.found, Problem{Pointer: pointer, Msg: what + " " + value + " is there already", First: first})
		return
	}
	seen[value] = pointer
}

// Size is how many devices the account has, those of fleets included.
func (a Account) Size() int {
	n := len(a.Cards)
	for _, f := range a.Fleets {
		n += f.Count
	}
	return n
}

func (a *Account) plan(name string) (euicc.Plan, bool) {
	for _, p := range a.Plans {
		if p.Name == name {
			return euicc.Plan{Name: p.Name, Network: p.Network}, true
		}
	}
	return euicc.Plan{}, false
}

// firstPlan is what a profile of network n has when nobody says which.
func (a *Account) firstPlan(n euicc.Network) euicc.Plan {
	for _, p := range a.Plans {
		if p.Network == n {
			return euicc.Plan{Name: p.Name, Network: p.Network}
		}
	}
	return euicc.Plan{}
}

// flaw is what is wrong with one field of a listener.
type flaw struct {
	field string
	alone bool // whatever compat says
	err   *Error
}

// flaws lists what is wrong with a listener in itself.
func (l *Listener) flaws(compat Compat) (found []flaw) {
	wrong := func(field string, alone bool, kind Kind, format string, args ...any) {
		found = append(found, flaw{field, alone, Errorf(kind, format, args...)})
	}
	if !slices.Contains(Services, l.Service) {
		wrong("service", true, ServiceUnknown, "unknown service %q; ThingSpace has %s", bound.Short(l.Service), quotedServices)
	}
	const tooLong = "username and password of a listener have at most %d characters, not %d"
	if n := len(l.Username); n > maxCredential {
		wrong("username", true, SchemaViolated, tooLong, maxCredential, n)
	}
	if n := len(l.Password); n > maxCredential {
		wrong("password", true, SchemaViolated, tooLong, maxCredential, n)
	}
	if l.URL == Mailbox {
		return found
	}
	if n := len(l.URL); n > maxURL {
		wrong("url", true, SchemaViolated, "the url of a listener has at most %d characters, not %d", maxURL, n)
		return found
	}
	u, err := url.Parse(l.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		wrong("url", true, SchemaViolated, "url %q is not an http or https URL with a host", Redact(l.URL))
	} else if compat.Says(Ports) == "verizon" && !callbackPort(u) {
		wrong("url", false, SchemaViolated, "url %q: callbacks go to the ports 80, 443, 9001-9006, 50551-50559 and 28200-28220 only", Redact(l.URL))
	}
	return found
}

// check says what is wrong with a listener in itself, first of all, or nil.
func (l *Listener) check(compat Compat) *Error {
	if found := l.flaws(compat); len(found) > 0 {
		return found[0].err
	}
	return nil
}
