package sim

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"

	"tsim/internal/euicc"
	"tsim/internal/scheduler"
)

// Line is a profile as a line of service, as the lists tell of it: what they call a device.
type Line struct {
	DeviceID    int // of its own; lists go upwards by it
	Account     string
	EID, IMEI   string
	Profile     euicc.Profile
	Connected   bool
	Added       Instant
	Activated   Instant // 0 for not in this sandbox
	ActivatedBy string
}

// LineFilter chooses lines; zero fields choose all.
type LineFilter struct {
	Account  string
	Devices  []euicc.IDs // any of them, each by one identifier
	Parts    []PartFilter
	State    *euicc.State
	Status   *euicc.Status
	Plan     string
	From, To Instant // when the line was added; To 0 is for ever
	Nothing  bool    // asks for what no line has
}

// PartFilter asks for a part of an identifier; "" asks for nothing.
type PartFilter struct {
	Kind                   euicc.Kind
	Contains, Begins, Ends string
}

// Lines lists up to limit lines with a DeviceID above after, and says whether there are more. It looks at a
// part of the devices at once, so that nobody waits long for the lock.
func (s *Sim) Lines(f *LineFilter, after, limit int) (page []Line, more bool, err error) {
	s.lock()
	defer s.mu.Unlock()
	if f.Account != "" {
		if err := s.checkAccount(f.Account); err != nil {
			return nil, false, err
		}
	}
	const atOnce = 10_000
	p := newLinePage(f, after, limit)
	for !s.fill(p, atOnce) {
		s.mu.Unlock()
		s.lock()
	}
	return p.lines, p.more, nil
}

// linesOfDevice is how many DeviceIDs are set aside for a device.
const linesOfDevice = 1000

// linePage is a page of lines that is being made.
type linePage struct {
	filter *LineFilter
	asked  idSet // the filter's devices
	after  int   // the next line has a greater DeviceID
	limit  int
	lines  []Line
	more   bool
}

func newLinePage(f *LineFilter, after, limit int) *linePage {
	return &linePage{filter: f, asked: idSetOf(f.Devices), after: after, limit: limit}
}

// fill looks at so many devices at the most, and says whether the page is done.
func (s *Sim) fill(p *linePage, most int) (done bool) {
	if p.filter.Nothing {
		return true
	}
	for d := range s.candidates(p.filter.Devices, p.after/linesOfDevice) {
		if most == 0 {
			return false
		}
		if s.addLines(p, d); p.more {
			break
		}
		p.after = max(p.after, (int(d.number)+1)*linesOfDevice)
		most--
	}
	s.tellActivations(p.lines)
	return true
}

// addLines takes the lines of a device that are asked for.
func (s *Sim) addLines(p *linePage, d *device) {
	if p.filter.Account != "" && d.account.Name != p.filter.Account {
		return
	}
	for i := range max(len(d.Profiles), 1) {
		l := s.line(d, i)
		switch {
		case l.DeviceID <= p.after || !p.filter.chooses(&l) || !p.asked.has(l.EID, l.Profile.ICCID, l.IMEI, l.Profile.MDN):
		case len(p.lines) == p.limit:
			p.more = true
			return
		default:
			p.lines = append(p.lines, l)
		}
	}
}

// line is that of a profile; a device without any has one all the same.
func (s *Sim) line(d *device, profile int) Line {
	var p euicc.Profile
	if profile < len(d.Profiles) {
		p = d.Profiles[profile]
	}
	return Line{
		DeviceID: int(d.number)*linesOfDevice + profile + 1, Account: d.account.Name, EID: d.EID, IMEI: d.IMEI, Profile: p,
		Connected: d.Reachable() && p.Status.Enabled() && p.State() == euicc.StateActive,
		Added:     max(d.added, scheduler.At(s.cfg.Start)),
	}
}

// candidates are the devices from a number on that identifiers may name, by their numbers; all of those when nobody
// names any.
func (s *Sim) candidates(ids []euicc.IDs, from int) iter.Seq[*device] {
	if len(ids) == 0 {
		return func(yield func(*device) bool) {
			for _, d := range s.numbered.after(uint64(max(from-1, 0))) {
				if !yield(*d) {
					return
				}
			}
		}
	}
	found := map[*device]bool{}
	for _, i := range ids {
		if d := s.deviceByAnyID(i); d != nil && int(d.number) >= from {
			found[d] = true
		}
	}
	return slices.Values(slices.SortedFunc(maps.Keys(found), func(a, b *device) int { return cmp.Compare(a.number, b.number) }))
}

// chooses says whether a line is one of those that are asked for.
func (f *LineFilter) chooses(l *Line) bool {
	p := &l.Profile
	switch {
	case f.State != nil && p.State() != *f.State,
		f.Status != nil && p.Status != *f.Status,
		f.Plan != "" && p.Plan != f.Plan,
		l.Added < f.From, f.To != 0 && l.Added > f.To:
		return false
	}
	for _, part := range f.Parts {
		if !part.fits(l) {
			return false
		}
	}
	return true
}

// idSet is identifiers that are asked for, any of which counts; nil asks for nothing, which all have.
type idSet map[euicc.IDs]bool

func idSetOf(ids []euicc.IDs) idSet {
	if len(ids) == 0 {
		return nil
	}
	set := idSet{}
	for _, i := range ids {
		set[i] = true
	}
	delete(set, euicc.IDs{}) // of a kind that no device has
	return set
}

// has says whether one of these is asked for.
func (s idSet) has(eid, iccid, imei, mdn string) bool {
	return s == nil || s[euicc.IDs{EID: eid}] || s[euicc.IDs{ICCID: iccid}] || s[euicc.IDs{IMEI: imei}] || s[euicc.IDs{MDN: mdn}]
}

func (f PartFilter) fits(l *Line) bool {
	ids := euicc.IDs{EID: l.EID, ICCID: l.Profile.ICCID, IMEI: l.IMEI, MDN: l.Profile.MDN}
	id := ids.Get(f.Kind)
	return id != "" && strings.Contains(id, f.Contains) && strings.HasPrefix(id, f.Begins) && strings.HasSuffix(id, f.Ends)
}
