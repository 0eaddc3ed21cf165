package main

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// event is as much of an event as is needed here.
type event struct {
	Seq    uint64    `json:"seq"`
	At     time.Time `json:"at"`
	Kind   string    `json:"kind"`
	Detail string    `json:"detail"`
}

// pageSize is the most that tsim lists at once.
const pageSize = 5_000

// events lists a page of events.
func (b *box) events(after uint64, limit int) ([]event, error) {
	var list struct {
		Events []event `json:"events"`
	}
	err := b.ask(http.MethodGet, fmt.Sprintf("%s/events?limit=%d&after=%d", sandbox, limit, after), nil, &list)
	return list.Events, err
}

// allSucceeded goes back through the journal to the latest operations: none of that page was refused.
// After a large call, many thousand events of its callbacks are later than they.
func (b *box) allSucceeded() error {
	oldest, err := b.events(0, 1)
	if err != nil {
		return err
	}
	c, err := b.counts()
	if err != nil || len(oldest) == 0 {
		return errors.Join(err, errors.New("the journal is empty"))
	}
	first := oldest[0].Seq - 1
	for end := first + uint64(c.Counts.Events); end > first; end -= min(end-first, pageSize) {
		page, err := b.events(max(end, first+pageSize)-pageSize, pageSize)
		if err != nil {
			return err
		}
		succeeded := 0
		for _, e := range page {
			switch e.Kind {
			case "operation.succeeded":
				succeeded++
			case "operation.refused":
				return errors.New("an operation was refused: " + e.Detail)
			}
		}
		if succeeded > 0 {
			return nil
		}
	}
	return errors.New("no operation is in the journal")
}
