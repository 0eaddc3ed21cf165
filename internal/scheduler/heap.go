package scheduler

// heap is a 4-ary min-heap by (due, seq): the children of the item at i are those at 4i+1 to 4i+4, and no child is
// before its parent. It is written out because container/heap boxes every item that it is given, and a sandbox may
// owe a million jobs. Four children make it half as deep as two would, and they lie side by side: a million jobs do
// not fit into a processor's cache, and each level of the heap is a wait for memory.
type heap[J any] []Item[J]

const arity = 4

func (h *heap[J]) push(item Item[J]) {
	*h = append(*h, item)
	h.rise(len(*h)-1, item)
}

// pop takes the first item. There must be one.
func (h *heap[J]) pop() Item[J] {
	top := (*h)[0]
	h.cut(0)
	return top
}

// remove takes out the items whose jobs match.
func (h *heap[J]) remove(match func(*J) bool) (removed int) {
	for i := len(*h) - 1; i >= 0; i-- {
		// Where one is cut out, another one comes to lie. It may be its parent, which was not looked at yet.
		for i < len(*h) && match(&(*h)[i].Job) {
			h.cut(i)
			removed++
		}
	}
	return removed
}

// cut takes out the item at i. The last item is put in its place, or above or below it.
func (h *heap[J]) cut(i int) {
	const few = 1024
	end := len(*h) - 1
	last := (*h)[end]
	(*h)[end] = Item[J]{} // lets go of what the job points to
	*h = (*h)[:end]
	switch {
	case end == 0 && cap(*h) > few:
		*h = nil // lets go of the memory of many jobs when the last of them has gone
	case i == end:
	case i > 0 && last.before(&(*h)[(i-1)/arity]):
		h.rise(i, last)
	default:
		h.sink(i, last)
	}
}

// rise puts item at i or, while it is before its parent there, in its parent's place.
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

// sink puts item at i or, while one of its children there is before it, in the place of the first of them.
func (h heap[J]) sink(i int, item Item[J]) {
	for {
		child := i*arity + 1
		if child >= len(h) {
			break
		}
		end := min(child+arity, len(h))
		for c := child + 1; c < end; c++ {
			if h[c].before(&h[child]) {
				child = c
			}
		}
		if !h[child].before(&item) {
			break
		}
		h[i] = h[child]
		i = child
	}
	h[i] = item
}
