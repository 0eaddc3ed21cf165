package scheduler

import "testing"

// TestMemoryGoes: a queue that had many jobs lets go of their memory when they are done, or taken out.
func TestMemoryGoes(t *testing.T) {
	const many = 10_000
	for name, empty := range map[string]func(*Queue[int]){
		"popped": func(q *Queue[int]) {
			for range many {
				q.Pop(Never)
			}
		},
		"removed": func(q *Queue[int]) { q.Remove(func(*int) bool { return true }) },
	} {
		q := New[int](0)
		for i := range many {
			q.Add(Instant(i), Owed, i)
		}
		empty(q)
		q.Add(0, Owed, 0)
		if room := cap(q.heaps[Owed]); q.Len(Owed) != 1 || room > many/100 {
			t.Errorf("%s: %d jobs, and room for %d", name, q.Len(Owed), room)
		}
	}
}

// TestNothingIsKept of what a job that was taken points to.
func TestNothingIsKept(t *testing.T) {
	q := New[*int](0)
	for i := range 10 {
		q.Add(Instant(i), Owed, new(int))
	}
	for range 5 {
		q.Pop(Never)
	}
	q.Remove(func(**int) bool { return true })
	for i, item := range q.heaps[Owed][:10] {
		if item.Job != nil {
			t.Errorf("the queue is empty, but its place %d still points to a job", i)
		}
	}
}

// TestGrow: jobs that there is room for do not move those that are there already, and a queue that grows often grows in
// few steps.
func TestGrow(t *testing.T) {
	q := New[int](0)
	steps := 0
	for n := range 1000 {
		before := cap(q.heaps[Owed])
		q.Grow(Owed, 10)
		room := cap(q.heaps[Owed])
		if room != before {
			steps++
		}
		for i := range 10 {
			q.Add(Instant(-n), Owed, 10*n+i)
		}
		if cap(q.heaps[Owed]) != room {
			t.Fatalf("there was no room for 10 more than %d jobs", 10*n)
		}
	}
	if steps > 12 {
		t.Errorf("%d steps to 10,000 jobs", steps)
	}
	for i := range 10_000 {
		if item, _ := q.Pop(Never); item.Job != 10*(999-i/10)+i%10 {
			t.Fatalf("job %d comes at place %d", item.Job, i)
		}
	}
}
