package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// lab is where a run takes place: a folder of its own, the binary, and the processes that run.
type lab struct {
	ctx   context.Context
	quick bool
	dir   string // for the binary, scenarios and logs; goes with the lab
	tsim  string // the binary
	self  string // this program

	mu    sync.Mutex
	procs []*process
	sinks []*sink
	files int
}

// newLab builds tsim as it is released, unless there is a binary already.
func newLab(ctx context.Context, quick bool, binary string) (*lab, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "tsim-bench-")
	if err != nil {
		return nil, err
	}
	l := &lab{ctx: ctx, quick: quick, dir: dir, tsim: binary, self: self}
	if binary != "" {
		return l, nil
	}
	l.tsim = filepath.Join(dir, "tsim")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", l.tsim, "tsim/cmd/tsim")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("building tsim: %w\n%s", err, bytes.TrimSpace(out)), l.close())
	}
	return l, nil
}

// close ends what runs and removes the folder.
func (l *lab) close() error {
	l.stopAll()
	return os.RemoveAll(l.dir)
}

// stopAll ends every process and listener.
func (l *lab) stopAll() {
	l.mu.Lock()
	procs, sinks := l.procs, l.sinks
	l.procs, l.sinks = nil, nil
	l.mu.Unlock()
	for _, p := range procs {
		p.stop()
	}
	for _, s := range sinks {
		s.close()
	}
}

// file is the path of a new file in the folder.
func (l *lab) file(kind string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.files++
	return filepath.Join(l.dir, strconv.Itoa(l.files)+kind)
}

// pick is the first of two when the run is a full one.
func pick[T any](l *lab, full, quick T) T {
	if l.quick {
		return quick
	}
	return full
}

// rounds is how many pairs make a median: nine, because a server measured against its own copy on a
// busy machine is off by a tenth from one pair to the next.
func (l *lab) rounds() int { return pick(l, 9, 3) }

// pairs measures tsim and its ceiling in turn, n times. Each goes first every other time, so that
// neither always finds the machine warmed up.
func (l *lab) pairs(n int, tsim, ceiling func() error) error {
	for i := range n {
		first, second := tsim, ceiling
		if i%2 == 1 {
			first, second = ceiling, tsim
		}
		if err := errors.Join(first(), second()); err != nil {
			return fmt.Errorf("round %d: %w", i+1, err)
		}
		if err := l.ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// patience is how long anything may take before it is wrong.
const patience = 60 * time.Second

// await waits for done.
func (l *lab) await(done <-chan struct{}, what string) error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
		return nil
	case <-timer.C:
		return fmt.Errorf("%s: not done after %s", what, patience)
	case <-l.ctx.Done():
		return l.ctx.Err()
	}
}

// until asks again and again until ok says yes, with a pause that hardly costs anything.
func (l *lab) until(what string, ok func() (bool, error)) error {
	deadline := time.Now().Add(patience)
	for pause := time.Millisecond; time.Now().Before(deadline); pause = min(2*pause, 50*time.Millisecond) {
		if done, err := ok(); err != nil || done {
			return err
		}
		if err := l.sleep(pause); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s: not so after %s", what, patience)
}

func (l *lab) sleep(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-l.ctx.Done():
		return l.ctx.Err()
	}
}
