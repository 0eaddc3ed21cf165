package features

import (
	"fmt"
	"slices"
	"testing"
)

// story makes tsimtest, which is for Go tests, at home in a scenario of godog: what ends the test ends
// the scenario, and its cleanup comes at the end of that.
type story struct {
	testing.TB
	cleanups []func()
}

func (s *story) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

// Fatal ends the step; godog reports a panic as its error.
func (s *story) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

func (s *story) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func (s *story) close() {
	for _, f := range slices.Backward(s.cleanups) {
		f()
	}
}
