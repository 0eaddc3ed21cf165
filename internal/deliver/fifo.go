package deliver

// fifo is a queue in pieces, so that a long one is never copied, and a short one stays small.
type fifo[T any] struct {
	pieces [][]T
	taken  int // of the first piece
}

const piece = 256

func (f *fifo[T]) push(v T) {
	last := len(f.pieces) - 1
	if last < 0 || len(f.pieces[last]) == piece {
		var next []T // the first one grows: most queues are short
		if last >= 0 {
			next = make([]T, 0, piece)
		}
		f.pieces = append(f.pieces, next)
		last++
	}
	f.pieces[last] = append(f.pieces[last], v)
}

func (f *fifo[T]) empty() bool { return len(f.pieces) == 0 || f.taken == len(f.pieces[0]) }

func (f *fifo[T]) pop() (v T, ok bool) {
	if f.empty() {
		return v, false
	}
	first := f.pieces[0]
	var none T
	v, first[f.taken] = first[f.taken], none
	switch f.taken++; {
	case f.taken < len(first):
	case len(f.pieces) == 1:
		f.pieces[0], f.taken = first[:0], 0
	default:
		f.pieces[0] = nil
		f.pieces, f.taken = f.pieces[1:], 0
	}
	return v, true
}
