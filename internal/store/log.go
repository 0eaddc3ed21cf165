// Package store keeps bytes on the disk so that they survive the process and, if wanted, the machine: a log of payloads,
// and snapshots that make the log short. It does not know what the payloads say.
//
// The directory of a log holds generations. 00000007.log goes on where 00000006.log ends; 00000007.snapshot stands for
// all that lies before 00000007.log, and older files go once it is there. docs/decisions/0021-a-log-of-our-own.md says
// why this is no library, and format.go what is in the files.
package store

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Sync is when what was appended is made to survive the machine. It always survives the process, once Wait has returned.
type Sync string

// The modes, as words for a flag.
const (
	Always   Sync = "always"   // before Wait returns
	Interval Sync = "interval" // some time later, see Options.Every
	Off      Sync = "off"      // when the system sees fit; only a new generation and the end of the log are synced
)

// Options are how a log is kept.
type Options struct {
	Sync  Sync          // "" is Always
	Every time.Duration // with Interval: how long after a write it is synced; 0 is 100 ms
	Log   *slog.Logger  // is told of a torn tail, and of a disk that fails and is well again; nil is slog.Default
}

// maxPending is how many bytes may wait for the disk.
const maxPending = 64 << 20

// ErrClosed is what Wait says of payloads that were appended when the log was closed.
var ErrClosed = errors.New("the log is closed")

// Log takes payloads. Its methods may be called from several goroutines.
type Log struct {
	disk      disk
	unlock    func() error
	o         Options
	snapshots sync.Mutex // one at a time; guards the next two
	lacks     bool       // there is a log for a snapshot that could not be written
	covered   int64      // bytes that it is to stand for

	mu      sync.Mutex
	room    sync.Cond // pending has been taken, or it matters no more
	pending *batch
	err     error // why nothing is acknowledged
	broken  bool  // the file takes nothing more: only a new generation helps
	closed  bool
	since   int64 // see SinceSnapshot

	wake    chan struct{} // something is pending
	between chan func()   // is done between two batches
	done    chan struct{} // the goroutine that writes has ended

	// What follows belongs to the goroutine that writes.
	file       file
	generation uint64
	at         chain
	synced     int64            // up to where the file surely is on the disk
	sealed     bool             // the last frame says so
	due        <-chan time.Time // when it is synced next, with Interval
	syncing    chan error       // tells how a sync ended that began when the file was as long as target
	target     int64
}

// batch is what is written at once.
type batch struct {
	frames []byte        // data frames without their sums
	done   chan struct{} // is closed when err is final
	err    error
}

func newBatch() *batch { return &batch{done: make(chan struct{})} }

// Position is where something was appended.
type Position struct{ b *batch }

// Append adds a payload, which is copied, and returns before it is written. Payloads come back in the order in which
// they were appended. As long as more than 64 MiB wait for the disk, Append waits, too.
func (l *Log) Append(payload []byte) Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.pending.frames) > 0 && len(l.pending.frames)+len(payload) > maxPending && !l.broken && !l.closed {
		l.room.Wait()
	}
	if uint64(len(payload)) > maxPayload {
		l.failLocked(fmt.Errorf("a payload of %d bytes is too long: at most %d fit", len(payload), maxPayload))
	}
	return l.append(payload)
}

// Fail is for whoever has something to append that can't be put into bytes. What came after it would be of no use without it, so
// nothing is acknowledged until a snapshot makes up for it, as after a failure of the disk.
func (l *Log) Fail(err error) Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failLocked(err)
	return l.append(nil)
}

// append is Append, with the lock and when there is room.
func (l *Log) append(payload []byte) Position {
	b := l.pending
	switch {
	case l.closed:
		b = newBatch()
		b.finish(ErrClosed)
	case l.broken:
		b = newBatch()
		b.finish(l.err)
	default:
		var head [frameSize]byte
		le.PutUint32(head[:], uint32(len(payload)))
		b.frames = append(append(b.frames, head[:]...), payload...)
		l.since += int64(len(head) + len(payload))
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
	return Position{b}
}

// Wait returns when what was appended there, and all before it, is as safe as Options.Sync says, or else why it is not.
// After an error it may be there or not when the log is opened again. The zero Position is before all that was appended.
func (l *Log) Wait(p Position) error {
	if p.b == nil {
		return nil
	}
	<-p.b.done
	return p.b.err
}

// Err is why nothing is acknowledged just now, or nil. A disk that failed is tried again by Snapshot alone: what was
// appended meanwhile is in no log, but it is in the snapshot.
func (l *Log) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// SinceSnapshot is how many bytes have been appended after the newest snapshot: when they have become many, it is time
// for another one.
func (l *Log) SinceSnapshot() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.since
}

