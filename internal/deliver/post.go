package deliver

import (
	"context"
	"slices"
	"time"

	"tsim/internal/sim"
)

// post makes one post, over c if that can still be used, and says over which connection the next one
// may go; nil for a new one.
func (d *Deliverer[P]) post(c *conn, p *Post) (sim.Answer, *conn) {
	start := time.Now()
	timeout := p.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	status, c, err := d.exchange(c, p, start.Add(timeout))
	a := sim.Answer{Result: sim.Replied, Status: status, Took: time.Since(start)}
	if err != nil {
		a.Result = classify(err)
		a.Err = d.text(a.Result, err, timeout)
	}
	return a, c
}

func (d *Deliverer[P]) exchange(c *conn, p *Post, deadline time.Time) (int, *conn, error) {
	d.mu.Lock()
	to := d.target(p.URL)
	d.mu.Unlock()
	if to.url == nil {
		return 0, c, errURL
	}
	if c != nil && !c.usable(deadline) {
		d.hangUp(c)
		c = nil
	}
	return d.deliver(c, to, p.Body, deadline)
}

// deliver makes a post over c, or a fresh connection; and over a fresh one after all when c turns out to have
// been closed before.
func (d *Deliverer[P]) deliver(c *conn, to *target, body []byte, deadline time.Time) (int, *conn, error) {
	if c == nil {
		var err error
		if c, err = d.connect(to, deadline); err != nil {
			return 0, nil, err
		}
	}
	status, again, err := c.post(to, body)
	if again {
		return status, c, nil
	}
	untouched := err != nil && c.untouched(err)
	d.hangUp(c)
	if untouched { // which a fresh one never is
		return d.deliver(nil, to, body, deadline)
	}
	return status, nil, err
}

// connect makes a connection for a post that has to end by the deadline, one that Close can cut off.
func (d *Deliverer[P]) connect(to *target, deadline time.Time) (*conn, error) {
	ctx, cancel := context.WithDeadline(d.ctx, deadline)
	defer cancel()
	c, err := dial(ctx, to, &d.guard, d.tls)
	if noDescriptor(err) {
		err = errFull
	}
	if err != nil {
		return nil, err
	}
	return c, d.admit(c)
}

// admit makes a connection one that Close can cut off, or ends it when Close has cut off the others already.
func (d *Deliverer[P]) admit(c *conn) error {
	d.mu.Lock()
	d.open[c] = struct{}{}
	d.mu.Unlock()
	err := d.ctx.Err()
	if err != nil {
		d.hangUp(c)
	}
	return err
}

func (d *Deliverer[P]) hangUp(c *conn) {
	d.mu.Lock()
	delete(d.open, c)
	d.mu.Unlock()
	_ = c.Close() // whatever it says, it is over
}

// park keeps a connection for a while; the caller has the lock.
func (d *Deliverer[P]) park(key string, c *conn) {
	d.idle[key] = append(d.idle[key], c)
	c.expiry = time.AfterFunc(idleTime, func() {
		d.mu.Lock()
		i := slices.Index(d.idle[key], c)
		if i >= 0 {
			d.keep(key, slices.Delete(d.idle[key], i, i+1))
		}
		d.mu.Unlock()
		if i >= 0 {
			d.hangUp(c)
		}
	})
}

// unpark takes the latest connection to a listener that is kept, or nil; the caller has the lock.
func (d *Deliverer[P]) unpark(key string) *conn {
	kept := d.idle[key]
	if len(kept) == 0 {
		return nil
	}
	c := kept[len(kept)-1]
	c.expiry.Stop()
	d.keep(key, slices.Delete(kept, len(kept)-1, len(kept)))
	return c
}

// drop closes a connection that carries nothing, without a word that might have to wait; the caller has the
// lock.
func (d *Deliverer[P]) drop(c *conn) {
	delete(d.open, c)
	_ = c.tcp.Close()
}

func (d *Deliverer[P]) keep(key string, idle []*conn) {
	if d.idle[key] = idle; len(idle) == 0 {
		delete(d.idle, key)
	}
}
