package sim

import (
	"strings"

	"tsim/internal/euicc"
)

// IDList is the identifiers that a request gives, device by device. They lie close together, apart
// from the text that they were read from, because a sandbox may owe a million. What a list gives stays
// as it is when more is added; nil is an empty list.
type IDList struct {
	text      strings.Builder // EID, ICCID, IMEI and MDN of each device, one after the other
	places    []place
	conflicts map[int]bool // of the few that have one
}

// place says where in the text the identifiers of a device begin, and how long each is.
type place struct {
	at                    uint32
	eid, iccid, imei, mdn uint8
}

// ListOf is the list of these identifiers.
func ListOf(all ...euicc.IDs) *IDList {
	l := NewIDList(len(all))
	for _, ids := range all {
		l.Add(ids)
	}
	return l
}

// NewIDList is an empty list with room for the identifiers of so many devices.
func NewIDList(devices int) *IDList { return &IDList{places: make([]place, 0, devices)} }

// Add appends a device. More than 255 bytes of an identifier are cut off: whatever is half as long
// belongs to no device.
func (l *IDList) Add(ids euicc.IDs) {
	const longest = 255
	start := l.text.Len()
	put := func(id string) uint8 {
		id = id[:min(len(id), longest)]
		l.text.WriteString(id)
		return uint8(len(id))
	}
	if ids.Conflict {
		if l.conflicts == nil {
			l.conflicts = map[int]bool{}
		}
		l.conflicts[len(l.places)] = true
	}
	l.places = append(l.places, place{uint32(start), put(ids.EID), put(ids.ICCID), put(ids.IMEI), put(ids.MDN)})
	if len(l.places) == 1 {
		// The devices of a request are mostly named alike.
		l.text.Grow((cap(l.places) - 1) * l.text.Len())
	}
}

// Len is how many devices there are.
func (l *IDList) Len() int {
	if l == nil {
		return 0
	}
	return len(l.places)
}

// At is the i-th device, from 0.
func (l *IDList) At(i int) euicc.IDs {
	p := &l.places[i]
	rest := l.text.String()[p.at:]
	next := func(length uint8) string {
		id := rest[:length]
		rest = rest[length:]
		return id
	}
	return euicc.IDs{
		EID: next(p.eid), ICCID: next(p.iccid), IMEI: next(p.imei), MDN: next(p.mdn), Conflict: l.conflicts[i],
	}
}
