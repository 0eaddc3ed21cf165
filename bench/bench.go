package main

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"time"
)

// bench is rows of the table that are measured together, because they need the same processes.
type bench struct {
	prepare func(*lab) contest
	rows    []*row
}

// contest is a bench whose processes have been started and warmed up. In each round, tsim and its ceiling are measured
// one right after the other.
type contest struct {
	rounds  int
	tsim    func() []float64 // a value for each row, in their order; NaN for none in this round
	ceiling func() []float64 // likewise; nil if there is no ceiling
	finish  func() string    // checks what can be checked after the last round only, and answers a note for the reader
}

// measure runs the bench if one of its rows is chosen. What goes wrong is told in its rows, and the other benches are
// measured all the same.
func (b *bench) measure(l *lab, pattern *regexp.Regexp) {
	if !slices.ContainsFunc(b.rows, func(r *row) bool { return pattern.MatchString(r.Key) }) {
		return
	}
	began := time.Now()
	if err := catch(func() { b.run(l) }); err != nil {
		for _, r := range b.rows {
			r.Wrong = err.Error()
		}
	}
	l.stopAll()
	fmt.Fprintf(os.Stderr, "%-14s %5.1f s\n", b.rows[0].Key, time.Since(began).Seconds())
}

func (b *bench) run(l *lab) {
	c := b.prepare(l)
	sides := []func(){func() {
		for i, v := range c.tsim() {
			add(&b.rows[i].Tsim, v)
		}
	}}
	if c.ceiling != nil {
		sides = append(sides, func() {
			for i, v := range c.ceiling() {
				add(&b.rows[i].Ceiling, v)
			}
		})
	}
	for i := range c.rounds {
		for _, side := range sides {
			if err := catch(side); err != nil {
				check(fmt.Errorf("round %d: %w", i+1, err))
			}
		}
		slices.Reverse(sides) // so that neither always finds the machine warmed up
		check(l.ctx.Err())
	}
	b.rows[0].Note = c.finish()
}

// add takes in a value. What a system cannot tell is left out.
func add(values *[]float64, v float64) {
	if !math.IsNaN(v) {
		*values = append(*values, v)
	}
}

// wrong is what check panics with.
type wrong struct{ error }

// check ends the bench that is measured, as a test's Fatal ends the test, if there is an error. It is for the goroutine
// of the bench; others begin with catch.
func check(err error) {
	if err != nil {
		panic(wrong{err})
	}
}

// must is the value that comes without an error; see check.
func must[T any](v T, err error) T {
	check(err)
	return v
}

// catch runs f and answers what check ended it with, or nil.
func catch(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			w, ok := r.(wrong)
			if !ok {
				panic(r)
			}
			err = w.error
		}
	}()
	f()
	return nil
}
