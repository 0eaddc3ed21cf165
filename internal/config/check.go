package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"tsim/internal/bound"
	"tsim/internal/euicc"
)

// Problems lists what is wrong with the configuration, so that all of it can be mended at once.
func (c *Config) Problems() []Problem {
	k := NewChecker(c.Compat)
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
	for i := range c.Listeners {
		l := &c.Listeners[i]
		at := fmt.Sprintf("/listeners/%d", i)
		if !accounts[l.Account] {
			k.Add(at+"/account", "no account %q in this scenario", bound.Short(l.Account))
		}
		for _, f := range l.Flaws(c.Compat) {
			k.found = append(k.found, Problem{Pointer: at + "/" + f.Field, Msg: f.Msg, Alone: f.Alone})
		}
		k.once(taken, at+"/service", "listener of a service", l.Account+" "+l.Service)
	}
	for i, o := range c.Timeline {
		if k.eids[o.EID] == "" {
			k.Add(fmt.Sprintf("/timeline/%d/eid", i), "no device with EID %s in this scenario", o.EID)
		}
	}
	if c.Delivery.Attempts < 1 {
		k.alone("/delivery/attempts", "a callback has at least 1 attempt, not %d", c.Delivery.Attempts)
	}
	k.limits(&c.Limits)
	k.Rules("/rules", c.Rules, accounts)
	return k.found
}

// Checker collects problems and remembers which identifiers were seen where. Make one with NewChecker.
type Checker struct {
	found                     []Problem
	strict                    bool // identifiers: check digits too
	iccids, eids, imeis, mdns map[string]string
}

// NewChecker has found nothing yet.
func NewChecker(compat Compat) *Checker {
	return &Checker{
		strict: compat.Value(Identifiers) == "strict",
		iccids: map[string]string{}, eids: map[string]string{}, imeis: map[string]string{}, mdns: map[string]string{},
	}
}

// Problems are all that was found.
func (k *Checker) Problems() []Problem { return k.found }

// Add notes what is wrong with several values together; each of them could be right with others.
func (k *Checker) Add(pointer, format string, args ...any) {
	k.found = append(k.found, Problem{Pointer: pointer, Msg: fmt.Sprintf(format, args...)})
}

// alone notes what is wrong with one value, whatever the others are.
func (k *Checker) alone(pointer, format string, args ...any) {
	k.found = append(k.found, Problem{Pointer: pointer, Msg: fmt.Sprintf(format, args...), Alone: true})
}

func (k *Checker) once(seen map[string]bool, pointer, what, value string) {
	if seen[value] {
		k.Add(pointer, "%s %q is there already", what, value)
	}
	seen[value] = true
}

func (k *Checker) account(at string, a *Account) {
	plans := map[string]bool{}
	for i, p := range a.Plans {
		k.once(plans, fmt.Sprintf("%s/plans/%d/name", at, i), "plan", p.Name)
	}
	for i := range a.Cards {
		k.Card(fmt.Sprintf("%s/devices/%d", at, i), a, &a.Cards[i])
	}
	for i := range a.Fleets {
		k.fleet(fmt.Sprintf("%s/fleets/%d", at, i), a, &a.Fleets[i])
	}
}

// fleet checks the first device of a fleet for all of them.
func (k *Checker) fleet(at string, a *Account, f *Fleet) {
	if f.Count < 1 || f.Count > MaxFleet {
		k.alone(at+"/count", "a fleet has 1 to %d devices, not %d", MaxFleet, f.Count)
	}
	if n := len(f.Card.Profiles); n > MaxFleetProfiles {
		k.alone(at+"/profiles", "a device of a fleet has at most %d profiles, not %d", MaxFleetProfiles, n)
		return
	}
	one := f.Card.Clone()
	Numbering{}.Name(&one, 0, &strings.Builder{})
	k.possible(at, a, &one)
}

// Card checks a device of an account, whose place is at.
func (k *Checker) Card(at string, a *Account, c *euicc.Card) {
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
func (k *Checker) possible(at string, a *Account, c *euicc.Card) {
	for _, bad := range c.Contradictions() {
		pointer := at + "/" + bad.Field
		if bad.Profile >= 0 {
			pointer = fmt.Sprintf("%s/profiles/%d/%s", at, bad.Profile, bad.Field)
		}
		k.Add(pointer, "%s", bad.Msg)
	}
	for i := range c.Profiles {
		p := &c.Profiles[i]
		pat := fmt.Sprintf("%s/profiles/%d", at, i)
		if p.Plan == "" {
			continue
		}
		plan, ok := a.Plan(p.Plan)
		if !ok {
			k.Add(pat+"/plan", "account %s has no plan %q", a.Name, p.Plan)
		} else if !plan.Fits(p.Network) {
			k.Add(pat+"/plan", "plan %q is for %s profiles, this is a %s one", p.Plan, plan.Network, p.Network)
		}
	}
}

// digits looks at the check digits of a card.
func (k *Checker) digits(at string, c *euicc.Card) {
	check := func(pointer, what, id string, ok bool) {
		if id != "" && !ok {
			k.Add(pointer, "the check digits of %s %s are not right", what, id)
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
func (k *Checker) unique(seen map[string]string, pointer, what, value string) {
	if value == "" {
		return
	}
	if first, ok := seen[value]; ok {
		k.found = append(k.found, Problem{Pointer: pointer, Msg: what + " " + value + " is there already", First: first})
		return
	}
	seen[value] = pointer
}

// limits refuses what is no number of anything.
func (k *Checker) limits(l *Limits) {
	for _, one := range []struct {
		key string
		n   int
	}{
		{"provisioningPerLineAndDay", l.ProvisioningPerLineAndDay},
		{"activatesPerMinute", l.ActivatesPerMinute},
		{"planChangesPerMonth", l.PlanChangesPerMonth},
		{"callsPerSecond", l.CallsPerSecond},
	} {
		if one.n < 0 {
			k.alone("/limits/"+one.key, "a limit is a number from 1, or 0 for none, not %d", one.n)
		}
	}
}
