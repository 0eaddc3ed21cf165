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
	var expired error
	if p.Expire != rule.ExpireNothing {
		expired = c.sim.Expire(c.rule, bearerOf(r), c.session)
	}
	switch {
	case !c.wait(w, r, p.Delay) || p.Cut == rule.CutBefore:
		c.cut = true
		return reply{}, nil
	case expired != nil && (p.Expire == rule.ExpireBearer || c.needsSession()):
		return reply{}, expired
	case p.Status != 0:
		return c.ruleReply(r, rows), nil
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

// needsSession says whether a call has to bring a session. Those that only a rule answers do.
func (c *call) needsSession() bool { return c.row == nil || c.row.auth == session }

// withRule is a request with what a rule does to it.
func (c *call) withRule(r sim.Request) sim.Request {
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
	flush := http.NewResponseController(w).Flush
	for piece, pause := range rule.Pieces(body, p.Pace) {
		h.renewWriteDeadline(w)
		if pause == 0 && rep.from != nil {
			rep.from.Replying(rep.accepted)
		}
		if _, err := w.Write(piece); err != nil || flush() != nil {
			return // a client that has gone away needs no reply
		}
		if !c.wait(w, r, pause) {
			panic(http.ErrAbortHandler)
		}
	}
	_ = flush()
	if p.Cut == rule.Midway {
		panic(http.ErrAbortHandler)
	}
}
