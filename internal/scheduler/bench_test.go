package scheduler_test

import (
	"container/heap"
	"testing"

	. "tsim/internal/scheduler"
)

const million = 1_000_000

// due scatters the jobs of a benchmark over time, with some ties.
func due(i int) Instant { return Instant(uint32(i) * 2654435761 >> 4) }

func BenchmarkQueue(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		q := New[*int](0)
		for i := range million {
			q.Add(due(i), Owed, nil)
		}
		for range million {
			q.Pop(Never)
		}
	}
}

// BenchmarkSteps is what time does with a million operations: each is taken, and its delivery, which is due at once,
// is added and taken next.
func BenchmarkSteps(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		q := New[*int](0)
		for i := range million {
			q.Add(due(i), Owed, nil)
		}
		b.StartTimer()
		for range million {
			item, _ := q.Pop(Never)
			q.Add(item.Due, Owed, nil)
			q.Pop(Never)
		}
	}
}

// boxed is what the queue would be with the standard library's heap.
type boxed []Item[*int]

func (h boxed) Len() int { return len(h) }
func (h boxed) Less(i, j int) bool {
	return h[i].Due < h[j].Due || h[i].Due == h[j].Due && h[i].Seq < h[j].Seq
}
func (h boxed) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *boxed) Push(x any)   { *h = append(*h, x.(Item[*int])) }
func (h *boxed) Pop() any {
	s := *h
	last := s[len(s)-1]
	*h = s[:len(s)-1]
	return last
}

func BenchmarkContainerHeap(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		var h boxed
		for i := range million {
			heap.Push(&h, Item[*int]{due(i), uint64(i), nil})
		}
		for range million {
			heap.Pop(&h)
		}
	}
}
