package sim

import (
	"bytes"
	"fmt"
	"strconv"
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

// MarshalText is the list as one text: how many devices in a row have identifiers of which lengths, then all identifiers.
// "2x32.20.0.0,1x0.20.0.0!:" is followed by those of three devices, of which the last one has a conflict.
func (l *IDList) MarshalText() ([]byte, error) {
	b := make([]byte, 0, 32+l.text.Len())
	for from := 0; from < l.count; {
		of, conflict, to := l.lengths(from), l.conflicts[from], from+1
		for to < l.count && l.lengths(to) == of && l.conflicts[to] == conflict {
			to++
		}
		if from > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(to-from), 10)
		for i, n := range [...]uint8{of.eid, of.iccid, of.imei, of.mdn} {
			b = append(b, "x..."[i])
			b = strconv.AppendInt(b, int64(n), 10)
		}
		if conflict {
			b = append(b, '!')
		}
		from = to
	}
	return append(append(b, ':'), l.text.String()...), nil
}

// lengths are those of the identifiers of a device.
func (l *IDList) lengths(i int) lengths {
	if l.spans == nil {
		return l.first
	}
	return l.spans[i].lengths
}

// mostListed is how many devices are read at the most: more than any call may name.
const mostListed = 1 << 20

// UnmarshalText reads what MarshalText wrote.
func (l *IDList) UnmarshalText(b []byte) error {
	head, ids, ok := bytes.Cut(b, []byte{':'})
	if !ok {
		return fmt.Errorf("a list of identifiers has no colon")
	}
	rest := string(ids)
	*l = IDList{}
	for len(head) > 0 {
		var run []byte
		run, head, _ = bytes.Cut(head, []byte{','})
		run, conflict := bytes.CutSuffix(run, []byte{'!'})
		var n int
		var of lengths
		_, err := fmt.Sscanf(string(run), "%dx%d.%d.%d.%d", &n, &of.eid, &of.iccid, &of.imei, &of.mdn)
		if err != nil || n < 1 || n > mostListed-l.count || n*of.sum() > len(rest) {
			return fmt.Errorf("a list of identifiers has a run %q, and %d bytes of identifiers", run, len(rest))
		}
		l.room = l.count + n
		for range n {
			next := func(length uint8) string {
				id := rest[:length]
				rest = rest[length:]
				return id
			}
			l.Add(euicc.IDs{EID: next(of.eid), ICCID: next(of.iccid), IMEI: next(of.imei), MDN: next(of.mdn), Conflict: conflict})
		}
	}
	if rest != "" {
		return fmt.Errorf("a list of identifiers has %d bytes too many", len(rest))
	}
	return nil
}
