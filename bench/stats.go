package main

import (
	"math"
	"slices"
)

// median is the middle of the values, NaN when there are none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(values))
	half := len(s) / 2
	if len(s)%2 == 1 {
		return s[half]
	}
	return (s[half-1] + s[half]) / 2
}

// percentile is the least value that p percent of the values do not exceed (nearest rank).
func percentile(values []float64, p float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(p / 100 * float64(len(s))))
	return s[min(max(rank, 1), len(s))-1]
}

// ratios divides pair by pair. Values that have no partner, and pairs without a number, are left out.
func ratios(a, b []float64) []float64 {
	var all []float64
	for i := range min(len(a), len(b)) {
		if r := a[i] / b[i]; !math.IsNaN(r) && !math.IsInf(r, 0) {
			all = append(all, r)
		}
	}
	return all
}

// exponent is k of the curve y = c·x^k that fits best: the slope of log y over log x.
func exponent(x, y []float64) float64 {
	n := float64(len(x))
	if len(x) < 2 || len(x) != len(y) {
		return math.NaN()
	}
	var sx, sy, sxx, sxy float64
	for i := range x {
		lx, ly := math.Log(x[i]), math.Log(y[i])
		sx, sy, sxx, sxy = sx+lx, sy+ly, sxx+lx*lx, sxy+lx*ly
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}

// steepest is the greatest exponent between neighbours: a fit over everything can hide a bend.
func steepest(x, y []float64) float64 {
	worst := math.Inf(-1)
	for i := 1; i < min(len(x), len(y)); i++ {
		worst = max(worst, exponent(x[i-1:i+1], y[i-1:i+1]))
	}
	return worst
}
