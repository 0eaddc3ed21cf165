package tsimgodog_test

import (
	"context"
	"fmt"
	"io"

	"github.com/cucumber/godog"

	"tsim/tsimgodog"
)

// A suite with tsim's steps and one of its own. In a test of Go, the options have a TestingT, too, and Paths instead of
// FeatureContents.
func Example() {
	suite := godog.TestSuite{
		ScenarioInitializer: func(sc *godog.ScenarioContext) {
			tsimgodog.Steps(sc)
			sc.Step(`^the device "([^"]*)" can be told from others$`, func(ctx context.Context, name string) error {
				d, err := tsimgodog.Device(ctx, name)
				fmt.Println(name, "is", d.EID)
				return err
			})
		},
		Options: &godog.Options{Format: "progress", Output: io.Discard, Strict: true, FeatureContents: []godog.Feature{{
			Name: "suspend.feature",
			Contents: []byte(`
Feature: Suspending a profile
  Scenario: A Global profile that is in use
    Given a device "van-7" with the profiles
      | profile | service | status |
      | Global  | active  | ENABLE |
    And my listener is registered
    When I suspend the Global profile of "van-7"
    And time passes until nothing is owed
    Then my listener hears
      | device | of     | status  | state     |
      | van-7  | Global | SUCCESS | SUSPENDED |
    And the device "van-7" can be told from others
`)}}},
	}
	fmt.Println(suite.Run())
	// Output:
	// van-7 is 89001012012341234012345678901224
	// 0
}
