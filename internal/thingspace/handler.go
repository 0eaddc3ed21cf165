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
	if rep.from != nil {
		defer rep.from.Replied(rep.accepted) // in any case, or the request's jobs would wait for ever
	}
	level := slog.LevelInfo
	if err != nil {
		var ok bool
		if rep, ok = refuse(err, h.dialect(c, r), rows); !ok {
			level = slog.LevelError
		}
	}
	rep.write(w)
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
	if err := h.authenticate(c, r, rows[0].auth); err != nil {
		return reply{}, err
	}
	i := slices.IndexFunc(rows, func(e *endpoint) bool { return e.method == r.Method })
	if i < 0 {
		allowed := make([]string, len(rows))
		for i, e := range rows {
			allowed[i] = e.method
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		return reply{}, sim.Errorf(sim.MethodNotAllowed, "method %s is not supported here; use %s", r.Method, strings.Join(allowed, " or "))
	}
	c.row = rows[i]
	body, err := h.readBody(r, c.row)
	if err != nil {
		return reply{}, err
	}
	err = c.decode(body)
	const usual = 1 << 20 // larger ones are too seldom to keep room for them
	if c := cap(body); c > 0 && c <= usual {
		h.bodies.Put(&body)
	}
	if err != nil {
		return reply{}, err
	}
	return c.row.handle(c)
}

// write sends a reply, whole and at once: a callback must not overtake it.
func (rep *reply) write(w http.ResponseWriter) {
	if rep.status == 0 {
		rep.status = http.StatusOK
	}
	var body []byte
	if rep.body != nil {
		body = encodeJSON(rep.body)
		w.Header().Set("Content-Type", "application/json")
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
