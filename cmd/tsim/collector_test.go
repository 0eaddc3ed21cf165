package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
)

// TestPace follows what is in use.
func TestPace(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	gogc := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	after := func(want uint64) {
		t.Helper()
		for range 1000 { // the pace is set by a goroutine of its own
			runtime.GC()
			if metrics.Read(gogc); gogc[0].Value.Uint64() == want {
				return
			}
		}
		t.Fatalf("%d %%, want %d %%", gogc[0].Value.Uint64(), want)
	}
	pace(0)
	after(400)
	large := make([]byte, 100<<20)
	after(100)
	runtime.KeepAlive(large)
}

func TestGarbagePercent(t *testing.T) {
	const mebibyte = 1 << 20
	for inUse, want := range map[uint64]int{
		0: 400, mebibyte: 400, 16 * mebibyte: 400, 32 * mebibyte: 200, 64 * mebibyte: 100, 1000 * mebibyte: 100,
	} {
		if got := garbagePercent(inUse); got != want {
			t.Errorf("beside %d bytes: %d %%, want %d %%", inUse, got, want)
		}
	}
}
