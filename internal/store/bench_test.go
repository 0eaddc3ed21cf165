package store

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// BenchmarkLog is what an append costs until Wait returns, with 200 bytes and many at a time, and beside it what the
// system asks for the like with no log at all: a write, and a write with a sync. It runs all of them by turns, so that
// they share the disk's good and bad days.
func BenchmarkLog(b *testing.B) {
	payload := make([]byte, 200)
	for _, appenders := range []int{1, 64} {
		for _, mode := range []Sync{Always, Interval, Off} {
			b.Run(string(mode)+"/"+map[int]string{1: "1", 64: "64"}[appenders], func(b *testing.B) {
				l, err := Open(b.TempDir(), Options{Sync: mode, Log: quiet}, nil)
				if err != nil {
					b.Fatal(err)
				}
				f, err := os.Create(filepath.Join(b.TempDir(), "bare"))
				if err != nil {
					b.Fatal(err)
				}
				defer f.Close() //nolint:errcheck // nothing of it is kept
				var ours, bare time.Duration
				const turn = 1024
				for b.Loop() {
					start := time.Now()
					var all sync.WaitGroup
					for range appenders {
						all.Go(func() {
							for range turn / appenders {
								if err := l.Wait(l.Append(payload)); err != nil {
									b.Error(err)
								}
							}
						})
					}
					all.Wait()
					ours += time.Since(start)
					start = time.Now()
					for range turn {
						if _, err := f.Write(payload); err != nil {
							b.Fatal(err)
						}
						if mode == Always {
							if err := f.Sync(); err != nil {
								b.Fatal(err)
							}
						}
					}
					bare += time.Since(start)
				}
				if err := l.Close(); err != nil {
					b.Fatal(err)
				}
				n := float64(b.N) * turn
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(float64(ours.Nanoseconds())/n, "ns/append")
				b.ReportMetric(float64(bare.Nanoseconds())/n, "ns/bare")
				b.ReportMetric(float64(ours)/float64(bare), "append/bare")
			})
		}
	}
}

// BenchmarkRecover is how fast a log comes back, against reading its bytes.
func BenchmarkRecover(b *testing.B) {
	dir := b.TempDir()
	l, err := Open(dir, Options{Sync: Off, Log: quiet}, nil)
	if err != nil {
		b.Fatal(err)
	}
	var p Position
	for range 1 << 18 {
		p = l.Append(make([]byte, 200))
	}
	if err := l.Wait(p); err != nil {
		b.Fatal(err)
	}
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	var ours, bare time.Duration
	entries := 0
	for b.Loop() {
		start := time.Now()
		entries = 0
		l, err := Open(dir, Options{Sync: Off, Log: quiet}, func(Entry) error { entries++; return nil })
		if err != nil {
			b.Fatal(err)
		}
		ours += time.Since(start)
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
		start = time.Now()
		if _, err := os.ReadFile(filepath.Join(dir, logName(1))); err != nil {
			b.Fatal(err)
		}
		bare += time.Since(start)
	}
	b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N)/float64(entries), "ns/entry")
	b.ReportMetric(float64(ours)/float64(bare), "recover/read")
}
