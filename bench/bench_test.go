package main

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 || math.IsNaN(a) && math.IsNaN(b) }

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
	}{{nil, math.NaN()}, {[]float64{3}, 3}, {[]float64{3, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 2.5}} {
		before := slices.Clone(test.values)
		if got := median(test.values); !near(got, test.want) {
			t.Errorf("median of %v is %g, want %g", test.values, got, test.want)
		}
		if !slices.Equal(test.values, before) {
			t.Errorf("median sorted its argument: the order of the rounds is lost")
		}
	}
}

func TestPercentile(t *testing.T) {
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(100 - i)
	}
	for _, test := range []struct {
		values []float64
		p      float64
		want   float64
	}{{nil, 50, math.NaN()}, {hundred, 99, 99}, {hundred, 100, 100}, {hundred, 0, 1}, {[]float64{7}, 99, 7}} {
		if got := percentile(test.values, test.p); !near(got, test.want) {
			t.Errorf("p%g of %d values is %g, want %g", test.p, len(test.values), got, test.want)
		}
	}
}

func TestRatios(t *testing.T) {
	got := ratios([]float64{1, 6, 5, math.NaN(), 9}, []float64{2, 3, 0, 1})
	if want := []float64{0.5, 2}; !slices.Equal(got, want) {
		t.Errorf("ratios are %v, want %v", got, want)
	}
}

func TestExponent(t *testing.T) {
	x := []float64{1, 10, 100, 1000}
	for _, k := range []float64{-1, 0, 0.5, 1, 2} {
		y := make([]float64, len(x))
		for i := range x {
			y[i] = 7 * math.Pow(x[i], k)
		}
		if got := exponent(x, y); !near(got, k) {
			t.Errorf("exponent is %g, want %g", got, k)
		}
	}
	if got := exponent(x[:1], x[:1]); !math.IsNaN(got) {
		t.Errorf("one point has the exponent %g", got)
	}
	if got := steepest(x, []float64{5, 5, 5, 50}); !near(got, 1) {
		t.Errorf("the steepest part is %g, want 1", got)
	}
}

func TestVerdict(t *testing.T) {
	for _, test := range []struct {
		row  row
		want string
	}{
		{row{Target: atLeast(0.75), Tsim: []float64{8}, Ceiling: []float64{10}}, "ok"},
		{row{Target: atLeast(0.75), Tsim: []float64{7}, Ceiling: []float64{10}}, "below"},
		{row{Target: atMost(1.4), Tsim: []float64{14}, Ceiling: []float64{10}}, "ok"},
		{row{Target: atMost(1.4), Tsim: []float64{15}, Ceiling: []float64{10}}, "below"},
		{row{Target: upTo(20), Tsim: []float64{20}}, "ok"},
		{row{Target: upTo(20), Tsim: []float64{21}}, "below"},
		{row{Target: upTo(20)}, "n/a"},
		{row{Tsim: []float64{1}}, ""},
		{row{Target: upTo(20), Tsim: []float64{1}, Wrong: "one callback is missing"}, "WRONG"},
	} {
		if got := test.row.verdict(); got != test.want {
			t.Errorf("%+v is %q, want %q", test.row, got, test.want)
		}
	}
}

// TestFigures: -run finds each row by a key of its own.
func TestFigures(t *testing.T) {
	seen := map[string]bool{}
	for _, b := range benches {
		for _, r := range b.rows {
			if r.Key == "" || r.Figure == "" || seen[r.Key] {
				t.Errorf("row %q (%s) has no key of its own, or no words", r.Key, r.Figure)
			}
			seen[r.Key] = true
		}
	}
}

func TestLuhn(t *testing.T) {
	if got := withCheck("8944500000000000001"); got != "89445000000000000019" {
		t.Errorf("the check digit makes it %s", got)
	}
}

func TestOnce(t *testing.T) {
	const good = `{"requestId":"r","deviceIds":[{"id":"1","kind":"Iccid"}],"status":"SUCCESS","callbackCount":1}`
	other := strings.Replace(good, `"1"`, `"2"`, 1)
	for _, test := range []struct {
		bodies []string
		want   string
	}{
		{[]string{good, other}, ""},
		{[]string{good}, "1 callbacks, not 2"},
		{[]string{good, good}, "came twice"},
		{[]string{good, strings.Replace(other, "SUCCESS", "Failed", 1)}, "status"},
		{[]string{good, "{"}, "not JSON"},
	} {
		var got []arrival
		for _, b := range test.bodies {
			got = append(got, arrival{body: []byte(b)})
		}
		err := once(got, 2)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %q", test.bodies, err, test.want)
		}
	}
}
