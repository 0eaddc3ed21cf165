package scheduler

// heap is a 4-ary min-heap by (due, seq). It is written out because container/heap boxes every job
// it is given, and a sandbox may owe a million. It lies in pages, because a slice that grows leaves
// copies of itself behind. All pages but the last are full.
//
// A job often makes another one that is due at once. So what is popped leaves a hole at the top, which
// the next item to come is put into, or else the last one when the next top is asked for.
type heap[J any] struct {
	pages [][]Item[J]
	size  int // the hole included
	hole  bool
}

const (
	arity    = 4
	pageBits = 10
	pageLen  = 1 << pageBits
)

// at is the place of the i-th item.
func (h *heap[J]) at(i int) *Item[J] { return &h.pages[i>>pageBits][i&(pageLen-1)] }

// len is how many items there are.
func (h *heap[J]) len() int {
	if h.hole {
		return h.size - 1
	}
	return h.size
}

// top is the first item. There must be one.
func (h *heap[J]) top() *Item[J] {
	h.fill()
	return h.at(0)
}

// fill closes the hole.
func (h *heap[J]) fill() {
	if h.hole {
		h.hole = false
		h.cut(0)
	}
}

func (h *heap[J]) push(item Item[J]) {
	if h.hole {
		h.hole = false
		h.sink(0, item)
		return
	}
	if h.size == len(h.pages)*pageLen {
		var page []Item[J] // the first one grows: most heaps are small
		if h.size > 0 {
			page = make([]Item[J], 0, pageLen)
		}
		h.pages = append(h.pages, page)
	}
	last := &h.pages[h.size>>pageBits]
	*last = append(*last, item)
	h.size++
	h.rise(h.size-1, item)
}

func (h *heap[J]) pop() Item[J] {
	top := *h.top()
	*h.at(0) = Item[J]{} // lets go of what the job points to
	h.hole = true
	return top
}

// remove takes out the items whose jobs match.
func (h *heap[J]) remove(match func(*J) bool) (removed int) {
	h.fill()
	for i := h.size - 1; i >= 0; i-- {
		// What comes into the hole may be from further up, and not looked at yet.
		for i < h.size && match(&h.at(i).Job) {
			h.cut(i)
			removed++
		}
	}
	return removed
}

// cut takes out the item at i.
func (h *heap[J]) cut(i int) {
	h.size--
	page := &h.pages[h.size>>pageBits]
	end := len(*page) - 1
	last := (*page)[end]
	(*page)[end] = Item[J]{} // lets go of what the job points to
	*page = (*page)[:end]
	if end == 0 && h.size > 0 {
		n := len(h.pages) - 1
		h.pages[n] = nil
		h.pages = h.pages[:n]
	}
	switch {
	case i == h.size:
	case i > 0 && last.before(h.at((i-1)/arity)):
		h.rise(i, last)
	default:
		h.sink(i, last)
	}
}

// rise puts item into the hole at i, or above it.
func (h *heap[J]) rise(i int, item Item[J]) {
	for i > 0 {
		parent := h.at((i - 1) / arity)
		if !item.before(parent) {
			break
		}
		*h.at(i) = *parent
		i = (i - 1) / arity
	}
	*h.at(i) = item
}

// sink puts item into the hole at i, or below it.
func (h *heap[J]) sink(i int, item Item[J]) {
	for {
		first := i*arity + 1
		if first >= h.size {
			break
		}
		least, at := h.at(first), first
		for c := first + 1; c < min(first+arity, h.size); c++ {
			if child := h.at(c); child.before(least) {
				least, at = child, c
			}
		}
		if !least.before(&item) {
			break
		}
		*h.at(i) = *least
		i = at
	}
	*h.at(i) = item
}
