package scheduler

import "fmt"

// Saved is a job as it is kept apart from its queue.
type Saved[J any] struct {
	Item[J]
	Kind  Kind
	Brief bool // it was added with AddBriefly
}

// Seq is the order of acceptance of the latest job.
func (q *Queue[J]) Seq() uint64 { return q.seq }

// Save lists the jobs still to come, in no order.
func (q *Queue[J]) Save() []Saved[J] {
	n := 0
	for _, h := range q.heaps {
		n += len(h)
	}
	all := make([]Saved[J], 0, n)
	for k, h := range q.heaps {
		for i := range h {
			s := Saved[J]{Item: h[i], Kind: Kind(k)}
			if s.Kind == brief {
				s.Kind, s.Brief = Owed, true
			}
			all = append(all, s)
		}
	}
	return all
}

// Before says whether a job is popped before another one.
func (s *Saved[J]) Before(other *Saved[J]) bool { return s.before(&other.Item) }

// Restore is the queue that had these jobs, in the order in which they will be popped, at the present now, when seq was the Seq
// of the latest one. The error says which job cannot have been in it.
func Restore[J any](now Instant, seq uint64, jobs []Saved[J]) (*Queue[J], error) {
	q := &Queue[J]{now: now, seq: seq}
	var sizes [numKinds + 1]int
	for i := range jobs {
		s := &jobs[i]
		switch {
		case s.Kind >= numKinds, s.Brief && s.Kind != Owed:
			return nil, fmt.Errorf("job %d has no kind of a job", i+1)
		case s.Seq == 0 || s.Seq > seq:
			return nil, fmt.Errorf("job %d is number %d of %d that there were", i+1, s.Seq, seq)
		case i > 0 && !jobs[i-1].Before(s):
			return nil, fmt.Errorf("job %d does not come after the one before it", i+1)
		}
		sizes[s.heap()]++
	}
	for k, n := range sizes {
		if n > 0 {
			q.heaps[k] = make(heap[J], 0, n)
		}
	}
	for i := range jobs {
		h := &q.heaps[jobs[i].heap()]
		*h = append(*h, jobs[i].Item) // in order, so no child is before its parent
	}
	return q, nil
}

func (s *Saved[J]) heap() Kind {
	if s.Brief {
		return brief
	}
	return s.Kind
}
