package sim_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"tsim/internal/config"
	"tsim/internal/sim"
)

// numbered is a call whose path has a number, and whose path and bodies have so many bytes together, of which the
// request has half.
func numbered(n, bytes int) sim.Call {
	path, half := fmt.Sprint("/", n), bytes/2
	rest := max(bytes-half-len(path), 0)
	return sim.Call{
		Path:    path,
		Request: sim.CallBody{Size: half, Text: make([]byte, half)}, Reply: sim.CallBody{Size: rest, Text: make([]byte, rest)},
	}
}

// expectCalls holds a record to the numbers of the first and the last call, and how many there are.
func expectCalls(t *testing.T, when string, calls []sim.Call, first, last, n int) {
	t.Helper()
	if len(calls) != n {
		t.Fatalf("%s: %d calls are on record, want %d", when, len(calls), n)
	}
	if n > 0 && (calls[0].Number != uint64(first) || calls[n-1].Number != uint64(last) || calls[n-1].Path != fmt.Sprint("/", last)) {
		t.Errorf("%s: calls %d to %d are on record, want %d to %d", when, calls[0].Number, calls[n-1].Number, first, last)
	}
}

const all = 100_000

// The oldest calls go when there are more than 10,000, or more than 64 MiB of their bodies and texts.
func TestCallsAreBounded(t *testing.T) {
	w := start(t, newConfig())
	for n := range 10_005 {
		w.RecordCall(numbered(n+1, 10))
	}
	expectCalls(t, "many", w.Calls(0, all), 6, 10_005, 10_000)
	expectCalls(t, "a page", w.Calls(10_000, 3), 10_001, 10_003, 3)
	w.Reset(sim.ResetOptions{})
	expectCalls(t, "after a reset", w.Calls(0, all), 0, 0, 0)
	for n := range 520 {
		w.RecordCall(numbered(n+1, 2*sim.MaxCallBody))
	}
	expectCalls(t, "large ones", w.Calls(0, all), 9, 520, 512)
	for n := range 512 {
		w.RecordCall(numbered(n+521, 0))
	}
	expectCalls(t, "small ones after large ones", w.Calls(0, all), 10, 1032, 1023) // their paths count, too
}

func TestUnassignedCallsAreBounded(t *testing.T) {
	r := sim.NewRegistry()
	for n := range 1005 {
		r.RecordCall(numbered(n+1, 10))
	}
	expectCalls(t, "many", r.Calls(0, all), 6, 1005, 1000)
	for n := range 100 {
		r.RecordCall(numbered(n+1006, 2*sim.MaxCallBody))
	}
	expectCalls(t, "large ones", r.Calls(0, all), 1074, 1105, 32)
	expectCalls(t, "a page", r.Calls(1080, 2), 1081, 1082, 2)
}

// When the budget is spent, a sandbox forgets calls of its own and never those of another; the one that has none keeps
// no bodies, and says so.
func TestBudgetOfCalls(t *testing.T) {
	budgets := sim.NewBudgets()
	budgets.Limit(sim.BudgetCalls, 10*1024)
	one, other := budgeted(t, "one", budgets), budgeted(t, "other", budgets)
	inUse := func() int { return budgets.Use()[sim.BudgetCalls].Used }
	for n := range 20 {
		one.RecordCall(numbered(n+1, 512))
	}
	expectCalls(t, "one", one.Calls(0, all), 11, 20, 10)
	if inUse() != 10*1024 {
		t.Errorf("%d bytes are in use", inUse())
	}
	for n := range 3 {
		other.RecordCall(numbered(n+1, 512))
	}
	expectCalls(t, "other", other.Calls(0, all), 3, 3, 1)
	if c := other.Calls(0, 1)[0]; c.Request.Kept != sim.KeptDropped || c.Reply.Kept != sim.KeptDropped || len(c.Request.Text)+len(c.Reply.Text) > 0 || c.Request.Size != 256 {
		t.Errorf("without room it is %+v", c)
	}
	expectCalls(t, "one, still", one.Calls(0, all), 11, 20, 10)
	one.Reset(sim.ResetOptions{})
	if inUse() != 0 {
		t.Errorf("%d bytes are in use after a reset", inUse())
	}
	other.RecordCall(numbered(4, 512)) // beside the one that has reserved nothing
	other.RecordCall(numbered(5, 9*1024))
	expectCalls(t, "with room again", other.Calls(0, all), 5, 5, 1)
	if c := other.Calls(0, 1)[0]; c.Reply.Kept != sim.KeptWhole || inUse() != 9*1024+512 {
		t.Errorf("%d bytes are in use for %v", inUse(), c.Reply.Kept)
	}
	other.Close()
	other.RecordCall(numbered(6, 512))
	if inUse() != 0 {
		t.Errorf("%d bytes are in use after the end", inUse())
	}
	expectCalls(t, "closed", other.Calls(0, all), 0, 0, 0)
}

