package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// soakFor is how long the soak lasts: -for.
var soakFor time.Duration

// soak repeats a day of a busy server, round after round: sandboxes come with each kind of clock, are used in every
// way and go; clients log in, are refused, list and hang up. After each round the server is as it was, so memory,
// goroutines and file descriptors after the last rounds are held against those after the first ones.
func soak(l *lab, rows []*row) error {
	s, err := l.listen(0)
	if err != nil {
		return err
	}
	b, err := l.serve(scenario("manual", "instant", account{100, globalInUse, s.url}), quiet, "--pprof")
	if err != nil {
		return err
	}
	gauges := []func() (float64, error){
		func() (float64, error) { return b.mebibytes("VmRSS"), nil },
		b.goroutines,
		func() (float64, error) {
			open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", b.cmd.Process.Pid))
			return float64(len(open)), err
		},
	}
	var samples [3][]float64
	began := time.Now()
	rounds := 0
	for ; time.Since(began) < soakFor || rounds < 8; rounds++ {
		if err := b.soakRound(s.url, rounds); err != nil {
			return fmt.Errorf("round %d: %w", rounds, err)
		}
		for i, gauge := range gauges {
			v, err := gauge()
			if err != nil {
				return err
			}
			samples[i] = append(samples[i], v)
		}
	}
	quarter := rounds / 4
	for i, r := range rows {
		r.note("%d rounds in %s; the ceiling is the second quarter of them", rounds, time.Since(began).Round(time.Second))
		for n := range quarter {
			r.add(&r.Ceiling, samples[i][quarter+n])
			r.add(&r.Tsim, samples[i][rounds-quarter+n])
		}
		const leak = 1.5 // and a little, which a noisy machine does not reach
		if first, last := median(r.Ceiling), median(r.Tsim); last > leak*first+10 {
			r.Wrong = fmt.Sprintf("it grows: from %s to %s", number(first), number(last))
		}
	}
	return nil
}

// goroutines is how many the process has, when those of the last calls have ended.
func (b *box) goroutines() (float64, error) {
	req, err := http.NewRequestWithContext(b.l.ctx, http.MethodGet, b.url+"/tsim/debug/pprof/goroutine?debug=1", nil)
	if err != nil {
		return 0, err
	}
	text, err := answer(req)
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), "total ")
	total, _, _ := strings.Cut(rest, "\n")
	return strconv.ParseFloat(total, 64)
}

// soakRound uses the server in every way, and leaves it as it was.
func (b *box) soakRound(listener string, round int) error {
	clocks := []string{"manual", "auto", "real"}
	errs := make([]error, len(clocks))
	var all sync.WaitGroup
	for i, clock := range clocks {
		all.Go(func() { errs[i] = b.soakSandbox(clock, listener, uint64(round)) })
	}
	for range 20 {
		if err := b.login(); err != nil {
			return err
		}
	}
	var list any
	for _, path := range []string{"/devices?limit=5000", "/events?limit=5000", "/callbacks", "/requests", "/holds"} {
		if err := b.ask(http.MethodGet, sandbox+path, nil, &list); err != nil {
			return err
		}
	}
	if err := b.ask(http.MethodPost, sandbox+"/wait", map[string]any{"for": "idle", "timeout": "1s"}, nil); err != nil {
		return err
	}
	refused := b.ask(http.MethodPost, actions+"enable", map[string]any{"devices": []int{1, 2, 3}}, nil)
	all.Wait()
	if refused == nil {
		return errors.New("a body that is none was taken")
	}
	// Sessions are kept in mind until they are over, which this makes them.
	afresh := b.ask(http.MethodPost, sandbox+"/reset", map[string][]string{"keep": {"listeners"}}, nil)
	return errors.Join(append(errs, afresh)...)
}

// soakSandbox makes a sandbox, uses it, and removes it.
func (b *box) soakSandbox(clock, listener string, seed uint64) error {
	var made struct {
		Name        string
		Credentials []struct{ AppKey, AppSecret, Username, Password string }
	}
	own := &box{process: b.process, l: b.l, header: jsonHeader()}
	if err := own.ask(http.MethodPost, "/tsim/v1/sandboxes", map[string]any{
		"scenario": scenario(clock, "{profile_suspend: {uniform: [1s, 20s]}}", account{200, globalInUse, listener}), "seed": seed,
	}, &made); err != nil {
		return err
	}
	cred := made.Credentials[0]
	if err := own.loginAs(cred.AppKey, cred.AppSecret, cred.Username, cred.Password); err != nil {
		return err
	}
	at := "/tsim/v1/sandboxes/" + made.Name
	var page struct {
		Devices []struct{ Profiles []struct{ ICCID string } }
	}
	if err := own.ask(http.MethodGet, at+"/devices?limit=200", nil, &page); err != nil {
		return err
	}
	var iccids []string
	for _, d := range page.Devices {
		iccids = append(iccids, d.Profiles[1].ICCID)
	}
	calls := own.l.side(own.process, own.header, accepted)
	defer calls.transport.CloseIdleConnections()
	for n := range 10 {
		if err := calls.call(own.l.ctx, actions+[]string{"profile_suspend", "profile_resume"}[n%2], callOf(accountName(0), "iccid", iccids)); err != nil {
			return err
		}
	}
	for _, step := range []struct {
		method, path string
		body         any
	}{
		{http.MethodPost, "/holds", map[string]any{"iccid": iccids[0]}},
		{http.MethodPost, "/clock/advance", map[string]any{"by": "10s"}},
		{http.MethodDelete, "/holds", nil},
		{http.MethodPost, "/reset", map[string]any{"keep": []string{"tokens", "listeners"}}},
		{http.MethodPost, "/clock/advance", map[string]any{"until": "idle"}},
	} {
		if err := own.ask(step.method, at+step.path, step.body, nil); err != nil {
			return err
		}
	}
	return own.ask(http.MethodDelete, at, nil, new(json.RawMessage))
}
