// Command tsim is a ThingSpace that runs on your own machine: see the README.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"tsim/internal/spell"
)

func main() {
	paceCollector()
	ctx, stop := signal.NotifyContext(context.Background(), endings...)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// endings are the signals that end a command in good order. A terminal that is closed sends the last one.
var endings = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}

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
	if with, ok := errors.AsType[exitError](err); ok {
		return with.code
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

Exit codes: 0 when all went well, 1 when the work could not be done, 2 when the command is
spelled wrong.`,
		Example: `  tsim serve
  tsim listen
  tsim do profile_suspend 89445000000000000019
  tsim callback list`,
		SilenceErrors: true, // run prints them, on one line
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	for _, group := range []struct {
		title    string
		commands []*cobra.Command
	}{
		{"Serve:", []*cobra.Command{newServe(), newHealth(), newScenario(), newMisfortune(), newReplay(), newOpenAPI(), newCA(), newVersion()}},
		{"Run behaviour suites:", []*cobra.Command{newBDD()}},
		{"Be a client of ThingSpace, on a running server:", []*cobra.Command{newDo(), newListen()}},
		{"Steer a running server, and look inside:", []*cobra.Command{
			newSandbox(), newSnapshot(), newClock(), newDevice(), newCallback(), newHold(), newRequest(), newCall(), newRule(), newEvent(), newWait(), newRecording(),
		}},
	} {
		root.AddGroup(&cobra.Group{ID: group.title, Title: group.title})
		for _, cmd := range group.commands {
			cmd.GroupID = group.title
			root.AddCommand(cmd)
		}
	}
	root.InitDefaultCompletionCmd()
	root.SetFlagErrorFunc(flagError)
	each(root, explainArgs)
	return root
}

// each does something with a command, and with all below it.
func each(cmd *cobra.Command, do func(*cobra.Command)) {
	do(cmd)
	for _, sub := range cmd.Commands() {
		each(sub, do)
	}
}

// explainArgs makes a command say what it takes when it gets something else.
func explainArgs(cmd *cobra.Command) {
	if fits := cmd.Args; fits != nil {
		cmd.Args = func(cmd *cobra.Command, given []string) error {
			err := fits(cmd, given)
			switch {
			case err == nil:
				return nil
			case cmd.HasSubCommands():
				return usageError{fmt.Errorf("%w%s", err, spell.DidYouMean(given[0], below(cmd)))}
			}
			return usageError{errors.New(takes(cmd, given))}
		}
	}
}

// below are the names of the commands below cmd.
func below(cmd *cobra.Command) (names []string) {
	for _, sub := range cmd.Commands() {
		names = append(names, sub.Name())
	}
	return names
}

// takes says what a command takes instead of what was given, with the first of its examples.
func takes(cmd *cobra.Command, given []string) string {
	_, args, _ := strings.Cut(cmd.Use, " ")
	text := strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ") + " takes " + cmp.Or(args, "no arguments")
	if len(given) > 0 {
		text += ", not " + strings.Trim(fmt.Sprintf("%q", given), "[]")
	}
	for example := range strings.Lines(cmd.Example) {
		if example = strings.TrimSpace(example); strings.HasPrefix(example, cmd.CommandPath()) {
			return text + ", for example: " + example
		}
	}
	return text
}
