package fidelity

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// header is that of each table; the file has no others, so that no row escapes.
var header = []string{"behaviour", "source", "certainty", "switch", "pinned by"}

var certainties = []string{"documented", "inferred", "conflicting"}

// none stands for "no switch".
const none = "–"

// evidence is what the rows may name.
type evidence struct {
	tests     map[string]bool     // thingspace.TestSlashes, and its subtests as far as they are spelled out
	golden    map[string]bool     // the golden cases, by their file
	scenarios map[string]bool     // enable.feature: And back
	switches  map[string][]string // words of each, the default first
}

// complaints lists what is wrong with the tables of a Markdown text, in the order of its lines.
func complaints(text string, have evidence) []string {
	var all []string
	named := map[string]bool{}
	inTable, rows := false, 0
	for i, line := range strings.Split(text, "\n") {
		complain := func(format string, args ...any) {
			all = append(all, fmt.Sprintf("line %d: ", i+1)+fmt.Sprintf(format, args...))
		}
		if !strings.HasPrefix(line, "|") {
			inTable = false
			continue
		}
		cells := split(line)
		switch {
		case !inTable:
			inTable = true
			if !slices.Equal(cells, header) {
				complain("a table begins with %q, not with %q", cells, header)
			}
			continue
		case strings.Contains(line, "-") && strings.Trim(line, "|-: ") == "":
			continue
		case len(cells) != len(header):
			complain("%d cells, not %d", len(cells), len(header))
			continue
		}
		rows++
		for c, cell := range cells {
			if cell == "" {
				complain("%s is empty", header[c])
			}
		}
		if c := cells[2]; c != "" && !slices.Contains(certainties, c) {
			complain("the certainty is %q, not one of %q", c, certainties)
		}
		for _, what := range switchComplaints(cells[3], have.switches, named) {
			complain("%s", what)
		}
		for _, what := range pinComplaints(cells[4], have, named) {
			complain("%s", what)
		}
	}
	if rows == 0 {
		all = append(all, "there are no rows")
	}
	var missing []string
	for name := range have.switches {
		if !named["switch "+name] {
			missing = append(missing, "no row has the switch "+name)
		}
	}
	for name := range have.golden {
		if !named["golden "+name] {
			missing = append(missing, "no row names the golden case "+name)
		}
	}
	slices.Sort(missing)
	return append(all, missing...)
}

// split is the cells of a row.
func split(line string) []string {
	cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "|"), "|"), "|")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells
}

var quoted = regexp.MustCompile("`([^`]+)`")

// items is what a cell has in backquotes, and whether it has anything besides.
func items(cell string) (all []string, rest bool) {
	for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
		all = append(all, m[1])
	}
	return all, strings.Trim(quoted.ReplaceAllString(cell, ""), ",: ") != ""
}

// switchComplaints looks at a cell such as "`downloadStatus`: `documented`, `sample`".
func switchComplaints(cell string, switches map[string][]string, named map[string]bool) []string {
	if cell == none || cell == "" {
		return nil
	}
	all, rest := items(cell)
	if rest || len(all) < 2 {
		return []string{fmt.Sprintf("the switch is %s, not %s or `name`: `word`, `word`", cell, none)}
	}
	name, words := all[0], all[1:]
	want, ok := switches[name]
	if !ok {
		return []string{"there is no switch " + name}
	}
	named["switch "+name] = true
	if !slices.Equal(words, want) {
		return []string{fmt.Sprintf("the switch %s has the words %q, not %q", name, want, words)}
	}
	return nil
}

// pinComplaints looks at a cell such as "`TestGolden/enable`, `sim.TestBearer`, `features:
// enable.feature: And back`".
func pinComplaints(cell string, have evidence, named map[string]bool) []string {
	if cell == "" {
		return nil
	}
	all, rest := items(cell)
	if rest || len(all) == 0 {
		return []string{fmt.Sprintf("pinned by %s: put the names in backquotes, with commas between them", cell)}
	}
	var wrong []string
	for _, item := range all {
		if scenario, ok := strings.CutPrefix(item, "features: "); ok {
			if !have.scenarios[scenario] {
				wrong = append(wrong, "there is no scenario "+scenario)
			}
		} else if name, ok := strings.CutPrefix(item, "TestGolden/"); ok {
			named["golden "+name] = true
			if !have.golden[name] {
				wrong = append(wrong, "there is no golden case "+name)
			}
		} else if !have.tests[item] {
			wrong = append(wrong, "there is no test "+item)
		}
	}
	return wrong
}
