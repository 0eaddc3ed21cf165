package main

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tsim/internal/scenario"
)

// completeWith says how the shell completes a flag.
func completeWith(cmd *cobra.Command, flag string, f cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err) // there is no such flag: a slip of ours
	}
}

// completeScenario offers the built-in scenarios and the YAML files; when it has none, the shell
// offers files of its own.
func completeScenario(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	found := builtins(typed)
	_, dotted := filepath.Split(typed)
	for _, extension := range []string{".yaml", ".yml"} {
		// A name that Glob cannot read is one that the shell has to complete.
		files, _ := filepath.Glob(typed + "*" + extension)
		slices.Sort(files)
		for _, file := range files {
			// Hidden files are for those who type the dot.
			if name := filepath.Base(file); !strings.HasPrefix(name, ".") || strings.HasPrefix(dotted, ".") {
				found = append(found, file)
			}
		}
	}
	return found, cobra.ShellCompDirectiveDefault
}

// completeBuiltin offers the built-in scenarios, for commands that take one.
func completeBuiltin(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return builtins(typed), cobra.ShellCompDirectiveNoFileComp
}

// builtins are the built-in scenarios that begin with what was typed, with what they are for.
func builtins(typed string) []cobra.Completion {
	var found []cobra.Completion
	for _, name := range scenario.Names() {
		if !strings.HasPrefix(name, typed) {
			continue
		}
		cfg, err := scenario.Open(name, nil, time.Now())
		if err != nil {
			continue // completion is no place for complaints
		}
		found = append(found, cobra.CompletionWithDesc(name, cfg.About))
	}
	return found
}

// completeMisfortune offers the misfortunes, for commands that take one.
func completeMisfortune(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return sets("", typed), cobra.ShellCompDirectiveNoFileComp
}

// completeWithFlag offers the misfortunes for a flag that takes several, with commas between them.
func completeWithFlag(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	last := strings.LastIndex(typed, ",") + 1
	return sets(typed[:last], typed[last:]), cobra.ShellCompDirectiveNoFileComp
}

// sets are the misfortunes that begin with what was typed, each behind what stands before it, with what happens.
func sets(before, typed string) []cobra.Completion {
	var found []cobra.Completion
	for _, name := range scenario.Sets() {
		if s, err := scenario.LoadSet(name); err == nil && strings.HasPrefix(name, typed) {
			found = append(found, cobra.CompletionWithDesc(before+name, s.About))
		}
	}
	return found
}
