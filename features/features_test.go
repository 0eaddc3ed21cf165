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
	var files []string
	for _, pattern := range []string{"*.feature", "misfortunes/*.feature"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("no %s here (%v): a suite without any would pass", pattern, err)
		}
		files = append(files, found...)
	}
	suite := godog.TestSuite{
		ScenarioInitializer: func(sc *godog.ScenarioContext) {
			sc.After(tally)
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
	t.Run("each misfortune has a story", checkMisfortunes)
}
