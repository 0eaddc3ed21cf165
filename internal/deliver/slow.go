package deliver

import (
	"bytes"
	"net/http"
	"time"

	"tsim/internal/rule"
)

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
	if _, err := c.Write(head); err != nil {
		return err
	}
	for piece, pause := range rule.Pieces(body, p.Pace) {
		_ = c.SetDeadline(time.Now().Add(p.Timeout)) // fails when it is closed, which the next step sees too
		if _, err := c.Write(piece); err != nil {
			return err
		}
		if pause > 0 {
			if err := c.wait(p.Over, pause); err != nil {
				return err
			}
		}
	}
	if p.Cut {
		return errCut
	}
	return nil
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
