package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"text/tabwriter"
)

// row is one figure: what tsim does, what its ceiling does, and what is wanted. A value of Tsim and
// the value of Ceiling with the same index were measured one right after the other.
type row struct {
	Key     string    `json:"key"`
	Figure  string    `json:"figure"`
	Unit    string    `json:"unit"`
	Tsim    []float64 `json:"tsim"`
	Ceiling []float64 `json:"ceiling"`
	Target  target    `json:"target"`
	Note    string    `json:"note,omitempty"`
	Wrong   string    `json:"wrong,omitempty"` // what was not answered or counted as it should be
}

// target is what is to be reached: of the ratio, or of tsim's own value.
type target struct {
	Of    string  `json:"of,omitempty"` // ofRatio or ofValue; "" for a row that is only shown
	Least bool    `json:"least,omitempty"`
	Limit float64 `json:"limit,omitempty"`
}

const (
	ofRatio = "ratio"
	ofValue = "value"
)

func atLeast(ratio float64) target { return target{ofRatio, true, ratio} }
func atMost(ratio float64) target  { return target{ofRatio, false, ratio} }
func upTo(value float64) target    { return target{ofValue, false, value} }

func (t target) String() string {
	if t.Of == "" {
		return ""
	}
	sign := "<="
	if t.Least {
		sign = ">="
	}
	return sign + " " + strconv.FormatFloat(t.Limit, 'g', -1, 64)
}

// verdict compares the median with the target.
func (r *row) verdict() string {
	if r.Wrong != "" {
		return "WRONG"
	}
	if r.Target.Of == "" {
		return ""
	}
	got := median(r.Tsim)
	if r.Target.Of == ofRatio {
		got = median(ratios(r.Tsim, r.Ceiling))
	}
	switch {
	case math.IsNaN(got):
		return "n/a"
	case r.Target.Least && got >= r.Target.Limit, !r.Target.Least && got <= r.Target.Limit:
		return "ok"
	}
	return "below"
}

// number writes a value with three or four digits that count.
func number(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "n/a"
	case a >= 10_000:
		s := strconv.FormatFloat(v, 'f', 0, 64)
		return s[:len(s)-3] + "," + s[len(s)-3:]
	case a >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case a >= 1:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'f', 3, 64)
}

// spread writes values as median (min..max).
func spread(values []float64, none string) string {
	switch len(values) {
	case 0:
		return none
	case 1:
		return number(values[0])
	}
	return fmt.Sprintf("%s (%s..%s)", number(median(values)), number(slices.Min(values)), number(slices.Max(values)))
}

// writeTable is for people.
func writeTable(w io.Writer, machine string, rows []*row) error {
	fmt.Fprintf(w, "%s\n\n", machine)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "figure\tunit\ttsim\tceiling\tratio\ttarget\t\tn")
	fmt.Fprintln(t, "------\t----\t----\t-------\t-----\t------\t\t-")
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\n", r.Figure, r.Unit, spread(r.Tsim, "n/a"), spread(r.Ceiling, "-"),
			spread(ratios(r.Tsim, r.Ceiling), "-"), r.Target, r.verdict(), len(r.Tsim))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, r := range rows {
		if r.Wrong != "" {
			fmt.Fprintf(w, "WRONG: %s: %s\n", r.Figure, r.Wrong)
		}
		if r.Note != "" {
			fmt.Fprintf(w, "%s: %s\n", r.Figure, r.Note)
		}
	}
	return nil
}

// writeJSON is for machines: every round of every figure, with the medians that count.
func writeJSON(w io.Writer, machine string, rows []*row) error {
	type told struct {
		*row
		Ratios  []float64 `json:"ratios"`
		Medians struct {
			Tsim    *float64 `json:"tsim,omitempty"`
			Ceiling *float64 `json:"ceiling,omitempty"`
			Ratio   *float64 `json:"ratio,omitempty"`
		} `json:"medians"`
		Verdict string `json:"verdict"`
	}
	known := func(v float64) *float64 {
		if math.IsNaN(v) {
			return nil
		}
		return &v
	}
	all := make([]told, len(rows))
	for i, r := range rows {
		all[i] = told{row: r, Ratios: ratios(r.Tsim, r.Ceiling), Verdict: r.verdict()}
		m := &all[i].Medians
		m.Tsim, m.Ceiling, m.Ratio = known(median(r.Tsim)), known(median(r.Ceiling)), known(median(all[i].Ratios))
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{"machine": machine, "rows": all})
}
