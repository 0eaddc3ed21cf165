// Command tsim is a ThingSpace that runs on your own machine: see the README.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// The exit codes.
const (
	exitFailed = 1 // the work could not be done
	exitUsage  = 2 // the words of the command are off
)

// usageError is a command that was spelled wrong.
type usageError struct{ error }

// run is the whole program: it returns the exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintf(errs, "tsim: %v\n", err)
	var usage usageError
	if errors.As(err, &usage) {
		fmt.Fprintln(errs, "Run 'tsim --help' for usage.")
		return exitUsage
	}
	return exitFailed
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "tsim",
		Short: "A ThingSpace eUICC API that runs on your own machine",
		Long: `tsim is a double of Verizon ThingSpace's eUICC (device profile) API. Point your client at it
instead of the real service: it checks each request, answers with a requestId, moves the
profiles of its devices, and sends the callbacks later, with the retries and the errors that
the real service is known for. Time is yours: let it run, stop it, or jump.

Start with:   tsim serve`,
		SilenceErrors: true, // run prints them, on one line
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	root.AddCommand(newServe(), newListen(), newVersion())
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	for _, cmd := range append(root.Commands(), root) {
		args := cmd.Args
		cmd.Args = func(cmd *cobra.Command, given []string) error {
			if err := args(cmd, given); err != nil {
				return usageError{err}
			}
			return nil
		}
	}
	return root
}
