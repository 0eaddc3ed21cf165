package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"tsim/tsimclient"
)

// lateness measures how long after they are due callbacks arrive, in real mode at a steady rate. One
// request has as many devices as callbacks are due in the window; a uniform latency spreads them.
//
// When each is due: a latency is a pure function of the seed, the number of the request and the
// place of the device in it. So the same call is made first on a clock that stands still, where the
// list of callbacks says when each was due, to the nanosecond; after a reset it is made again in real
// time. The journal says at which simulated instant it was accepted, and the clock, asked many times,
// which moment on the wall that was.
func lateness(rate int) func(*lab) contest {
	return func(l *lab) contest {
		const lead, window = 200 * time.Millisecond, 500 * time.Millisecond
		n := int(float64(rate) * window.Seconds())
		s := l.listen(0)
		uniform := fmt.Sprintf("{profile_suspend: {uniform: [%s, %s]}}", lead, lead+window)
		b := l.serve(scenario("manual", uniform, account{n, globalInUse, s.url}))
		body := callOf(0, "iccid", b.iccids(n))
		after := latencies(b, s, n, body)
		posts := &poster{l: l, p: l.role("poster"), s: s, body: string(s.arrived()[0].body)}
		return contest{
			rounds:  pick(l, l.rounds(), 1),
			tsim:    func() []float64 { return []float64{percentile(tsimLate(b, s, body, after), 99)} },
			ceiling: func() []float64 { return []float64{percentile(bareLate(posts, after), 99)} },
			finish:  func() string { return fmt.Sprintf("%d callbacks a round", n) },
		}
	}
}

// latencies is how long after the call each device's callback is due, by its ICCID.
func latencies(b *box, s *sink, n int, body []byte) map[string]time.Duration {
	b.reset()
	start := b.clock().Now
	full := s.expect(n)
	b.call("profile_suspend", body)
	must(b.control.Advance(b.l.ctx, tsimclient.Advance{By: "1h"}))
	b.l.await(full, "callbacks of the clock that stands still")
	check(once(s.arrived(), n))
	after := make(map[string]time.Duration, n)
	for _, c := range must(b.control.AllCallbacks(b.l.ctx, tsimclient.CallbackFilter{}, n)) {
		after[c.ICCID] = c.Due.Sub(start)
	}
	if len(after) != n {
		check(fmt.Errorf("there are %d callbacks, not %d", len(after), n))
	}
	return after
}

// wall is the moment at which the simulated clock showed an instant, and how far off that can be: the
// quickest of many answers errs by half of the time it took at the most.
func (b *box) wall(simulated time.Time) (at time.Time, off time.Duration) {
	quickest := time.Hour
	for range 50 {
		before := time.Now()
		now := b.clock().Now
		if took := time.Since(before); took < quickest {
			quickest, at = took, before.Add(took/2).Add(simulated.Sub(now))
		}
	}
	return at, quickest / 2
}

// tsimLate is how many milliseconds late each callback of tsim was.
func tsimLate(b *box, s *sink, body []byte, after map[string]time.Duration) []float64 {
	b.reset()
	b.setClock("real")
	full := s.expect(len(after))
	b.call("profile_suspend", body)
	events := must(b.control.Events(b.l.ctx, tsimclient.EventFilter{}, tsimclient.Page{Limit: 100})).Events
	i := slices.IndexFunc(events, func(e tsimclient.Event) bool { return e.Kind == "request.accepted" })
	if i < 0 {
		check(errors.New("the journal does not say when the request was accepted"))
	}
	accepted, off := b.wall(events[i].At)
	b.l.await(full, "callbacks that are due")
	b.nothingPending()
	got := s.arrived()
	check(once(got, len(after)))
	late := make([]float64, len(got))
	for i := range got {
		late[i] = milliseconds(got[i].at.Sub(accepted.Add(after[iccidOf(got[i].body)])))
	}
	if early := slices.Min(late); early < -milliseconds(off+time.Millisecond) {
		check(fmt.Errorf("a callback came %.1f ms before it was due", -early))
	}
	return late
}

func iccidOf(body []byte) string {
	var c callback
	check(json.Unmarshal(body, &c))
	for _, id := range c.DeviceIDs {
		if id.Kind == "Iccid" {
			return id.ID
		}
	}
	check(fmt.Errorf("a callback without Iccid: %.300s", body))
	return ""
}

// bareLate is how many milliseconds late each post of a bare client was that has the same times to keep.
func bareLate(posts *poster, after map[string]time.Duration) []float64 {
	var due []time.Duration
	for _, d := range after {
		due = append(due, d)
	}
	slices.Sort(due)
	start := time.Now()
	got := posts.post(postOrder{N: len(due), Workers: connections, Start: start.UnixNano(), Due: due})
	late := make([]float64, len(got))
	for i := range got {
		var n int
		must(fmt.Sscanf(got[i].query, "n=%d", &n))
		late[i] = milliseconds(got[i].at.Sub(start.Add(due[n])))
	}
	return late
}

func milliseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }
