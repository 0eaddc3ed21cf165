package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"
)

// kept measures one-device actions of a server that keeps its state, beside one that does not.
func kept(sync string) func(*lab) contest {
	return func(l *lab) contest { return with(l, "--state", l.file(".state"), "--state-sync", sync) }
}

// recorded is the same of a server that records its sandbox.
func recorded(l *lab) contest { return with(l, "--record", l.file(".jsonl")) }

// with measures one-device actions of a server with some flags, beside one without them.
func with(l *lab, flags ...string) contest {
	without, iccids := fleetOf(l, 10_000)
	with, _ := fleetOf(l, 10_000, flags...)
	next := turns(callsOf(iccids, 1))
	warm(l, next, with.calls, without.calls)
	return contest{
		rounds:  pick(l, 9, 3),
		tsim:    strain(l, with.calls, next, with.settle),
		ceiling: strain(l, without.calls, next, without.settle),
		finish: func() string {
			without.allDone()
			return with.allDone()
		},
	}
}

// recovery measures what inputs cost that were kept: on the disk, and in time when a server that was killed starts again. An action is
// four of them: a session is used, a request comes, its reply is written, the call is recorded; time passes for some at once.
func recovery(l *lab) contest {
	dir := l.file(".state")
	args := []string{"--state", dir, "--state-sync", "off", "--state-log", "4GiB"}
	b, iccids := fleetOf(l, 1000, args...)
	before := bytesIn(dir)
	next := turns(callsOf(iccids, 1))
	calls := pick(l, 10_000, 2_500)
	count, _, err := b.calls.closed(l.ctx, time.Duration(calls)*time.Second/2500, 0, next)
	check(err)
	b.settle()
	written := bytesIn(dir) - before
	b.stop() // without notice, so there is no snapshot
	one := func(args ...string) (seconds float64, again *box) {
		again = l.serve(scenario("real", "instant", account{1000, globalInUse, ""}), args...)
		return time.Since(again.began).Seconds(), again
	}
	return contest{
		rounds: pick(l, 3, 1),
		tsim: func() []float64 {
			empty, fresh := one("--state", l.file(".state"))
			fresh.stop()
			seconds, again := one(args...)
			defer again.stop()
			return []float64{max(seconds-empty, math.SmallestNonzeroFloat64) * 100_000 / float64(count), float64(written) / float64(count)}
		},
		finish: func() string { return fmt.Sprintf("%d calls, %d bytes", count, written) },
	}
}

// bytesIn is how long all files in a directory are.
func bytesIn(dir string) (sum int64) {
	for _, entry := range must(os.ReadDir(dir)) {
		sum += must(os.Stat(filepath.Join(dir, entry.Name()))).Size()
	}
	return sum
}
