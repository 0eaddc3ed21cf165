package features

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cucumber/godog"

	"tsim/tsimbox"
	"tsim/tsimclient"
	"tsim/tsimgodog"
)

// ownSteps are the words that look at tsim from inside, for which other suites have no use.
func ownSteps(sc *godog.ScenarioContext) {
	goingOn(sc)
	sc.When(`^my application is about to ask for profile_suspend$`, func(ctx context.Context) error {
		box, fleet := tsimgodog.Sandbox(ctx), tsimbox.IDs{}
		devices, err := box.Fleet(ctx)
		if err != nil {
			return err
		}
		fleet.ICCID = devices[0].ICCIDs[1]
		waited := make(chan error)
		go func() {
			_, err := box.Control.Wait(ctx, tsimclient.Wait{For: tsimclient.For{
				Calls: &tsimclient.CallsWanted{CallFilter: tsimclient.CallFilter{Operation: tsimclient.OpProfileSuspend}},
			}})
			waited <- err
		}()
		_, err = box.Do(ctx, tsimclient.OpProfileSuspend, fleet)
		return errors.Join(err, <-waited)
	})
	sc.Then(`^what is near a call for (\S+) of (\d+) devices differs in "([^"]*)"$`, func(ctx context.Context, op string, n int, want string) error {
		counted, err := tsimgodog.Sandbox(ctx).Control.CountCalls(ctx, tsimclient.CallsWanted{
			CallFilter: tsimclient.CallFilter{Operation: tsimclient.Operation(op), Devices: &n},
		})
		if near := counted.Nearest; err == nil && (len(near) == 0 || strings.Join(near[0].Differs, "; ") != want) {
			err = fmt.Errorf("near is %+v", near)
		}
		return err
	})
	sc.Then(`^that request is another one than "([^"]*)"$`, func(ctx context.Context, name string) error {
		request, err := tsimgodog.Expand(ctx, "{request.id}")
		if err != nil {
			return err
		}
		earlier, err := tsimgodog.Expand(ctx, "<"+name+">")
		if err == nil && (request == earlier || len(earlier) != len(request)) {
			err = fmt.Errorf("it is %s, and that was %s", request, earlier)
		}
		return err
	})
	sc.Then(`^the story of the request begins with$`, func(ctx context.Context, want *godog.DocString) error {
		request, err := tsimgodog.Expand(ctx, "{request.id}")
		if err != nil {
			return err
		}
		story, err := tsimgodog.Sandbox(ctx).Explain(ctx, request)
		if err == nil && !strings.Contains(story, " are still to come\n"+want.Content+"\n- entry 1 ") {
			err = fmt.Errorf("the story is\n%s", story)
		}
		return err
	})
}

type keptKey struct{}

// goingOn are the words of going_on.feature.
func goingOn(sc *godog.ScenarioContext) {
	sc.When(`^I keep the sandbox as a scenario$`, func(ctx context.Context) (context.Context, error) {
		text, err := tsimgodog.Sandbox(ctx).Scenario(ctx)
		return context.WithValue(ctx, keptKey{}, text), err
	})
	says := func(ctx context.Context, want *godog.DocString) error {
		if text := ctx.Value(keptKey{}).(string); !strings.Contains("\n"+text, "\n"+want.Content+"\n") {
			return fmt.Errorf("it is\n%s", text)
		}
		return nil
	}
	sc.Then(`^the scenario that I kept (?:has|says)$`, says)
	sc.When(`^I go on from the scenario that I kept$`, func(ctx context.Context) error {
		return tsimgodog.Sandbox(ctx).ResetTo(ctx, ctx.Value(keptKey{}).(string), tsimclient.KeepTokens)
	})
	sc.When(`^I go on from the built-in scenario "([^"]*)"$`, func(ctx context.Context, name string) error {
		return tsimgodog.Sandbox(ctx).ResetTo(ctx, name, tsimclient.KeepTokens)
	})
}
