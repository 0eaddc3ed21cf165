package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a life of tsim.
type process struct {
	cmd   *exec.Cmd
	url   string
	out   bytes.Buffer // what it logs
	ended chan struct{}
}

var anAddress = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+`)

// start starts tsim on the state that there is, and waits until it listens.
func (w *world) start(ctx context.Context, more ...string) (*process, error) {
	args := []string{"serve", "--addr", "127.0.0.1:0", "--scenario", w.scenario(), "--state", w.state, "--log-level", "warn"}
	p := &process{cmd: exec.CommandContext(ctx, w.binary, append(args, more...)...), ended: make(chan struct{})}
	p.cmd.Stderr = &p.out
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(out)
	for p.url == "" {
		line, err := lines.ReadString('\n')
		if p.url = anAddress.FindString(line); p.url == "" && err != nil {
			_ = p.cmd.Wait()
			close(p.ended)
			return nil, errors.Join(errors.New("tsim does not start"), p.log())
		}
	}
	w.figures.ready = append(w.figures.ready, time.Since(began))
	go func() {
		_, _ = io.Copy(io.Discard, lines)
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	if names, err := os.ReadDir(w.state); err == nil {
		for _, name := range names { // they are numbered
			if n, err := strconv.Atoi(strings.TrimSuffix(name.Name(), filepath.Ext(name.Name()))); err == nil {
				w.figures.snapshots = max(w.figures.snapshots, n)
			}
		}
	}
	return p, nil
}

// kill ends the process without notice.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// stop ends the process as a user does.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(patience):
		return errors.New("tsim does not stop")
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("tsim stopped with exit code %d", code)
	}
	return nil
}

// log ends the process, and is what it has logged, as an error.
func (p *process) log() error {
	p.kill()
	text := p.out.String()
	return fmt.Errorf("the log of tsim:\n%s", text[max(0, len(text)-4000):])
}

// patience is how long anything may take before it is wrong.
const patience = 30 * time.Second
