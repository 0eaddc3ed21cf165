package features

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/cucumber/godog"

	"tsim/internal/scenario"
	"tsim/tsimgodog"
)

// struck is how often each rule has done something in all stories.
var struck = map[string]int{}

// misfortune is a step that says one.
var misfortune = regexp.MustCompile(`^the misfortune "([^"]*)"$`)

// tally counts that, and holds each set that the story names to having done something in it.
func tally(ctx context.Context, s *godog.Scenario, _ error) (context.Context, error) {
	hits := map[string]int{}
	rules, err := tsimgodog.Sandbox(ctx).Rules(ctx)
	for i := range rules {
		r := &rules[i]
		struck[r.Name] += r.Hits - r.Skipped
		hits[r.Set] += r.Hits - r.Skipped
	}
	for _, step := range s.Steps {
		if m := misfortune.FindStringSubmatch(step.Text); m != nil && hits[m[1]] == 0 {
			err = errors.Join(err, fmt.Errorf("%s has done nothing in this story", m[1]))
		}
	}
	return ctx, err
}

// checkMisfortunes holds each rule of each named set, and of the scenario "default", to having done something in a story.
func checkMisfortunes(t *testing.T) {
	cfg, err := scenario.Open("default", nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	rules := cfg.Rules
	for _, name := range scenario.Sets() {
		set, err := scenario.LoadSet(name)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, set.Rules...)
	}
	for i := range rules {
		if name := rules[i].Name; struck[name] == 0 {
			t.Errorf("no story shows what %s does", name)
		}
	}
}
