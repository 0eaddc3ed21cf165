package sim

import (
	"cmp"
	"slices"
	"strings"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/scheduler"
)

// Present is a sandbox as it is now: what another one starts from that is to go on from here, and how much of this one no
// configuration can say.
type Present struct {
	Config config.Config
	Left   Left
}

// Left counts what a configuration cannot say.
type Left struct {
	Requests  int // that have something still to come
	Callbacks int // that are not in a final state
	Holds     int
	Sessions  int // that are open
	Passwords int // that were changed by a call
	Locked    int // users
	Counted   int // rules that have counted something, and begin anew
	Over      int // rules whose time has passed, and that are not in the configuration
	Calls     int // on record
	Events    int
}

// Present is the sandbox as it is now. Its start is the present time, and what was to come so long after the start comes so
// much earlier. Devices that are as a fleet would make them are a fleet, see arranged; all others are named, by EID. The lock is
// held while the devices are copied, which takes some tenths of a second for a million.
func (s *Sim) Present() Present {
	s.lock()
	p := Present{*s.cfg, s.left()}
	c := &p.Config
	start, now := scheduler.At(s.cfg.Start), s.jobs.Now()
	c.Start, c.Clock, c.Speed = now.Time(), s.clock.mode, s.clock.speed
	c.Listeners = s.allListeners()
	c.Timeline = nil
	for _, e := range s.timeline.after(0) {
		if s.deviceByEID(e.EID) != nil {
			to := *e
			to.At = max(start.Add(e.At).Sub(now), 0)
			c.Timeline = append(c.Timeline, to)
		}
	}
	c.Rules = nil
	for _, r := range s.rules.All() {
		if anew, ok := r.Anew(int64(start), int64(now)); ok {
			c.Rules = append(c.Rules, anew)
		} else {
			p.Left.Over++
		}
		if r.Occasions > 0 {
			p.Left.Counted++
		}
	}
	devices := s.copied()
	s.mu.Unlock()
	c.Accounts = arranged(devices, c.Accounts, c.Seed)
	return p
}

// left counts all that is known without looking at each rule.
func (s *Sim) left() Left {
	l := Left{
		Requests: s.unfinished, Callbacks: s.open, Holds: s.holds.live, Passwords: len(s.tokens.changed),
		Calls: s.calls.calls.live, Events: s.journal.live,
	}
	for t := s.tokens.open.oldest; t != nil; t = t.newer {
		if s.lives(t, s.cfg.Tokens.Session) {
			l.Sessions++
		}
	}
	for _, wrong := range s.tokens.wrong {
		if wrong >= maxPasswords {
			l.Locked++
		}
	}
	return l
}

// allListeners are those of all accounts, in the order of these and of the services.
func (s *Sim) allListeners() (all []config.Listener) {
	for i := range s.cfg.Accounts {
		for _, service := range config.Services {
			if l := s.listeners[listenerKey{s.cfg.Accounts[i].Name, service}]; l != nil {
				all = append(all, *l)
			}
		}
	}
	return all
}

// copiedDevice is a device, with what a fleet has to know of it.
type copiedDevice struct {
	euicc.Card
	account string
	index   int // of a generated one; -1 of one that somebody has named
}

// copied copies the devices, by EID: those that were generated are in the order of their indexes.
func (s *Sim) copied() []copiedDevice {
	profiles := 0
	for _, d := range s.devices {
		profiles += len(d.Profiles)
	}
	all, room := make([]copiedDevice, len(s.devices)), make([]euicc.Profile, 0, profiles) // in one piece, rather than a million
	for i, d := range s.devices {
		begin := len(room)
		room = append(room, d.Profiles...)
		all[i] = copiedDevice{d.Card, d.account.Name, -1}
		all[i].Profiles = slices.Clip(room[begin:])
		if n, ok := s.numbering.IndexOfEID(d.EID); ok && s.generatedDevice(n, true) == d {
			all[i].index = int(n)
		}
	}
	return all
}

// leastFleet is how many devices that are alike have to follow each other to be a fleet: fewer are named.
const leastFleet = 10

// arranged are accounts with these devices in place of their own: as fleets, as far as those have the same devices again, down
// to the last identifier. A fleet goes on past what is named, so a device in the midst of it may be named. But a device that was
// removed, or an MDN that was given up, would be there again, and all that follow would move up. So the fleets are made, as for
// a new sandbox, and compared; from the first device on that is another one, all are named.
func arranged(devices []copiedDevice, accounts []config.Account, seed uint64) []config.Account {
	a := arrangement{devices: devices, accounts: accounts, numbering: newNumbering(seed)}
	for end := len(devices); ; {
		tried := a.upTo(end)
		wrong := a.firstOther(newIndex(tried, seed).devices)
		if wrong >= end {
			return tried
		}
		end = wrong
	}
}

