package store

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tsim/internal/sim"
)

// RecordingOptions say how a sandbox is recorded.
type RecordingOptions struct {
	Version string // of this tsim
	Spell   Spell
	Log     *slog.Logger
}

// maxBehind is how many bytes of a recording may wait for whoever takes them.
const maxBehind = 32 << 20

// ErrSlow ends a recording whose reader is slower than the sandbox.
var ErrSlow = errors.New("whoever reads the recording is too slow")

// Recording writes down what comes to a sandbox from outside. Inputs are encoded where they are applied, with the sandbox's
// lock held, and written by a goroutine.
//
// A file that is slower than the calls slows them down, for a recording with a hole in it is worth nothing. One that fails ends the
// recording, and so does a client that reads its recording too slowly; the sandbox goes on without.
type Recording struct {
	o       RecordingOptions
	sandbox string
	to      recordingTarget
	patient bool  // calls wait for the target
	size    int64 // after so many bytes of inputs another file begins; 0 for never
	stop    func()
	done    chan struct{} // closed when nothing more is written

	mu      sync.Mutex
	more    sync.Cond // the writer has something to do
	room    sync.Cond // there may be room again
	queue   []recordedEntry
	behind  int    // bytes in the queue, and in what is being written
	why     string // it has ended; "" as long as it goes on
	status  RecordingStatus
	since   int64  // bytes of inputs since the latest head
	head    int64  // the size of that
	nextSum uint64 // the input after which the next digest comes
}

// RecordingStatus is how a recording is getting on.
type RecordingStatus struct {
	To     string    // a file, or who reads it
	Began  time.Time // by the clock on the wall
	Inputs uint64
	Events uint64
	Bytes  int64
	Err    error // that ended it; nil as long as it goes on
}

// recordingTarget is where the lines go.
type recordingTarget interface {
	name() string
	write(lines []byte) error
	next() error // begins another file
	close() error
}

// recordedEntry is what the writer makes lines of.
type recordedEntry struct {
	state      *sim.State // of a head or, with digest, of that
	digest     bool
	after      uint64 // the number of the last input before
	input, led []byte
}

func (e *recordedEntry) size() int { return len(e.input) + len(e.led) }

// record begins a recording.
func record(box *sim.Sim, to recordingTarget, patient bool, size int64, o RecordingOptions) *Recording {
	r := &Recording{
		o: o, sandbox: box.Name(), to: to, patient: patient, size: size, done: make(chan struct{}),
		status: RecordingStatus{To: to.name(), Began: time.Now()},
	}
	r.more.L, r.room.L = &r.mu, &r.mu
	r.mu.Lock() // until the head is the first in the queue
	defer r.mu.Unlock()
	from, stop := box.WatchFrom(r.note)
	r.stop = stop
	r.queue = append(r.queue, recordedEntry{state: &from, after: from.Inputs})
	r.digestAfter(&from)
	go r.run()
	return r
}

// digestAfter puts the next digest so far off that digests cost a small part of the whole: as many inputs as the state has records.
func (r *Recording) digestAfter(st *sim.State) {
	const atLeast = 100
	records := len(st.Devices) + len(st.Jobs) + len(st.Requests.Records) + len(st.Callbacks.Records) + len(st.Journal.Records) + len(st.Calls.Records)
	r.nextSum = st.Inputs + uint64(max(records, atLeast))
}

// note takes an input into the queue. The sandbox is locked.
func (r *Recording) note(c *sim.Change) {
	input, led, events, err := inputOf(c, r.o.Spell)
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.patient && r.behind > maxBehind && r.why == "" {
		r.room.Wait()
	}
	switch {
	case r.why != "":
		return
	case err != nil:
		r.fail(err)
		return
	case r.behind > maxBehind:
		r.fail(ErrSlow)
		return
	}
	r.put(recordedEntry{after: c.Number, input: input, led: led})
	r.status.Inputs++
	r.status.Events += uint64(events)
	switch {
	case r.size > 0 && r.since >= max(r.size, r.head):
		st := c.Export()
		r.put(recordedEntry{state: &st, after: c.Number})
		r.since = 0
		r.digestAfter(&st)
	case c.Number >= r.nextSum:
		st := c.Export()
		r.put(recordedEntry{state: &st, digest: true, after: c.Number})
		r.digestAfter(&st)
	}
}

// put adds an entry to the queue. The caller has the recording's lock, here and in fail.
func (r *Recording) put(e recordedEntry) {
	r.queue = append(r.queue, e)
	r.behind += e.size()
	r.since += int64(e.size())
	r.more.Signal()
}

