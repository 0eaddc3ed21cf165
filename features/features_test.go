// Package features runs the .feature files: what tsim does, in the words of somebody who integrates
// with ThingSpace. The words are those of tsimgodog, which any suite can have.
package features

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/cucumber/godog"

	"tsim/tsimgodog"
)

func TestFeatures(t *testing.T) {
	files, err := filepath.Glob("*.feature")
	if err != nil || len(files) == 0 {
		t.Fatalf("no features here (%v): a suite without any would pass", err)
	}
	suite := godog.TestSuite{
		ScenarioInitializer: func(sc *godog.ScenarioContext) {
			tsimgodog.Steps(sc)
			ownSteps(sc)
		},
		Options: &godog.Options{
			Format:    "progress",
			Output:    os.Stderr,
			Paths:     files,
			Randomize: -1, // a new order each time, which the output names
			Strict:    true,
			NoColors:  true,
			TestingT:  t,
		},
	}
	if suite.Run() != 0 {
		t.Error("a scenario failed")
	}
}
