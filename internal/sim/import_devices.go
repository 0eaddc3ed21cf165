package sim

import (
	"math"
	"slices"

	"tsim/internal/config"
)

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
