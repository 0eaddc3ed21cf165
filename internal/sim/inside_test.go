package sim

import (
	"context"
	"math"
	"strings"
	"testing"
	"unsafe"

	"tsim/internal/config"
	"tsim/internal/euicc"

	"pgregory.net/rapid"
)

// TestShelf compares a shelf with a map.
func TestShelf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s shelf[uint64]
		model, last := map[uint64]*uint64{}, uint64(0)
		any := rapid.OneOf(rapid.Custom(func(t *rapid.T) uint64 { return rapid.Uint64Range(0, last+2).Draw(t, "near") }), rapid.Uint64Min(math.MaxUint64-2))
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				for range rapid.IntRange(1, 2*shelfPage).Draw(t, "times") {
					item, n := s.put()
					if last++; n != last || *item != 0 {
						t.Fatalf("put as %d, want %d", n, last)
					}
					*item, model[n] = n, item
				}
			},
			"take": func(t *rapid.T) {
				n := any.Draw(t, "n")
				s.take(n)
				delete(model, n)
			},
			"take all up to": func(t *rapid.T) {
				for n := range rapid.Uint64Range(0, last).Draw(t, "n") {
					s.take(n + 1)
					delete(model, n+1)
				}
				if len(s.pages) > 0 && s.there[0] == 0 && s.count >= (s.gone+1)*shelfPage {
					t.Fatal("an empty page was kept")
				}
			},
			"": func(t *rapid.T) {
				for n := range last + 3 {
					if got := s.get(n); got != model[n] || got != nil && *got != n {
						t.Fatalf("%d is %v, want %v", n, got, model[n])
					}
				}
				if s.len() != len(model) {
					t.Fatalf("%d records, want %d", s.len(), len(model))
				}
				n := any.Draw(t, "n")
				count, before := 0, n
				for item := range s.above(n) {
					if count++; *item <= before || model[*item] != item {
						t.Fatalf("%d comes after %d", *item, before)
					}
					before = *item
				}
				for m := range model {
					if m > n {
						count--
					}
				}
				if count != 0 {
					t.Fatalf("above %d are %d too many", n, count)
				}
			},
		})
	})
}

// TestRing compares a ring with a slice.
func TestRing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{1, 7, ringPage - 1, ringPage, 2*ringPage + 3}).Draw(t, "size")
		r := ring[uint64]{size: size}
		n := rapid.IntRange(0, 3*size).Draw(t, "values")
		for v := range uint64(n) {
			place, full := r.place()
			if full != (v >= uint64(size)) || full && *place != v-uint64(size) {
				t.Fatalf("value %d puts out %d, %v", v, *place, full)
			}
			*place = v
		}
		if r.len() != min(n, size) {
			t.Fatalf("%d values, want %d", r.len(), min(n, size))
		}
		from := rapid.OneOf(rapid.Uint64Range(0, uint64(n)+2), rapid.Just(uint64(math.MaxUint64))).Draw(t, "from")
		next := max(from, r.first())
		for v := range r.from(from) {
			if *v != next {
				t.Fatalf("%d comes where %d should", *v, next)
			}
			next++
		}
		if next < uint64(n) {
			t.Fatalf("it ends before %d", next)
		}
	})
}

// TestSizes: there may be a million of each.
func TestSizes(t *testing.T) {
	if n := unsafe.Sizeof(scheduledJob{}); n > 32 {
		t.Errorf("a job in the queue takes %d bytes", n)
	}
	const header = 8 // of Go, for what has pointers and is larger than 512 bytes
	if n := unsafe.Sizeof([shelfPage]callback{}) + header; n > 2048 {
		t.Errorf("a page of callbacks takes %d bytes, more than a size class of Go has", n)
	}
	if n := unsafe.Sizeof(extra{}); n > 64 {
		t.Errorf("what is beside a callback takes %d bytes", n)
	}
}

// TestNothingFinishedIsKept once the journal has forgotten it.
func TestNothingFinishedIsKept(t *testing.T) {
	cfg := config.Defaults()
	cfg.Clock = config.Manual
	cfg.Credentials = []config.Credential{{AppKey: "key", AppSecret: "secret", Username: "user", Password: "password"}}
	cfg.Accounts = []config.Account{{Name: "a", Cards: []euicc.Card{{EID: "1"}}}}
	s, err := New(cfg, Env{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Submit(Request{Account: "a", Op: euicc.OpDeviceSuspend, Devices: ListOf(euicc.IDs{EID: "1"}, euicc.IDs{EID: "2"})})
	if err != nil {
		t.Fatal(err)
	}
	s.Replied(r)
	if _, err := s.Advance(context.Background(), Goal{}); err != nil {
		t.Fatal(err)
	}
	if s.callbacks.len() != 2 || len(s.byRequestID) != 1 {
		t.Fatalf("%d callbacks, %d requests", s.callbacks.len(), len(s.byRequestID))
	}
	for range maxEvents {
		if _, err := s.SetDevice("1", nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.callbacks.len() + s.requests.len() + len(s.byRequestID); n != 0 {
		t.Fatalf("%d things are kept", n)
	}
	if s.requests.pages[0][0] != nil {
		t.Fatal("a page of others would keep the request")
	}
}

// TestChance: a draw depends on everything it is keyed with, and on nothing else.
func TestChance(t *testing.T) {
	seen := map[string]bool{}
	for _, id := range []string{
		uuid(1, "request", 1), uuid(2, "request", 1), uuid(1, "bearer", 1), uuid(1, "request", 2), uuid(1, "request"), uuid(1, "request", 1, 0),
	} {
		if seen[id] || len(id) != 36 || id[14] != '4' || !strings.ContainsRune("89ab", rune(id[19])) {
			t.Errorf("%s", id)
		}
		seen[id] = true
	}
	if id, again := uuid(1, "request", 1), uuid(1, "request", 1); id != again {
		t.Errorf("the same draw is %s and %s", id, again)
	}
	sum := 0.0
	for n := range uint64(10_000) {
		u := uniform(7, "latency", n)
		if u < 0 || u >= 1 {
			t.Fatalf("draw %v", u)
		}
		sum += u
	}
	if mean := sum / 10_000; mean < 0.48 || mean > 0.52 {
		t.Errorf("mean %v", mean)
	}
}