// fail ends the recording with an error.
func (r *Recording) fail(err error) {
	if r.status.Err == nil {
		r.status.Err = err
		r.o.Log.Error("a recording has ended early", slog.String("sandbox", r.sandbox), slog.String("to", r.status.To), slog.Any("error", err))
	}
	r.finish(err.Error())
}

// finish lets the writer end.
func (r *Recording) finish(why string) {
	if r.why == "" {
		r.why = why
		r.more.Signal()
		r.room.Broadcast()
	}
}

// End lets the recording end, and does not wait for it.
func (r *Recording) End(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.finish(why)
}

// Close ends the recording, and returns when it is written. The error is the one that ended it before.
func (r *Recording) Close(why string) error {
	r.End(why)
	<-r.done
	return r.Status().Err
}

// Done is closed when nothing more is written.
func (r *Recording) Done() <-chan struct{} { return r.done }

// Status says how the recording is getting on.
func (r *Recording) Status() RecordingStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

// run is the writer.
func (r *Recording) run() {
	defer close(r.done)
	w := recordingWriter{r: r}
	for over := false; !over; {
		r.mu.Lock()
		for len(r.queue) == 0 && r.why == "" {
			r.more.Wait()
		}
		taken, size := r.queue, r.behind
		r.queue = nil
		r.mu.Unlock()
		err := w.entries(taken)
		r.mu.Lock()
		r.behind -= size
		r.room.Broadcast()
		if err != nil {
			r.fail(err)
		}
		over = r.why != "" && (err != nil || len(r.queue) == 0)
		why := r.why
		r.mu.Unlock()
		if over && err == nil {
			r.failIf(w.end(why))
		}
	}
	r.stop()
	r.failIf(r.to.close())
}

func (r *Recording) failIf(err error) {
	if err != nil {
		r.mu.Lock()
		r.fail(err)
		r.mu.Unlock()
	}
}

// recordingWriter makes lines of entries.
type recordingWriter struct {
	r     *Recording
	sum   uint32
	after uint64 // the number of the last input that is written
	begun bool
	lines []byte
}

func (w *recordingWriter) entries(all []recordedEntry) error {
	const enough = 256 << 10
	for i := range all {
		e := &all[i]
		var err error
		switch {
		case e.digest:
			err = w.line(line{Digest: &digestLine{e.after, e.state.Digest()}})
		case e.state != nil:
			err = w.head(e)
		default:
			w.sum = chainSum(w.sum, e.input)
			w.lines = fmt.Appendf(w.lines, `{"input":%s,"led_to":%s,"sum":"%s"}`+"\n", e.input, e.led, sumText(w.sum))
		}
		w.after = e.after
		all[i] = recordedEntry{}
		if err == nil && len(w.lines) > enough {
			err = w.flush()
		}
		if err != nil {
			return err
		}
	}
	return w.flush()
}

// head begins a file.
func (w *recordingWriter) head(e *recordedEntry) error {
	if w.begun {
		if err := w.end("it goes on in the next file"); err != nil {
			return err
		}
		if err := w.r.to.next(); err != nil {
			return err
		}
	}
	w.begun = true
	masked := e.state.Masked()
	st, err := encodeJSON(&masked)
	if err != nil {
		return err
	}
	cfg := &e.state.Config
	raw, err := encodeJSON(headLine{Head{recordingFormat, w.r.o.Version, cfg.Name, cfg.Seed, cfg.Scenario, time.Now().UTC(), e.state.Inputs}, st})
	if err != nil {
		return err
	}
	w.sum = chainSum(0, raw)
	w.r.mu.Lock()
	w.r.head = int64(len(raw))
	w.r.mu.Unlock()
	w.lines = fmt.Appendf(w.lines, `{"tsim_recording":%s,"sum":"%s"}`+"\n", raw, sumText(w.sum))
	return nil
}

// end writes the last line of a file.
func (w *recordingWriter) end(why string) error {
	if err := w.line(line{End: &endLine{w.after, why}}); err != nil {
		return err
	}
	return w.flush()
}

func (w *recordingWriter) line(l line) error {
	raw, err := encodeJSON(l)
	w.lines = append(append(w.lines, raw...), '\n')
	return err
}

func (w *recordingWriter) flush() error {
	if len(w.lines) == 0 {
		return nil
	}
	err := w.r.to.write(w.lines)
	w.r.mu.Lock()
	w.r.status.Bytes += int64(len(w.lines))
	w.r.mu.Unlock()
	w.lines = w.lines[:0]
	return err
}
