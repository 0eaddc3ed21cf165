// Package tsimgodog has steps for behaviour suites that run with godog: devices, time, ThingSpace's calls and callbacks,
// and the application under test, in the words of docs/steps.md. One line adds them beside the steps of a suite:
//
//	godog.TestSuite{
//		ScenarioInitializer: func(sc *godog.ScenarioContext) {
//			tsimgodog.Steps(sc, tsimgodog.Application(url))
//			sc.Step(`^the dashboard shows (\d+) vans$`, dashboardShows)
//		},
//	}
//
// Each scenario has a sandbox of its own, which the first step that needs one starts, so scenarios can run side by side
// (godog's Concurrency), and what fails in one is not seen by another. All that belongs to a scenario is in its context:
// steps of one's own reach the sandbox there, with Sandbox, and the devices by the names that the scenario gives them,
// with Device. What fails tells the story of its requests, the seed, and a line that runs it again.
package tsimgodog

import (
	"context"
	"errors"

	"github.com/cucumber/godog"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

// An Option says something about the sandboxes of a suite, or about its application.
type Option func(*options)

type options struct {
	server string // "" starts one for each scenario
	box    []tsimbox.Option
	app    StartFunc
	again  func(place, seed string) string // nil for what suites of Go say
}

// Server is the address of a tsim that runs already, where each scenario makes a sandbox of its own, as tsimbox.Connect
// does. Without it, each scenario starts a tsim in this process.
func Server(url string) Option { return func(o *options) { o.server = url } }

// Seed makes another draw of every chance than the scenarios' own seeds do. The variable TSIM_SEED beats it.
func Seed(n uint64) Option { return Box(tsimbox.Seed(n)) }

// Box gives further options to the sandbox of each scenario, such as tsimbox.ControlURL. What a tsimbox.Scenario says holds
// for scenarios that say nothing of their own world.
func Box(o ...tsimbox.Option) Option {
	return func(to *options) { to.box = append(to.box, o...) }
}

// Application is the base URL of the application under test, where it is one for all scenarios. The variable TSIM_APP_URL
// says it, too, and is beaten by this.
func Application(url string) Option {
	return StartApplication(func(context.Context, *tsimbox.Sandbox) (string, func() error, error) {
		return url, func() error { return nil }, nil
	})
}

// A StartFunc starts an application that uses a sandbox: its URL, and its credentials. It returns the base URL of the
// application, and what stops it, which is called at the end of the scenario and before that of the sandbox.
type StartFunc func(ctx context.Context, box *tsimbox.Sandbox) (url string, stop func() error, err error)

// StartApplication starts an application for each scenario, as soon as that has a sandbox.
func StartApplication(start StartFunc) Option { return func(o *options) { o.app = start } }

// Again says how a scenario is run again by what runs this suite: the line that ends a failure. It is told file and line of the
// scenario, and the seed, which is "" if there was none.
func Again(line func(place, seed string) string) Option {
	return func(o *options) { o.again = line }
}

// Steps adds the steps of this package to a suite: call it in the ScenarioInitializer, behind After hooks of your own that use
// the Sandbox, and before all other hooks that do.
func Steps(sc *godog.ScenarioContext, o ...Option) {
	chosen := &options{}
	for _, option := range o {
		option(chosen)
	}
	sc.Before(func(ctx context.Context, s *godog.Scenario) (context.Context, error) {
		return context.WithValue(ctx, worldKey{}, newWorld(chosen, s)), nil
	})
	sc.After(func(ctx context.Context, _ *godog.Scenario, _ error) (context.Context, error) {
		return ctx, worldOf(ctx).close(context.WithoutCancel(ctx))
	})
	sc.StepContext().Before(func(ctx context.Context, st *godog.Step) (context.Context, error) {
		worldOf(ctx).step = st
		return ctx, nil
	})
	sc.StepContext().After(afterStep)
	for i := range vocabulary {
		for _, s := range vocabulary[i].steps {
			sc.Step(patterns()[s.regexp()], s.handler())
		}
	}
}

// worldKey is where the context of a scenario has its world.
type worldKey struct{}

func worldOf(ctx context.Context) *world {
	w, ok := ctx.Value(worldKey{}).(*world)
	if !ok {
		panic(errors.New("this is not the context of a scenario with tsimgodog.Steps: call Steps first in the ScenarioInitializer, " +
			"and hand the context of the step or the hook on"))
	}
	return w
}

// Sandbox is the sandbox of the scenario that runs, which it starts if no step has needed one yet: from then on, steps
// cannot say what it starts from. It panics when that fails, which fails the step.
func Sandbox(ctx context.Context) *tsimbox.Sandbox {
	w := worldOf(ctx)
	if err := w.start(ctx); err != nil {
		panic(err)
	}
	return w.box
}

// Device is a device of the scenario that runs, as it is now, by the name that the scenario gives it; "" is the one that
// the scenario is about. The error names those that there are.
func Device(ctx context.Context, name string) (tsimclient.Device, error) {
	w := worldOf(ctx)
	d, err := w.device(ctx, name)
	if err != nil {
		return tsimclient.Device{}, err
	}
	return w.box.Device(ctx, d.eid)
}

// Expand puts in what stands for something else in the text of a step, as all steps here do: {van-7.eid}, or <job> for what
// was kept as that.
func Expand(ctx context.Context, text string) (string, error) { return worldOf(ctx).expand(ctx, text) }
