package scheduler_test

import (
	"slices"
	"testing"

	. "tsim/internal/scheduler"

	"pgregory.net/rapid"
)

// TestModel compares a queue with a slice that is kept sorted.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := New[int](0)
		var model []Item[int]
		now, seq := Instant(0), uint64(0)
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				seq++
				item := Item[int]{Instant(rapid.IntRange(-5, 20).Draw(t, "due")), seq, Kind(rapid.IntRange(0, 1).Draw(t, "kind")), int(seq)}
				q.Add(item.Due, item.Kind, item.Job)
				i := slices.IndexFunc(model, func(m Item[int]) bool { return m.Due > item.Due })
				if i < 0 {
					i = len(model)
				}
				model = slices.Insert(model, i, item)
			},
			"pop": func(t *rapid.T) {
				until := Instant(rapid.IntRange(-6, 25).Draw(t, "until"))
				got, ok := q.Pop(until)
				if len(model) == 0 || model[0].Due > until {
					if ok {
						t.Fatalf("popped %+v by %d", got, until)
					}
					return
				}
				if !ok || got != model[0] {
					t.Fatalf("popped %+v, %v; want %+v", got, ok, model[0])
				}
				now, model = max(now, got.Due), model[1:]
			},
			"remove": func(t *rapid.T) {
				from := rapid.IntRange(0, 5).Draw(t, "from")
				every := rapid.SampledFrom([]int{1, 2, 3, 7}).Draw(t, "every")
				gone := func(job int) bool { return job%every == from%every }
				before := len(model)
				model = slices.DeleteFunc(model, func(m Item[int]) bool { return gone(m.Job) })
				if n := q.Remove(func(job *int) bool { return gone(*job) }); n != before-len(model) {
					t.Fatalf("removed %d, want %d", n, before-len(model))
				}
			},
			"move": func(t *rapid.T) {
				to := Instant(rapid.IntRange(-6, 25).Draw(t, "to"))
				q.MoveTo(to)
				now = max(now, to)
			},
			"": func(t *rapid.T) { compare(t, q, now, model) },
		})
		pending := q.Pending()
		for i := range pending {
			if got, ok := q.Pop(Never); !ok || got != pending[i] {
				t.Fatalf("pending %+v, popped %+v, %v", pending[i], got, ok)
			}
		}
	})
}

// compare is everything that can be seen of a queue.
func compare(t *rapid.T, q *Queue[int], now Instant, model []Item[int]) {
	t.Helper()
	if q.Now() != now {
		t.Fatalf("it is %d, want %d", q.Now(), now)
	}
	if got := q.Pending(); !slices.Equal(got, model) {
		t.Fatalf("pending %+v\nwant    %+v", got, model)
	}
	if next, ok := q.Peek(); ok != (len(model) > 0) || ok && next != model[0] {
		t.Fatalf("peeked at %+v, %v; want the first of %+v", next, ok, model)
	}
	for _, kind := range []Kind{Owed, Background} {
		due, n := Never, 0
		for _, m := range model {
			if m.Kind == kind {
				due, n = min(due, m.Due), n+1
			}
		}
		if q.Len(kind) != n || q.NextDue(kind) != due {
			t.Fatalf("kind %d: %d jobs, the next at %d; want %d, %d", kind, q.Len(kind), q.NextDue(kind), n, due)
		}
	}
}
