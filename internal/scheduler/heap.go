package scheduler

import "slices"

// heap is a 4-ary min-heap by (due, seq). It is written out because container/heap boxes every job
// it is given, and a sandbox may owe a million.
type heap[J any] []Item[J]

const arity = 4

func (h *heap[J]) push(item Item[J]) {
	*h = append(*h, item)
	s, i := *h, len(*h)-1
	for i > 0 {
		parent := (i - 1) / arity
		if !item.before(&s[parent]) {
			break
		}
		s[i] = s[parent]
		i = parent
	}
	s[i] = item
}

func (h *heap[J]) pop() Item[J] {
	s := *h
	top, last := s[0], s[len(s)-1]
	s[len(s)-1] = Item[J]{} // lets go of what the job points to
	s = s[:len(s)-1]
	*h = s
	if len(s) > 0 {
		s.sink(last)
	}
	return top
}

// remove takes out the items whose jobs match.
func (h *heap[J]) remove(match func(*J) bool) int {
	before := len(*h)
	*h = slices.DeleteFunc(*h, func(item Item[J]) bool { return match(&item.Job) })
	if len(*h) == before {
		return 0
	}
	s := *h
	for i := (len(s) - 2) / arity; i >= 0 && len(s) > 1; i-- {
		s.sinkFrom(i, s[i])
	}
	return before - len(s)
}

// sink puts item into the hole at the top.
func (h heap[J]) sink(item Item[J]) { h.sinkFrom(0, item) }

// sinkFrom puts item into the hole at i, or below it.
func (h heap[J]) sinkFrom(i int, item Item[J]) {
	for {
		least := i*arity + 1
		if least >= len(h) {
			break
		}
		for c := least + 1; c < min(least+arity, len(h)); c++ {
			if h[c].before(&h[least]) {
				least = c
			}
		}
		if !h[least].before(&item) {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = item
}
