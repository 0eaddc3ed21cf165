// Package thingspace is ThingSpace on the wire: the table of endpoints, their schemas, the casing
// and the codes of replies and callbacks. What the calls mean is sim's business.
package thingspace

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unsafe"

	"tsim/internal/config"
	"tsim/internal/sim"
)

// maxBody is how large a body may be: room for the largest request that ThingSpace accepts.
const maxBody = 16 << 20

// maxForm is how large the form of a token request may be.
const maxForm = 64 << 10

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
	rep, err := h.answer(w, r, rows, c)
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

// answer takes a call through every check, in the order in which ThingSpace refuses, to its handler.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, rows []*endpoint, c *call) (reply, error) {
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
	err = c.take(body)
	const usual = 1 << 20 // larger ones are too seldom to keep room for them
	if cap(body) <= usual {
		h.bodies.Put(&body)
	}
	if err != nil {
		return reply{}, err
	}
	return c.row.handle(c)
}

// dialect is how a refusal is spelled: as the first sandbox says that a credential of the call names, be
// it good or not, or else the default one.
func (h *Handler) dialect(c *call, r *http.Request) config.Compat {
	box := c.sim
	if box == nil {
		box, _ = h.registry.ByToken(bearerOf(r))
	}
	if key, _, given := r.BasicAuth(); box == nil && given {
		box, _ = h.registry.ByAppKey(key)
	}
	if box == nil {
		box, _ = h.registry.ByToken(r.Header.Get(sessionHeader))
	}
	if box == nil {
		box, _ = h.registry.Sandbox(sim.Default)
	}
	if box == nil {
		return config.Compat{}
	}
	return box.Compat()
}

// take parses a body and checks it against the row's schema.
func (c *call) take(body []byte) error {
	switch {
	case c.row.auth == basic:
		return c.takeForm(body)
	case c.row.callback != nil:
		return c.takeAction(body)
	case c.row.schema != nil:
		return c.takeJSON(body)
	}
	return nil
}

func (c *call) takeJSON(body []byte) error {
	if _, err := c.row.schema.crowded(body); err != nil {
		return err
	}
	return c.takeDoc(body)
}

// takeDoc takes a body whose devices are counted.
func (c *call) takeDoc(body []byte) error {
	doc, err := parse(body)
	if err != nil {
		return err
	}
	c.doc = doc
	return c.row.check(body, doc, c.sim.Compat())
}

// takeAction takes the body of an action the quick way, if that is sure of it.
func (c *call) takeAction(body []byte) error {
	compat := c.sim.Compat()
	s, where := c.row.schemaIn(compat), doubt{device: -1}
	if compat.Value(config.Identifiers) != "strict" {
		var asked ask
		var sure bool
		// The string lasts as long as the body: until it is taken.
		asked, where, sure = s.quickly(unsafe.String(unsafe.SliceData(body), len(body)))
		if sure {
			c.ask = asked
			return sim.CheckDevices(asked.devices.Len())
		}
	}
	within, err := s.crowded(body)
	if err != nil {
		return err
	}
	const large = 16 << 10 // a smaller body is judged as quickly whole
	if within && len(body) >= large {
		if err := s.checkDevice(body, where); err != nil {
			return err
		}
	}
	if err := c.takeDoc(body); err != nil {
		return err
	}
	c.ask = c.row.ask(c.doc)
	return nil
}

// authenticate finds the sandbox of a call from its credentials, and checks those.
func (h *Handler) authenticate(c *call, r *http.Request, need auth) error {
	if need == basic {
		c.appKey, c.secret, _ = r.BasicAuth()
		return nil
	}
	token := bearerOf(r)
	if token == "" {
		return sim.Errorf(sim.BearerMissing, "send the header Authorization: Bearer <access_token>")
	}
	s, err := h.registry.ByToken(token)
	if err != nil {
		return err
	}
	c.sim, c.session = s, r.Header.Get(sessionHeader)
	if need == bearer {
		return s.CheckBearer(token)
	}
	return s.Authenticate(token, c.session)
}

// sessionHeader has the session token of a call.
const sessionHeader = "VZ-M2M-Token"

// bearerOf is the bearer of a call, or "".
func bearerOf(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// readBody reads a body of the row's content type, up to the limit. A call without a body may say of
// it what it likes: one SDK says form-urlencoded when it logs out.
func (h *Handler) readBody(r *http.Request, row *endpoint) ([]byte, error) {
	want, limit, most := "application/json", int64(maxBody), "16 MiB"
	if row.auth == basic {
		want, limit, most = "application/x-www-form-urlencoded", maxForm, "64 KiB"
	}
	var body []byte
	if r.ContentLength <= limit {
		var err error
		if body, err = h.readAll(io.LimitReader(r.Body, limit+1), r.ContentLength); err != nil {
			if fact, known := errors.AsType[*sim.Error](err); known {
				return nil, fact
			}
			return nil, &sim.Error{Kind: sim.NotJSON, Msg: "the body ended early", Err: err}
		}
		if len(body) == 0 {
			return nil, nil
		}
	}
	if given := r.Header.Get("Content-Type"); given != "" {
		if got, _, bad := mime.ParseMediaType(given); bad != nil || got != want {
			return nil, sim.Errorf(sim.MediaTypeUnsupported, "Content-Type %q is not supported here; send %s", given, want)
		}
	}
	if r.ContentLength > limit || int64(len(body)) > limit {
		return nil, sim.Errorf(sim.BodyTooLarge, "the body is larger than %s", most)
	}
	return body, nil
}

// readAll reads a body. What it takes grows with what has arrived, whatever was announced: by large steps,
// because a step costs a copy.
func (h *Handler) readAll(r io.Reader, size int64) ([]byte, error) {
	if size < 0 {
		return io.ReadAll(r)
	}
	const first, step = 16 << 10, 4
	var body []byte
	if used, _ := h.bodies.Get().(*[]byte); used != nil && int64(cap(*used)) >= size {
		body = (*used)[:size]
	} else {
		body = make([]byte, min(size, first))
	}
	for read := 0; ; {
		n, err := io.ReadFull(r, body[read:])
		read += n
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) && size > 0:
			return nil, fmt.Errorf("fewer than the announced %d bytes", size)
		case err != nil && size > 0 || int64(read) == size:
			return body, err
		}
		more := make([]byte, min(size, step*int64(read)))
		copy(more, body)
		body = more
	}
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
