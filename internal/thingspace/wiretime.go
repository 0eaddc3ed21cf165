package thingspace

import (
	"time"

	"tsim/internal/scheduler"
	"tsim/internal/sim"
)

// wireTime is an instant as the lists spell it.
func wireTime(at sim.Instant) string { return at.Time().Format(time.RFC3339) }

// timeLayouts are how clients write times: the pages, pages without an offset, and an older SDK.
var timeLayouts = []string{time.RFC3339, "2006-01-02T15:04:05", "01/02/2006 15:04:05"}

// period reads earliest and latest; what is not there is 0, so a latest of that very moment is one before.
// The schema has been at the document before.
func period(doc any) (from, to sim.Instant) {
	from, _ = instant(text(doc, "earliest"))
	to, _ = instant(text(doc, "latest"))
	if to == 0 && text(doc, "latest") != "" {
		to = -1
	}
	return from, to
}

// instant reads a time, 0 for none, and says whether it is one.
func instant(word string) (at sim.Instant, ok bool) {
	if word == "" {
		return 0, true
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, word); err == nil {
			return scheduler.At(t), true
		}
	}
	return 0, false
}

// isTime is the format thingspace-time of the schemas.
func isTime(word string) bool {
	_, ok := instant(word)
	return ok
}
