package store

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"tsim/internal/config"
	"tsim/internal/sim"
)

// maxRecordedLine is the longest line of a recording but for its head, which has the whole sandbox in it. The longest input is
// that of a call for 10,000 devices, and what it leads to at once is as many events.
const maxRecordedLine = 64 << 20

// minThing is how many bytes an object, or a null in its place, has on the average at the least: those that tsim writes have several
// times as many. One takes as much room however few it has.
const minThing = 24

// RecordingError is why a recording cannot be replayed, or not from one of its lines on.
type RecordingError struct {
	Line int // from 1; 0 if it is about the whole
	Msg  string
}

func (e *RecordingError) Error() string {
	if e.Line == 0 {
		return e.Msg
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Msg)
}

// recordingReader reads lines one by one, and checks their sums.
type recordingReader struct {
	r    *bufio.Reader
	line int
	sum  uint32
	torn bool // the last line was cut off, by a crash most likely
	head headLine
}

func (r *recordingReader) wrong(format string, args ...any) error {
	return &RecordingError{r.line, fmt.Sprintf(format, args...)}
}

// openRecording reads the head; version is that of this tsim.
func openRecording(from io.Reader, version string) (*recordingReader, error) {
	r := &recordingReader{r: bufio.NewReaderSize(from, 64<<10)}
	l, err := r.next()
	if errors.Is(err, io.EOF) {
		return nil, &RecordingError{0, "this is no recording of tsim: there is no whole line in it"}
	}
	if err != nil || l.Head == nil {
		return nil, &RecordingError{1, "this is no recording of tsim, which would begin with {\"tsim_recording\":"}
	}
	// Of another format, nothing but these two is known.
	var is struct {
		Format  int    `json:"format"`
		Version string `json:"version"`
	}
	if err := json.Unmarshal(l.Head, &is); err != nil {
		return nil, r.wrong("the head cannot be read: %v", err)
	}
	if is.Format != recordingFormat {
		return nil, r.wrong("tsim %.40s wrote this in format %d, and this is tsim %s, which reads format %d: replay it with the tsim that recorded it",
			is.Version, is.Format, version, recordingFormat)
	}
	if r.sum = chainSum(0, l.Head); l.Sum != sumText(r.sum) {
		return nil, r.wrong("the head was changed after it was recorded: its sum is %s, and it says %.40q", sumText(r.sum), l.Sum)
	}
	if err := decodeJSON(l.Head, &r.head); err != nil {
		return nil, r.wrong("the head cannot be read: %v", err)
	}
	return r, nil
}

// sandbox is the one of the head, as it was when the recording began.
func (r *recordingReader) sandbox(devices int) (*sim.Sim, error) {
	var st sim.State
	if err := decodeJSON(r.head.State, &st); err != nil {
		return nil, r.wrong("the state cannot be read: %v", err)
	}
	err := r.mayBe(&st.Config, devices)
	for i := 0; i < len(st.Snapshots) && err == nil; i++ {
		if is := st.Snapshots[i].State; is != nil {
			err = r.mayBe(&is.Config, devices)
		}
	}
	if err != nil {
		return nil, err
	}
	r.head.State = nil
	box, err := sim.Import(st, sim.Env{Send: func(string, sim.AttemptID) {}})
	if err != nil {
		return nil, r.wrong("%v", err)
	}
	return box, nil
}

// mayBe refuses configurations of more devices than there may be.
func (r *recordingReader) mayBe(cfg *config.Config, devices int) error {
	if n := cfg.Size(); n > devices {
		return r.wrong("it has %d devices, and may have %d; if there is room for them, replay it with --budget devices=%d", n, devices, n)
	}
	return nil
}

// next is the next line; io.EOF when there is no further one.
func (r *recordingReader) next() (*line, error) {
	raw, err := r.read()
	if err != nil {
		return nil, err
	}
	if things := bytes.Count(raw, []byte("{")) + bytes.Count(raw, []byte("null")); things*minThing > len(raw)+1<<20 {
		return nil, r.wrong("no tsim has written this: most of what is in it says nothing")
	}
	l := &line{}
	if err := decodeJSON(raw, l); err != nil {
		return nil, r.wrong("it cannot be read: %v", err)
	}
	kinds := 0
	for _, is := range []bool{l.Head != nil, l.Input != nil, l.Digest != nil, l.End != nil} {
		if is {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return nil, r.wrong("it is neither an input nor a digest nor the end")
	case l.Head != nil && r.line > 1:
		return nil, r.wrong("another recording begins here: replay each alone")
	case l.Input != nil:
		r.sum = chainSum(r.sum, l.Input)
		if l.Sum != sumText(r.sum) {
			return nil, r.wrong("the inputs were changed after they were recorded, here or since the line before: the sum is %s, and the line says %.40q", sumText(r.sum), l.Sum)
		}
	}
	return l, nil
}

// read reads a line, which may be as long as its file when it is the first.
func (r *recordingReader) read() ([]byte, error) {
	r.line++
	var all []byte
	for {
		part, err := r.r.ReadSlice('\n')
		all = append(all, part...)
		switch {
		case err == nil:
			return bytes.TrimSpace(all), nil
		case errors.Is(err, io.EOF):
			r.torn = len(all) > 0
			return nil, io.EOF
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case r.line > 1 && len(all) > maxRecordedLine:
			return nil, r.wrong("it is longer than %d MiB", maxRecordedLine>>20)
		case r.line == 1 && !strings.HasPrefix(string(all[:min(len(all), 20)]), `{"tsim_recording":`):
			return nil, r.wrong("it is no head")
		}
	}
}