// What a call takes of the budget is what it keeps in memory, also when all of it but the bodies is long.
func TestBudgetCountsTexts(t *testing.T) {
	budgets := sim.NewBudgets()
	budgets.Limit(sim.BudgetCalls, 1<<20)
	w := budgeted(t, "one", budgets)
	for range 3000 {
		long := func() string { return "x" + strings.Repeat("\U0001F4F1", 1000) }
		w.RecordCall(sim.Call{
			Method: long(), Path: long(), Query: long(), Host: long(), Authorization: long(), Agent: long(), Message: long(), Pointer: long(),
			Request: sim.CallBody{Type: long()},
		})
	}
	kept, used := 0, budgets.Use()[sim.BudgetCalls].Used
	for _, c := range w.Calls(0, all) {
		for _, text := range []string{c.Method, c.Path, c.Query, c.Host, c.Authorization, c.Agent, c.Message, c.Pointer, c.Request.Type} {
			kept += len(text)
			if len(text) > 1010 || !strings.HasSuffix(text, "\U0001F4F1…") || !utf8.ValidString(text) {
				t.Fatalf("a text of %d bytes is kept, which ends with %q", len(text), text[len(text)-7:])
			}
		}
	}
	if kept > used || used > 1<<20 || kept < 1<<19 {
		t.Errorf("%d bytes are kept, and %d in use of %d", kept, used, 1<<20)
	}
}

// What a client may make long is cut.
func TestLongCallsAreCut(t *testing.T) {
	w := start(t, newConfig())
	long := strings.Repeat("x", 1<<20)
	w.RecordCall(sim.Call{Method: long, Path: long, Query: long, Host: long, Request: sim.CallBody{Type: long}})
	c := w.Calls(0, 1)[0]
	for _, text := range []string{c.Method, c.Path, c.Query, c.Host, c.Request.Type} {
		if len(text) > 1010 {
			t.Errorf("%d bytes are kept", len(text))
		}
	}
	if c.At != w.Clock().Now {
		t.Errorf("it came at %v", c.At)
	}
}

// Who waits for a call hears of it, and of the end of the epoch; calls are no events.
func TestCallsWakeThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, newConfig())
		before := w.Info().Events
		wait := func(after sim.CallsAfter) error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			_, err := w.Await(ctx, sim.Condition{Calls: &after})
			return err
		}
		woken := false
		go func() { woken = wait(sim.CallsAfter{Epoch: 1}) == nil }()
		synctest.Wait() // it sleeps now
		w.RecordCall(numbered(1, 0))
		if synctest.Wait(); !woken {
			t.Error("a call wakes nobody")
		}
		if err := wait(sim.CallsAfter{Epoch: 1, Number: 1}); err != context.DeadlineExceeded {
			t.Errorf("a wait in vain ends with %v", err)
		}
		if err := wait(sim.CallsAfter{Number: 1}); err != nil {
			t.Errorf("of an epoch that is over: %v", err)
		}
		if w.Info().Events != before {
			t.Error("calls have made events")
		}
	})
}

// A call wakes nobody who waits for something else, and nothing else wakes those who wait for calls; the end of the
// epoch wakes all.
func TestCallsWakeNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, newConfig())
		var asleep [2]chan struct{} // one for each time that a wait goes to sleep
		var ended atomic.Int32
		for i, c := range []sim.Condition{{Event: &sim.EventFilter{EID: "none"}}, {Calls: &sim.CallsAfter{Epoch: 1, Number: 1000}}} {
			asleep[i] = make(chan struct{}, 1000)
			go func() {
				_, _ = w.Await(sleeper{t.Context(), asleep[i]}, c)
				ended.Add(1)
			}()
			synctest.Wait()
		}
		slept := func(when string, forEvents, forCalls int) {
			t.Helper()
			if synctest.Wait(); len(asleep[0]) != forEvents || len(asleep[1]) != forCalls {
				t.Errorf("%s, they have gone to sleep %d and %d times, want %d and %d", when, len(asleep[0]), len(asleep[1]), forEvents, forCalls)
			}
		}
		slept("at first", 1, 1)
		w.RecordCall(numbered(1, 0))
		slept("after a call", 1, 2)
		w.Register(config.Listener{Account: account, Service: config.ProfileService, URL: config.Mailbox})
		slept("after an event", 2, 2)
		w.Reset(sim.ResetOptions{})
		if synctest.Wait(); ended.Load() != 2 {
			t.Errorf("a reset ends %d waits of 2", ended.Load())
		}
	})
}

func TestTextInABody(t *testing.T) {
	c := sim.Call{Request: sim.CallBody{Text: []byte("abc")}, Reply: sim.CallBody{Text: []byte("xyz")}}
	if !c.Has("bc") || !c.Has("xy") || c.Has("cx") || !c.Request.Has("abc") || c.Request.Has("x") {
		t.Error(bytes.Join([][]byte{c.Request.Text, c.Reply.Text}, nil))
	}
}

// Calls are kept and looked at by many, while the sandbox is reset and closed.
func TestCallsOfMany(t *testing.T) {
	budgets := sim.NewBudgets()
	budgets.Limit(sim.BudgetCalls, 100_000)
	w := budgeted(t, "one", budgets)
	var many sync.WaitGroup
	for range 4 {
		many.Go(func() {
			for n := range 300 {
				w.RecordCall(numbered(n, 1000))
				last := uint64(0)
				for _, c := range w.Calls(0, 50) {
					if c.Number <= last || len(c.Request.Text) != 500 {
						t.Errorf("call %d after %d has %d bytes", c.Number, last, len(c.Request.Text))
					}
					last = c.Number
				}
				if n%100 == 50 {
					w.Reset(sim.ResetOptions{})
				}
			}
		})
	}
	many.Wait()
	w.Close()
	if used := budgets.Use()[sim.BudgetCalls].Used; used != 0 {
		t.Errorf("%d bytes are in use in the end", used)
	}
}
