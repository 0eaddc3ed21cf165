package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"tsim/internal/sim"
	"tsim/internal/spell"
)

// budgetFlag is a flag that may be repeated: name=number, or several with commas between them.
type budgetFlag struct{ budgets *sim.Budgets }

func (f *budgetFlag) declare(flags *pflag.FlagSet) {
	f.budgets = sim.NewBudgets()
	var usual []string
	for _, b := range f.budgets.Use() {
		usual = append(usual, fmt.Sprintf("%s=%d", b.Name, b.Limit))
	}
	flags.Var(f, "budget", "how much all sandboxes may have together, see docs/control.md (default "+strings.Join(usual, ",")+"); may be repeated")
}

func (f *budgetFlag) Type() string   { return "name=number" }
func (f *budgetFlag) String() string { return "" }

// Set takes one budget, or several with commas between them.
func (f *budgetFlag) Set(text string) error {
	for one := range strings.SplitSeq(text, ",") {
		name, number, _ := strings.Cut(one, "=")
		budget, ok := sim.ParseBudget(name)
		if !ok {
			known := strings.Join(sim.BudgetNames(), ", ")
			return fmt.Errorf("expected name=number with one of these names: %s%s", known, spell.DidYouMean(name, sim.BudgetNames()))
		}
		limit, err := strconv.Atoi(number)
		if err != nil || limit < 1 {
			return fmt.Errorf("expected %s= and a whole number from 1", name)
		}
		f.budgets.Limit(budget, limit)
	}
	return nil
}
