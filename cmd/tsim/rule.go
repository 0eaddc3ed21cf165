package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"tsim/tsimclient"
)

func newRule() *cobra.Command {
	var r remote
	return noun(&r, &cobra.Command{
		Use:   "rule",
		Short: "The rules of a sandbox: what goes wrong in it",
		Long: `A rule says when something goes wrong, and what: a reply that is lost, a device that fails, a
callback that comes twice. Of those that match, the first one wins; new ones come in front. They
are written as in a scenario, see docs/scenario.md; 'tsim misfortune list' has ready sets of them.`,
		Example: `  tsim rule list
  tsim rule add rules.yaml
  tsim rule add --with duplicates
  tsim rule delete duplicates`,
	}, r.ruleList(), r.ruleShow(), r.ruleAdd(), r.rulePut(), r.ruleDelete(), r.ruleRestart())
}

func (r *remote) ruleList() *cobra.Command {
	return r.verb(&cobra.Command{
		Use:     "list",
		Short:   "List the rules, in the order in which they are asked",
		Long:    "list lists the rules as they are asked, each with what it does and how often it has.",
		Example: "  tsim rule list\n  tsim rule list -o json",
	}, func(b *box, _ []string) error {
		list, err := b.Rules(b.ctx)
		return b.rules(list, err)
	})
}

// rules prints rules.
func (b *box) rules(list tsimclient.RuleList, err error) error {
	if err != nil {
		return err
	}
	return b.print(list, func() error {
		var rows [][]any
		for i := range list.Rules {
			u := &list.Rules[i]
			rows = append(rows, []any{u.Name, u.Set, u.Does, u.Occasions, u.Hits, u.Skipped, b.when(u.Last), ruleState(u)})
		}
		return b.table("rules", []string{"NAME", "WITH", "DOES", "OCCASIONS", "HITS", "SKIPPED", "LAST", "STATE"}, rows)
	})
}

// ruleState says what keeps a rule from striking, if anything does.
func ruleState(u *tsimclient.RuleReport) string {
	switch {
	case u.Over:
		return "over"
	case u.Behind != "":
		return "behind " + u.Behind
	}
	return "in force"
}

func (r *remote) ruleShow() *cobra.Command {
	return r.verb(&cobra.Command{
		Use:               "show NAME",
		Short:             "Show a rule, and what it has done",
		Long:              "show shows a rule with what it has done, in YAML.",
		Example:           "  tsim rule show duplicates",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: r.offerFirst(ruleNames),
	}, func(b *box, args []string) error {
		u, err := b.Rule(b.ctx, args[0])
		return b.rule(u, err)
	})
}

// rule prints a rule: what is in it is a tree, so people get YAML, too.
func (b *box) rule(u tsimclient.RuleReport, err error) error {
	if err != nil {
		return err
	}
	if b.output == "" {
		b.output = "yaml"
	}
	return b.print(u, nil)
}

// addWith adds the flag that names a misfortune in place of rules.
func addWith(cmd *cobra.Command, with *withFlag, usage string) {
	cmd.Flags().Var(with, "with", usage+", see 'tsim misfortune list'; may be repeated")
	completeWith(cmd, "with", completeWithFlag)
}

func (r *remote) ruleAdd() *cobra.Command {
	var with withFlag
	cmd := &cobra.Command{
		Use:   "add [FILE]",
		Short: "Put rules in front of those that there are",
		Long: `add puts the rule of a file, or a list of them, in YAML or JSON, in front of those that there are:
all of them, or none when one cannot be. Instead of a file, --with adds misfortunes. The file - is
standard input.`,
		Example: "  tsim rule add rules.yaml\n  tsim rule add --with duplicates",
		Args:    cobra.MaximumNArgs(1),
	}
	addWith(cmd, &with, "add these misfortunes")
	return r.verb(cmd, func(b *box, args []string) error {
		if len(args) == len(with) || len(args) > 0 && len(with) > 0 {
			return usageError{errors.New("rule add takes a FILE or --with NAME, one of them")}
		}
		if len(with) > 0 {
			list, err := b.AddRulesAsWritten(b.ctx, map[string]any{"with": []string(with)})
			return b.rules(list, err)
		}
		rules, err := b.file(args[0])
		if err != nil {
			return err
		}
		list, err := b.AddRulesAsWritten(b.ctx, rules)
		return b.rules(list, err)
	})
}

func (r *remote) rulePut() *cobra.Command {
	return r.verb(&cobra.Command{
		Use:   "put NAME FILE",
		Short: "Make a rule what a file says",
		Long: `put takes the rule of a file, in YAML or JSON, in place of the one of a name, with counts from 0.
Where there is none, it is added in front. The file - is standard input.`,
		Example:           "  tsim rule put duplicates rule.yaml",
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: r.completeRuleAndFile,
	}, func(b *box, args []string) error {
		rule, err := b.file(args[1])
		if err != nil {
			return err
		}
		u, err := b.PutRuleAsWritten(b.ctx, args[0], rule)
		return b.rule(u, err)
	})
}

func (r *remote) completeRuleAndFile(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return r.offer(ruleNames)(cmd, args, typed)
	}
	return []cobra.Completion{"yaml", "yml", "json"}, cobra.ShellCompDirectiveFilterFileExt
}

func (r *remote) ruleDelete() *cobra.Command {
	var with withFlag
	var all bool
	cmd := &cobra.Command{
		Use:               "delete [NAME]",
		Short:             "Remove a rule, those of misfortunes, or all",
		Long:              "delete removes the rule of a name; or with --with those of misfortunes; or with --all every one.",
		Example:           "  tsim rule delete duplicates\n  tsim rule delete --with duplicates\n  tsim rule delete --all",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: r.offerFirst(ruleNames),
	}
	addWith(cmd, &with, "remove the rules of these misfortunes")
	cmd.Flags().BoolVar(&all, "all", false, "remove every rule")
	return r.verb(cmd, func(b *box, args []string) error {
		switch {
		case len(args) == 1 && len(with) == 0 && !all:
			gone, err := b.DeleteRule(b.ctx, args[0])
			return b.deleted(gone, err)
		case len(args) > 0 || (len(with) > 0) == all:
			return usageError{errors.New("rule delete takes a NAME, --with NAME or --all, one of them")}
		}
		if all {
			with = withFlag{""}
		}
		var removed tsimclient.RulesRemoved
		for _, name := range with {
			some, err := b.DeleteRules(b.ctx, name)
			if err != nil {
				return err
			}
			removed.Rules += some.Rules
		}
		return b.say(removed, "%s.", counted(removed.Rules, "rule is removed", "rules are removed"))
	})
}

// counted is a number with what it counts.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (r *remote) ruleRestart() *cobra.Command {
	return r.verb(&cobra.Command{
		Use:               "restart [NAME]",
		Short:             "Put the counts of a rule, or of all, to 0",
		Long:              "restart puts the counts of a rule to 0, as if it were new. Without a name it restarts all.",
		Example:           "  tsim rule restart duplicates\n  tsim rule restart",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: r.offerFirst(ruleNames),
	}, func(b *box, args []string) error {
		if len(args) == 0 {
			list, err := b.RestartRules(b.ctx)
			return b.rules(list, err)
		}
		u, err := b.RestartRule(b.ctx, args[0])
		return b.rule(u, err)
	})
}
