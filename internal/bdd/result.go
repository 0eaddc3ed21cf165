package bdd

import "time"

// status is how a step or a scenario has ended.
type status string

const (
	passed    status = "passed"
	failed    status = "failed"
	skipped   status = "skipped"
	undefined status = "undefined"
	pending   status = "pending"
	ambiguous status = "ambiguous"
)

// verdict is what came of a scenario under a misfortune.
type verdict string

const (
	holds       verdict = "holds"
	breaks      verdict = "breaks"
	neverStruck verdict = "never struck"
	crashed     verdict = "crashed"
	exempt      verdict = "exempt"
)

// result is what came of a test case, undisturbed or under a misfortune.
type result struct {
	*testCase
	under   string
	nth     int // of a sweep
	status  status
	verdict verdict // "" undisturbed
	reason  string  // of an exemption
	steps   []stepResult
	err     error
	seed    uint64
	began   time.Time
	took    time.Duration

	died   bool   // the application did, before it was stopped
	output string // of the application

	struck    int // how often the rules of the misfortune did
	occasions int // how often one of them could have, at the most

	again string // the line that runs it again
	told  bool
}

type stepResult struct {
	status  status
	err     error
	nearest []string // of one that is undefined
	took    time.Duration
}

// judge says what came of a scenario under a misfortune.
func (r *result) judge() {
	switch {
	case r.under == "" || r.verdict == exempt:
	case r.died:
		r.verdict = crashed
	case r.nth > 0 && r.struck == 0: // as good as undisturbed, which has been green
		r.verdict = neverStruck
	case r.status != passed:
		r.verdict = breaks
	case r.struck == 0:
		r.verdict = neverStruck
	default:
		r.verdict = holds
	}
}

// bad says whether the result fails the run.
func (r *result) bad(allowUnstruck bool) bool {
	switch r.verdict {
	case "":
		return r.status != passed || r.died
	case holds, exempt:
		return false
	case neverStruck:
		return !allowUnstruck
	}
	return true
}

// firstFailed is the step at which it went wrong, and what was wrong; false if none has failed.
func (r *result) firstFailed() (step, stepResult, bool) {
	for i, s := range r.steps {
		if s.status != passed && i < len(r.testCase.steps) {
			return r.testCase.steps[i], s, true
		}
	}
	return step{}, stepResult{}, false
}

// hasFailed says whether a step has failed.
func (r *result) hasFailed() bool {
	_, _, ok := r.firstFailed()
	return ok
}
