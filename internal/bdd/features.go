package bdd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cucumber/godog"
)

// testCase is a scenario of a feature file, or a row of the examples of an outline.
type testCase struct {
	file    string
	line    int // of the scenario, or of the row
	feature string
	keyword string
	name    string
	tags    []string
	steps   []step
	lines   []int // that stand for it: its own, those of its steps, and of the outline
}

// step is one of a test case, those of the background included.
type step struct {
	keyword, text string
	line          int
	below         []string // its table or its text, as lines
}

func (c *testCase) place() string { return fmt.Sprintf("%s:%d", c.file, c.line) }

// extension is what feature files end with.
const extension = ".feature"

// features is what was read from files: the test cases in their order, and which one a godog.Scenario of a run of the same
// files is.
type features struct {
	files []string
	cases []*testCase
	byID  map[string]*testCase // godog numbers them, always alike
}

// read parses feature files. What is wrong with one names it.
func read(files []string) (*features, error) {
	all := &features{files: files, byID: map[string]*testCase{}}
	if len(files) == 0 {
		return all, nil // of which godog would make the folder "features"
	}
	parsed, err := godog.TestSuite{Options: &godog.Options{Paths: files}}.RetrieveFeatures()
	if err != nil {
		return nil, err
	}
	for _, f := range parsed {
		for _, p := range f.Pickles {
			outline := f.FindScenario(p.AstNodeIds[0])
			c := &testCase{
				file: f.Uri, line: int(outline.Location.Line), feature: f.Feature.Name, keyword: outline.Keyword, name: p.Name,
				lines: []int{int(outline.Location.Line)},
			}
			if len(p.AstNodeIds) > 1 {
				_, row := f.FindExample(p.AstNodeIds[1])
				c.line = int(row.Location.Line)
				c.lines = append(c.lines, c.line)
			}
			for _, tag := range p.Tags {
				c.tags = append(c.tags, tag.Name)
			}
			for _, s := range p.Steps {
				written := f.FindStep(s.AstNodeIds[0])
				c.steps = append(c.steps, step{strings.TrimSpace(written.Keyword), s.Text, int(written.Location.Line), below(s)})
				if written.Location.Line > outline.Location.Line { // not of the background
					c.lines = append(c.lines, int(written.Location.Line))
				}
			}
			all.cases = append(all.cases, c)
			all.byID[p.Id] = c
		}
	}
	return all, nil
}

// below is what stands below a step: the lines of its table or its text.
func below(s *godog.Step) (lines []string) {
	switch {
	case s.Argument == nil:
	case s.Argument.DocString != nil:
		lines = append(lines, `"""`)
		lines = append(lines, strings.Split(s.Argument.DocString.Content, "\n")...)
		lines = append(lines, `"""`)
	case s.Argument.DataTable != nil:
		var widths []int
		for _, row := range s.Argument.DataTable.Rows {
			for i, cell := range row.Cells {
				if i == len(widths) {
					widths = append(widths, 0)
				}
				widths[i] = max(widths[i], utf8.RuneCountInString(cell.Value))
			}
		}
		for _, row := range s.Argument.DataTable.Rows {
			var line strings.Builder
			for i, cell := range row.Cells {
				fmt.Fprintf(&line, "| %-*s ", widths[i], cell.Value)
			}
			lines = append(lines, line.String()+"|")
		}
	}
	return lines
}

// UsageError is that something that was asked for cannot be: the words are off, and nothing has run.
type UsageError struct{ error }

func usage(format string, args ...any) error { return UsageError{fmt.Errorf(format, args...)} }

var lineBehind = regexp.MustCompile(`^(.*):(\d+)$`)

// find looks up the paths: files, folders with all below them, and lines of files. It returns the files in their order, and of
// those of which only some lines are wanted, these.
func find(paths []string) (files []string, lines map[string][]int, err error) {
	lines = map[string][]int{}
	whole := map[string]bool{}
	add := func(file string) {
		if !slices.Contains(files, file) {
			files = append(files, file)
		}
	}
	for _, path := range paths {
		path, line := path, 0
		if m := lineBehind.FindStringSubmatch(path); m != nil {
			path = m[1]
			if line, err = strconv.Atoi(m[2]); err != nil {
				return nil, nil, usage("%s:%s: there is no such line", path, m[2])
			}
		}
		path = filepath.Clean(path)
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, nil, usage("there is no file or folder %s", path)
		case err != nil:
			return nil, nil, UsageError{err}
		case info.IsDir() && line > 0:
			return nil, nil, usage("%s is a folder, which has no line %d", path, line)
		case info.IsDir():
			below, err := inFolder(path)
			if err != nil {
				return nil, nil, err
			}
			for _, file := range below {
				add(file)
				whole[file] = true
			}
		case line > 0:
			add(path)
			lines[path] = append(lines[path], line)
		default:
			add(path)
			whole[path] = true
		}
	}
	for file := range whole {
		delete(lines, file)
	}
	return files, lines, nil
}

// inFolder are the feature files of a folder and of those below it.
func inFolder(folder string) (files []string, err error) {
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(path, extension) {
			files = append(files, path)
		}
		return err
	})
	return files, err
}

// choose is the test cases that are wanted. Those of a line, a name or a tag that nothing has are an error, and none at all are,
// too: a run without a scenario would pass.
func (o *suite) choose(all []*testCase, lines map[string][]int) (chosen []*testCase, err error) {
	wanted := func(*testCase) bool { return true }
	if o.Tags != "" {
		if wanted, err = parseTags(o.Tags); err != nil {
			return nil, err
		}
	}
	var names []*regexp.Regexp
	for _, name := range o.Names {
		pattern, err := regexp.Compile(name)
		if err != nil {
			return nil, usage("--name %q: expected a name or a regular expression: %w", name, err)
		}
		names = append(names, pattern)
	}
	for file, wanted := range lines {
		for i, line := range wanted {
			if wanted[i], err = ownLine(all, file, line); err != nil {
				return nil, err
			}
		}
	}
	for _, c := range all {
		at := lines[c.file]
		if at != nil && !slices.ContainsFunc(at, func(line int) bool { return slices.Contains(c.lines, line) }) {
			continue
		}
		if len(names) > 0 && !slices.ContainsFunc(names, func(p *regexp.Regexp) bool { return p.MatchString(c.name) }) {
			continue
		}
		if wanted(c) {
			chosen = append(chosen, c)
		}
	}
	return chosen, nil
}

// ownLine is the line at which a test case is that has a line: that line itself, or the last one before it, because the rows of
// a table and the text below a step belong to that step.
func ownLine(all []*testCase, file string, line int) (int, error) {
	at, first := 0, 0
	for _, c := range all {
		if c.file != file {
			continue
		}
		for _, own := range c.lines {
			if own <= line {
				at = max(at, own)
			}
			if first == 0 || own < first {
				first = own
			}
		}
	}
	switch {
	case first == 0:
		return 0, usage("%s:%d: the file has no scenario", file, line)
	case at == 0:
		return 0, usage("%s:%d: there is no scenario at this line; the first one is at %s:%d", file, line, file, first)
	}
	return at, nil
}
