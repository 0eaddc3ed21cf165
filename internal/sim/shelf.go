package sim

import (
	"iter"
	"math/bits"
)

// shelf keeps records by consecutive numbers from 1 on. They lie in pages, which go when all of their
// records are taken off. A record stays as it is for whoever still points to it.
type shelf[T any] struct {
	count uint64 // how many there ever were
	gone  uint64 // pages at the front
	pages []*[shelfPage]T
	there []uint16 // of each page, a bit for each record that was not taken off
}

// shelfPage is how many records a page has: of callbacks, as many as fit into 2 KiB, which is what Go
// would set aside for one fewer, too.
const shelfPage = 15

// put adds a record, and says its number.
func (s *shelf[T]) put() (*T, uint64) {
	i := s.count % shelfPage
	if i == 0 {
		s.pages, s.there = append(s.pages, new([shelfPage]T)), append(s.there, 0)
	}
	s.count++
	last := len(s.pages) - 1
	s.there[last] |= 1 << i
	return &s.pages[last][i], s.count
}

// find says on which page the record of a number is, and with which bit.
func (s *shelf[T]) find(n uint64) (page uint64, bit uint16, ok bool) {
	n-- // 0 is too far then
	if n >= s.count || n/shelfPage < s.gone {
		return 0, 0, false
	}
	page, bit = n/shelfPage-s.gone, 1<<(n%shelfPage)
	return page, bit, s.there[page]&bit != 0
}

// get is the record of a number, or nil.
func (s *shelf[T]) get(n uint64) *T {
	page, bit, ok := s.find(n)
	if !ok {
		return nil
	}
	return &s.pages[page][bits.TrailingZeros16(bit)]
}

// take removes the record of a number.
func (s *shelf[T]) take(n uint64) {
	page, bit, ok := s.find(n)
	if !ok {
		return
	}
	s.there[page] &^= bit
	for len(s.pages) > 0 && s.there[0] == 0 && s.count >= (s.gone+1)*shelfPage {
		s.pages[0] = nil
		s.pages, s.there = s.pages[1:], s.there[1:]
		s.gone++
	}
}

// above goes through the records with a greater number than n.
func (s *shelf[T]) above(n uint64) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for n = max(n, s.gone*shelfPage); n < s.count; n++ {
			if item := s.get(n + 1); item != nil && !yield(item) {
				return
			}
		}
	}
}

// len is how many records there are.
func (s *shelf[T]) len() (n int) {
	for _, there := range s.there {
		n += bits.OnesCount16(there)
	}
	return n
}
