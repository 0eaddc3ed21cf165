package scheduler

import "slices"

// heap is a 4-ary min-heap by (due, seq). It is written out because container/heap boxes every job
// it is given, and a sandbox may owe a million.
type heap[J any] []Item[J]

const arity = 4

func (h *heap[J]) push(item Item[J]) {
	h.reserve(1)
	*h = append(*h, item)
	h.rise(len(*h)-1, item)
}

// reserve makes room for n more. It doubles at least: growing by less leaves more copies behind than
// the heap is long.
func (h *heap[J]) reserve(n int) {
	if cap(*h)-len(*h) < n {
		*h = slices.Grow(*h, max(n, len(*h)))
	}
}

func (h *heap[J]) pop() Item[J] {
	top := (*h)[0]
	h.cut(0)
	return top
}

// remove takes out the items whose jobs match.
func (h *heap[J]) remove(match func(*J) bool) (removed int) {
	for i := len(*h) - 1; i >= 0; i-- {
		// What comes into the hole may be from further up, and not looked at yet.
		for i < len(*h) && match(&(*h)[i].Job) {
			h.cut(i)
			removed++
		}
	}
	return removed
}

// cut takes out the item at i.
func (h *heap[J]) cut(i int) {
	s := *h
	last := s[len(s)-1]
	s[len(s)-1] = Item[J]{} // lets go of what the job points to
	s = s[:len(s)-1]
	*h = s
	switch {
	case i == len(s):
	case i > 0 && last.before(&s[(i-1)/arity]):
		s.rise(i, last)
	default:
		s.sink(i, last)
	}
}

// rise puts item into the hole at i, or above it.
func (h heap[J]) rise(i int, item Item[J]) {
	for i > 0 {
		parent := (i - 1) / arity
		if !item.before(&h[parent]) {
			break
		}
		h[i] = h[parent]
		i = parent
	}
	h[i] = item
}

// sink puts item into the hole at i, or below it.
func (h heap[J]) sink(i int, item Item[J]) {
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
