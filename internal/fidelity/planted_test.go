package fidelity

import (
	"slices"
	"strings"
	"testing"
)

// TestPlanted plants a mistake of each kind in a table that is otherwise in order.
func TestPlanted(t *testing.T) {
	const (
		head = "| behaviour | source | certainty | switch | pinned by |\n|---|---|---|---|---|\n"
		good = "| enable | \"Enable a profile\" | documented | `mode`: `a`, `b` | `TestGolden/enable`, `sim.TestX/a_b`, `features: x.feature: One, two` |\n"
		name = "| b | s | inferred | – | "
	)
	tests := map[string]bool{}
	addTests(t, tests, "internal/sim/x_test.go", []byte("package sim\nfunc TestX(t *testing.T) { t.Run(`a b`, nil) }\nfunc helper() {}\nfunc (x) TestY() {}\nfunc Testify() {}\n"))
	have := evidence{
		tests:     tests,
		golden:    map[string]bool{"enable": true},
		scenarios: map[string]bool{"x.feature: One, two": true},
		switches:  map[string][]string{"mode": {"a", "b"}},
	}
	for _, test := range []struct {
		what, text string
		want       []string
	}{
		{"in order", "# Title\n\n" + head + good + "\nText.\n\n" + head + name + "`sim.TestX` |\n", nil},
		{"no table", "# Title\n", []string{
			"there are no rows", "no row has the switch mode", "no row names the golden case enable",
		}},
		{"another header", "| what | source |\n|---|---|\n", []string{
			`line 1: a table begins with ["what" "source"]`, "there are no rows", "no row has", "no row names",
		}},
		{"a cell too few", head + good + "| b | s | inferred | – |\n", []string{"line 4: 4 cells, not 5"}},
		{"a cell too many", head + good + "| b | s | t | inferred | – | `sim.TestX` |\n", []string{"line 4: 6 cells, not 5"}},
		{"empty cells", head + good + "| | | | | |\n", []string{
			"line 4: behaviour is empty", "line 4: source is empty", "line 4: certainty is empty", "line 4: switch is empty", "line 4: pinned by is empty",
		}},
		{"another certainty", head + good + "| b | s | sure | – | `sim.TestX` |\n", []string{`line 4: the certainty is "sure"`}},
		{"no such switch", head + good + "| b | s | inferred | `node`: `a`, `b` | `sim.TestX` |\n", []string{"line 4: there is no switch node"}},
		{"a word too few", head + good + "| b | s | inferred | `mode`: `a` | `sim.TestX` |\n", []string{"line 4: the switch mode has the words"}},
		{"words in another order", head + good + "| b | s | inferred | `mode`: `b`, `a` | `sim.TestX` |\n", []string{"line 4: the switch mode has the words"}},
		{"a switch without words", head + good + "| b | s | inferred | mode | `sim.TestX` |\n", []string{"line 4: the switch is mode, not"}},
		{"no switch at all", head + name + "`TestGolden/enable` |\n", []string{"no row has the switch mode"}},
		{"no such test", head + good + name + "`sim.TestZ` |\n", []string{"line 4: there is no test sim.TestZ"}},
		{"a test elsewhere", head + good + name + "`euicc.TestX` |\n", []string{"line 4: there is no test euicc.TestX"}},
		{"no such subtest", head + good + name + "`sim.TestX/b` |\n", []string{"line 4: there is no test sim.TestX/b"}},
		{"no tests", head + good + name + "`sim.helper`, `sim.TestY`, `sim.Testify` |\n", []string{
			"line 4: there is no test sim.helper", "line 4: there is no test sim.TestY", "line 4: there is no test sim.Testify",
		}},
		{"no such golden case", head + good + name + "`TestGolden/disable` |\n", []string{"line 4: there is no golden case disable"}},
		{"a golden case too many", head + strings.ReplaceAll(good, "`TestGolden/enable`, ", ""), []string{"no row names the golden case enable"}},
		{"no such scenario", head + good + name + "`features: x.feature: One` |\n", []string{"line 4: there is no scenario x.feature: One"}},
		{"a name without backquotes", head + good + name + "sim.TestX |\n", []string{"line 4: pinned by sim.TestX: put the names in backquotes"}},
	} {
		got := complaints(test.text, have)
		if !slices.EqualFunc(got, test.want, strings.HasPrefix) {
			t.Errorf("%s:\nfound %q\nwant  %q", test.what, got, test.want)
		}
	}
}
