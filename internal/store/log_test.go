package store

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// history is what a log gave back: payloads of a snapshot with a mark in front.
type history []string

func (h *history) load(e Entry) error {
	s := string(e.Payload)
	if e.Snapshot {
		s = "snapshot:" + s
	}
	*h = append(*h, s)
	return nil
}

// reopen opens the log in dir, and returns what came back and what the log said.
func reopen(tb testing.TB, dir string, sync Sync) (*Log, history, string) {
	tb.Helper()
	var h history
	var said bytes.Buffer
	l, err := Open(dir, Options{Sync: sync, Every: time.Millisecond, Log: slog.New(slog.NewTextHandler(&said, nil))}, h.load)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	return l, h, said.String()
}

func appendAll(tb testing.TB, l *Log, payloads ...string) {
	tb.Helper()
	for _, p := range payloads {
		if err := l.Wait(l.Append([]byte(p))); err != nil {
			tb.Fatal(err)
		}
	}
}

func snapshot(tb testing.TB, l *Log, payloads ...string) {
	tb.Helper()
	if err := l.Snapshot(adding(payloads...)); err != nil {
		tb.Fatal(err)
	}
}

func adding(payloads ...string) func(func([]byte) error) error {
	return func(add func([]byte) error) error {
		for _, p := range payloads {
			if err := add([]byte(p)); err != nil {
				return err
			}
		}
		return nil
	}
}

func closeLog(tb testing.TB, l *Log) {
	tb.Helper()
	if err := l.Close(); err != nil {
		tb.Fatal(err)
	}
}

func equal(tb testing.TB, got history, want ...string) {
	tb.Helper()
	if !slices.Equal(got, want) {
		tb.Fatalf("the log gave back %q, not %q", got, want)
	}
}

func TestRoundTrip(t *testing.T) {
	for _, sync := range []Sync{Always, Interval, Off} {
		t.Run(string(sync), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "a", "b")
			l, h, _ := reopen(t, dir, sync)
			equal(t, h)
			long := strings.Repeat("long ", 1<<18)
			appendAll(t, l, "one", "", long)
			closeLog(t, l)

			l, h, said := reopen(t, dir, sync)
			equal(t, h, "one", "", long)
			appendAll(t, l, "two")
			snapshot(t, l, "all", long, "")
			appendAll(t, l, "three")
			closeLog(t, l)

			l, h, _ = reopen(t, dir, sync)
			equal(t, h, "snapshot:all", "snapshot:"+long, "snapshot:", "three")
			snapshot(t, l)
			closeLog(t, l)

			l, h, _ = reopen(t, dir, sync)
			equal(t, h)
			closeLog(t, l)
			if said != "" {
				t.Errorf("the log of a log without torn tail: %s", said)
			}
			if got, want := names(t, dir), []string{"00000003.log", "00000003.snapshot", lockName}; !slices.Equal(got, want) {
				t.Errorf("the directory holds %q, not %q", got, want)
			}
		})
	}
}

// TestSinceSnapshot: what a recovery would have to do again can be asked for, also after one.
func TestSinceSnapshot(t *testing.T) {
	dir := t.TempDir()
	l, _, _ := reopen(t, dir, Off)
	want := func(least, most int64) {
		t.Helper()
		if n := l.SinceSnapshot(); n < least || n > most {
			t.Errorf("there are %d bytes since the snapshot, not %d to %d", n, least, most)
		}
	}
	want(0, 0)
	appendAll(t, l, strings.Repeat("a", 1000), strings.Repeat("b", 1000))
	want(2000, 2020)
	if err := l.Snapshot(func(func([]byte) error) error { return errDisk }); err == nil {
		t.Error("a snapshot that is given up is none")
	}
	want(2000, 2020)
	closeLog(t, l)
	l, _, _ = reopen(t, dir, Off)
	want(2000, 2200)
	err := l.Snapshot(func(func([]byte) error) error {
		appendAll(t, l, strings.Repeat("c", 100))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want(100, 110)
	closeLog(t, l)
}

// TestRoom: when much waits for the disk, who appends waits, too; when the disk fails, nobody does.
func TestRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine()
		l, err := open(m, options(Always, quiet), nil)
		if err != nil {
			t.Fatal(err)
		}
		m.gate = make(chan struct{})
		payload := make([]byte, 1<<20)
		appended := 0
		appendMany := func() {
			for range 150 {
				l.Append(payload)
				appended++
			}
		}
		go appendMany()
		<-m.gate // a sync begins, and takes its time
		synctest.Wait()
		if pending := len(l.pending.frames); pending > maxPending || pending < maxPending-2<<20 {
			t.Errorf("%d bytes wait for the disk, of at most %d", pending, maxPending)
		}
		if appended == 150 {
			t.Error("nobody waits")
		}
		m.fault = func(int) fault { return nothing }
		<-m.gate
		synctest.Wait()
		if appended != 150 || l.Err() == nil {
			t.Errorf("after %d of 150, somebody waits for a disk that fails (%v)", appended, l.Err())
		}
		if err := l.Close(); err == nil {
			t.Error("a log that could not be written is closed as if nothing was")
		}
	})
}

