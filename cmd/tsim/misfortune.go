package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tsim/internal/scenario"
	"tsim/internal/spell"
)

func newMisfortune() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "misfortune",
		Short: "List and show what can go wrong, by name",
		Long: `A misfortune is a set of rules with a name: callbacks that come twice, replies that are lost, bulks
of which half fails. Some change only what a client is told, so that a good one ends where it
would have ended without them; the others change what happens.
docs/scenario.md says how to write rules of your own.`,
		Example: `  tsim misfortune list
  tsim misfortune show duplicates
  tsim serve --with duplicates`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newMisfortuneList(), newMisfortuneShow())
	return cmd
}

func newMisfortuneList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the misfortunes, and what they change",
		Long:    "list names the misfortunes, one to a line, each with what it changes and what happens.",
		Example: "  tsim misfortune list",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 3, ' ', 0)
			for _, name := range scenario.Sets() {
				s, err := scenario.LoadSet(name)
				if err != nil {
					return err
				}
				changes := "the telling"
				if s.Outcome {
					changes = "the outcome"
				}
				fmt.Fprintf(table, "%s\t%s\t%s\n", name, changes, s.About)
			}
			return table.Flush()
		},
	}
}

func newMisfortuneShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME",
		Short: "Print what a misfortune does, and its rules",
		Long: `show says what happens, who should try it, what a good client does, and what changes. Then come its
rules in YAML, as they are written: a pattern for those of your own scenario.`,
		Example:           "  tsim misfortune show duplicates",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeMisfortune,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := scenario.LoadSet(args[0])
			if err != nil {
				return err
			}
			text, err := scenario.SetText(args[0])
			if err != nil {
				return err
			}
			showMisfortune(cmd.OutOrStdout(), &s, text)
			return nil
		},
	}
}

func showMisfortune(out io.Writer, s *scenario.Set, text []byte) {
	changes := "only the telling: a good client ends where it would have ended without it"
	if s.Outcome {
		changes = "the outcome: also a good client ends somewhere else than without it"
	}
	const rules = "\nrules:\n"
	_, written, _ := bytes.Cut(text, []byte(rules))
	fmt.Fprintf(out, `# %s: %s
# It changes %s.
#
# For:           %s
# A good client: %s
#
# To have it: tsim serve --with %[1]s, or with: [%[1]s] in a scenario.
%[6]s%[7]s`, s.Name, s.About, changes, s.For, s.Good, rules, written)
}

// withFlag is a flag that may be repeated: the name of a misfortune, or several with commas between them.
type withFlag []string

func (w *withFlag) Type() string   { return "name" }
func (w *withFlag) String() string { return "" }

// Set takes one name, or several with commas between them.
func (w *withFlag) Set(text string) error {
	known := scenario.Sets()
	for name := range strings.SplitSeq(text, ",") {
		if !slices.Contains(known, name) {
			return fmt.Errorf("expected one of %s%s", strings.Join(known, ", "), spell.DidYouMean(name, known))
		}
		*w = append(*w, name)
	}
	return nil
}
