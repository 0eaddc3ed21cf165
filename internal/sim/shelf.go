package sim

// shelf keeps records by consecutive numbers from 1 on; what is taken off leaves a gap, and gaps at
// the front are dropped.
type shelf[T any] struct {
	first uint64 // number of items[0]
	items []*T
}

// put gives a record the next number.
func (s *shelf[T]) put(item *T) uint64 {
	if s.first == 0 {
		s.first = 1
	}
	if len(s.items) == cap(s.items) {
		// Twice as long at once: append goes in small steps, and each leaves a copy behind.
		s.items = append(make([]*T, 0, max(2*len(s.items), 16)), s.items...)
	}
	s.items = append(s.items, item)
	return s.first + uint64(len(s.items)) - 1
}

// get is the record of a number, or nil.
func (s *shelf[T]) get(n uint64) *T {
	if n < s.first || n >= s.first+uint64(len(s.items)) {
		return nil
	}
	return s.items[n-s.first]
}

// above is the records with a greater number than n, with nil for those that were taken off.
func (s *shelf[T]) above(n uint64) []*T {
	if n < s.first {
		return s.items
	}
	if n-s.first >= uint64(len(s.items)) {
		return nil
	}
	return s.items[n-s.first+1:]
}

// take removes the record of a number.
func (s *shelf[T]) take(n uint64) {
	if s.get(n) == nil {
		return
	}
	s.items[n-s.first] = nil
	for len(s.items) > 0 && s.items[0] == nil {
		s.items = s.items[1:]
		s.first++
	}
}
