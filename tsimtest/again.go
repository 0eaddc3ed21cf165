package tsimtest

import (
	"os"

	"tsim/internal/again"
)

// runAgain is the line that runs a test again. With no seed from outside, the test itself, or its scenario, says it again.
func runAgain(test string) string {
	return "run it again: " + again.Test(test, os.Getenv("TSIM_SEED"))
}