func names(tb testing.TB, dir string) (names []string) {
	tb.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestManyAppenders: what many goroutines append at a time, with snapshots meanwhile, comes back whole, and in the order
// of each.
func TestManyAppenders(t *testing.T) {
	const appenders, each = 16, 200
	for _, mode := range []Sync{Always, Interval, Off} {
		t.Run(string(mode), func(t *testing.T) {
			dir := t.TempDir()
			l, _, _ := reopen(t, dir, mode)
			var (
				mu   sync.Mutex
				done [appenders]int // how many each has appended
				all  sync.WaitGroup
			)
			for a := range appenders {
				all.Go(func() {
					for n := 1; n <= each; n++ {
						mu.Lock()
						p := l.Append(fmt.Appendf(nil, "%d %d", a, n))
						done[a] = n
						mu.Unlock()
						if n%10 == 0 {
							if err := l.Wait(p); err != nil {
								t.Error(err)
							}
						}
					}
				})
			}
			for range 5 {
				err := l.Snapshot(func(add func([]byte) error) error {
					mu.Lock()
					state := done
					mu.Unlock()
					for a, n := range state {
						if err := add(fmt.Appendf(nil, "%d %d", a, n)); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
			all.Wait()
			closeLog(t, l)

			_, h, _ := reopen(t, dir, mode)
			var back [appenders]int
			for _, entry := range h {
				var a, n int
				entry, snapshot := strings.CutPrefix(entry, "snapshot:")
				fmt.Sscan(entry, &a, &n)
				if n > back[a]+1 && !snapshot {
					t.Fatalf("appender %d has %d after %d", a, n, back[a])
				}
				back[a] = max(back[a], n)
			}
			for a, n := range back {
				if n != each {
					t.Errorf("appender %d has %d, not %d", a, n, each)
				}
			}
		})
	}
}

// A snapshot that fails again and again leaves one file more, and nothing is lost; when it succeeds, what was appended meanwhile
// comes back after it.
func TestSnapshotsThatFail(t *testing.T) {
	for _, gap := range []bool{false, true} {
		m := newMachine()
		l, err := open(m, options(Always, quiet), nil)
		if err != nil {
			t.Fatal(err)
		}
		appendAll(t, l, "a")
		if gap {
			l.do(func() { m.fault = func(int) fault { return nothing } })
			if err := l.Wait(l.Append([]byte("b"))); err == nil {
				t.Fatal("it was kept")
			}
			l.do(func() { m.fault = nil })
		}
		no := errors.New("no room")
		for range 20 {
			if err := l.Snapshot(func(func([]byte) error) error { return no }); !errors.Is(err, no) {
				t.Fatal(err)
			}
			l.Append([]byte("c"))
		}
		if names, _ := m.list(); len(names) != 2 {
			t.Errorf("gap %t: there are %q", gap, names)
		}
		if (l.Err() != nil) != gap {
			t.Errorf("gap %t: %v", gap, l.Err())
		}
		snapshot(t, l, "all")
		appendAll(t, l, "d")
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		var h history
		if l, err = open(m, options(Always, quiet), h.load); err != nil {
			t.Fatal(err)
		}
		if h[0] != "snapshot:all" || len(h) != 22 || h[21] != "d" {
			t.Errorf("gap %t: %q came back", gap, h)
		}
		snapshot(t, l, "all")
		if names, _ := m.list(); len(names) != 2 || l.SinceSnapshot() != 0 {
			t.Errorf("gap %t: there are %q, and %d bytes since", gap, names, l.SinceSnapshot())
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
