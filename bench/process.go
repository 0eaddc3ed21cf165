package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// process is a program that is measured.
type process struct {
	cmd   *exec.Cmd
	log   string // the file of its standard error
	in    io.WriteCloser
	out   *bufio.Reader
	began time.Time
	url   string
	ended sync.Once
}

// start runs a program until the lab is stopped.
func (l *lab) start(name string, args ...string) *process {
	p := &process{cmd: exec.CommandContext(l.ctx, name, args...), log: l.file(".log")}
	log := must(os.Create(p.log))
	defer func() { _ = log.Close() }() // the child has a copy
	p.cmd.Stderr = log
	p.in = must(p.cmd.StdinPipe())
	p.out = bufio.NewReader(must(p.cmd.StdoutPipe()))
	p.began = time.Now()
	check(p.cmd.Start())
	l.stops = append(l.stops, p.stop)
	return p
}

// stop ends the process and waits for its end. It has nothing to lose.
func (p *process) stop() {
	p.ended.Do(func() {
		_ = p.in.Close()
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait() // killed, as it says
	})
}

var anAddress = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+`)

// awaitURL reads the address at which a server says it listens.
func (p *process) awaitURL() {
	for {
		line, err := p.out.ReadString('\n')
		if p.url = anAddress.FindString(line); p.url != "" {
			// Nobody reads on, and a full pipe would stop the server.
			go func() { _, _ = io.Copy(io.Discard, p.out) }()
			return
		}
		if err != nil {
			check(fmt.Errorf("%s ended before it listened: %s", p.cmd.Path, p.complaint()))
		}
	}
}

// complaint is the end of what the process wrote to standard error.
func (p *process) complaint() string {
	text, _ := os.ReadFile(p.log)
	return strings.TrimSpace(string(text[max(0, len(text)-2000):]))
}

// order sends a line of JSON to a role and takes a line back.
func (p *process) order(question, answer any) {
	check(json.NewEncoder(p.in).Encode(question))
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		check(fmt.Errorf("the ceiling ended: %w: %s", err, p.complaint()))
	}
	check(json.Unmarshal(line, answer))
}

// proc reads a file of the process from Linux's /proc; elsewhere there is none.
func (p *process) proc(file string) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, file))
	if err != nil {
		return ""
	}
	return string(text)
}

// cpu is the seconds that the process has computed so far. Linux counts them in hundredths.
func (p *process) cpu() float64 {
	const utime, stime, perSecond = 11, 12, 100 // places after the name, which is in parentheses
	stat := p.proc("stat")
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) <= stime {
		return math.NaN()
	}
	sum := 0.0
	for _, i := range []int{utime, stime} {
		ticks, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return math.NaN()
		}
		sum += ticks / perSecond
	}
	return sum
}

// mebibytes of a field of /proc/<pid>/status: VmRSS is what is resident now, VmHWM the most so far.
func (p *process) mebibytes(field string) float64 {
	for line := range strings.Lines(p.proc("status")) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			if err == nil {
				return kib / 1024
			}
		}
	}
	return math.NaN()
}

// forgetPeak makes VmHWM begin anew. It says whether the system can do that.
func (p *process) forgetPeak() bool {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.cmd.Process.Pid), []byte("5"), 0) == nil
}
