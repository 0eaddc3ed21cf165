package foreign

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/cucumber/godog"

	"tsim/tsimbox"
	"tsim/tsimclient"
	"tsim/tsimgodog"
)

const feature = `Feature: A suite of somebody else's
  Scenario: One
    Given a device "van-7" with the profiles
      | profile | service | status |
      | Global  | active  | ENABLE |
    And my listener is registered
    When "van-7" is suspended by "<nobody>" of mine
`

func TestGodog(t *testing.T) {
	const app = "http://127.0.0.1:1" // which no step here asks
	shared := must[*tsimbox.Sandbox](t)(tsimbox.Start(t.Context()))
	defer func() { _ = shared.Close(context.Background()) }()
	started := 0
	start := func(_ context.Context, box *tsimbox.Sandbox) (string, func() error, error) {
		started++
		return app, func() error { return nil }, nil
	}
	for _, o := range [][]tsimgodog.Option{
		{tsimgodog.Seed(7), tsimgodog.Application(app), tsimgodog.Again(func(place, _ string) string { return place })},
		{tsimgodog.Server(shared.URL), tsimgodog.Box(tsimbox.ControlURL(shared.URL)), tsimgodog.StartApplication(start)},
	} {
		var out bytes.Buffer
		suite := godog.TestSuite{
			ScenarioInitializer: func(sc *godog.ScenarioContext) {
				tsimgodog.Steps(sc, o...)
				sc.Step(`^"([^"]*)" is suspended by "<nobody>" of mine$`, suspended)
			},
			Options: &godog.Options{Format: "pretty", Output: &out, Strict: true, FeatureContents: []godog.Feature{{Name: "mine.feature", Contents: []byte(feature)}}},
		}
		if suite.Run() != 0 {
			t.Error(out.String())
		}
	}
	if started != 1 {
		t.Errorf("the application was started %d times", started)
	}
	if near := tsimgodog.Nearest("my listener heard"); near[0] != "[within 2 seconds, ]my listener hears" {
		t.Errorf("near is %q", near)
	}
	for _, s := range tsimgodog.Vocabulary() {
		if s.Family == "" || s.Pattern == "" || s.Doc == "" || s.Example == "" {
			t.Errorf("%+v", s)
		}
	}
}

// suspended is a step of one's own, with all of a sandbox.
func suspended(ctx context.Context, name string) error {
	iccid, err := tsimgodog.Expand(ctx, "{"+name+".Global.iccid}")
	if err != nil {
		return err
	}
	box := tsimgodog.Sandbox(ctx)
	request, err := box.Do(ctx, tsimclient.OpProfileSuspend, tsimbox.IDs{ICCID: iccid})
	if err != nil {
		return err
	}
	if troubled, err := box.Troubled(ctx); err != nil || len(troubled) != 1 {
		return fmt.Errorf("%q %w", troubled, err)
	}
	if _, err = box.Settle(ctx); err != nil {
		return err
	}
	if _, err = box.Want(ctx, request, "SUCCESS"); err != nil {
		return err
	}
	d, err := tsimgodog.Device(ctx, name)
	if err == nil && d.Profiles[0].Suspended != tsimclient.SuspendedProfile {
		err = fmt.Errorf("%+v", d)
	}
	return err
}
