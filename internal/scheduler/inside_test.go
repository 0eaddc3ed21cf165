package scheduler

import "testing"

// TestPagesGo when their jobs have gone.
func TestPagesGo(t *testing.T) {
	q := New[int](0)
	for i := range 10 * pageLen {
		q.Add(Instant(i), Owed, i)
	}
	for range 10*pageLen - 1 {
		q.Pop(Never)
	}
	q.Peek()
	pages := q.heaps[Owed].pages
	for i, page := range pages[:cap(pages)] {
		if (page != nil) != (i == 0) {
			t.Errorf("page %d is there: %v", i, page != nil)
		}
	}
}
