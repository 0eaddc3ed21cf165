package deliver

import (
	"bytes"
	"net/http"
	"time"
)

// tick is how often a piece of a slow body is written, if one has at least a byte then.
const tick = 100 * time.Millisecond

// writeSlowly writes a post with a Pace, or one that is Cut: its head at once, and its body in pieces.
func (c *conn) writeSlowly(req *http.Request, p *Post) error {
	var whole bytes.Buffer
	if err := req.Write(&whole); err != nil {
		return err
	}
	head, body := whole.Next(whole.Len()-len(p.Body)), whole.Bytes()
	if p.Cut {
		body = body[:len(body)/2]
	}
	piece := len(body)
	if p.Pace > 0 {
		piece = max(1, int(time.Duration(p.Pace)*tick/time.Second))
	}
	_, err := c.Write(head)
	for err == nil && len(body) > 0 {
		n := min(piece, len(body))
		_ = c.SetDeadline(time.Now().Add(p.Timeout)) // fails when it is closed, which the next step sees too
		_, err = c.Write(body[:n])
		if body = body[n:]; err == nil && len(body) > 0 {
			err = c.wait(p.Over, time.Duration(n)*time.Second/time.Duration(p.Pace))
		}
	}
	if err == nil && p.Cut {
		return errCut
	}
	return err
}

// wait waits before the next piece.
func (c *conn) wait(over <-chan struct{}, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-over:
	case <-c.closed:
	}
	return errOver
}
