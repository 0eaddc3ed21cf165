// Package bdd runs feature files with the steps of tsimgodog, without any Go around them: undisturbed, and then under each of
// some misfortunes, which is the matrix. It also starts and stops the application under test. godog runs the steps; what comes of
// them is kept here and told in several formats.
package bdd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"tsim/internal/scenario"
	"tsim/internal/spell"
	"tsim/tsimbox"
	"tsim/tsimgodog"
)

// Options is what to run, and how.
type Options struct {
	Paths       []string // files, folders, and lines of files as "file:12"
	Names       []string // regular expressions for the names of scenarios, any of them
	Tags        string   // an expression such as "@slow and not @wip"; "" for all
	Server      string   // of a tsim that runs already; "" starts one for each scenario
	ControlURL  string   // where the control surface of Server is, if it has an address of its own
	Seed        *uint64  // nil for those of the scenarios
	Concurrency int      // how many scenarios run at once; 0 is as many as there are processors
	DryRun      bool     // only looks whether there is a step for each line
	Formats     []Format // how it is told; none is pretty
	Color       bool     // on Out

	App     string        // the command that starts the application under test; "" for none
	PerRun  bool          // it is started once, not for each scenario
	AppWait time.Duration // how long it has until its port answers; 0 is 30 s

	Under         []string // misfortunes
	AllowUnstruck bool     // a misfortune that has nothing to strike is no failure
	Sweep         bool     // each one strikes one thing at a time
	SweepAt       int      // only the one of this number, from 1; 0 for all
	Out           io.Writer
	Command       string // how this run is started, to which a line is added that says what to run again
}

// suite is a run.
type suite struct {
	Options
	cases      []*testCase
	files      []string
	exempt     map[*testCase]map[string]string // the reasons, by misfortune
	app        *application                    // nil for none
	reporters  []reporter
	start, end time.Time

	mu      sync.Mutex // held by a scenario that has ended
	results []*result
}

// All stands for all misfortunes that change only the telling.
const All = "all"

// Misfortunes is what can stand for a list of misfortunes: names, and All.
func Misfortunes(names []string) (under []string, err error) {
	known := scenario.Sets()
	for _, name := range names {
		switch {
		case name == All:
			for _, name := range known {
				if s, err := scenario.LoadSet(name); err == nil && !s.Outcome && !slices.Contains(under, name) {
					under = append(under, name)
				}
			}
		case !slices.Contains(known, name):
			return nil, fmt.Errorf("expected %s, or some of %s%s", All, strings.Join(known, ", "), spell.DidYouMean(name, known))
		case !slices.Contains(under, name):
			under = append(under, name)
		}
	}
	return under, nil
}

// Run runs all that is wanted, and says whether it is all right. The error is that it could not be run; a UsageError, if what was
// asked for cannot be.
func Run(ctx context.Context, options Options) (ok bool, err error) {
	o := &suite{Options: options}
	if err := o.prepare(); err != nil {
		return false, err
	}
	if o.reporters, err = o.open(); err != nil {
		return false, err
	}
	o.start = time.Now()
	if o.App != "" && !o.DryRun {
		if o.app, err = newApplication(ctx, o); err != nil {
			return false, err
		}
	}
	err = o.run(ctx)
	err = errors.Join(err, o.app.stop())
	o.end = time.Now()
	for _, r := range o.reporters {
		if failed := r.end(o); err == nil {
			err = failed
		}
	}
	return err == nil && ctx.Err() == nil && o.ok(), err
}

// prepare looks up what is to be run, and whether it can be.
func (o *suite) prepare() error {
	files, lines, err := find(o.Paths)
	if err != nil {
		return err
	}
	all, err := read(files)
	if err != nil {
		return UsageError{err}
	}
	if o.cases, err = o.choose(all.cases, lines); err != nil {
		return err
	}
	if len(o.cases) == 0 {
		return nothing(o, len(all.cases))
	}
	o.files = files
	if o.AppWait == 0 {
		o.AppWait = 30 * time.Second
	}
	switch {
	case o.PerRun && o.App != "" && o.Concurrency > 1:
		return usage("one application for the whole run has one scenario at a time: leave out the concurrency, or start one per scenario")
	case o.PerRun && o.App != "":
		o.Concurrency = 1
	case o.Concurrency == 0:
		o.Concurrency = runtime.NumCPU()
	}
	o.exempt, err = exemptions(o.cases)
	return err
}

// nothing says why there is no scenario. It is a failure, and no slip in the words: a suite that has lost its scenarios would pass.
func nothing(o *suite, found int) error {
	if found == 0 {
		return fmt.Errorf("there is no scenario in %s: a run without any would pass", strings.Join(o.Paths, ", "))
	}
	return fmt.Errorf("none of the %d scenarios is wanted by --name and --tags: a run without any would pass", found)
}

// run is the undisturbed run, and what follows when it is green.
func (o *suite) run(ctx context.Context) error {
	if err := o.pass(ctx, &pass{cases: o.cases}); err != nil || o.DryRun || len(o.Under) == 0 || !o.ok() {
		return err
	}
	for _, name := range o.Under {
		if err := o.under(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// ok says whether nothing has failed.
func (o *suite) ok() bool {
	return !slices.ContainsFunc(o.results, func(r *result) bool { return r.bad(o.AllowUnstruck) })
}

// again is the line that runs a test case again.
func (o *suite) again(c *testCase, p *pass, seed string) string {
	line := o.Command
	if p.under != "" {
		line += " --under " + p.under
	}
	if p.nth > 0 {
		line += fmt.Sprintf(" --sweep=%d", p.nth)
	}
	if seed != "" {
		line += " --seed " + seed
	}
	return line + " " + c.place()
}

// steps are the options of the steps, but for the application.
func (o *suite) steps(p *pass) []tsimgodog.Option {
	options := []tsimgodog.Option{tsimgodog.Box(append(o.control(), p.box()...)...)}
	if server := cmp.Or(o.Server, o.app.server()); server != "" {
		options = append(options, tsimgodog.Server(server))
	}
	if o.Seed != nil {
		options = append(options, tsimgodog.Seed(*o.Seed))
	}
	return options
}

// control says to a sandbox on a server where its control surface is.
func (o *suite) control() []tsimbox.Option {
	if o.ControlURL == "" {
		return nil
	}
	return []tsimbox.Option{tsimbox.ControlURL(o.ControlURL)}
}
