package config_test

import (
	"math"
	"testing"
	"time"

	"tsim/internal/config"

	"pgregory.net/rapid"
)

// TestLatency stays where it was put, for any draw.
func TestLatency(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := rapid.Float64Range(0, math.Nextafter(1, 0)).Draw(t, "u")
		a := time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "a"))
		b := a + time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "b"))
		if d := config.Fixed(a).Quantile(u); d != a {
			t.Fatalf("fixed %s is %s", a, d)
		}
		if d := config.Uniform(a, b).Quantile(u); d < a || d > b {
			t.Fatalf("between %s and %s is %s", a, b, d)
		}
		if d := config.Lognormal(a, b).Quantile(u); d < 0 || u < 0.5 && d > a || u > 0.5 && d < a-1 || u < 0.95 && d > b+1 {
			t.Fatalf("median %s, p95 %s: %v is %s", a, b, u, d)
		}
	})
}
