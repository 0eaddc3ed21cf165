package control

import (
	"io"
	"time"

	"tsim/tsimclient"
)

// Recording is how a recording of a sandbox is getting on.
type Recording struct {
	To     string    // a file, or who reads it
	Began  time.Time // by the clock on the wall
	Inputs uint64
	Events uint64
	Bytes  int64
	Err    error // that ended it; nil as long as it goes on
}

// listRecordings has them all on one page: there are few.
func listRecordings(c *call) (any, error) {
	list := tsimclient.RecordingList{Recordings: []tsimclient.Recording{}}
	for _, r := range c.o.Recordings(c.box) {
		shown := tsimclient.Recording{To: r.To, Began: r.Began.UTC(), Inputs: r.Inputs, Events: r.Events, Bytes: r.Bytes}
		if r.Err != nil {
			shown.Error = r.Err.Error()
		}
		list.Recordings = append(list.Recordings, shown)
	}
	return list, nil
}

// record answers with a recording for as long as the client reads it.
func record(c *call) (any, error) {
	return stream{"application/x-ndjson", func(to io.Writer) error { return c.o.Record(c.ctx, c.box, c.from, to) }}, nil
}

// stream is a reply that goes on for as long as something happens. An error before its first byte is a refusal.
type stream struct {
	contentType string
	write       func(to io.Writer) error
}

// flushed sends each piece at once, also through a proxy. A client has time for each of them, and none until the next one.
type flushed struct {
	*patient
	contentType string
}

func (f flushed) Write(b []byte) (int, error) {
	if !f.began {
		h := f.Header()
		h.Set("Content-Type", f.contentType)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Accel-Buffering", "no") // of a proxy, which is not to keep anything back
	}
	n, err := f.patient.Write(b)
	if err == nil {
		err = f.deadlines.Flush()
	}
	_ = f.deadlines.SetWriteDeadline(time.Time{}) // which would end a connection of HTTP/2 on which nothing is to be told
	return n, err
}
