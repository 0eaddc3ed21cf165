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
	count     int             // of devices
	room      int             // for so many of them
	first     lengths
	spans     []span       // nil as long as all devices are like the first
	conflicts map[int]bool // of the few that have one
}

// lengths is how long each identifier of a device is.
type lengths struct{ eid, iccid, imei, mdn uint8 }

func (l lengths) sum() int { return int(l.eid) + int(l.iccid) + int(l.imei) + int(l.mdn) }

// span says where in the text the identifiers of a device are.
type span struct {
	at uint32
	lengths
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
func NewIDList(devices int) *IDList { return &IDList{room: devices} }

// Add appends a device. More than 255 bytes of an identifier are cut off: whatever is half as long
// belongs to no device.
func (l *IDList) Add(ids euicc.IDs) {
	const longest = 255
	at := uint32(l.text.Len())
	put := func(id string) uint8 {
		id = cutText(id, longest)
		l.text.WriteString(id)
		return uint8(len(id))
	}
	of := lengths{put(ids.EID), put(ids.ICCID), put(ids.IMEI), put(ids.MDN)}
	if l.count == 0 {
		l.first = of
		l.text.Grow(max(l.room-1, 0) * of.sum())
	}
	if of != l.first && l.spans == nil {
		l.spans = make([]span, l.count, max(l.room, l.count+1))
		for i := range l.spans {
			l.spans[i] = l.span(i)
		}
	}
	if l.spans != nil {
		l.spans = append(l.spans, span{at, of})
	}
	if ids.Conflict {
		if l.conflicts == nil {
			l.conflicts = map[int]bool{}
		}
		l.conflicts[l.count] = true
	}
	l.count++
}

// span is that of a device as long as all are like the first.
func (l *IDList) span(i int) span { return span{uint32(i * l.first.sum()), l.first} }

// Len is how many devices there are.
func (l *IDList) Len() int {
	if l == nil {
		return 0
	}
	return l.count
}

// At is the i-th device, from 0.
func (l *IDList) At(i int) euicc.IDs {
	p := l.span(i)
	if l.spans != nil {
		p = l.spans[i]
	}
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

// MarshalText writes the identifiers as text: those of a device with commas between them, in the order EID, ICCID, IMEI, MDN, and
// a semicolon after each device. A conflict is an exclamation mark.
func (l *IDList) MarshalText() ([]byte, error) {
	text := make([]byte, 0, l.text.Len()+4*l.count)
	for i := range l.count {
		ids := l.At(i)
		for j, id := range [...]string{ids.EID, ids.ICCID, ids.IMEI, ids.MDN} {
			if j > 0 {
				text = append(text, ',')
			}
			text = append(text, escapeID.Replace(id)...)
		}
		if ids.Conflict {
			text = append(text, '!')
		}
		text = append(text, ';')
	}
	return text, nil
}

// What separates identifiers, and what JSON cannot tell, is written as %XX, should an identifier have it.
var (
	escapeID   = strings.NewReplacer("%", "%25", ",", "%2C", ";", "%3B", "!", "%21")
	unescapeID = strings.NewReplacer("%25", "%", "%2C", ",", "%3B", ";", "%21", "!")
)

// UnmarshalText reads what MarshalText wrote.
func (l *IDList) UnmarshalText(text []byte) error {
	devices := strings.Count(string(text), ";")
	*l = *NewIDList(devices)
	for device := range strings.SplitSeq(string(text), ";") {
		if device == "" {
			continue
		}
		device, conflict := strings.CutSuffix(device, "!")
		ids := strings.Split(device, ",")
		if len(ids) != 4 {
			return Errorf(Invalid, "device %d of a list has %d identifiers instead of 4", l.count+1, len(ids))
		}
		for i := range ids {
			ids[i] = unescapeID.Replace(ids[i])
		}
		l.Add(euicc.IDs{EID: ids[0], ICCID: ids[1], IMEI: ids[2], MDN: ids[3], Conflict: conflict})
	}
	if l.count != devices {
		return Errorf(Invalid, "a list of %d devices has %d", devices, l.count)
	}
	return nil
}
