package main

import (
	"context"
	"os"
	"os/signal"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

const quickExit = "atexit_sleep_ms=0"

// The scripts in testdata drive the real program, in a process of its own, as a user would.
func TestMain(m *testing.M) {
	// Under the race detector each process would sleep a second before it exits.
	if err := os.Setenv("GORACE", quickExit); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){
		"tsim": func() {
			ctx, stop := signal.NotifyContext(context.Background(), endings...)
			defer stop()
			os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
		},
		"curl": func() { os.Exit(curl(os.Args[1:])) },
		"vans": func() { os.Exit(vans(os.Args[1:])) },
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", Setup: func(env *testscript.Env) error {
		env.Setenv("GORACE", quickExit)
		return nil
	}})
}