// Close writes and syncs what is pending, and gives the directory free. It waits for a snapshot that is being made.
func (l *Log) Close() error {
	l.snapshots.Lock()
	defer l.snapshots.Unlock()
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	l.room.Broadcast()
	l.mu.Unlock()

	var err error
	l.do(func() {
		l.write()
		err = l.end()
		close(l.done)
	})
	return errors.Join(err, l.unlock())
}

// end syncs and closes the file.
func (l *Log) end() error {
	l.settle()
	if l.Err() == nil {
		l.sync()
		l.seal()
		if l.Err() == nil && l.at.end > l.synced {
			l.sync()
		}
	}
	return errors.Join(l.Err(), l.file.Close())
}

// do has the goroutine that writes do something, and waits for it.
func (l *Log) do(f func()) {
	ended := make(chan struct{})
	l.between <- func() { f(); close(ended) }
	<-ended
}

// run is the goroutine that writes.
func (l *Log) run() {
	for {
		select {
		case <-l.done:
			return
		default:
		}
		select {
		case <-l.wake:
			l.write()
		case <-l.due:
			l.beginSync()
		case err := <-l.syncing:
			l.endSync(err)
		case f := <-l.between:
			f()
		}
	}
}

// write writes all that is pending as one batch.
func (l *Log) write() {
	l.mu.Lock()
	b, broken := l.pending, l.broken
	if len(b.frames) == 0 {
		l.mu.Unlock()
		return
	}
	l.pending = newBatch()
	l.room.Broadcast()
	l.mu.Unlock()

	if !broken {
		l.commit(b.frames)
	}
	b.frames = nil
	b.finish(l.Err())
	if l.o.Sync == Always {
		l.seal()
	}
}

func (b *batch) finish(err error) {
	b.err = err
	close(b.done)
}

// commit writes data frames, whose sums are not yet there, and a commit frame.
func (l *Log) commit(frames []byte) {
	next := l.at
	for rest := frames; len(rest) > 0; {
		size := frameSize + int(le.Uint32(rest))
		next.data((*[frameSize]byte)(rest), rest[frameSize:size])
		rest = rest[size:]
	}
	end := next.commit(l.synced)
	if !l.put(append(frames, end[:]...), next) {
		return
	}
	l.sealed = false
	switch l.o.Sync {
	case Always:
		l.sync()
	case Interval:
		if l.due == nil && l.syncing == nil {
			l.due = time.After(l.o.Every)
		}
	case Off:
	}
}

// put writes frames behind which the file stands at next.
func (l *Log) put(frames []byte, next chain) bool {
	if _, err := l.file.Write(frames); err != nil {
		l.fail(fmt.Errorf("%s can't be written: %w", l.name(), err))
		return false
	}
	l.at = next
	return true
}

// seal adds an empty batch that says that all before it is on the disk, as it has to be. Without it, the last batch that
// was acknowledged, once damaged, would look like one that was being written when the machine stopped. It need not be on
// the disk itself.
func (l *Log) seal() {
	l.mu.Lock()
	idle := !l.broken && !l.sealed && len(l.pending.frames) == 0
	l.mu.Unlock()
	if !idle {
		return // what is pending says so when it is written
	}
	next := l.at
	if end := next.commit(l.synced); l.put(end[:], next) {
		l.sealed = true
	}
}

// sync waits until the file is on the disk.
func (l *Log) sync() { l.tried(l.file.Sync(), l.at.end) }

// tried is what came of a sync that began when the file was as long as target. A file that could not be synced is
// written no more: the system may have dropped what it could not write, and would call the next attempt a success.
func (l *Log) tried(err error, target int64) {
	if err != nil {
		l.fail(fmt.Errorf("%s can't be synced: %w", l.name(), err))
		return
	}
	l.synced = target
}

// beginSync begins a sync beside which the log can go on.
func (l *Log) beginSync() {
	l.due = nil
	l.syncing, l.target = make(chan error, 1), l.at.end
	go func(f file, ended chan<- error) { ended <- f.Sync() }(l.file, l.syncing)
}

func (l *Log) endSync(err error) {
	l.syncing = nil
	l.tried(err, l.target)
	if l.at.end == l.synced {
		l.seal()
	} else if !l.sealed {
		l.due = time.After(l.o.Every)
	}
}

// settle waits for a sync that has begun, and forgets one that is due.
func (l *Log) settle() {
	l.due = nil
	if l.syncing != nil {
		l.tried(<-l.syncing, l.target)
		l.syncing = nil
	}
}

func (l *Log) name() string { return l.disk.path(logName(l.generation)) }

// fail says that the file takes nothing more, and why.
func (l *Log) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failLocked(err)
}

func (l *Log) failLocked(err error) {
	if !l.broken {
		l.o.Log.Error("what happens is no longer saved", slog.Any("err", err))
	}
	l.err, l.broken = err, true
	l.room.Broadcast()
}
