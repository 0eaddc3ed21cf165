package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

const (
	logSuffix      = ".log"
	snapshotSuffix = ".snapshot"
	temporary      = ".tmp" // behind the name of a file that is not yet whole
)

func logName(generation uint64) string      { return fmt.Sprintf("%08d%s", generation, logSuffix) }
func snapshotName(generation uint64) string { return fmt.Sprintf("%08d%s", generation, snapshotSuffix) }

// parseName is what the name of a file says.
func parseName(name string) (generation uint64, suffix string, ok bool) {
	digits, suffix, _ := strings.Cut(name, ".")
	generation, err := strconv.ParseUint(digits, 10, 64)
	suffix = "." + suffix
	switch strings.TrimSuffix(suffix, temporary) {
	case logSuffix, snapshotSuffix:
		return generation, suffix, err == nil && generation > 0 && len(digits) >= 8
	}
	return 0, "", false
}

// Entry is a payload that comes back.
type Entry struct {
	Payload  []byte // good until load returns
	Snapshot bool   // from the snapshot; else it was appended afterwards
	// Done and Total are bytes: how far it is with this payload, and how far it is in all.
	Done, Total int64
}

// Open opens the log in a directory, which is made if there is none, and hands all that is in it to load, in order: the
// newest snapshot, then what was appended after it. Nothing is handed out before all of it has been checked.
//
// A batch at the end of the log that was being written when the machine stopped is cut off, with a line in the log.
// Damage anywhere else is a *DamageError. It is also an error if another process has the directory, a newer tsim wrote
// it, something else is in it, or load fails; in all of these, the directory is left as it was.
func Open(dir string, o Options, load func(Entry) error) (*Log, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	d, err := openDirectory(dir, o.Log)
	if err != nil {
		return nil, err
	}
	l, err := open(d, o, load)
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	return l, nil
}

func open(d disk, o Options, load func(Entry) error) (*Log, error) {
	if o.Every <= 0 {
		o.Every = 100 * time.Millisecond
	}
	switch o.Sync {
	case "":
		o.Sync = Always
	case Always, Interval, Off:
	default:
		return nil, fmt.Errorf("sync is %q: it has to be always, interval or off", o.Sync)
	}
	l := &Log{
		disk: d, unlock: d.close, o: o, pending: newBatch(),
		wake: make(chan struct{}, 1), between: make(chan func()), done: make(chan struct{}),
	}
	l.room.L = &l.mu
	if err := l.recover(load); err != nil {
		return nil, err
	}
	go l.run()
	return l, nil
}

// recover finds out what there is, hands it out, tidies up, and leaves the last log open at its end.
func (l *Log) recover(load func(Entry) error) error {
	names, err := l.disk.list()
	if err != nil {
		return err
	}
	parts, extra, err := survey(l.disk, names)
	defer func() {
		for _, p := range parts {
			if p.file != l.file {
				_ = p.file.Close() // it was only read
			}
		}
	}()
	if err != nil {
		return err
	}
	for i, p := range parts {
		if err := p.check(i == len(parts)-1); err != nil {
			return err
		}
	}
	if err := hand(parts, load); err != nil {
		return err
	}
	for _, name := range extra {
		l.o.Log.Debug("what is not needed to go on is removed", slog.String("file", l.disk.path(name)))
		if err := l.disk.remove(name); err != nil {
			return err
		}
		if err := l.disk.sync(); err != nil { // one by one: a machine may forget them in any order
			return err
		}
	}
	if len(parts) == 0 {
		l.generation = 1
		l.file, l.at, err = createLog(l.disk, newHeader(magicLog, 1))
		l.synced, l.sealed = l.at.end, true
		return err
	}
	for _, p := range parts {
		if p.magic == magicLog {
			l.since += p.at.end - p.from.end
		}
	}
	return l.goOn(parts[len(parts)-1])
}

// goOn goes on in the last log, whose torn tail is cut.
func (l *Log) goOn(p *part) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s: %w", p.path, err)
		}
	}()
	if p.at.end < p.size {
		l.o.Log.Warn("the end of the log is cut off: it was being written when the machine stopped, or has been damaged since",
			slog.String("file", p.path), slog.Int64("offset", p.at.end), slog.Int64("bytes", p.size-p.at.end), slog.Any("why", p.torn))
		if err := p.file.Truncate(p.at.end); err != nil {
			return err
		}
	}
	if err := p.file.Sync(); err != nil {
		return err
	}
	if _, err := p.file.Seek(p.at.end, io.SeekStart); err != nil {
		return err
	}
	l.generation, l.file, l.at, l.synced = p.generation, p.file, p.at, p.at.end
	l.seal() // if the disk is full, that is found out here, and a snapshot may help
	return nil
}

