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
func period(doc any) (from, to sim.Instant, err error) {
	if from, err = instant(doc, "earliest"); err == nil {
		to, err = instant(doc, "latest")
	}
	if to == 0 && text(doc, "latest") != "" {
		to = -1
	}
	return from, to, err
}

func instant(doc any, field string) (sim.Instant, error) {
	word := text(doc, field)
	if word == "" {
		return 0, nil
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, word); err == nil {
			return scheduler.At(t), nil
		}
	}
	return 0, sim.Errorf(sim.SchemaViolated, "/%s: found %q, expected a time such as 2030-01-01T00:00:00Z", field, word)
}
