package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"tsim/internal/sim"
)

// RecordFile records a sandbox in a file, and after size bytes of inputs, if that is not 0, in further ones: FILE, FILE.1, FILE.2
// and so on, each of which can be replayed alone. None of them may be there.
func RecordFile(box *sim.Sim, file string, size int64, o RecordingOptions) (*Recording, error) {
	to := &recordingFile{path: file}
	if err := to.open(); err != nil {
		return nil, err
	}
	return record(box, to, true, size, o), nil
}

// RecordTo records a sandbox for somebody who reads it as it comes. Each write is whole lines; an error of one ends the recording.
func RecordTo(box *sim.Sim, who string, w io.Writer, o RecordingOptions) *Recording {
	return record(box, recordingStream{who, w}, false, 0, o)
}

// recordingFile is files that only their owner may read: there are no secrets in them, but all else that a sandbox is.
type recordingFile struct {
	path   string
	number int // of the file that is written, from 0
	file   *os.File
}

func (f *recordingFile) name() string { return f.path }

func (f *recordingFile) open() (err error) {
	path := f.path
	if f.number > 0 {
		path = fmt.Sprintf("%s.%d", f.path, f.number)
	}
	f.file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already, and may be a recording that somebody needs: remove it, or name another file", path)
	}
	return err
}

func (f *recordingFile) write(lines []byte) error {
	_, err := f.file.Write(lines)
	return err
}

func (f *recordingFile) next() error {
	if err := f.close(); err != nil {
		return err
	}
	f.number++
	return f.open()
}

func (f *recordingFile) close() error {
	if f.file == nil { // the next one could not be opened
		return nil
	}
	err := f.file.Sync()
	if e := f.file.Close(); err == nil {
		err = e
	}
	f.file = nil
	return err
}

// recordingStream is somebody who reads.
type recordingStream struct {
	who string
	w   io.Writer
}

func (s recordingStream) name() string             { return s.who }
func (s recordingStream) write(lines []byte) error { _, err := s.w.Write(lines); return err }
func (s recordingStream) next() error              { return errors.ErrUnsupported }
func (s recordingStream) close() error             { return nil }
