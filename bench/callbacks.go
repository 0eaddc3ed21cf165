package main

import (
	"errors"
	"fmt"
	"time"
)

// resume measures a burst of callbacks: device_resume of many devices with two profiles, each with
// three callbacks, from the call to the arrival of the last one. The ceiling is a client that posts
// as many equal bodies to the same listener.
func resume(l *lab) contest {
	devices := pick(l, 10_000, 2_000)
	want := 3 * devices
	s := l.listen(0)
	b := l.serve(scenario("real", "instant", account{devices, suspended, s.url}))
	body := callOf(0, "eid", b.eids(devices))
	burst := func() []float64 {
		b.reset()
		before := b.cpu()
		full := s.expect(want)
		began := b.call("device_resume", body)
		l.await(full, "callbacks of device_resume")
		b.nothingPending()
		cpu := (b.cpu() - before) * 1e6 / float64(want)
		got := s.arrived()
		check(once(got, want))
		return []float64{float64(want) / last(got).Sub(began).Seconds(), cpu}
	}
	burst() // which also shows what the bodies are like
	bare := &poster{l: l, p: l.role("poster"), s: s, body: string(s.arrived()[0].body)}
	workers := bare.best(want / 3)
	return contest{
		rounds: l.rounds(),
		tsim:   burst,
		ceiling: func() []float64 {
			before := bare.p.cpu()
			rate := bare.rate(want, workers)
			return []float64{rate, (bare.p.cpu() - before) * 1e6 / float64(want)}
		},
		finish: func() string {
			return fmt.Sprintf("%d callbacks a round; the bare client at its best, %d connections", want, workers)
		},
	}
}

// poster steers a bare client.
type poster struct {
	l    *lab
	p    *process
	s    *sink
	body string
}

// post has an order carried out, and checks that each post came once.
func (p *poster) post(o postOrder) []arrival {
	full := p.s.expect(o.N)
	o.URL, o.Body = p.s.url, p.body
	var done posted
	p.p.order(o, &done)
	if done.Done != o.N {
		check(fmt.Errorf("the bare client made %d posts, not %d: %s", done.Done, o.N, done.Failed))
	}
	p.l.await(full, "posts of the bare client")
	got := p.s.arrived()
	check(onceEach(got, o.N))
	return got
}

// rate is how many posts a second arrive.
func (p *poster) rate(n, workers int) float64 {
	began := time.Now()
	got := p.post(postOrder{N: n, Workers: workers})
	return float64(n) / last(got).Sub(began).Seconds()
}

// best is the number of connections at which the bare client is fastest here.
func (p *poster) best(n int) int {
	fastest, best := 0.0, 0
	for _, workers := range []int{4, 8, 16} {
		if m := median([]float64{p.rate(n, workers), p.rate(n, workers), p.rate(n, workers)}); m > fastest {
			fastest, best = m, workers
		}
	}
	return best
}

// slow measures the callbacks of a fast listener while another one, of another account, takes a second
// for each answer. Both calls are made while the clock stands still, so all callbacks are due at one
// instant; then time begins to run. The ceiling is the fast listener alone.
func slow(l *lab) contest {
	many, few := pick(l, 5_000, 2_000), pick(l, 1_000, 400)
	fastOne, slowOne := l.listen(0), l.listen(time.Second)
	b := l.serve(scenario("manual", "instant", account{few, globalInUse, slowOne.url}, account{many, globalInUse, fastOne.url}))
	iccids := b.iccids(few + many)
	slowCall, fastCall := callOf(0, "iccid", iccids[:few]), callOf(1, "iccid", iccids[few:])
	one := func(beside bool) []float64 {
		b.reset()
		fast, slow := fastOne.expect(many), slowOne.expect(few)
		if beside {
			b.call("profile_suspend", slowCall)
		}
		b.call("profile_suspend", fastCall)
		began := time.Now()
		b.setClock("real")
		l.await(fast, "callbacks of the fast listener")
		rate := float64(many) / last(fastOne.arrived()).Sub(began).Seconds()
		if beside {
			if len(slowOne.arrived()) == few {
				check(errors.New("the slow listener was done before the fast one"))
			}
			slowOne.hurry()
			l.await(slow, "callbacks of the slow listener")
			check(once(slowOne.arrived(), few))
		}
		b.nothingPending()
		check(once(fastOne.arrived(), many))
		return []float64{rate}
	}
	return contest{
		rounds:  l.rounds(),
		tsim:    func() []float64 { return one(true) },
		ceiling: func() []float64 { return one(false) },
		finish:  func() string { return fmt.Sprintf("%d callbacks for the fast one, %d for the slow one", many, few) },
	}
}
