// Package thingspace is ThingSpace on the wire: the table of endpoints, their schemas, the casing
// and the codes of replies and callbacks. What the calls mean is sim's business.
package thingspace

import (
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tsim/internal/sim"
)

// Handler answers the simulated calls.
type Handler struct {
	registry *sim.Registry
	log      *slog.Logger
	patience time.Duration // for a client to read a reply, or a piece of one, that comes late; 0 for ever
	durable  sim.Durable
	bodies   sync.Pool // of *[]byte, that bodies were read into and nobody keeps a part of
}

// NewHandler makes the http.Handler of the simulated surface, at ThingSpace's own paths. patience is how long a client
// may take to read a reply that was kept back, or a piece of one, as the server gives it for others; 0 is for ever. A call that
// changes something is answered when durable has kept that.
func NewHandler(registry *sim.Registry, log *slog.Logger, patience time.Duration, durable sim.Durable) http.Handler {
	h := &Handler{registry: registry, log: log, patience: patience, durable: durable}
	return h.route()
}

// serve answers a call to one path, whose rows are given.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, rows []*endpoint, vars map[string]string) {
	start := time.Now()
	c := &call{registry: h.registry, vars: vars}
	var rep reply
	process := func() (err error) { rep, err = h.process(w, r, rows, c); return err }
	var err error
	if r.Method == http.MethodGet {
		err = process()
	} else {
		err = h.durable.Guard(process)
	}
	if rep.from != nil {
		defer rep.from.Replied(rep.accepted) // in any case, or the request's jobs would wait for ever
	}
	if c.sim == nil {
		c.sim = h.sandbox(r)
	}
	level := slog.LevelInfo
	if err != nil {
		var ok bool
		if rep, ok = refuse(err, h.dialect(c.sim), rows); !ok {
			level = slog.LevelError
		}
	}
	if rep.status == 0 {
		rep.status = http.StatusOK
	}
	body := rep.encode()
	kept, keptBody := rep, body // on record, and in the log
	if masked, is := c.maskError(err); is {
		err = masked
		kept, _ = refuse(err, h.dialect(c.sim), rows)
		keptBody = kept.encode()
	}
	if c.cut = c.cut || c.cutsWhole(body); c.cut {
		kept, keptBody = reply{accepted: rep.accepted, from: rep.from}, nil
	}
	if !c.forgotten() {
		h.record(c, r, &kept, keptBody, start)
	}
	h.putBody(c.body)
	defer h.logCall(r, c, &kept, level, err, start) // also where a rule breaks the connection off
	h.send(w, r, c, &rep, body)
}

// logCall writes the line of a call. rep and err are as they may be kept.
func (h *Handler) logCall(r *http.Request, c *call, rep *reply, level slog.Level, err error, start time.Time) {
	if !h.log.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.Int("status", rep.status), slog.Duration("took", time.Since(start)),
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	if c.note != "" {
		attrs = append(attrs, slog.String("note", c.note))
	}
	if rep.from != nil {
		attrs = append(attrs, slog.String("request_id", rep.accepted.ID))
	}
	if c.rule.Name != "" {
		attrs = append(attrs, slog.String("rule", c.rule.Name))
	}
	h.log.LogAttrs(r.Context(), level, "request", attrs...)
}

// process takes a call through every check, in the order in which ThingSpace refuses, to its handler.
func (h *Handler) process(w http.ResponseWriter, r *http.Request, rows []*endpoint, c *call) (reply, error) {
	i := slices.IndexFunc(rows, func(e *endpoint) bool { return e.method == r.Method })
	switch {
	case i >= 0:
		c.row = rows[i]
	case h.mayStub(r, rows):
		return h.stub(w, r, rows, c)
	case rows == nil:
		return notSimulated(w, r, rows, c)
	}
	if err := h.authenticate(c, r, rows[0].auth); err != nil {
		return reply{}, err
	}
	if c.row == nil {
		return notSimulated(w, r, rows, c)
	}
	body, err := h.readBody(c, r)
	if err != nil {
		return reply{}, err
	}
	if err := c.decode(body); err != nil {
		return reply{}, err
	}
	return h.respond(w, r, rows, c, c.row.handle)
}

// notSimulated refuses a call to a path that is not served, or with a method that its path does not have.
func notSimulated(w http.ResponseWriter, r *http.Request, rows []*endpoint, c *call) (reply, error) {
	if rows == nil {
		err, note := unknown(r)
		c.note = note
		return reply{}, err
	}
	allowed := make([]string, len(rows))
	for i, e := range rows {
		allowed[i] = e.method
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	return reply{}, sim.Errorf(sim.MethodNotAllowed, "method %s is not supported here; use %s", r.Method, strings.Join(allowed, " or "))
}

// replyType is the content type of a reply that has a body.
const replyType = "application/json"

// encode is the body of a reply; nil for none.
func (rep *reply) encode() []byte {
	if rep.body == nil {
		return rep.text
	}
	return encodeJSON(rep.body)
}

// contentType is that of the body of a reply; "" for none.
func (rep *reply) contentType() string {
	if rep.body == nil {
		return rep.textType
	}
	return replyType
}

// write sends a reply with its body, whole and at once: a callback must not overtake it.
func (rep *reply) write(w http.ResponseWriter, body []byte) {
	rep.writeHead(w, len(body))
	_, _ = w.Write(body) // a client that has gone away needs no reply
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}

// writeHead writes all of a reply but its body, which has so many bytes.
func (rep *reply) writeHead(w http.ResponseWriter, size int) {
	if is := rep.contentType(); is != "" {
		w.Header().Set("Content-Type", is)
	}
	if rep.header[0] != "" {
		w.Header()[rep.header[0]] = []string{rep.header[1]}
	}
	w.Header().Set("Content-Length", strconv.Itoa(size))
	w.WriteHeader(rep.status)
}
