package bdd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/cucumber/godog"

	"tsim/tsimbox"
	"tsim/tsimclient"
	"tsim/tsimgodog"
)

// pass is one run of some test cases, all of them under the same misfortune.
type pass struct {
	cases []*testCase
	under string            // "" for the undisturbed one
	nth   int               // of a sweep: what is struck, from 1; 0 for the misfortune as it is
	rules []tsimclient.Rule // of a sweep, in place of those of the misfortune

	done map[*testCase]*result
	told int // how many of the cases the reporters know
}

// box is what misfortune does to a sandbox.
func (p *pass) box() []tsimbox.Option {
	switch {
	case p.nth > 0:
		return []tsimbox.Option{tsimbox.Rules(p.rules...)}
	case p.under != "":
		return []tsimbox.Option{tsimbox.With(p.under)}
	}
	return nil
}

// pass runs test cases. Each result is told as soon as it is there.
func (o *suite) pass(ctx context.Context, p *pass) error {
	var files []string
	for _, file := range o.files {
		if slices.ContainsFunc(p.cases, func(c *testCase) bool { return c.file == file }) {
			files = append(files, file)
		}
	}
	now, err := read(files)
	if err != nil {
		return err
	}
	wanted := map[string]*testCase{}
	for _, c := range p.cases {
		wanted[c.place()] = c
		if len(c.steps) == 0 {
			o.ended(p, &result{testCase: c, under: p.under, status: undefined, err: errors.New("the scenario has no steps")})
		}
	}
	find := func(s *godog.Scenario) *testCase {
		if c := now.byID[s.Id]; c != nil {
			return wanted[c.place()]
		}
		return nil
	}
	run := godog.TestSuite{
		ScenarioInitializer: func(sc *godog.ScenarioContext) { o.initialize(sc, p, find) },
		Options: &godog.Options{
			Format: "progress", Output: io.Discard, Strict: true, NoColors: true, Paths: files, Concurrency: o.Concurrency, DefaultContext: ctx,
		},
	}
	run.Run()                               // what comes of it is told to the hooks
	for ; p.told < len(p.cases); p.told++ { // of a run that was interrupted
		if r := p.done[p.cases[p.told]]; r != nil {
			o.tell(r)
		}
	}
	return ctx.Err()
}

// running is a test case that runs.
type running struct {
	o      *suite
	p      *pass
	find   func(*godog.Scenario) *testCase
	result *result // nil for one that is not wanted
	began  time.Time
}

// initialize gives a scenario its steps, and hooks that keep what comes of them: those beside the steps are called after theirs.
func (o *suite) initialize(sc *godog.ScenarioContext, p *pass, find func(*godog.Scenario) *testCase) {
	run := &running{o: o, p: p, find: find}
	sc.Before(run.before)
	if o.DryRun {
		for _, pattern := range noSteps() {
			sc.Step(pattern, func() error { return nil })
		}
	} else {
		tsimgodog.Steps(sc, append(o.steps(p), tsimgodog.StartApplication(run.start), tsimgodog.Again(run.again))...)
	}
	sc.StepContext().Before(func(ctx context.Context, _ *godog.Step) (context.Context, error) {
		run.began = time.Now()
		return ctx, nil
	})
	sc.StepContext().After(run.afterStep)
	sc.After(run.after)
}

func (run *running) before(ctx context.Context, s *godog.Scenario) (context.Context, error) {
	c := run.find(s)
	if c == nil {
		return ctx, godog.ErrSkip
	}
	run.result = &result{testCase: c, under: run.p.under, nth: run.p.nth, began: time.Now()}
	return ctx, nil
}

