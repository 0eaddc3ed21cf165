package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"tsim/tsimclient"
)

// soak repeats a day of a busy server, again and again: sandboxes come with each kind of clock, are used in every
// way and go; clients log in, are refused, list and hang up. After each such day the server is as it was, so memory,
// goroutines and file descriptors in the last quarter of them are held against those in the second one.
func soak(l *lab) contest {
	s := l.listen(0)
	b := l.serve(scenario("manual", "instant", account{100, globalInUse, s.url}), "--pprof")
	var days [][]float64
	began := time.Now()
	for time.Since(began) < l.soak || len(days) < 8 {
		if err := catch(func() { b.day(s.url, uint64(len(days))) }); err != nil {
			check(fmt.Errorf("round %d: %w", len(days), err))
		}
		days = append(days, []float64{b.mebibytes("VmRSS"), b.goroutines(), b.descriptors()})
	}
	quarter := len(days) / 4
	early, late := days[quarter:2*quarter], days[len(days)-quarter:]
	next := func(days [][]float64) func() []float64 {
		return func() []float64 {
			day := days[0]
			days = days[1:]
			return day
		}
	}
	return contest{
		rounds:  quarter,
		tsim:    next(late),
		ceiling: next(early),
		finish: func() string {
			for i, what := range []string{"memory", "goroutines", "descriptors"} {
				const leak = 1.5 // and a little, which a noisy machine does not reach
				if from, to := median(column(early, i)), median(column(late, i)); to > leak*from+10 {
					check(fmt.Errorf("%s: it grows from %s to %s", what, number(from), number(to)))
				}
			}
			return fmt.Sprintf("%d rounds in %s; the ceiling is the second quarter of them", len(days), time.Since(began).Round(time.Second))
		},
	}
}

func column(table [][]float64, i int) (all []float64) {
	for _, line := range table {
		all = append(all, line[i])
	}
	return all
}

// goroutines is how many the process has, when those of the last calls have ended.
func (b *box) goroutines() float64 {
	text := answer(must(http.NewRequestWithContext(b.l.ctx, http.MethodGet, b.url+"/tsim/debug/pprof/goroutine?debug=1", nil)))
	_, rest, _ := strings.Cut(string(text), "total ")
	total, _, _ := strings.Cut(rest, "\n")
	return must(strconv.ParseFloat(total, 64))
}

// descriptors is how many files and connections the process has open.
func (b *box) descriptors() float64 {
	return float64(len(must(os.ReadDir(fmt.Sprintf("/proc/%d/fd", b.cmd.Process.Pid)))))
}

// day uses the server in every way, and leaves it as it was.
func (b *box) day(listener string, n uint64) {
	clocks := []string{"manual", "auto", "real"}
	errs := make([]error, len(clocks))
	var all sync.WaitGroup
	for i, clock := range clocks {
		all.Go(func() { errs[i] = catch(func() { b.sandboxOfADay(clock, listener, n) }) })
	}
	ctx, page := b.l.ctx, tsimclient.Page{Limit: tsimclient.MaxLimit}
	for range 20 {
		b.login(demo)
	}
	must(b.control.Devices(ctx, tsimclient.DeviceFilter{}, page))
	must(b.control.Events(ctx, tsimclient.EventFilter{}, page))
	must(b.control.Callbacks(ctx, tsimclient.CallbackFilter{}, page))
	must(b.control.Requests(ctx, tsimclient.RequestFilter{}, page))
	must(b.control.Holds(ctx, page))
	must(b.control.Wait(ctx, tsimclient.Wait{For: tsimclient.Idle, Timeout: "1s"}))
	bad := b.l.side(b.process, b.calls.header, refused(""))
	check(bad.call(ctx, actions+"enable", []byte(`{"devices": [1, 2, 3]}`)))
	bad.transport.CloseIdleConnections()
	all.Wait()
	for _, err := range errs {
		check(err)
	}
	// Sessions are kept in mind until they are over, which this makes them.
	must(b.control.Reset(ctx, tsimclient.KeepListeners))
}

// sandboxOfADay makes a sandbox, uses it, and removes it.
func (b *box) sandboxOfADay(clock, listener string, seed uint64) {
	ctx := b.l.ctx
	text := must(json.Marshal(scenario(clock, "{profile_suspend: {uniform: [1s, 20s]}}", account{200, globalInUse, listener})))
	made := must(b.control.CreateSandbox(ctx, tsimclient.SandboxSpec{ScenarioSpec: tsimclient.ScenarioSpec{Scenario: text, Seed: &seed}}))
	own := b.l.box(b.process, made.Name)
	defer own.calls.transport.CloseIdleConnections()
	own.login(made.Credentials[0])
	iccids := own.iccids(200)
	for n := range 10 {
		own.call(turn(n), callOf(0, "iccid", iccids))
	}
	must(own.control.HoldAll(ctx, tsimclient.HoldFilter{ICCID: iccids[0]}))
	must(own.control.Advance(ctx, tsimclient.Advance{By: "10s"}))
	must(own.control.ReleaseAll(ctx))
	own.reset()
	must(own.control.Advance(ctx, tsimclient.Advance{Until: tsimclient.Idle}))
	must(own.control.DeleteSandbox(ctx))
}
