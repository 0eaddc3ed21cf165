package bdd

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// paint colours text for a terminal.
type paint bool

const (
	red    = "31"
	green  = "32"
	yellow = "33"
	dim    = "2"
	bold   = "1"
)

func (p paint) in(code, text string) string {
	if !p {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// marks are how a step has ended, and its colour.
var marks = map[status][2]string{
	passed: {"✓", green}, failed: {"✗", red}, skipped: {"-", dim}, undefined: {"?", yellow}, pending: {"…", yellow}, ambiguous: {"≈", yellow},
}

// pretty is for people: each scenario with its steps.
type pretty struct {
	out     io.Writer
	paint   paint
	feature string // of the latest result
}

func (p *pretty) result(r *result) {
	if r.under != "" {
		p.paint.underMisfortune(p.out, r)
		return
	}
	if p.feature != r.file {
		if p.feature != "" {
			fmt.Fprintln(p.out)
		}
		p.feature = r.file
		fmt.Fprintf(p.out, "%s   %s\n", p.paint.in(bold, "Feature: "+r.testCase.feature), p.paint.in(dim, r.file))
	}
	fmt.Fprintf(p.out, "\n  %s   %s\n", p.paint.in(bold, r.keyword+": "+r.name), p.paint.in(dim, r.place()))
	first := slices.IndexFunc(r.steps, func(s stepResult) bool { return s.status != passed })
	for i, s := range r.testCase.steps {
		end := stepResult{status: skipped}
		if i < len(r.steps) {
			end = r.steps[i]
		}
		mark := marks[end.status]
		fmt.Fprintf(p.out, "    %s\n", p.paint.in(mark[1], mark[0]+" "+s.keyword+" "+s.text))
		for _, line := range s.below {
			fmt.Fprintf(p.out, "        %s\n", p.paint.in(dim, line))
		}
		if i == first {
			p.paint.wrong(p.out, "      ", r)
		}
	}
	if _, _, told := r.firstFailed(); !told && r.bad(false) {
		p.paint.wrong(p.out, "    ", r)
	}
}

// wrong is what was wrong, what the application has printed, and what runs it again.
func (p paint) wrong(out io.Writer, indent string, r *result) {
	fmt.Fprintln(out, p.in(red, indented(indent, r.text())))
	if r.output != "" && r.verdict != neverStruck {
		fmt.Fprintf(out, "%sthe application has printed\n%s\n", indent, p.in(dim, indented(indent+"| ", strings.TrimRight(r.output, "\n"))))
	}
	if !strings.Contains(r.text(), "run it again: ") {
		fmt.Fprintf(out, "%srun it again: %s\n", indent, r.again)
	}
}

func indented(indent, text string) string {
	return indent + strings.ReplaceAll(text, "\n", "\n"+indent)
}

// underMisfortune is a result of the matrix: a line, and what was wrong.
func (p paint) underMisfortune(out io.Writer, r *result) {
	if !r.bad(false) {
		return // the table has it
	}
	fmt.Fprintf(out, "\n%s under %s   %s\n", p.in(bold, string(r.verdict)+": "+r.name), r.misfortune(), p.in(dim, r.place()))
	if s, _, ok := r.firstFailed(); ok {
		fmt.Fprintf(out, "    %s\n", p.in(red, "✗ "+s.keyword+" "+s.text))
		for _, line := range s.below {
			fmt.Fprintf(out, "        %s\n", p.in(dim, line))
		}
	}
	p.wrong(out, "      ", r)
}

// misfortune is that of a result, and of a sweep what it has struck.
func (r *result) misfortune() string {
	if r.nth > 0 {
		return fmt.Sprintf("%s, at %d", r.under, r.nth)
	}
	return r.under
}

func (p *pretty) end(o *suite) error {
	p.paint.summary(p.out, o)
	return nil
}

// progress is for people in a hurry: a letter for each scenario, and at the end what was wrong.
type progress struct {
	out   io.Writer
	paint paint
	bad   []*result
	n     int
}

// letters are how a scenario has ended.
var letters = map[string]string{
	string(passed): ".", string(failed): "F", string(undefined): "U", string(pending): "P", string(ambiguous): "A", string(skipped): "-",
	string(holds): ".", string(breaks): "B", string(neverStruck): "0", string(crashed): "C", string(exempt): "-",
}

func (p *progress) result(r *result) {
	code := green
	if r.bad(false) {
		code = red
		p.bad = append(p.bad, r)
	}
	fmt.Fprint(p.out, p.paint.in(code, letters[r.word()]))
	const wide = 70
	if p.n++; p.n%wide == 0 {
		fmt.Fprintln(p.out)
	}
}

func (p *progress) end(o *suite) error {
	fmt.Fprintln(p.out)
	for _, r := range p.bad {
		if r.under != "" {
			p.paint.underMisfortune(p.out, r)
			continue
		}
		fmt.Fprintf(p.out, "\n%s   %s\n", p.paint.in(bold, r.keyword+": "+r.name), p.paint.in(dim, r.place()))
		if s, _, ok := r.firstFailed(); ok {
			fmt.Fprintf(p.out, "    %s\n", p.paint.in(red, "✗ "+s.keyword+" "+s.text))
		}
		p.paint.wrong(p.out, "      ", r)
	}
	p.paint.summary(p.out, o)
	return nil
}

// summary is how many of what there were, and the table of the matrix.
func (p paint) summary(out io.Writer, o *suite) {
	o.table(out)
	counts := map[string]int{}
	scenarios, cells := 0, 0
	for _, r := range o.results {
		counts[r.word()]++
		if r.under == "" {
			scenarios++
		} else {
			cells++
		}
	}
	var parts []string
	for _, w := range []string{
		string(passed), string(failed), string(undefined), string(pending), string(ambiguous), string(skipped),
		string(holds), string(breaks), string(neverStruck), string(crashed), string(exempt),
	} {
		if counts[w] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[w], w))
		}
	}
	line := fmt.Sprintf("%s: %s", plural(scenarios, "scenario"), strings.Join(parts, ", "))
	if cells > 0 {
		line = fmt.Sprintf("%s and %s under misfortune: %s", plural(scenarios, "scenario"), plural(cells, "run"), strings.Join(parts, ", "))
	}
	code := green
	if !o.ok() {
		code = red
	}
	fmt.Fprintf(out, "\n%s (%s)\n", p.in(code, line), o.end.Sub(o.start).Round(time.Millisecond))
	if len(o.Under) > 0 && cells == 0 && !o.DryRun {
		fmt.Fprintln(out, "the misfortunes were left out: without them, all has to be green first")
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// table is the matrix: a row for each scenario, a column for each misfortune.
func (o *suite) table(out io.Writer) {
	cells := map[string]map[string]string{}
	var rows []*testCase
	for _, r := range o.results {
		if r.under == "" {
			continue
		}
		if cells[r.place()] == nil {
			cells[r.place()] = map[string]string{}
			rows = append(rows, r.testCase)
		}
		cells[r.place()][r.under] = worse(cells[r.place()][r.under], r)
	}
	if len(rows) == 0 {
		return
	}
	slices.SortStableFunc(rows, func(a, b *testCase) int {
		return slices.IndexFunc(o.cases, func(c *testCase) bool { return c.place() == a.place() }) -
			slices.IndexFunc(o.cases, func(c *testCase) bool { return c.place() == b.place() })
	})
	fmt.Fprintln(out)
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintf(table, "scenario\t%s\n", strings.Join(o.Under, "\t"))
	for _, c := range rows {
		fmt.Fprint(table, c.place()+" "+c.name)
		for _, under := range o.Under {
			fmt.Fprint(table, "\t"+cells[c.place()][under])
		}
		fmt.Fprintln(table)
	}
	_ = table.Flush()
}

// worse is a cell of the table with one more result: of a sweep all places at which the scenario breaks.
func worse(cell string, r *result) string {
	word := string(r.verdict)
	if r.verdict == exempt {
		return word + ": " + r.reason
	}
	if r.nth == 0 {
		return word
	}
	if r.verdict != breaks && r.verdict != crashed {
		if cell == "" || strings.HasPrefix(cell, string(holds)) {
			return fmt.Sprintf("%s (%s)", holds, plural(r.nth, "place"))
		}
		return cell
	}
	if strings.HasPrefix(cell, string(breaks)) {
		return fmt.Sprintf("%s, %d", cell, r.nth)
	}
	return fmt.Sprintf("%s at %d", breaks, r.nth)
}
