package config_test

import (
	"strings"
	"testing"

	"tsim/internal/config"
)

// TestMDN: area codes of three digits from 201 on, none of them a service code, no number twice.
func TestMDN(t *testing.T) {
	last := ""
	for n := range 7_000_000 / 97 {
		mdn := config.MDN(n * 97)
		if len(mdn) != 10 || mdn[3:6] != "555" || mdn[1:3] == "11" || mdn[0] < '2' || mdn <= last {
			t.Fatalf("number %d is %s after %s", n*97, mdn, last)
		}
		last = mdn
	}
	npa := ""
	for n := range 700 {
		next := config.MDN(n * 10_000)[:3]
		if next == npa || strings.HasSuffix(next, "11") {
			t.Fatalf("area code %s after %s", next, npa)
		}
		npa = next
	}
}

// TestIndexOfMDN finds the index of each number that can be generated, and of no other.
func TestIndexOfMDN(t *testing.T) {
	for n := 0; n < 7_900_000; n += 997 {
		if got, ok := config.IndexOfMDN(config.MDN(n)); !ok || got != n {
			t.Fatalf("number %d, %s, is found at %d, %t", n, config.MDN(n), got, ok)
		}
	}
	for _, mdn := range []string{"", "201555000", "2015560000", "2005550000", "x015550000", "201555000x", "20155500000"} {
		if n, ok := config.IndexOfMDN(mdn); ok {
			t.Errorf("%q is found at %d", mdn, n)
		}
	}
}