// part is a file that takes part in a recovery.
type part struct {
	header
	path string
	file file
	size int64
	from chain   // behind the header
	at   chain   // behind the last commit frame
	next *header // of the log that goes on where this one ends
	torn error   // what ends a torn tail
}

// survey opens the files that are needed, in order, and lists those that are not: those that never became whole, those
// older than the newest snapshot, and logs after a gap whose snapshot never came, of which nothing was acknowledged. On
// an error it returns what it has opened, too.
func survey(d disk, names []string) (parts []*part, extra []string, err error) {
	var snapshot, newest uint64
	for _, name := range names {
		switch g, suffix, ok := parseName(name); {
		case ok && suffix == snapshotSuffix:
			snapshot = max(snapshot, g)
		case ok && suffix == logSuffix:
			newest = max(newest, g)
		}
	}
	for _, name := range names {
		if g, suffix, ok := parseName(name); ok && (g < snapshot || strings.HasSuffix(suffix, temporary)) {
			extra = append(extra, name)
		}
	}
	if snapshot == 0 && newest == 0 {
		return nil, extra, nil
	}
	if snapshot > 0 {
		p, err := openPart(d, snapshotName(snapshot), magicSnapshot, snapshot)
		if err != nil {
			return parts, nil, err
		}
		parts = append(parts, p)
	}
	first := max(snapshot, 1)
	kept := 0 // how many parts lie before a gap
	for g := first; g <= max(first, newest); g++ {
		p, err := openPart(d, logName(g), magicLog, g)
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%s is missing", d.path(logName(g)))
		}
		if err != nil {
			return parts, nil, err
		}
		parts = append(parts, p)
		switch {
		case g == first:
		case p.gap && kept == 0:
			kept = len(parts) - 1
		case p.gap:
		case kept > 0:
			return parts, nil, fmt.Errorf("%s or a newer snapshot is missing", d.path(snapshotName(g-1)))
		default:
			parts[len(parts)-2].next = &p.header
		}
	}
	for kept > 0 && len(parts) > kept {
		p := parts[len(parts)-1]
		parts = parts[:len(parts)-1]
		extra = append(extra, logName(p.generation)) // the newest first, so that the others are still after a gap
		_ = p.file.Close()
	}
	return parts, extra, nil
}

// openPart opens a file and reads its header.
func openPart(d disk, name, magic string, generation uint64) (*part, error) {
	f, err := d.open(name)
	if err != nil {
		return nil, err
	}
	p := &part{path: d.path(name), file: f}
	if p.size, err = f.Seek(0, io.SeekEnd); err == nil {
		p.header, p.from, err = readHeader(p.path, f, magic, generation)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return p, nil
}

// check reads a whole file. Only the last one may have a torn tail.
func (p *part) check(last bool) error {
	p.at = p.from
	r := newReader(p.path, p.file, p.from, p.size)
	for {
		_, commit, err := r.next()
		switch damage := new(DamageError); {
		case commit:
			p.at = r.chain
			continue
		case err == nil:
			continue
		case !errors.Is(err, io.EOF):
			if !errors.As(err, &damage) {
				return err
			}
		case r.end == p.at.end:
			return p.whole()
		default:
			err = r.damaged("it ends within a batch")
		}
		if last && p.magic == magicLog {
			return p.tear(err)
		}
		return err
	}
}

// whole checks a file that ends with a commit frame.
func (p *part) whole() error {
	switch {
	case p.magic == magicSnapshot && p.at.end == p.from.end:
		return &DamageError{p.path, p.at.end, "it ends within a batch"}
	case p.next != nil && (p.at.end != p.next.end || p.at.sum != p.next.endSum):
		return &DamageError{p.path, p.at.end, fmt.Sprintf("%s says that it ends at %d", logName(p.next.generation), p.next.end)}
	}
	return nil
}

// tear takes what lies behind the last good batch for a torn tail, unless it surely was on the disk once.
func (p *part) tear(damage error) error {
	synced, err := syncedAfter(p.file, p.from.seed, p.at.end, p.size)
	if err != nil {
		return err
	}
	if synced > p.at.end {
		return damage
	}
	p.torn = damage
	return nil
}

// hand hands out the payloads of files that have been checked.
func hand(parts []*part, load func(Entry) error) error {
	var done, total int64
	for _, p := range parts {
		total += p.at.end
	}
	for _, p := range parts {
		r := newReader(p.path, p.file, p.from, p.at.end)
		for {
			payload, commit, err := r.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err == nil && !commit {
				err = load(Entry{payload, p.magic == magicSnapshot, done + r.end, total})
			}
			if err != nil {
				return fmt.Errorf("%s, up to offset %d: %w", p.path, r.end, err)
			}
		}
		done += p.at.end
	}
	return nil
}