type arrangement struct {
	devices   []copiedDevice
	accounts  []config.Account
	numbering config.Numbering
}

// firstOther is where the devices of a sandbox begin to be others.
func (a *arrangement) firstOther(made []*device) int {
	for i := range min(len(made), len(a.devices)) {
		is, was := made[i], &a.devices[i]
		if is.EID != was.EID || was.index >= 0 && (is.account.Name != was.account || !sameCard(&is.Card, &was.Card)) {
			return i
		}
	}
	return len(a.devices)
}

func sameCard(a, b *euicc.Card) bool {
	return a.EID == b.EID && a.IMEI == b.IMEI && a.Fallback == b.Fallback && a.Powered == b.Powered && a.Connected == b.Connected &&
		a.Memory == b.Memory && slices.Equal(a.Profiles, b.Profiles)
}

// upTo are the accounts with fleets among the first devices, and all from end on named.
func (a *arrangement) upTo(end int) []config.Account {
	all, byName := slices.Clone(a.accounts), map[string]*config.Account{}
	for i := range all {
		all[i].Cards, all[i].Fleets = nil, nil
		byName[all[i].Name] = &all[i]
	}
	name := func(i int) {
		to := byName[a.devices[i].account]
		card := a.devices[i].Clone()
		leavePlansOut(&card, to)
		to.Cards = append(to.Cards, card)
	}
	var row []int // of devices that are alike
	var like euicc.Card
	var last *config.Fleet // goes on after a few that are named
	flush := func() {
		switch to := byName[a.devices[row[0]].account]; {
		case last != nil && len(to.Fleets) > 0 && last == &to.Fleets[len(to.Fleets)-1] && sameCard(&last.Card, &like) && last.Count+len(row) <= config.MaxFleet:
			last.Count += len(row)
		case len(row) < leastFleet:
			for _, i := range row {
				name(i)
			}
		default:
			to.Fleets = append(to.Fleets, config.Fleet{Count: len(row), Card: like.Clone()})
			last = &to.Fleets[len(to.Fleets)-1]
		}
		row = row[:0]
	}
	var this euicc.Card
	for i := range a.devices {
		d := &a.devices[i]
		if i >= end || !a.generated(d) {
			name(i)
			continue
		}
		withoutIDs(&this, &d.Card)
		leavePlansOut(&this, byName[d.account])
		if len(row) > 0 && (d.account != a.devices[row[0]].account || !sameCard(&this, &like)) {
			flush()
		}
		if row = append(row, i); len(row) == 1 {
			like = this.Clone()
		} else if len(row) == config.MaxFleet {
			flush()
		}
	}
	if len(row) > 0 {
		flush()
	}
	for i := range all {
		slices.SortFunc(all[i].Cards, func(a, b euicc.Card) int { return cmp.Compare(a.EID, b.EID) })
	}
	return all
}

// generated says whether a fleet could have made the device, but for its MDNs: that shows only when all are made.
func (a *arrangement) generated(d *copiedDevice) bool {
	if d.index < 0 || d.Fallback != "" || d.Memory != 0 || len(d.Profiles) > config.MaxFleetProfiles {
		return false
	}
	named := d.Clone()
	a.numbering.Name(&named, uint64(d.index), &strings.Builder{})
	return sameCard(&named, &d.Card) &&
		!slices.ContainsFunc(d.Profiles, func(p euicc.Profile) bool { return (p.Service == euicc.Active) != (p.MDN != "") })
}

// withoutIDs makes a card one that is like another one, but has nothing that is generated.
func withoutIDs(to, of *euicc.Card) {
	*to = euicc.Card{Powered: of.Powered, Connected: of.Connected, Profiles: append(to.Profiles[:0], of.Profiles...)}
	for i := range to.Profiles {
		to.Profiles[i].ICCID, to.Profiles[i].MDN = "", ""
	}
}

// leavePlansOut takes the plans off a card that it gets by itself, see defaultPlans.
func leavePlansOut(c *euicc.Card, a *config.Account) {
	for i := range c.Profiles {
		if p := &c.Profiles[i]; p.Service != euicc.Deactive && p.Plan == a.FirstPlan(p.Network).Name {
			p.Plan = ""
		}
	}
}
