package thingspace

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"tsim/internal/sim"
)

// maxBody is how large a body may be: room for the largest request that ThingSpace accepts.
const maxBody = 16 << 20

// maxForm is how large the form of a token request may be.
const maxForm = 64 << 10

// readBody reads a body of the row's content type, up to the limit. A call without a body may say of
// it what it likes: one SDK says form-urlencoded when it logs out. What was read goes on record, also of a body that
// is refused then.
func (h *Handler) readBody(c *call, r *http.Request) ([]byte, error) {
	want, limit, most := "application/json", int64(maxBody), "16 MiB"
	switch {
	case c.row == nil:
		want = "" // a rule may answer for a call that tsim does not simulate, whatever that sends
	case c.row.auth == basic:
		want, limit, most = "application/x-www-form-urlencoded", maxForm, "64 KiB"
	}
	var body []byte
	if r.ContentLength <= limit {
		var err error
		if body, c.start, err = h.readAll(io.LimitReader(r.Body, limit+1), r.ContentLength); err != nil {
			if fact, known := errors.AsType[*sim.Error](err); known {
				return nil, fact
			}
			return nil, &sim.Error{Kind: sim.NotJSON, Msg: "the body ended early", Err: err}
		}
		if c.body = body; len(body) == 0 {
			return nil, nil
		}
	}
	if given := r.Header.Get("Content-Type"); given != "" && want != "" {
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
// because a step costs a copy. start is one that was outgrown, with as much of the body as is kept on record; it is
// nil if there was none.
func (h *Handler) readAll(r io.Reader, size int64) (body, start []byte, err error) {
	if size < 0 {
		body, err = io.ReadAll(r)
		return body, nil, err
	}
	const first, step = sim.MaxCallBody / 4, 4
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
			return nil, nil, fmt.Errorf("fewer than the announced %d bytes", size)
		case err != nil && size > 0 || int64(read) == size:
			return body, start, err
		}
		more := make([]byte, min(size, step*int64(read)))
		copy(more, body)
		if len(body) == sim.MaxCallBody {
			start = body
		}
		body = more
	}
}

// putBody lets the next call have the memory of a body.
func (h *Handler) putBody(body []byte) {
	const usual = 1 << 20 // larger ones are too seldom to keep room for them
	if n := cap(body); n > 0 && n <= usual {
		h.bodies.Put(&body)
	}
}
