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
	"time"
)

// lab is where a run takes place: a folder of its own, the binary, and the processes that run.
type lab struct {
	ctx   context.Context
	quick bool
	soak  time.Duration // how long it lasts
	dir   string        // for the binary, scenarios and logs; goes with the lab
	tsim  string        // the binary
	self  string        // this program
	stops []func()      // end the processes and listeners that run
	files int
}

// newLab builds tsim as it is released, unless there is a binary already.
func newLab(ctx context.Context, quick bool, soak time.Duration, binary string) (*lab, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "tsim-bench-")
	if err != nil {
		return nil, err
	}
	l := &lab{ctx: ctx, quick: quick, soak: soak, dir: dir, tsim: binary, self: self}
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
	for _, stop := range l.stops {
		stop()
	}
	l.stops = nil
}

// file is the path of a new file in the folder.
func (l *lab) file(kind string) string {
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

// patience is how long anything may take before it is wrong.
const patience = 60 * time.Second

// await waits for done.
func (l *lab) await(done <-chan struct{}, what string) {
	select {
	case <-done:
	case <-time.After(patience):
		check(fmt.Errorf("%s: not done after %s", what, patience))
	case <-l.ctx.Done():
		check(l.ctx.Err())
	}
}

// until asks again and again until ok says yes, with a pause that hardly costs anything.
func (l *lab) until(what string, ok func() bool) {
	deadline := time.Now().Add(patience)
	for pause := time.Millisecond; !ok(); pause = min(2*pause, 50*time.Millisecond) {
		if time.Now().After(deadline) {
			check(fmt.Errorf("%s: not so after %s", what, patience))
		}
		l.sleep(pause)
	}
}

func (l *lab) sleep(d time.Duration) {
	select {
	case <-time.After(d):
	case <-l.ctx.Done():
		check(l.ctx.Err())
	}
}

// rest leaves a server alone before its memory is read.
func (l *lab) rest() { l.sleep(pick(l, time.Second, 300*time.Millisecond)) }
