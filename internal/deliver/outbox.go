package deliver

import (
	"slices"

	"tsim/internal/sim"
)

// Outbox is what one sandbox sends. Each of its listeners, that is scheme and host, has a queue and workers
// of its own, so that a slow one holds nobody else back, and what another sandbox sends to the same listener
// waits in another queue.
//
// A worker takes a place among all the posts that there may be. An outbox gets another place only while it
// has taken fewer than are still free: so there is one left for whoever begins, however long the others wait
// for their listeners. While somebody waits for a place, each is given up after one post, and outboxes take
// turns, as the listeners of one outbox do.
type Outbox[P any] struct {
	d     *Deliverer[P]
	begin func(P) (Post, bool)
	// The lock of d guards what follows.
	queues map[string]*queue[P] // only those with work
	taken  int                  // places
	turns  fifo[*queue[P]]      // those that wait for another worker
}

// queue is what one listener is still to get, oldest first.
type queue[P any] struct {
	of      *Outbox[P]
	key     string
	posts   fifo[P]
	workers int
	waits   bool // for another worker
}

// Outbox makes an outbox. When the turn of a P has come, begin makes it a Post, or says that it is not
// wanted any more: a million of them may wait for a slow listener, and those that wait cost little.
func (d *Deliverer[P]) Outbox(begin func(P) (Post, bool)) *Outbox[P] {
	return &Outbox[P]{d: d, begin: begin, queues: map[string]*queue[P]{}}
}

// Go takes p to url, which is also that of its Post. It never blocks: p waits its turn behind the earlier
// ones of the outbox for the same listener. After Close, nothing happens.
func (o *Outbox[P]) Go(url string, p P) {
	d := o.d
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	key := d.target(url).key
	q := o.queues[key]
	if q == nil {
		q = &queue[P]{of: o, key: key}
		o.queues[key] = q
	}
	q.posts.push(p)
	d.askForWorker(q)
	d.startWorkers()
}

// askForWorker lets a queue wait for another worker, if it has work for one; the caller has the lock.
func (d *Deliverer[P]) askForWorker(q *queue[P]) {
	if d.closed || q.waits || q.posts.empty() || q.workers >= d.concurrency {
		return
	}
	q.waits = true
	if q.of.turns.empty() {
		d.turns = append(d.turns, q.of)
	}
	q.of.turns.push(q)
}

// startWorkers gives the free places to those whose turn it is; the caller has the lock.
func (d *Deliverer[P]) startWorkers() {
	for {
		next := slices.IndexFunc(d.turns, func(o *Outbox[P]) bool { return o.taken < d.free })
		if next < 0 {
			return
		}
		o := d.turns[next]
		d.turns = slices.Delete(d.turns, next, next+1)
		q, _ := o.turns.pop()
		q.waits = false
		if !o.turns.empty() {
			d.turns = append(d.turns, o)
		}
		if p, ok := q.posts.pop(); ok {
			d.startWorker(q, p)
			d.askForWorker(q)
		}
	}
}

// startWorker takes a place for a worker of a queue, which begins with p; the caller has the lock.
func (d *Deliverer[P]) startWorker(q *queue[P], p P) {
	d.free--
	q.of.taken++
	q.workers++
	c := d.takeIdle(q.key)
	d.workers.Go(func() { d.work(q, p, c) })
}

// work posts until the queue is empty, or it is somebody else's turn, over c to begin with. Done is called when the
// worker has its next post or has ended: so what Done makes of the last answer, such as another post, finds the
// connection among the idle ones.
func (d *Deliverer[P]) work(q *queue[P], p P, c *conn) {
	for more := true; more; {
		post, wanted := q.of.begin(p)
		var a sim.Answer
		if wanted {
			a, c = d.post(c, &post)
		}
		if p, more = d.next(q, c); wanted {
			post.Done(a)
		}
	}
}

// next takes the oldest post of a queue, or ends the worker.
func (d *Deliverer[P]) next(q *queue[P], c *conn) (p P, more bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed && len(d.turns) == 0 {
		if p, more = q.posts.pop(); more {
			return p, true
		}
	}
	d.endWorker(q, c)
	return p, false
}

// endWorker gives back the place of a worker, and keeps its connection for a while. The last worker removes the queue
// if it is empty. The caller has the lock.
func (d *Deliverer[P]) endWorker(q *queue[P], c *conn) {
	d.free++
	q.of.taken--
	if q.workers--; q.workers == 0 && q.posts.empty() {
		delete(q.of.queues, q.key)
	}
	switch {
	case c == nil:
	case len(d.open) > d.posts: // idle connections and those in use are no more together than there may be posts
		d.drop(c)
	default:
		d.putIdle(q.key, c)
	}
	d.askForWorker(q)
	d.startWorkers()
}
