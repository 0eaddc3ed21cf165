package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// lateness measures how long after they are due callbacks arrive, in real mode at a steady rate. One
// request has as many devices as callbacks are due in the window; a uniform latency spreads them.
//
// When each is due: a latency is a pure function of the seed, the number of the request and the
// place of the device in it. So the same call is made first on a clock that stands still, where the
// list of callbacks says when each was due, to the nanosecond; after a reset it is made again in real
// time. The journal says at which simulated instant it was accepted, and the clock, asked many times,
// which moment on the wall that was.
func lateness(l *lab, rows []*row) error {
	const lead, window = 200 * time.Millisecond, 500 * time.Millisecond
	rates := []int{2_500, 10_000}
	most := int(float64(rates[1]) * window.Seconds())
	s, err := l.listen(0)
	if err != nil {
		return err
	}
	uniform := fmt.Sprintf("{profile_suspend: {uniform: [%s, %s]}}", lead, lead+window)
	b, err := l.serve(scenario("manual", uniform, account{most, globalInUse, s.url}), quiet)
	if err != nil {
		return err
	}
	iccids, err := b.iccids(most)
	if err != nil {
		return err
	}
	client, err := l.role("poster")
	if err != nil {
		return err
	}
	after, err := latencies(b, s, iccids)
	if err != nil {
		return err
	}
	posts := &poster{l: l, p: client, s: s, body: string(s.arrived()[0].body)}
	for i, r := range rows {
		n := int(float64(rates[i]) * window.Seconds())
		r.note("%d callbacks a round", n)
		err := l.pairs(pick(l, l.rounds(), 1), func() error {
			late, err := tsimLate(b, s, iccids[:n], after)
			r.add(&r.Tsim, percentile(late, 99))
			return err
		}, func() error {
			late, err := bareLate(posts, iccids[:n], after)
			r.add(&r.Ceiling, percentile(late, 99))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// latencies is how long after the call each device's callback is due.
func latencies(b *box, s *sink, iccids []string) (map[string]time.Duration, error) {
	if err := b.reset(); err != nil {
		return nil, err
	}
	start, err := b.clock()
	if err != nil {
		return nil, err
	}
	full := s.expect(len(iccids))
	tsim := b.l.side(b.process, b.header, accepted)
	if _, err := tsim.first(b.l, actions+"profile_suspend", callOf(accountName(0), "iccid", iccids)); err != nil {
		return nil, err
	}
	if _, err := b.advance("1h"); err != nil {
		return nil, err
	}
	if err := b.l.await(full, "callbacks of the clock that stands still"); err != nil {
		return nil, err
	}
	after := make(map[string]time.Duration, len(iccids))
	for page, next := "", "-"; next != ""; page = next {
		var list struct {
			Callbacks []struct {
				ICCID string    `json:"iccid"`
				Due   time.Time `json:"due"`
			} `json:"callbacks"`
			Next string `json:"next"`
		}
		if err := b.ask(http.MethodGet, sandbox+"/callbacks?limit=5000&after="+page, nil, &list); err != nil {
			return nil, err
		}
		for _, c := range list.Callbacks {
			after[c.ICCID] = c.Due.Sub(start.Now)
		}
		next = list.Next
	}
	if len(after) != len(iccids) {
		return nil, fmt.Errorf("there are %d callbacks, not %d", len(after), len(iccids))
	}
	return after, once(s.arrived(), len(iccids))
}

// wall is the moment at which the simulated clock showed an instant, and how far off that can be: the
// quickest of many answers errs by half of the time it took at the most.
func (b *box) wall(simulated time.Time) (at time.Time, off time.Duration, err error) {
	quickest := time.Hour
	for range 50 {
		before := time.Now()
		c, err := b.clock()
		took := time.Since(before)
		if err != nil {
			return at, 0, err
		}
		if took < quickest {
			quickest, at = took, before.Add(took/2).Add(simulated.Sub(c.Now))
		}
	}
	return at, quickest / 2, nil
}

// tsimLate is how many milliseconds late each callback of tsim was.
func tsimLate(b *box, s *sink, iccids []string, after map[string]time.Duration) ([]float64, error) {
	if err := errors.Join(b.reset(), b.setClock("real")); err != nil {
		return nil, err
	}
	full := s.expect(len(iccids))
	tsim := b.l.side(b.process, b.header, accepted)
	if _, err := tsim.first(b.l, actions+"profile_suspend", callOf(accountName(0), "iccid", iccids)); err != nil {
		return nil, err
	}
	events, err := b.events(0, 100)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(events, func(e event) bool { return e.Kind == "request.accepted" })
	if i < 0 {
		return nil, errors.New("the journal does not say when the request was accepted")
	}
	accepted, off, err := b.wall(events[i].At)
	if err != nil {
		return nil, err
	}
	if err := b.l.await(full, "callbacks that are due"); err != nil {
		return nil, err
	}
	if err := b.nothingPending(); err != nil {
		return nil, err
	}
	got := s.arrived()
	if err := once(got, len(iccids)); err != nil {
		return nil, err
	}
	late := make([]float64, len(got))
	for i := range got {
		iccid, err := iccidOf(got[i].body)
		if err != nil {
			return nil, err
		}
		late[i] = milliseconds(got[i].at.Sub(accepted.Add(after[iccid])))
	}
	if early := slices.Min(late); early < -milliseconds(off+time.Millisecond) {
		return nil, fmt.Errorf("a callback came %.1f ms before it was due", -early)
	}
	return late, nil
}

func iccidOf(body []byte) (string, error) {
	var c callback
	if err := json.Unmarshal(body, &c); err != nil {
		return "", err
	}
	for _, id := range c.DeviceIDs {
		if id.Kind == "Iccid" {
			return id.ID, nil
		}
	}
	return "", fmt.Errorf("a callback without Iccid: %.300s", body)
}

// bareLate is how many milliseconds late each post of a bare client was that has the same times to keep.
func bareLate(posts *poster, iccids []string, after map[string]time.Duration) ([]float64, error) {
	due := make([]time.Duration, len(iccids))
	for i, iccid := range iccids {
		due[i] = after[iccid]
	}
	slices.Sort(due)
	start := time.Now()
	got, err := posts.post(postOrder{N: len(due), Workers: connections, Start: start.UnixNano(), Due: due})
	if err != nil {
		return nil, err
	}
	late := make([]float64, len(got))
	for i := range got {
		var n int
		if _, err := fmt.Sscanf(got[i].query, "n=%d", &n); err != nil {
			return nil, err
		}
		late[i] = milliseconds(got[i].at.Sub(start.Add(due[n])))
	}
	return late, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }
