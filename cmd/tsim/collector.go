package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// paceCollector lets Go's garbage collector wait for as much garbage as is worth its time: by default it looks at a small
// heap hundreds of times a second under load, which takes a tenth of the processor. GOGC, where it is set, says something
// else, and is obeyed.
//
// One percentage for all would be simpler, but one that helps a small heap lets a large one keep too much garbage:
// docs/performance.md has the figures.
func paceCollector() {
	if _, set := os.LookupEnv("GOGC"); !set {
		pace(100)
	}
}

// pace sets the percentage by what is in use now, and again after every collection: an object that nobody holds is found by
// each one, and its cleanup is pace itself. percent is what was set last.
func pace(percent int) {
	inUse := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(inUse)
	if next := garbagePercent(inUse[0].Value.Uint64()); next != percent {
		percent = next
		debug.SetGCPercent(percent)
	}
	type cycle struct{ _ *int } // with a pointer, or Go might keep it in one piece with other things
	runtime.AddCleanup(new(cycle), pace, percent)
}

// garbagePercent is how much garbage there may be beside so many bytes in use: 64 MiB, but no more than
// four times what is in use, and no less than once.
func garbagePercent(inUse uint64) int {
	const room = 64 << 20
	return int(min(max(100*room/max(inUse, 1), 100), 400))
}
