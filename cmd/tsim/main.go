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

	"tsim/internal/spell"
)

func main() {
	paceCollector()
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
	if _, usage := errors.AsType[usageError](err); usage {
		fmt.Fprintf(errs, "tsim: %v (see 'tsim --help')\n", err)
		return exitUsage
	}
	fmt.Fprintf(errs, "tsim: %v\n", err)
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

Exit codes: 0 when all went well, 1 when the work could not be done, 2 when the command is
spelled wrong.`,
		Example: `  tsim serve
  tsim listen
  tsim scenario list`,
		SilenceErrors: true, // run prints them, on one line
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	root.AddCommand(newServe(), newListen(), newScenario(), newHealth(), newOpenAPI(), newCA(), newVersion())
	root.InitDefaultCompletionCmd()
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	markUsage(root)
	return root
}

// markUsage makes a command, and those below it, call arguments that are off what they are.
func markUsage(cmd *cobra.Command) {
	if args := cmd.Args; args != nil {
		cmd.Args = func(cmd *cobra.Command, given []string) error {
			err := args(cmd, given)
			if err == nil {
				return nil
			}
			if cmd.HasSubCommands() && len(given) > 0 {
				if near := nearest(cmd, given[0]); near != "" {
					err = fmt.Errorf("%w; did you mean %q?", err, near)
				}
			}
			return usageError{err}
		}
	}
	for _, sub := range cmd.Commands() {
		markUsage(sub)
	}
}

// nearest is the command below cmd that a misspelt word was most probably meant to be, or "".
func nearest(cmd *cobra.Command, word string) string {
	var known []string
	for _, sub := range cmd.Commands() {
		known = append(known, sub.Name())
	}
	return spell.Nearest(word, known)
}
