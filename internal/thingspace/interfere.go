package thingspace

import (
	"net/http"
	"time"

	"tsim/internal/rule"
	"tsim/internal/sim"
)

// What rules for replies do to a call, in the order of rule.Reply: what it carries expires, it waits, it is answered in place
// of tsim, or carried out and answered late, slowly, in part or not at all. Whoever waits here holds no lock, and gives up
// with the client, the epoch of the sandbox, or the server: then the connection ends without a reply.

// respond answers a call in which nothing is wrong: as handle does, unless a rule interferes.
func (h *Handler) respond(w http.ResponseWriter, r *http.Request, rows []*endpoint, c *call, handle func(*call) (reply, error)) (reply, error) {
	if c.sim.HasReplyRules() {
		c.rule = c.sim.AskReply(c.facts(r))
	}
	p := c.rule.Reply
	if p == nil {
		return h.carryOut(w, r, c, handle)
	}
	if p.Expire != rule.ExpireNothing {
		c.sim.Expire(p.Expire, bearerOf(r), c.session, c.rule.Event)
	}
	switch {
	case !c.wait(w, r, p.Delay) || p.Cut == rule.CutBefore:
		c.cut = true
		return reply{}, nil
	case p.Expire != rule.ExpireNothing:
		if err := h.authenticate(c, r, c.needs()); err != nil {
			return reply{}, err
		}
	case p.Status != 0:
		return c.ruledReply(r, rows), nil
	}
	rep, err := h.carryOut(w, r, c, handle)
	if err == nil && !c.wait(w, r, p.After) {
		c.cut = true
	}
	return rep, err
}

// carryOut does what a call asks for, and sends the callbacks that a rule wants before the reply.
func (h *Handler) carryOut(w http.ResponseWriter, r *http.Request, c *call, handle func(*call) (reply, error)) (reply, error) {
	rep, err := handle(c)
	if rep.from != nil && rep.from.MayBeEarly(&rep.accepted) {
		liftReadDeadline(w)
		rep.from.Early(r.Context(), rep.accepted)
		h.renewWriteDeadline(w)
	}
	return rep, err
}

// needs is what a call has to bring.
func (c *call) needs() auth {
	if c.row == nil {
		return session
	}
	return c.row.auth
}

// ruled is a request with what a rule does to it.
func (c *call) ruled(r sim.Request) sim.Request {
	if p := c.rule.Reply; p != nil {
		r.Rule, r.RuleDid, r.RuleEvent = c.rule.Name, c.rule.Did, c.rule.Event
		r.Late, r.Lost = p.After > 0 || p.Pace > 0, p.Accept
	}
	return r
}

// wait waits by the clock on the wall. It says whether the call is still to be answered.
func (c *call) wait(w http.ResponseWriter, r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	liftReadDeadline(w)
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done(): // of the client, or of the server
	case <-c.rule.Over:
	}
	return false
}

// liftReadDeadline lets a client wait for its reply as long as it takes: while a call is answered, net/http listens to its
// connection, and would take the server's time-out for the end of the client.
func liftReadDeadline(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // fails only on a connection that cannot have one
}

// renewWriteDeadline gives the client the usual time to read what is written next.
func (h *Handler) renewWriteDeadline(w http.ResponseWriter) {
	if h.patience > 0 {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(h.patience)) // likewise
	}
}

// cutsWhole says whether a rule lets nothing of a reply with that body out. Of one without a body there is no middle.
func (c *call) cutsWhole(body []byte) bool {
	p := c.rule.Reply
	return p != nil && (p.Cut == rule.CutAfter || p.Cut == rule.Midway && len(body) == 0)
}

// forgotten says whether a reset has ended the epoch of a call that a rule interferes with. Its record is gone, and the
// call does not belong into that of the next one.
func (c *call) forgotten() bool {
	select {
	case <-c.rule.Over:
		return true
	default:
		return false
	}
}

// tick is how often a piece of a slow reply is written, if one has at least a byte then.
const tick = 100 * time.Millisecond

// send writes a reply, as a rule says if there is one.
func (h *Handler) send(w http.ResponseWriter, r *http.Request, c *call, rep *reply, body []byte) {
	if c.cut {
		panic(http.ErrAbortHandler)
	}
	p := c.rule.Reply
	if p == nil {
		rep.write(w, body)
		return
	}
	h.renewWriteDeadline(w)
	rep.writeHead(w, len(body))
	if p.Cut == rule.Midway {
		body = body[:len(body)/2]
	}
	piece := len(body)
	if p.Pace > 0 {
		piece = max(1, int(time.Duration(p.Pace)*tick/time.Second))
	}
	flush := http.NewResponseController(w).Flush
	for len(body) > 0 {
		n := min(piece, len(body))
		if n == len(body) && rep.from != nil {
			rep.from.Replying(rep.accepted)
		}
		if _, err := w.Write(body[:n]); err != nil || flush() != nil {
			return // a client that has gone away needs no reply
		}
		if body = body[n:]; len(body) == 0 {
			break
		}
		if !c.wait(w, r, time.Duration(n)*time.Second/time.Duration(p.Pace)) {
			panic(http.ErrAbortHandler)
		}
		h.renewWriteDeadline(w)
	}
	_ = flush()
	if p.Cut == rule.Midway {
		panic(http.ErrAbortHandler)
	}
}
