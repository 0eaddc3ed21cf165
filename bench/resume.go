package main

import (
	"errors"
	"fmt"
	"time"
)

// resume measures a burst of callbacks: device_resume of many devices with two profiles, each with
// three callbacks, from the call to the arrival of the last one. The ceiling is a client that posts
// as many equal bodies to the same listener.
func resume(l *lab, rows []*row) error {
	devices := pick(l, 10_000, 2_000)
	want := 3 * devices
	s, err := l.listen(0)
	if err != nil {
		return err
	}
	b, err := l.serve(scenario("real", "instant", account{devices, suspended, s.url}), quiet)
	if err != nil {
		return err
	}
	eids, err := b.eids(devices)
	if err != nil {
		return err
	}
	client, err := l.role("poster")
	if err != nil {
		return err
	}
	tsim := l.side(b.process, b.header, accepted)
	body := callOf(accountName(0), "eid", eids)
	burst := func() (rate, cpu float64, err error) {
		if err := b.reset(); err != nil {
			return 0, 0, err
		}
		tsim.seen.Clear() // a reset begins the requestIds anew
		before := b.cpu()
		full := s.expect(want)
		began, err := tsim.first(l, actions+"device_resume", body)
		if err == nil {
			err = l.await(full, "callbacks of device_resume")
		}
		if err == nil {
			err = b.nothingPending()
		}
		cpu = (b.cpu() - before) * 1e6 / float64(want)
		got := s.arrived()
		return float64(want) / last(got).Sub(began).Seconds(), cpu, errors.Join(err, once(got, want))
	}
	// The first burst also shows what the bodies are like.
	if _, _, err := burst(); err != nil {
		return err
	}
	posts := &poster{l: l, p: client, s: s, body: string(s.arrived()[0].body)}
	workers, err := posts.best(want / 3)
	if err != nil {
		return err
	}
	rows[0].note("%d callbacks a round; the bare client at its best, %d connections", want, workers)
	return l.pairs(l.rounds(), func() error {
		rate, cpu, err := burst()
		rows[0].add(&rows[0].Tsim, rate)
		rows[1].add(&rows[1].Tsim, cpu)
		return err
	}, func() error {
		before := client.cpu()
		rate, err := posts.rate(want, workers)
		rows[0].add(&rows[0].Ceiling, rate)
		rows[1].add(&rows[1].Ceiling, (client.cpu()-before)*1e6/float64(want))
		return err
	})
}

// poster steers a bare client.
type poster struct {
	l    *lab
	p    *process
	s    *sink
	body string
}

// post has an order carried out, and checks that each post came once.
func (p *poster) post(o postOrder) ([]arrival, error) {
	full := p.s.expect(o.N)
	o.URL, o.Body = p.s.url, p.body
	var done posted
	if err := p.p.order(o, &done); err != nil {
		return nil, err
	}
	if done.Done != o.N {
		return nil, fmt.Errorf("the bare client made %d posts, not %d: %s", done.Done, o.N, done.Failed)
	}
	if err := p.l.await(full, "posts of the bare client"); err != nil {
		return nil, err
	}
	got := p.s.arrived()
	return got, onceEach(got, o.N)
}

// rate is how many posts a second arrive.
func (p *poster) rate(n, workers int) (float64, error) {
	began := time.Now()
	got, err := p.post(postOrder{N: n, Workers: workers})
	return float64(n) / last(got).Sub(began).Seconds(), err
}

// best is the number of connections at which the bare client is fastest here.
func (p *poster) best(n int) (int, error) {
	fastest, best := 0.0, 0
	for _, workers := range []int{4, 8, 16} {
		var rates []float64
		for range 3 {
			rate, err := p.rate(n, workers)
			if err != nil {
				return 0, err
			}
			rates = append(rates, rate)
		}
		if m := median(rates); m > fastest {
			fastest, best = m, workers
		}
	}
	return best, nil
}
