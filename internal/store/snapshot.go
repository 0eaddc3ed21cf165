package store

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// Snapshot begins a new generation: what is appended from now on goes to a new log. Then it calls write, which adds,
// payload by payload, all that is to come back in place of what was appended before; what is appended meanwhile comes
// back after it, even if it is in it already. When the snapshot is on the disk, what is older is deleted.
//
// If it fails, or write does, nothing is lost: the log goes on, with one file more, and the next Snapshot is another attempt.
// After a failure of the disk (Err), a snapshot is what helps: nothing is acknowledged until it is there.
func (l *Log) Snapshot(write func(add func(payload []byte) error) error) error {
	l.snapshots.Lock()
	defer l.snapshots.Unlock()
	if l.isClosed() {
		return ErrClosed
	}
	var (
		generation uint64
		covered    int64
		err        error
	)
	l.do(func() { generation, covered, err = l.rotate() })
	if err != nil {
		return err
	}
	if err := l.writeSnapshot(generation, write); err != nil {
		return fmt.Errorf("%s can't be written: %w", l.disk.path(snapshotName(generation)), err)
	}
	l.lacks = false
	l.mu.Lock()
	l.since -= covered
	if l.err != nil && !l.broken {
		l.err = nil
		l.o.Log.Info("what happens is saved again")
	}
	l.mu.Unlock()
	if err := l.removeBefore(generation); err != nil {
		l.o.Log.Warn("old files of the state can't be removed", slog.Any("err", err))
	}
	return nil
}

func (l *Log) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// rotate begins a new log. If the present one has failed, there may be a gap between them, and the new one says so:
// without its snapshot, it is as if it was not there. It returns how many bytes there were since the newest snapshot. If
// the new one can't be made, its name may or may not be there, so the present one must not grow any more. If the present one
// still lacks its snapshot, that is what is to be written: on a disk that is full for hours, there would be thousands of logs.
func (l *Log) rotate() (generation uint64, covered int64, err error) {
	l.write()
	l.settle()
	l.mu.Lock()
	again := l.lacks && !l.broken
	l.mu.Unlock()
	if again {
		return l.generation, l.covered, nil
	}
	gap := l.Err() != nil
	if !gap {
		if l.sync(); l.Err() != nil {
			return 0, 0, l.Err()
		}
	}
	h := newHeader(magicLog, l.generation+1)
	h.gap, h.end, h.endSum = gap, l.at.end, l.at.sum
	f, at, err := createLog(l.disk, h)
	if err != nil {
		l.fail(err)
		return 0, 0, err
	}
	_ = l.file.Close() // it was synced, or is of no use any more
	l.mu.Lock()
	l.broken = false
	covered = l.since
	l.mu.Unlock()
	l.file, l.at, l.synced, l.sealed = f, at, at.end, true
	l.lacks, l.covered = true, covered
	l.generation++
	return l.generation, covered, nil
}

// createLog makes a log that holds nothing but its header. It gets its name when it is whole.
func createLog(d disk, h header) (file, chain, error) {
	name := logName(h.generation)
	b := h.encode()
	at := newChain(b)
	err := createWhole(d, name, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
	var f file
	if err == nil {
		f, err = openAt(d, name, at.end)
	}
	if err != nil {
		return nil, chain{}, fmt.Errorf("%s can't be made: %w", d.path(name), err)
	}
	return f, at, nil
}

// openAt opens a file to go on writing at an offset.
func openAt(d disk, name string, offset int64) (file, error) {
	f, err := d.open(name)
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		_ = f.Close() // nothing was written
		return nil, err
	}
	return f, nil
}

// createWhole makes a file that has its name only once it is whole and on the disk.
func createWhole(d disk, name string, write func(io.Writer) error) error {
	f, err := d.create(name + temporary)
	if err != nil {
		return err
	}
	if err = write(f); err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = d.rename(name+temporary, name)
	}
	if err == nil {
		err = d.sync()
	}
	if err != nil {
		_ = d.remove(name + temporary) // or else the next one who opens the directory does
	}
	return err
}

// writeSnapshot makes the snapshot of a generation.
func (l *Log) writeSnapshot(generation uint64, write func(func([]byte) error) error) error {
	return createWhole(l.disk, snapshotName(generation), func(w io.Writer) error {
		b := newHeader(magicSnapshot, generation).encode()
		at := newChain(b)
		out := bufio.NewWriterSize(w, 1<<16)
		_, err := out.Write(b)
		add := func(payload []byte) error {
			if uint64(len(payload)) > maxPayload {
				return fmt.Errorf("a payload of %d bytes is too long: at most %d fit", len(payload), maxPayload)
			}
			var head [frameSize]byte
			at.data(&head, payload)
			_, e1 := out.Write(head[:])
			_, e2 := out.Write(payload)
			return errors.Join(e1, e2)
		}
		if err == nil {
			err = write(add)
		}
		if err != nil {
			return err
		}
		end := at.commit(at.end)
		if _, err := out.Write(end[:]); err != nil {
			return err
		}
		return out.Flush()
	})
}

// removeBefore removes what is older than a generation that has a snapshot.
func (l *Log) removeBefore(generation uint64) error {
	names, err := l.disk.list()
	for _, name := range names {
		if g, _, ok := parseName(name); ok && g < generation {
			err = errors.Join(err, l.disk.remove(name))
		}
	}
	return err
}
