package bdd

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"tsim/internal/spell"
)

// Format is a way to tell what comes of a run, and the file for it; "" for what is printed.
type Format struct{ Name, File string }

// FormatNames are the formats that there are.
func FormatNames() []string { return []string{"pretty", "progress", "junit", "cucumber", "jsonl"} }

// ParseFormat reads a format as people say it: "pretty", or "junit:report.xml".
func ParseFormat(text string) (Format, error) {
	name, file, hasFile := strings.Cut(text, ":")
	switch {
	case !slices.Contains(FormatNames(), name):
		return Format{}, fmt.Errorf("expected one of %s, with a file behind it as in junit:report.xml if it is not to be printed%s",
			strings.Join(FormatNames(), ", "), spell.DidYouMean(name, FormatNames()))
	case hasFile && file == "":
		return Format{}, fmt.Errorf("expected the name of a file behind the colon, as in %s:report.out", name)
	}
	return Format{name, file}, nil
}

// reporter tells what comes of a run. Its methods are called one at a time.
type reporter interface {
	result(r *result)
	end(o *suite) error
}

// open makes the reporters, with their files.
func (o *suite) open() (all []reporter, err error) {
	formats := o.Formats
	printed := 0
	for _, f := range formats {
		if f.File == "" {
			printed++
		}
	}
	switch {
	case printed > 1:
		return nil, usage("only one format can be printed, the others belong into files, as in junit:report.xml")
	case printed == 0:
		formats = append([]Format{{Name: "pretty"}}, formats...)
	}
	for _, f := range formats {
		out, end := o.Out, func() error { return nil }
		if f.File != "" {
			file, err := os.Create(f.File)
			if err != nil {
				return nil, UsageError{err}
			}
			out, end = file, file.Close
		}
		all = append(all, closing{f.reporter(out, paint(o.Color && f.File == "")), end})
	}
	return all, nil
}

func (f Format) reporter(out io.Writer, color paint) reporter {
	switch f.Name {
	case "progress":
		return &progress{out: out, paint: color}
	case "junit":
		return &junit{out: out}
	case "cucumber":
		return &cucumber{out: out}
	case "jsonl":
		return &jsonLines{out: json.NewEncoder(out)}
	}
	return &pretty{out: out, paint: color}
}

// closing is a reporter whose file is closed at the end.
type closing struct {
	reporter
	close func() error
}

func (c closing) end(o *suite) error {
	err := c.reporter.end(o)
	if failed := c.close(); err == nil {
		err = failed
	}
	return err
}

// jsonLines is a line of JSON for each result, as soon as it is there, and one for the end.
type jsonLines struct {
	out *json.Encoder
	err error
}

// jsonResult is a result in JSON.
type jsonResult struct {
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Feature  string   `json:"feature"`
	Scenario string   `json:"scenario"`
	Tags     []string `json:"tags,omitempty"`
	Under    string   `json:"under,omitempty"`  // the misfortune
	Nth      int      `json:"nth,omitempty"`    // of a sweep
	Result   string   `json:"result"`           // how it has ended, or what came of it under the misfortune
	Reason   string   `json:"reason,omitempty"` // of an exemption
	Struck   int      `json:"struck,omitempty"`
	Step     string   `json:"step,omitempty"` // the first one that has failed
	At       int      `json:"at,omitempty"`   // its line
	Error    string   `json:"error,omitempty"`
	Nearest  []string `json:"nearest,omitempty"` // steps, of one that there is not
	Output   string   `json:"output,omitempty"`  // of the application
	Again    string   `json:"again,omitempty"`   // the line that runs it again
	Seed     uint64   `json:"seed,omitempty"`
	MS       float64  `json:"ms"`
}

func (j *jsonLines) result(r *result) { j.write(r.json()) }

func (r *result) json() jsonResult {
	v := jsonResult{
		File: r.file, Line: r.line, Feature: r.feature, Scenario: r.name, Tags: r.tags, Under: r.under, Nth: r.nth, Result: r.word(),
		Reason: r.reason, Struck: r.struck, Seed: r.seed, MS: float64(r.took.Microseconds()) / 1000,
	}
	if r.bad(false) {
		v.Error, v.Output, v.Again = r.text(), r.output, r.again
		if s, failed, ok := r.firstFailed(); ok {
			v.Step, v.At, v.Nearest = s.keyword+" "+s.text, s.line, failed.nearest
		}
	}
	return v
}

func (j *jsonLines) write(v any) {
	if err := j.out.Encode(v); j.err == nil {
		j.err = err
	}
}

// jsonEnd is the last line.
type jsonEnd struct {
	Ok     bool           `json:"ok"`
	Counts map[string]int `json:"counts"` // of each result
	MS     float64        `json:"ms"`
}

func (j *jsonLines) end(o *suite) error {
	end := jsonEnd{Ok: o.ok(), Counts: map[string]int{}, MS: float64(o.end.Sub(o.start).Microseconds()) / 1000}
	for _, r := range o.results {
		end.Counts[r.word()]++
	}
	j.write(end)
	return j.err
}

// word is how the result is told in a word.
func (r *result) word() string {
	switch {
	case r.verdict != "":
		return string(r.verdict)
	case r.died:
		return string(crashed)
	}
	return string(r.status)
}

// text is what was wrong.
func (r *result) text() string {
	var parts []string
	if r.died {
		parts = append(parts, "the application has ended on its own")
	}
	if r.err != nil {
		parts = append(parts, strings.TrimRight(r.err.Error(), "\n"))
	}
	if _, failed, ok := r.firstFailed(); ok && len(failed.nearest) > 0 {
		parts = append(parts, "the nearest are\n  "+strings.Join(failed.nearest, "\n  "))
	}
	if r.verdict == neverStruck {
		parts = append(parts, "the misfortune had nothing to strike: it says nothing about this scenario")
	}
	return strings.Join(parts, "\n")
}
