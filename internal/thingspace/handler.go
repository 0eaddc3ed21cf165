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
	bodies   sync.Pool // of *[]byte, that bodies were read into and nobody keeps a part of
}

// NewHandler makes the http.Handler of the simulated surface, at ThingSpace's own paths.
func NewHandler(registry *sim.Registry, log *slog.Logger) http.Handler {
	h := &Handler{registry: registry, log: log}
	return h.route()
}

// serve answers a call to one path, whose rows are given.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, rows []*endpoint, vars map[string]string) {
	start := time.Now()
	c := &call{registry: h.registry, vars: vars}
	rep, err := h.process(w, r, rows, c)
	if rep.status == 0 {
		rep.status = http.StatusOK // of a refusal it is another
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
	body := rep.encode()
	kept, keptBody := rep, body // on record, and in the log
	if masked, is := c.maskError(err); is {
		err = masked
		kept, _ = refuse(err, h.dialect(c.sim), rows)
		keptBody = kept.encode()
	}
	h.record(c, r, &kept, keptBody, start)
	h.putBody(c.body)
	rep.write(w, body)
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
	h.log.LogAttrs(r.Context(), level, "request", attrs...)
}

// process takes a call through every check, in the order in which ThingSpace refuses, to its handler.
func (h *Handler) process(w http.ResponseWriter, r *http.Request, rows []*endpoint, c *call) (reply, error) {
	if rows == nil {
		err, note := unknown(r)
		c.note = note
		return reply{}, err
	}
	i := slices.IndexFunc(rows, func(e *endpoint) bool { return e.method == r.Method })
	if i >= 0 {
		c.row = rows[i]
	}
	if err := h.authenticate(c, r, rows[0].auth); err != nil {
		return reply{}, err
	}
	if c.row == nil {
		allowed := make([]string, len(rows))
		for i, e := range rows {
			allowed[i] = e.method
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		return reply{}, sim.Errorf(sim.MethodNotAllowed, "method %s is not supported here; use %s", r.Method, strings.Join(allowed, " or "))
	}
	body, err := h.readBody(c, r)
	if err != nil {
		return reply{}, err
	}
	if err := c.decode(body); err != nil {
		return reply{}, err
	}
	return c.row.handle(c)
}

// replyType is the content type of a reply that has a body.
const replyType = "application/json"

// encode is the body of a reply; nil for none.
func (rep *reply) encode() []byte {
	if rep.body == nil {
		return nil
	}
	return encodeJSON(rep.body)
}

// write sends a reply with its body, whole and at once: a callback must not overtake it.
func (rep *reply) write(w http.ResponseWriter, body []byte) {
	if rep.body != nil {
		w.Header().Set("Content-Type", replyType)
	}
	if rep.header[0] != "" {
		w.Header()[rep.header[0]] = []string{rep.header[1]}
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(rep.status)
	_, _ = w.Write(body) // a client that has gone away needs no reply
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}
