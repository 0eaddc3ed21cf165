// Package scheduler keeps simulated time and the jobs that are due in it. It is pure: a Queue reads
// no clock and starts nothing; whoever owns it decides when time moves and what a job means.
package scheduler

import (
	"math"
	"slices"
	"time"
)

// Instant is a point in simulated time: nanoseconds since the Unix epoch, UTC.
type Instant int64

// Never is after every instant.
const Never Instant = math.MaxInt64

// At is the instant of t, or the first or the last one there is: Instants reach from 1677 to 2262.
func At(t time.Time) Instant {
	switch first, last := Instant(math.MinInt64), Never-1; {
	case t.Before(first.Time()):
		return first
	case t.After(last.Time()):
		return last
	}
	return Instant(t.UnixNano())
}

// Time is the instant as a time in UTC.
func (i Instant) Time() time.Time { return time.Unix(0, int64(i)).UTC() }

// Add is the instant d later. It stops short of Never, and at the beginning, instead of overflowing.
func (i Instant) Add(d time.Duration) Instant {
	sum := i + Instant(d)
	switch {
	case d > 0 && (sum < i || sum == Never):
		return Never - 1
	case d < 0 && sum > i:
		return math.MinInt64
	}
	return sum
}

// Sub is the time from j to i.
func (i Instant) Sub(j Instant) time.Duration { return time.Duration(i - j) }

// Kind says who waits for a job.
type Kind uint8

// An Owed job is one that somebody was promised: an execution, a delivery. Background jobs happen
// when time passes them, but nobody makes time pass for their sake.
const (
	Owed Kind = iota
	Background
	numKinds
)

// Item is a job with its place in time.
type Item[J any] struct {
	Due Instant
	Seq uint64 // order of acceptance; the order among jobs that are due at one instant
	Job J
}

func (a *Item[J]) before(b *Item[J]) bool {
	return a.Due < b.Due || a.Due == b.Due && a.Seq < b.Seq
}

// Queue is simulated time and the jobs that are still to come, popped by due time and then in the
// order in which they were added. Make one with New; it is not safe for concurrent use.
type Queue[J any] struct {
	now   Instant
	seq   uint64
	heaps [numKinds + 1]heap[J] // those of each kind, and last the Owed ones of AddBriefly
}

const brief = numKinds

// New starts time at start.
func New[J any](start Instant) *Queue[J] { return &Queue[J]{now: start} }

// Now is the present.
func (q *Queue[J]) Now() Instant { return q.now }

// MoveTo lets time pass until t. Time never runs backwards.
func (q *Queue[J]) MoveTo(t Instant) { q.now = max(q.now, t) }

// Add accepts a job that is due at the given instant, which may be in the past: it is due now then.
func (q *Queue[J]) Add(due Instant, kind Kind, job J) {
	q.seq++
	q.heaps[kind].push(Item[J]{due, q.seq, job})
}

// AddBriefly is Add for an Owed job that will most likely be taken back before it is due: RemoveBrief looks only at such jobs,
// while Remove looks at a million to find one.
func (q *Queue[J]) AddBriefly(due Instant, job J) { q.Add(due, brief, job) }

// RemoveBrief takes out the jobs that match, of those that were added with AddBriefly.
func (q *Queue[J]) RemoveBrief(match func(*J) bool) { q.heaps[brief].remove(match) }

// Grow makes room for n more jobs of a kind, which are about to be added. Where there is too little, there is twice as
// much afterwards, or more: each step leaves the slice before it behind as garbage, and with append's steps of a quarter
// that comes to several times what a queue of a million needs.
func (q *Queue[J]) Grow(kind Kind, n int) {
	if h := &q.heaps[kind]; cap(*h)-len(*h) < n {
		*h = append(make(heap[J], 0, max(len(*h)+n, 2*cap(*h))), *h...)
	}
}

// Len is the number of jobs of a kind still to come.
func (q *Queue[J]) Len(kind Kind) int {
	n := len(q.heaps[kind])
	if kind == Owed {
		n += len(q.heaps[brief])
	}
	return n
}

// Peek is the next job of any kind, without taking it.
func (q *Queue[J]) Peek() (Item[J], bool) {
	h := q.first()
	if h == nil {
		return Item[J]{}, false
	}
	return (*h)[0], true
}

// NextDue says when the next job of a kind is due, or Never.
func (q *Queue[J]) NextDue(kind Kind) Instant {
	due := Never
	if h := q.heaps[kind]; len(h) > 0 {
		due = h[0].Due
	}
	if h := q.heaps[brief]; kind == Owed && len(h) > 0 {
		due = min(due, h[0].Due)
	}
	return due
}

// Pop takes the next job that is due at until or before, and lets time pass to where it is due.
func (q *Queue[J]) Pop(until Instant) (Item[J], bool) {
	h := q.first()
	if h == nil || (*h)[0].Due > until {
		return Item[J]{}, false
	}
	item := h.pop()
	q.MoveTo(item.Due)
	return item, true
}

// Remove takes out the jobs that match, and says how many there were. It looks at every job.
func (q *Queue[J]) Remove(match func(*J) bool) (removed int) {
	for k := range q.heaps {
		removed += q.heaps[k].remove(match)
	}
	return removed
}

// first is the heap with the next job on top, or nil.
func (q *Queue[J]) first() *heap[J] {
	var best *heap[J]
	for k := range q.heaps {
		h := &q.heaps[k]
		if len(*h) > 0 && (best == nil || (*h)[0].before(&(*best)[0])) {
			best = h
		}
	}
	return best
}

// Each shows every job still to come, in no order, until show says that it has seen enough: it can be ranged over.
func (q *Queue[J]) Each(show func(*Item[J]) bool) {
	for _, h := range q.heaps {
		for i := range h {
			if !show(&h[i]) {
				return
			}
		}
	}
}

// Pending lists the jobs still to come, in the order in which they will be popped.
func (q *Queue[J]) Pending() []Item[J] {
	var all []Item[J]
	for item := range q.Each {
		all = append(all, *item)
	}
	slices.SortFunc(all, func(a, b Item[J]) int {
		if a.before(&b) {
			return -1
		}
		return 1
	})
	return all
}
