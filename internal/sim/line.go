package sim

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"tsim/internal/euicc"
)

// Line is a profile as a line of service, as the lists tell of it: what they call a device.
type Line struct {
	Number      int // of its own; lists go upwards by it
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
	Devices  []euicc.IDs // any of them
	Parts    []PartFilter
	State    *euicc.State
	Status   *euicc.Status
	Plan     string
	From, To Instant // when the line was added; To 0 is for ever
	Nothing  bool    // asks for what no line has
}

// PartFilter asks for a part of an identifier; "" asks for nothing.
type PartFilter struct {
	Kind                   string // eid, iccid, imei, mdn or msisdn
	Contains, Begins, Ends string
}

// Lines lists up to limit lines with numbers above after, and says whether there are more.
func (s *Sim) Lines(f *LineFilter, after, limit int) (page []Line, more bool, err error) {
	s.lock()
	defer s.mu.Unlock()
	if f.Account != "" {
		if err := s.hasAccount(f.Account); err != nil {
			return nil, false, err
		}
	}
	page, more = s.lines(f, after, limit)
	return page, more, nil
}

// linesOfDevice is how many numbers a device has for its lines.
const linesOfDevice = 1000

func (s *Sim) lines(f *LineFilter, after, limit int) (page []Line, more bool) {
	if f.Nothing {
		return nil, false
	}
	activations := s.activations()
	for d := range s.candidates(f.Devices) {
		if int(d.number)*linesOfDevice+linesOfDevice <= after || f.Account != "" && d.account.Name != f.Account {
			continue
		}
		for i := range max(len(d.Profiles), 1) {
			l := s.line(d, i)
			if l.Number <= after || !f.has(&l) {
				continue
			}
			if len(page) == limit {
				return page, true
			}
			if a, ok := activations[l.Profile.ICCID]; ok {
				l.Activated, l.ActivatedBy = a.At, a.By
			}
			page = append(page, l)
		}
	}
	return page, false
}

// line is that of a profile; a device without any has one all the same.
func (s *Sim) line(d *device, profile int) Line {
	var p euicc.Profile
	if profile < len(d.Profiles) {
		p = d.Profiles[profile]
	}
	return Line{
		Number: int(d.number)*linesOfDevice + profile + 1, Account: d.account.Name, EID: d.EID, IMEI: d.IMEI, Profile: p,
		Connected: d.Reachable() && p.Status.Enabled() && p.State() == euicc.StateActive,
		Added:     max(d.added, s.cfg.Start),
	}
}

// candidates are the devices that identifiers may name, by their numbers; all when nobody names any.
func (s *Sim) candidates(ids []euicc.IDs) iter.Seq[*device] {
	byNumber := slices.ContainsFunc(ids, func(i euicc.IDs) bool { return i.EID == "" && i.ICCID == "" && i.IMEI == "" })
	if len(ids) == 0 || byNumber {
		return s.inOrder
	}
	var found []*device
	for _, i := range ids {
		if d := s.any(i); d != nil && !slices.Contains(found, d) {
			found = append(found, d)
		}
	}
	slices.SortFunc(found, func(a, b *device) int { return cmp.Compare(a.number, b.number) })
	return slices.Values(found)
}

// any is the device of any account that the first known of the identifiers names, or nil.
func (x *index) any(ids euicc.IDs) *device {
	switch {
	case ids.EID != "":
		return x.withEID(ids.EID)
	case ids.ICCID != "":
		return x.withICCID(ids.ICCID)
	}
	return x.withIMEI(ids.IMEI)
}

// inOrder are the devices by their numbers: those of the start by EID, then those that were added.
func (x *index) inOrder(yield func(*device) bool) {
	for _, d := range x.devices {
		if d.added == 0 && !yield(d) {
			return
		}
	}
	for _, d := range x.added {
		if !yield(d) {
			return
		}
	}
}

// has says whether a line is one of those that are asked for.
func (f *LineFilter) has(l *Line) bool {
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
	return len(f.Devices) == 0 || slices.ContainsFunc(f.Devices, func(ids euicc.IDs) bool {
		return names(ids, l.EID, p.ICCID, l.IMEI, p.MDN)
	})
}

// names says whether identifiers that were sent are all among these.
func names(sent euicc.IDs, eid, iccid, imei, mdn string) bool {
	fits := func(sent, own string) bool { return sent == "" || sent == own }
	return !sent.Conflict && fits(sent.EID, eid) && fits(sent.ICCID, iccid) && fits(sent.IMEI, imei) && fits(sent.MDN, mdn)
}

func (f PartFilter) fits(l *Line) bool {
	id := ""
	switch f.Kind {
	case "eid":
		id = l.EID
	case "iccid":
		id = l.Profile.ICCID
	case "imei":
		id = l.IMEI
	case "mdn":
		id = l.Profile.MDN
	case "msisdn":
		if id = l.Profile.MDN; id != "" {
			id = "1" + id
		}
	}
	return id != "" && strings.Contains(id, f.Contains) && strings.HasPrefix(id, f.Begins) && strings.HasSuffix(id, f.Ends)
}
