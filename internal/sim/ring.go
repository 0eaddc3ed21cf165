package sim

import "iter"

// ring keeps the latest of many values. It lies in pages, because a slice that grows to its size leaves
// copies of itself behind.
type ring[T any] struct {
	pages [][]T
	size  int    // how many it keeps
	count uint64 // how many there ever were
}

const ringPage = 1000

// place is where the next value goes. When the ring is full, the oldest one is still there.
func (r *ring[T]) place() (v *T, full bool) {
	n := int(r.count % uint64(r.size))
	r.count++
	if n/ringPage == len(r.pages) {
		var page []T // the first one grows: most rings hold little
		if n > 0 {
			page = make([]T, 0, ringPage)
		}
		r.pages = append(r.pages, page)
	}
	page := &r.pages[n/ringPage]
	if full = n%ringPage < len(*page); !full {
		var none T
		*page = append(*page, none)
	}
	return &(*page)[n%ringPage], full
}

// len is how many values there are.
func (r *ring[T]) len() int { return int(min(r.count, uint64(r.size))) }

// at is the n-th value that there ever was, from 0; it must be one of the latest.
func (r *ring[T]) at(n uint64) *T {
	i := int(n % uint64(r.size))
	return &r.pages[i/ringPage][i%ringPage]
}

// first is the number of the oldest value that is still there.
func (r *ring[T]) first() uint64 { return r.count - uint64(r.len()) }

// from goes through the values that are still there, from the n-th on.
func (r *ring[T]) from(n uint64) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for n = max(n, r.first()); n < r.count && yield(r.at(n)); n++ {
		}
	}
}
