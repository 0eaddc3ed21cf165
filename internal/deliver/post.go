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
	if p.Timeout <= 0 {
		p.Timeout = DefaultTimeout
	}
	status, c, err := d.exchange(c, p, start.Add(p.Timeout))
	a := sim.Answer{Result: sim.Replied, Status: status, Took: time.Since(start)}
	if err != nil {
		a.Result = classify(err)
		a.Err = d.text(a.Result, err, p.Timeout)
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
	return d.deliver(c, to, p, deadline)
}

// deliver makes a post over c, or a fresh connection; and over a fresh one after all when c turns out to have
// been closed before.
func (d *Deliverer[P]) deliver(c *conn, to *target, p *Post, deadline time.Time) (int, *conn, error) {
	if c == nil {
		var err error
		if c, err = d.connect(to, deadline); err != nil {
			return 0, nil, err
		}
	}
	status, reusable, err := c.post(to, p)
	if reusable {
		return status, c, nil
	}
	again := err != nil && c.unreceived(err)
	d.hangUp(c)
	if again { // never so of a fresh connection
		return d.deliver(nil, to, p, deadline)
	}
	return status, nil, err
}

// connect makes a connection for a post that has to end by the deadline.
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
	c.closed = d.ctx.Done()
	return c, d.register(c)
}

// register puts a connection among those that Close cuts off, or closes it when Close has done so already.
func (d *Deliverer[P]) register(c *conn) error {
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

// putIdle keeps a connection for the next post to its listener, for idleTime; the caller has the lock.
func (d *Deliverer[P]) putIdle(key string, c *conn) {
	d.idle[key] = append(d.idle[key], c)
	c.expiry = time.AfterFunc(idleTime, func() {
		d.mu.Lock()
		i := slices.Index(d.idle[key], c)
		if i >= 0 {
			d.setIdle(key, slices.Delete(d.idle[key], i, i+1))
		}
		d.mu.Unlock()
		if i >= 0 {
			d.hangUp(c)
		}
	})
}

// takeIdle takes the connection to a listener that was put there last, or nil; the caller has the lock.
func (d *Deliverer[P]) takeIdle(key string) *conn {
	kept := d.idle[key]
	if len(kept) == 0 {
		return nil
	}
	c := kept[len(kept)-1]
	c.expiry.Stop()
	d.setIdle(key, slices.Delete(kept, len(kept)-1, len(kept)))
	return c
}

// drop closes a connection that carries nothing. The caller has the lock, so this must not wait: with TLS, Close would
// write a farewell first, and a listener that does not read could keep it waiting.
func (d *Deliverer[P]) drop(c *conn) {
	delete(d.open, c)
	_ = c.tcp.Close()
}

func (d *Deliverer[P]) setIdle(key string, idle []*conn) {
	if d.idle[key] = idle; len(idle) == 0 {
		delete(d.idle, key)
	}
}
