package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
)

// disk is a directory as the log sees it. Tests put others in its place: one that fails, and a machine that forgets
// what was not synced. Neither can be had of a real disk when a test needs it.
type disk interface {
	path(name string) string // for people
	list() ([]string, error)
	create(name string) (file, error) // a new file, or an empty one in the place of the old
	open(name string) (file, error)   // to read and to write
	rename(from, to string) error
	remove(name string) error
	sync() error // makes what was created, renamed and removed last
	close() error
}

// file is what an *os.File can do, as far as it is needed.
type file interface {
	io.ReaderAt
	io.Writer
	io.Seeker
	io.Closer
	Sync() error
	Truncate(size int64) error
}

// lockName is a file of which only the lock on it matters. It has not the usual name, so that the directory of a
// LevelDB is not taken for one of tsim.
const lockName = "tsim.lock"

// directory is a disk on the disk.
type directory struct {
	dir  string
	lock io.Closer
}

// openDirectory makes the directory if there is none, and keeps other processes out of it.
func openDirectory(dir string, log *slog.Logger) (*directory, error) {
	if err := makeDirectory(dir); err != nil {
		return nil, err
	}
	d := &directory{dir: dir}
	names, err := d.list()
	if err != nil {
		return nil, err
	}
	if len(names) > 0 && !ours(names) {
		return nil, fmt.Errorf("%s holds %s and nothing that tsim keeps: name a directory that is new, empty, or of tsim", dir, names[0])
	}
	if info, err := os.Stat(dir); err == nil && permissions && info.Mode().Perm() != 0o700 {
		if err := os.Chmod(dir, 0o700); err != nil {
			log.Warn("others may look into the directory with the state, and it can't be changed",
				slog.String("dir", dir), slog.Any("mode", info.Mode().Perm()), slog.Any("err", err))
		}
	}
	if d.lock, err = lock(filepath.Join(dir, lockName)); err != nil {
		return nil, fmt.Errorf("%s cannot be had by this process alone: %w", dir, err)
	}
	return d, nil
}

// makeDirectory makes a directory that survives the machine, with those above it.
func makeDirectory(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return fmt.Errorf("%s is no directory", dir)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(filepath.Clean(dir))
	if err := makeDirectory(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDirectory(parent)
}

// ours says whether one of the names is tsim's.
func ours(names []string) bool {
	for _, name := range names {
		if _, _, ok := parseName(name); ok || name == lockName {
			return true
		}
	}
	return false
}

func (d *directory) path(name string) string { return filepath.Join(d.dir, name) }

func (d *directory) list() ([]string, error) {
	f, err := os.Open(d.dir)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	return f.Readdirnames(-1)
}

func (d *directory) create(name string) (file, error) {
	return noNil(os.OpenFile(d.path(name), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600))
}

func (d *directory) open(name string) (file, error) {
	return noNil(os.OpenFile(d.path(name), os.O_RDWR, 0))
}

// noNil keeps a nil *os.File from becoming a file that is not nil.
func noNil(f *os.File, err error) (file, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (d *directory) rename(from, to string) error { return os.Rename(d.path(from), d.path(to)) }
func (d *directory) remove(name string) error     { return os.Remove(d.path(name)) }
func (d *directory) sync() error                  { return syncDirectory(d.dir) }
func (d *directory) close() error                 { return d.lock.Close() }