// start starts the application as soon as there is a sandbox, and keeps what is to be known of that when the scenario is over.
func (run *running) start(ctx context.Context, box *tsimbox.Sandbox) (string, func() error, error) {
	run.result.seed = box.Seed
	url, stop, err := run.o.app.start(ctx, box, run.result)
	if err != nil {
		return "", nil, err
	}
	return cmp.Or(url, os.Getenv("TSIM_APP_URL")), func() error {
		failed := run.p.keep(context.WithoutCancel(ctx), box, run.result)
		return errors.Join(failed, stop())
	}, nil
}

func (run *running) again(_, seed string) string {
	if run.result == nil {
		return ""
	}
	return run.o.again(run.result.testCase, run.p, seed)
}

// words are what godog's own words for the ends of a step are here.
var words = map[godog.StepResultStatus]status{
	godog.StepPassed: passed, godog.StepFailed: failed, godog.StepSkipped: skipped, godog.StepUndefined: undefined,
	godog.StepPending: pending, godog.StepAmbiguous: ambiguous,
}

func (run *running) afterStep(ctx context.Context, s *godog.Step, end godog.StepResultStatus, err error) (context.Context, error) {
	if run.result == nil || run.result.told {
		return ctx, nil
	}
	r := stepResult{status: words[end], err: err, took: time.Since(run.began)}
	if end == godog.StepUndefined {
		r.nearest = tsimgodog.Nearest(s.Text)
		r.err = errors.New("no step is like that")
	}
	run.result.steps = append(run.result.steps, r)
	return ctx, nil
}

// after is the end of a scenario: its sandbox is closed, and the application is stopped, if it has one for itself.
func (run *running) after(ctx context.Context, _ *godog.Scenario, err error) (context.Context, error) {
	r := run.result
	if r == nil || r.told {
		return ctx, nil
	}
	r.status = passed
	for _, s := range r.steps {
		if s.status != passed {
			r.status, r.err = s.status, s.err
			break
		}
	}
	if r.status == passed && err != nil { // of what a scenario has ended
		r.status, r.err = failed, err
	}
	for len(r.steps) < len(r.testCase.steps) {
		r.steps = append(r.steps, stepResult{status: skipped})
	}
	r.took = time.Since(r.began)
	run.o.ended(run.p, r)
	return ctx, nil
}

// ended keeps a result. Scenarios run side by side, but they are told in their order.
func (o *suite) ended(p *pass, r *result) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r.told = true
	r.judge()
	seed := ""
	if r.seed > 0 {
		seed = strconv.FormatUint(r.seed, 10)
	}
	r.again = o.again(r.testCase, p, seed)
	if p.done == nil {
		p.done = map[*testCase]*result{}
	}
	p.done[r.testCase] = r
	for p.told < len(p.cases) && p.done[p.cases[p.told]] != nil {
		o.tell(p.done[p.cases[p.told]])
		p.told++
	}
}

// tell tells the reporters of a result. What a sweep has not struck is its end, and no result.
func (o *suite) tell(r *result) {
	if r.nth > 0 && r.verdict == neverStruck {
		return
	}
	o.results = append(o.results, r)
	for _, to := range o.reporters {
		to.result(r)
	}
}

// noSteps is the patterns of the vocabulary, for steps that do nothing.
var noSteps = sync.OnceValue(func() (all []*regexp.Regexp) {
	for _, s := range tsimgodog.Vocabulary() {
		all = append(all, regexp.MustCompile(s.Pattern))
	}
	return all
})

// keep keeps what the rules of the misfortune have done.
func (p *pass) keep(ctx context.Context, box *tsimbox.Sandbox, r *result) error {
	if p.under == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	all, err := box.Rules(ctx)
	if err != nil {
		return fmt.Errorf("what has struck cannot be asked: %w", err)
	}
	for i := range all {
		rule := &all[i]
		if rule.Set == p.under || slices.ContainsFunc(p.rules, func(own tsimclient.Rule) bool { return own.Name == rule.Name }) {
			r.struck += rule.Hits - rule.Skipped
			r.occasions = max(r.occasions, rule.Occasions)
		}
	}
	return nil
}
