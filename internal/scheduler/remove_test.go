package scheduler_test

import (
	"math/rand"
	"slices"
	"testing"

	. "tsim/internal/scheduler"
)

// TestRemove takes out what matches, of either kind, and leaves the order of the others alone.
func TestRemove(t *testing.T) {
	q := New[string](100)
	q.Add(300, Owed, "late")
	q.Add(200, Background, "gone")
	q.Add(200, Owed, "first at 200")
	q.Add(150, Owed, "gone")
	q.Add(200, Background, "second at 200")
	seen := 0
	if n := q.Remove(func(job *string) bool { seen++; return *job == "gone" }); n != 2 || seen < 5 {
		t.Fatalf("removed %d of %d", n, seen)
	}
	if q.Len(Owed) != 2 || q.Len(Background) != 1 || q.NextDue(Owed) != 200 || q.Now() != 100 {
		t.Fatalf("left: %+v", q.Pending())
	}
	if n := q.Remove(func(*string) bool { return false }); n != 0 {
		t.Fatalf("removed %d", n)
	}
	q.Add(200, Owed, "third at 200")
	expectJobs(t, drain(q, Never), "first at 200", "second at 200", "third at 200", "late")
	if n := q.Remove(func(*string) bool { return true }); n != 0 {
		t.Fatalf("removed %d of nothing", n)
	}
}

// TestRemoveFromMany keeps a large queue in order, whatever is taken out of it.
func TestRemoveFromMany(t *testing.T) {
	for n := range 70 { // all shapes that the last levels of a heap can have
		for _, every := range []int{1, 2, 3, 5, n + 1} {
			random := rand.New(rand.NewSource(int64(n)))
			q := New[int](0)
			var want []int
			for i := range n {
				q.Add(Instant(random.Intn(n)), Owed, i)
			}
			for _, item := range q.Pending() {
				if item.Job%every != 0 {
					want = append(want, item.Job)
				}
			}
			if removed := q.Remove(func(job *int) bool { return *job%every == 0 }); removed != n-len(want) {
				t.Fatalf("removed %d of %d, want %d", removed, n, n-len(want))
			}
			var got []int
			for range want {
				item, _ := q.Pop(Never)
				got = append(got, item.Job)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("every %d of %d gone: popped %v, want %v", every, n, got, want)
			}
		}
	}
}
