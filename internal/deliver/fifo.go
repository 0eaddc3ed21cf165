package deliver

// fifo is a first-in, first-out queue in pages. A slice would leave copies of itself behind as it grows, which is 17 MiB or
// more while a million posts wait for a listener that hangs.
type fifo[T any] struct {
	pages [][]T
	head  int // the place of the first value in the first page
}

const page = 256

func (f *fifo[T]) push(v T) {
	n := len(f.pages)
	if n == 0 || len(f.pages[n-1]) == page {
		f.pages = append(f.pages, make([]T, 0, min(n, 1)*page)) // the first one grows: most queues are short
		n++
	}
	f.pages[n-1] = append(f.pages[n-1], v)
}

func (f *fifo[T]) empty() bool { return len(f.pages) == 0 || f.head == len(f.pages[0]) }

// pop takes the first value, if there is one.
func (f *fifo[T]) pop() (v T, ok bool) {
	if f.empty() {
		return v, false
	}
	first := f.pages[0]
	v = first[f.head]
	clear(first[f.head : f.head+1]) // lets go of what it points to
	f.head++
	switch {
	case f.head < len(first):
	case len(f.pages) == 1:
		f.pages[0], f.head = first[:0], 0
	default:
		f.pages[0] = nil
		f.pages, f.head = f.pages[1:], 0
	}
	return v, true
}
