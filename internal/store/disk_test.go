package store

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// openOnly tries to open a directory that is to be refused, and returns the error.
func openOnly(t *testing.T, dir string) error {
	t.Helper()
	l, err := Open(dir, Options{Log: quiet}, func(Entry) error { t.Error("something was handed out"); return nil })
	if err == nil {
		_ = l.Close()
		t.Fatal("it was opened")
	}
	return err
}

func contains(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Run("something else", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "thesis.txt"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		contains(t, openOnly(t, dir), dir, "thesis.txt", "empty")
		if got := names(t, dir); len(got) != 1 {
			t.Errorf("now it holds %q", got)
		}
		contains(t, openOnly(t, filepath.Join(dir, "thesis.txt")), "is no directory")
	})
	t.Run("a mode that is none", func(t *testing.T) {
		_, err := Open(t.TempDir(), Options{Sync: "allways", Log: quiet}, nil)
		contains(t, err, `"allways"`, "always, interval or off")
	})

	// The others are damage by hand: to a directory with a snapshot and two logs.
	filled := func(t *testing.T) string {
		t.Helper()
		m, _ := small(t)
		dir := t.TempDir()
		for name, n := range m.names {
			if err := os.WriteFile(filepath.Join(dir, name), n.now, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	for name, c := range map[string]struct {
		spoil func(path func(string) string) error
		says  []string
	}{
		"no snapshot":  {func(path func(string) string) error { return os.Remove(path("00000002.snapshot")) }, []string{"00000001.log is missing"}},
		"no first log": {func(path func(string) string) error { return os.Remove(path("00000002.log")) }, []string{"00000002.log is missing"}},
		"no logs": {func(path func(string) string) error {
			return errors.Join(os.Remove(path("00000002.log")), os.Remove(path("00000003.log")))
		}, []string{"00000002.log is missing"}},
		"renamed log": {func(path func(string) string) error { return os.Rename(path("00000003.log"), path("00000002.log")) }, []string{"00000002.log", "number 3"}},
		"renamed snapshot": {func(path func(string) string) error {
			return os.Rename(path("00000002.snapshot"), path("00000003.snapshot"))
		}, []string{"00000003.snapshot", "number 2"}},
		"log for snapshot": {func(path func(string) string) error {
			return os.Rename(path("00000002.log"), path("00000002.snapshot"))
		}, []string{"00000002.snapshot", "tsimsnap"}},
		"empty log":       {func(path func(string) string) error { return os.Truncate(path("00000003.log"), 0) }, []string{"00000003.log", "offset 0"}},
		"short older log": {func(path func(string) string) error { return os.Truncate(path("00000002.log"), headerSize) }, []string{"00000002.log", "offset 48", "00000003.log"}},
		"torn older log":  {func(path func(string) string) error { return os.Truncate(path("00000002.log"), headerSize+11) }, []string{"00000002.log", "offset 57"}},
		"short snapshot":  {func(path func(string) string) error { return os.Truncate(path("00000002.snapshot"), headerSize+9) }, []string{"00000002.snapshot", "offset 57"}},
		"empty snapshot":  {func(path func(string) string) error { return os.Truncate(path("00000002.snapshot"), headerSize) }, []string{"00000002.snapshot", "offset 48"}},
		"longer snapshot": {func(path func(string) string) error {
			b, err := os.ReadFile(path("00000002.snapshot"))
			return errors.Join(err, os.WriteFile(path("00000002.snapshot"), append(b, 0), 0o600))
		}, []string{"00000002.snapshot", "offset 77"}},
		"newer format": {func(path func(string) string) error {
			b, err := os.ReadFile(path("00000003.log"))
			b[8] = format + 1
			return errors.Join(err, os.WriteFile(path("00000003.log"), b, 0o600))
		}, []string{"00000003.log has format 2", "newer tsim"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filled(t)
			if err := c.spoil(func(name string) string { return filepath.Join(dir, name) }); err != nil {
				t.Fatal(err)
			}
			before := names(t, dir)
			contains(t, openOnly(t, dir), append(c.says, dir)...)
			after := names(t, dir)
			if len(after) != len(before)+1 { // the lock
				t.Errorf("it held %q, and now %q", before, after)
			}
		})
	}
	t.Run("load fails", func(t *testing.T) {
		dir := filled(t)
		no := errors.New("not this one")
		_, err := Open(dir, Options{Log: quiet}, func(Entry) error { return no })
		if !errors.Is(err, no) {
			t.Fatal(err)
		}
		contains(t, err, "00000002.snapshot")
		_, h, _ := reopen(t, dir, Always)
		if len(h) != 6 {
			t.Errorf("after that, %q came back", h)
		}
	})
}

// TestLeftovers: files that never became whole, and those that a crash has kept from being deleted, are removed.
func TestLeftovers(t *testing.T) {
	m, whole := small(t)
	dir := t.TempDir()
	for name, n := range m.names {
		if err := os.WriteFile(filepath.Join(dir, name), n.now, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"00000001.log", "00000001.snapshot", "00000003.snapshot.tmp", "00000004.log.tmp", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("anything"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, h, _ := reopen(t, dir, Always)
	equal(t, h, whole...)
	if got := names(t, dir); len(got) != 5 {
		t.Errorf("the directory holds %q", got)
	}
}

// TestProcess is another process when TestKill starts it: it appends until it is killed, and says what was acknowledged.
func TestProcess(t *testing.T) {
	dir, mode := os.Getenv("STORE_DIR"), Sync(os.Getenv("STORE_SYNC"))
	if dir == "" {
		return
	}
	l, count, err := func() (*Log, int, error) {
		count := 0
		l, err := Open(dir, Options{Sync: mode, Log: quiet}, func(Entry) error { count++; return nil })
		return l, count, err
	}()
	if err != nil {
		fmt.Println(err)
		return
	}
	for {
		count++
		if err := l.Wait(l.Append(fmt.Appendf(nil, "%d", count))); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(count)
	}
}

// TestKill: while another process has the directory it is refused; when that is killed, nothing is lost that it has
// acknowledged, however little is synced.
func TestKill(t *testing.T) {
	for _, mode := range []Sync{Always, Interval, Off} {
		t.Run(string(mode), func(t *testing.T) {
			dir := t.TempDir()
			for life := 1; life <= 3; life++ {
				other := exec.Command(os.Args[0], "-test.run=^TestProcess$", "-test.timeout=30s")
				other.Env = append(os.Environ(), "STORE_DIR="+dir, "STORE_SYNC="+string(mode))
				out, err := other.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := other.Start(); err != nil {
					t.Fatal(err)
				}
				acked, n := 0, 0
				lines := bufio.NewScanner(out)
				for lines.Scan() {
					if _, err := fmt.Sscan(lines.Text(), &acked); err != nil {
						t.Errorf("the other process says %q", lines.Text())
						break
					}
					if n++; n == 1 && permissions {
						contains(t, openOnly(t, dir), dir, "another process has it")
					}
					if n == 40*life {
						break
					}
				}
				if err := other.Process.Kill(); err != nil {
					t.Error(err)
				}
				for lines.Scan() {
					if _, err := fmt.Sscan(lines.Text(), &acked); err != nil {
						break // a line that was cut
					}
				}
				_ = other.Wait() // it was killed

				l, h, _ := reopen(t, dir, mode)
				if len(h) < acked || len(h) > acked+1 {
					t.Errorf("%d came back of %d that were acknowledged", len(h), acked)
				}
				closeLog(t, l)
			}
		})
	}
}

// FuzzRecover: whatever is in the files, it is read in no more memory than they take, or refused; and what could be
// opened goes on.
func FuzzRecover(f *testing.F) {
	m, _ := small(f)
	for name, n := range m.names {
		f.Add(n.now[headerSize:], strings.HasSuffix(name, snapshotSuffix))
	}
	f.Add([]byte{0xf0, 0xff, 0xff, 0xfe, 0, 0, 0, 0}, false)
	f.Add([]byte{0x74, 0x6d, 0x63, 0xff}, true)
	f.Fuzz(func(t *testing.T, frames []byte, isSnapshot bool) {
		m := newMachine()
		file := func(name, magic string, frames []byte) {
			h := header{magic: magic, generation: 1, salt: 1}
			b := append(h.encode(), frames...)
			m.names[name] = &node{now: b, saved: b}
		}
		file("00000001.log", magicLog, frames)
		if isSnapshot {
			file("00000001.log", magicLog, nil)
			file("00000001.snapshot", magicSnapshot, frames)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		size := 0
		l, err := open(m, options(Always, quiet), func(e Entry) error { size += len(e.Payload); return nil })
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > uint64(1<<20+16*len(frames)) {
			t.Errorf("%d bytes took %d of memory", len(frames), took)
		}
		if err != nil {
			return
		}
		if size > len(frames) {
			t.Errorf("%d bytes came back out of %d", size, len(frames))
		}
		appendAll(t, l, "more")
		closeLog(t, l)
		last := ""
		l, err = open(m, options(Always, quiet), func(e Entry) error { last = string(e.Payload); return nil })
		if err != nil || last != "more" {
			t.Fatalf("%q came last: %v", last, err)
		}
		closeLog(t, l)
	})
}
