package main

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tsim/internal/scenario"
)

func newScenario() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "scenario",
		Short: "List, show and check scenarios",
		Long: `A scenario is a YAML file that says what a sandbox starts with: accounts, devices, latencies,
who may call. Some are built in; to write your own, begin with one of those.
docs/scenario.md explains every key.`,
		Example: `  tsim scenario list
  tsim scenario show default > mine.yaml
  tsim scenario validate mine.yaml
  tsim serve --scenario mine.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newScenarioList(), newScenarioShow(), newScenarioValidate())
	return cmd
}

func newScenarioList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the built-in scenarios, and what they are for",
		Long:    "list names the built-in scenarios, one to a line, each with what it is for.",
		Example: "  tsim scenario list",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 3, ' ', 0)
			for _, name := range scenario.Names() {
				cfg, err := scenario.Open(name, nil, time.Now())
				if err != nil {
					return err
				}
				fmt.Fprintf(table, "%s\t%s\n", name, cfg.About)
			}
			return table.Flush()
		},
	}
}

func newScenarioShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME",
		Short: "Print the YAML of a built-in scenario",
		Long:  "show prints a built-in scenario as it is written, comments and all: a pattern for your own.",
		Example: `  tsim scenario show two-networks
  tsim scenario show default > mine.yaml`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeBuiltin,
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := scenario.Builtin(args[0])
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
}

func newScenarioValidate() *cobra.Command {
	return &cobra.Command{
		Use:   "validate FILE…",
		Short: "Check scenario files",
		Long: `validate checks scenarios as serve would, without serving them. It prints "FILE: ok" for each that
is good; what is wrong goes to standard error, each problem with file, line and column, and the
exit code is 1. The file - is standard input.`,
		Example: `  tsim scenario show default > mine.yaml
  tsim scenario validate mine.yaml
  tsim scenario show two-networks | tsim scenario validate -`,
		Args: cobra.MinimumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return []cobra.Completion{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(cmd *cobra.Command, files []string) error {
			bad := 0
			for _, file := range files {
				cfg, err := scenario.Open(file, cmd.InOrStdin(), time.Now())
				if err != nil {
					bad++
					fmt.Fprintln(cmd.ErrOrStderr(), err) // it begins with file:line, which editors can jump to
					continue
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s: ok\n", file)
				for _, hidden := range cfg.HiddenRules() {
					fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", file, hidden)
				}
			}
			switch {
			case bad == 0:
				return nil
			case len(files) == 1:
				return errors.New("the scenario cannot be used")
			}
			return fmt.Errorf("%d of %d scenarios cannot be used", bad, len(files))
		},
	}
}
