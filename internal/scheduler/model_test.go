package scheduler_test

import (
	"slices"
	"testing"

	. "tsim/internal/scheduler"

	"pgregory.net/rapid"
)

// modelled is a job as the model knows it.
type modelled struct {
	Item[int]
	kind  Kind
	brief bool
}

// TestModel compares a queue with a slice that is kept sorted.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := New[int](0)
		var model []modelled
		now, seq := Instant(0), uint64(0)
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				seq++
				item := modelled{
					Item[int]{Instant(rapid.IntRange(-5, 20).Draw(t, "due")), seq, int(seq)},
					Kind(rapid.IntRange(0, 1).Draw(t, "kind")),
					rapid.Bool().Draw(t, "brief"),
				}
				if item.brief = item.brief && item.kind == Owed; item.brief {
					q.AddBriefly(item.Due, item.Job)
				} else {
					q.Add(item.Due, item.kind, item.Job)
				}
				i := slices.IndexFunc(model, func(m modelled) bool { return m.Due > item.Due })
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
				if !ok || got != model[0].Item {
					t.Fatalf("popped %+v, %v; want %+v", got, ok, model[0].Item)
				}
				now, model = max(now, got.Due), model[1:]
			},
			"remove": func(t *rapid.T) {
				from := rapid.IntRange(0, 5).Draw(t, "from")
				every := rapid.SampledFrom([]int{1, 2, 3, 7}).Draw(t, "every")
				gone := func(job int) bool { return job%every == from%every }
				before := len(model)
				model = slices.DeleteFunc(model, func(m modelled) bool { return gone(m.Job) })
				if n := q.Remove(func(job *int) bool { return gone(*job) }); n != before-len(model) {
					t.Fatalf("removed %d, want %d", n, before-len(model))
				}
			},
			"remove brief": func(t *rapid.T) {
				every := rapid.SampledFrom([]int{1, 2, 3, 7}).Draw(t, "every")
				model = slices.DeleteFunc(model, func(m modelled) bool { return m.brief && m.Job%every == 0 })
				q.RemoveBrief(func(job *int) bool { return *job%every == 0 })
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
func compare(t *rapid.T, q *Queue[int], now Instant, model []modelled) {
	t.Helper()
	if q.Now() != now {
		t.Fatalf("it is %d, want %d", q.Now(), now)
	}
	same := func(got Item[int], want modelled) bool { return got == want.Item }
	if got := q.Pending(); !slices.EqualFunc(got, model, same) {
		t.Fatalf("pending %+v\nwant    %+v", got, model)
	}
	if next, ok := q.Peek(); ok != (len(model) > 0) || ok && next != model[0].Item {
		t.Fatalf("peeked at %+v, %v; want the first of %+v", next, ok, model)
	}
	for _, kind := range []Kind{Owed, Background} {
		due, n := Never, 0
		for _, m := range model {
			if m.kind == kind {
				due, n = min(due, m.Due), n+1
			}
		}
		if q.Len(kind) != n || q.NextDue(kind) != due {
			t.Fatalf("kind %d: %d jobs, the next at %d; want %d, %d", kind, q.Len(kind), q.NextDue(kind), n, due)
		}
	}
}
