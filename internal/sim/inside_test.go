package sim

import (
	"context"
	"strings"
	"testing"
	"unsafe"

	"tsim/internal/config"
	"tsim/internal/euicc"
)

// TestSizes: there may be a million of each.
func TestSizes(t *testing.T) {
	if n := unsafe.Sizeof(scheduledJob{}); n > 32 {
		t.Errorf("a job in the queue takes %d bytes", n)
	}
	const header = 8 // of Go, for what has pointers and is larger than 512 bytes
	if n := unsafe.Sizeof([tablePage]callback{}) + header; n > 6528 {
		t.Errorf("a page of callbacks takes %d bytes, more than a size class of Go has", n)
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
	if s.callbacks.live != 2 || len(s.requestNumbers) != 1 {
		t.Fatalf("%d callbacks, %d requests", s.callbacks.live, len(s.requestNumbers))
	}
	for range maxEvents {
		if _, err := s.SetDevice("1", nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.callbacks.live + s.requests.live + len(s.requestNumbers); n != 0 {
		t.Fatalf("%d things are kept", n)
	}
	if s.requests.pages[0][0].Devices != nil {
		t.Fatal("a page of others would keep what the request named")
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
