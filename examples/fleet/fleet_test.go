package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cucumber/godog"

	"tsim/internal/scenario"
	"tsim/tsimbox"
	"tsim/tsimgodog"
)

// patience is short, because simulated time does not wait for it.
const patience = 300 * time.Millisecond

func TestMain(m *testing.M) {
	_ = os.Unsetenv("TSIM_APP_URL") // or else the suites would be about that application
	m.Run()
}

// inProcess starts the service for a scenario.
func inProcess(_ context.Context, box *tsimbox.Sandbox) (string, func() error, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- serve(ctx, l, config{
			url: box.URL, appKey: box.AppKey, appSecret: box.AppSecret, username: box.Username, password: box.Password,
			account: box.Account, patience: patience,
		})
	}()
	stop := func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(10 * time.Second):
			return errors.New("the service does not stop")
		}
	}
	return "http://" + l.Addr().String(), stop, nil
}

const features = "features/fleet.feature"

// suite runs feature files against a service under misfortunes: how it ended, and what it printed.
func suite(t *testing.T, path string, start tsimgodog.StartFunc, misfortunes ...string) (code int, said string) {
	t.Helper()
	var out bytes.Buffer
	code = godog.TestSuite{
		ScenarioInitializer: func(sc *godog.ScenarioContext) {
			tsimgodog.Steps(sc, tsimgodog.StartApplication(start), tsimgodog.Box(tsimbox.With(misfortunes...)))
		},
		Options: &godog.Options{
			Format: "pretty", Output: &out, Paths: []string{path}, Strict: true, NoColors: true, Concurrency: 8,
			Tags: exempt(t, misfortunes),
		},
	}.Run()
	return code, out.String()
}

// exempt are the scenarios that need not hold under misfortunes, by their tags, as the features say it to tsim bdd.
func exempt(t *testing.T, misfortunes []string) string {
	t.Helper()
	text, err := os.ReadFile(features)
	if err != nil {
		t.Fatal(err)
	}
	var tags []string
	for _, name := range misfortunes {
		for _, tag := range regexp.MustCompile(`@(only-undisturbed|not-under:`+name+`):\S+`).FindAllString(string(text), -1) {
			tags = append(tags, "~"+tag)
		}
	}
	return strings.Join(tags, " && ")
}

// telling are the misfortunes after which a good client ends where it would have ended without them.
func telling(t *testing.T) (names []string) {
	t.Helper()
	for _, name := range scenario.Sets() {
		set, err := scenario.LoadSet(name)
		if err != nil {
			t.Fatal(err)
		}
		if !set.Outcome {
			names = append(names, name)
		}
	}
	return names
}

// The suite holds undisturbed, and under each misfortune.
func TestFleet(t *testing.T) { holds(t, inProcess) }

// holds runs the suite of a service undisturbed, and under each misfortune that changes only what is told.
func holds(t *testing.T, start tsimgodog.StartFunc) {
	t.Helper()
	if code, said := suite(t, features, start); code != 0 {
		t.Fatal(said)
	}
	for _, name := range telling(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if code, said := suite(t, features, start, name); code != 0 {
				t.Error(said)
			}
		})
	}
}
