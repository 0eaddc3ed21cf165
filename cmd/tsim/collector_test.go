package main

import "testing"

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
