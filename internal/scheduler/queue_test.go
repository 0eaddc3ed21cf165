package scheduler_test

import (
	"math"
	"slices"
	"testing"
	"time"

	. "tsim/internal/scheduler"
)

// drain pops everything that is due by until.
func drain(q *Queue[string], until Instant) []string {
	var jobs []string
	for {
		item, ok := q.Pop(until)
		if !ok {
			return jobs
		}
		jobs = append(jobs, item.Job)
	}
}

func expectJobs(t testing.TB, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("popped %q, want %q", got, want)
	}
}

func TestAt(t *testing.T) {
	for text, want := range map[string]Instant{
		"1970-01-01T00:00:00.000000001Z": 1,
		"1969-12-31T23:59:59Z":           -1e9,
		"9999-12-31T23:59:59Z":           Never - 1,
		"2262-04-11T23:47:16.854775807Z": Never - 1,
		"2262-04-11T23:47:16.854775806Z": Never - 1,
		"2262-04-11T23:47:16.854775805Z": Never - 2,
		"0001-01-01T00:00:00Z":           math.MinInt64,
		"1677-09-21T00:12:43.145224192Z": math.MinInt64,
		"1677-09-21T00:12:43.145224193Z": math.MinInt64 + 1,
	} {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := At(at); got != want {
			t.Errorf("%s is %d, want %d", text, got, want)
		}
	}
}

func TestOrder(t *testing.T) {
	q := New[string](100)
	q.Add(300, Owed, "late")
	q.Add(200, Background, "first at 200")
	q.Add(200, Owed, "second at 200")
	q.Add(200, Background, "third at 200")
	q.Add(50, Owed, "in the past")
	expectJobs(t, drain(q, 299), "in the past", "first at 200", "second at 200", "third at 200")
	if q.Now() != 200 {
		t.Fatalf("it is %d after a job due at 200", q.Now())
	}
	expectJobs(t, drain(q, 299))
	expectJobs(t, drain(q, Never), "late")
}

// TestPop takes nothing that is due later, and moves time only to what it takes.
func TestPop(t *testing.T) {
	q := New[string](100)
	q.Add(200, Owed, "job")
	if _, ok := q.Pop(199); ok || q.Now() != 100 || q.Len(Owed) != 1 {
		t.Fatalf("popped too early: %v, now %d", ok, q.Now())
	}
	item, ok := q.Pop(200)
	if want := (Item[string]{200, 1, "job"}); !ok || item != want || q.Now() != 200 {
		t.Fatalf("popped %+v, %v at %d", item, ok, q.Now())
	}
	q.Add(150, Owed, "past")
	if item, ok = q.Pop(200); !ok || item.Due != 150 || q.Now() != 200 {
		t.Fatalf("popped %+v, %v at %d", item, ok, q.Now())
	}
	if _, ok = q.Pop(Never); ok {
		t.Fatal("popped from an empty queue")
	}
}

func TestMoveToNeverGoesBack(t *testing.T) {
	q := New[string](100)
	for _, step := range []struct{ to, now Instant }{{150, 150}, {120, 150}, {150, 150}, {math.MinInt64, 150}, {151, 151}} {
		if q.MoveTo(step.to); q.Now() != step.now {
			t.Fatalf("moved to %d, it is %d, want %d", step.to, q.Now(), step.now)
		}
	}
}

func TestKinds(t *testing.T) {
	q := New[string](0)
	if q.NextDue(Owed) != Never || q.NextDue(Background) != Never {
		t.Fatal("an empty queue has something due")
	}
	if _, ok := q.Peek(); ok {
		t.Fatal("an empty queue has something to peek at")
	}
	q.Add(20, Background, "b")
	q.Add(30, Owed, "o")
	if q.NextDue(Owed) != 30 || q.NextDue(Background) != 20 || q.Len(Owed) != 1 || q.Len(Background) != 1 {
		t.Fatalf("owed %d, background %d", q.NextDue(Owed), q.NextDue(Background))
	}
	if next, ok := q.Peek(); !ok || next.Job != "b" || q.Len(Background) != 1 {
		t.Fatalf("peeked at %+v, %v", next, ok)
	}
	expectJobs(t, drain(q, Never), "b", "o")
}

func TestAddStopsShort(t *testing.T) {
	const far = Never - 1
	for _, test := range []struct {
		from Instant
		d    time.Duration
		want Instant
	}{
		{10, 5, 15},
		{10, -5, 5},
		{10, -15, -5},
		{10, 0, 10},
		{Never, 0, Never},
		{far, 0, far},
		{far, 1, far},
		{far - 1, 1, far},
		{far, math.MaxInt64, far},
		{0, math.MaxInt64, far},
		{1, math.MaxInt64, far},
		{Never, -1, far},
		{math.MinInt64 + 1, -1, math.MinInt64},
		{math.MinInt64, -1, math.MinInt64},
		{-5, math.MinInt64, math.MinInt64},
		{math.MinInt64, math.MaxInt64, -1},
	} {
		if got := test.from.Add(test.d); got != test.want {
			t.Errorf("%d + %d = %d, want %d", test.from, test.d, got, test.want)
		}
	}
}

func TestInstant(t *testing.T) {
	noon := time.Date(2030, 1, 1, 12, 0, 0, 5, time.FixedZone("east", 3600))
	i := At(noon)
	if !i.Time().Equal(noon) || i.Time().Location() != time.UTC {
		t.Fatalf("%s became %s", noon, i.Time())
	}
	if d := i.Add(time.Hour).Sub(i); d != time.Hour {
		t.Fatalf("an hour later is %s later", d)
	}
}
