package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tsim/internal/spell"
)

// prefix is how the variables of tsim begin.
const prefix = "TSIM_"

// fromEnvironment sets the flags that were not given from their variables: --log-level is
// TSIM_LOG_LEVEL. An empty variable counts as none, because compose files and CI systems pass
// variables on that way.
func fromEnvironment(cmd *cobra.Command, environ []string) error {
	values, err := values(cmd.Root(), environ)
	if err != nil {
		return err
	}
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if hasVariable(cmd, f) {
			flags.AddFlag(f)
		}
	})
	return setVariables(flags, values)
}

// values are those of tsim's variables, if none is misspelt.
func values(root *cobra.Command, environ []string) (map[string]string, error) {
	known, values := variables(root), map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if value == "" {
			continue
		}
		if meant := misspelt(name, known); meant != "" {
			return nil, usageError{fmt.Errorf("%s is no variable of tsim; did you mean %s?", name, meant)}
		}
		values[name] = value
	}
	return values, nil
}

// setVariables sets the flags that were not given.
func setVariables(flags *pflag.FlagSet, values map[string]string) (err error) {
	flags.VisitAll(func(f *pflag.Flag) {
		if value := values[variable(f.Name)]; value != "" && !f.Changed && err == nil {
			err = told(variable(f.Name), flags.Set(f.Name, value))
		}
	})
	return err
}

// variable is the variable of the environment that stands for a flag.
func variable(flag string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// variables are those of all flags. tsimbox reads two of them.
func variables(root *cobra.Command) (names []string) {
	each(root, func(cmd *cobra.Command) {
		add := func(f *pflag.Flag) {
			if hasVariable(cmd, f) {
				names = append(names, variable(f.Name))
			}
		}
		cmd.Flags().VisitAll(add)
		cmd.PersistentFlags().VisitAll(add)
	})
	return names
}

// misspelt is the variable that an unknown one was most probably meant to be, or "". It looks at each
// word for itself: Kubernetes makes TSIM_TLS_PORT for a service that is called tsim-tls, and this is not
// TSIM_TLS_HOST.
func misspelt(name string, known []string) (meant string) {
	if !strings.HasPrefix(name, prefix) {
		return ""
	}
	for _, k := range known {
		switch {
		case name == k:
			return ""
		case meant != "":
		case alike(strings.Split(name, "_"), strings.Split(k, "_")), strings.EqualFold(strings.ReplaceAll(name, "_", ""), strings.ReplaceAll(k, "_", "")):
			meant = k
		}
	}
	return meant
}

// alike says whether each word is the other one, or a slip of it.
func alike(words, others []string) bool {
	if len(words) != len(others) {
		return false
	}
	for i, word := range words {
		if spell.Nearest(word, others[i:i+1]) == "" {
			return false
		}
	}
	return true
}
