// Command bench measures tsim: the built binary, on loopback, beside a ceiling for each figure that
// is measured in the same run. docs/performance.md says what the ceilings are.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"syscall"
	"time"
)

func main() {
	// The ceilings run in processes of their own, which are this program again. The word is no flag,
	// because nobody else should use it.
	if len(os.Args) == 3 && os.Args[1] == asRole {
		roles[os.Args[2]]()
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(ctx, longest)
	code, err := run(ctx)
	cancel()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	os.Exit(code)
}

// longest is when even a very slow machine is given up: what is not done then hangs.
const longest = 20 * time.Minute

// run measures what the flags choose. It cleans up before it returns.
func run(ctx context.Context) (code int, err error) {
	quick := flag.Bool("quick", false, "fewer rounds of less: about half a minute, for correctness rather than for the figures")
	asJSON := flag.Bool("json", false, "print every round as JSON")
	which := flag.String("run", "", "measure only the rows whose key matches this regular expression; -run list names the keys")
	soakFor := flag.Duration("for", 10*time.Second, "how long the soak lasts")
	binary := flag.String("tsim", "", "measure this binary, such as one of another commit, instead of building one")
	flag.Parse()
	if *which == "list" {
		for _, r := range choose(regexp.MustCompile("")) {
			fmt.Println(r.Key)
		}
		return 0, nil
	}
	pattern, err := regexp.Compile(*which)
	if err != nil || flag.NArg() > 0 {
		return 2, errors.Join(err, errors.New("usage: go run ./bench [-quick] [-json] [-run REGEXP] [-for DURATION] [-tsim FILE]"))
	}
	l, err := newLab(ctx, *quick, *soakFor, *binary)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	started := time.Now()
	for _, b := range benches {
		b.measure(l, pattern)
		if ctx.Err() != nil {
			return 1, fmt.Errorf("stopped: %w", context.Cause(ctx))
		}
	}
	rows := choose(pattern)
	machine := fmt.Sprintf("tsim bench: %s/%s, %d CPUs, %s, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(),
		time.Since(started).Round(time.Second))
	write := writeTable
	if *asJSON {
		write = writeJSON
	}
	if err := write(os.Stdout, machine, rows); err != nil {
		return 1, err
	}
	for _, r := range rows {
		if r.Wrong != "" {
			return 1, errors.New("not everything was answered and counted as it should be")
		}
	}
	return 0, nil
}

// choose lists the rows whose key matches.
func choose(pattern *regexp.Regexp) []*row {
	var chosen []*row
	for _, b := range benches {
		for _, r := range b.rows {
			if pattern.MatchString(r.Key) {
				chosen = append(chosen, r)
			}
		}
	}
	return chosen
}
