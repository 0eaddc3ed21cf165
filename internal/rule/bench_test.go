package rule_test

import (
	"fmt"
	"testing"

	"tsim/internal/rule"
)

// BenchmarkAsk is what it takes to ask 33 rules of one place, which never match.
func BenchmarkAsk(b *testing.B) {
	for _, with := range []struct {
		name string
		when func(i int) rule.When
	}{
		{"identifiers", func(i int) rule.When { return rule.When{EID: fmt.Sprintf("*99%02dX", i)} }},
		{"operations", func(int) rule.When { return rule.When{Operations: []string{"download", "enable"}} }},
		{"counts", func(int) rule.When { return rule.When{Nth: 1 << 30} }},
		{"counts per card", func(int) rule.When { return rule.When{Nth: 1 << 30, Per: rule.PerCard} }},
	} {
		b.Run(with.name, func(b *testing.B) {
			rules := make([]rule.Rule, 33)
			for i := range rules {
				rules[i] = rule.Rule{Name: fmt.Sprint(i), When: with.when(i), Callback: &rule.Callback{Drop: true}}
			}
			table := rule.NewTable(rules, start)
			cards := []rule.Card{{Key: 1, EID: "89049032000001000000012345671224", ICCID: "89445000000000000001", IMEI: "490154203237518", Role: "LOCAL"}}
			b.ReportAllocs()
			for b.Loop() {
				if table.Ask(rule.AtCallback, &rule.Facts{
					Now: start, Operation: "profile_suspend", Account: "a", Level: rule.Profile, Result: rule.Success,
					Devices: func() []rule.Card { return cards },
				}) != nil {
					b.Fatal("struck")
				}
			}
		})
	}
}
