package bdd

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// junit is the XML that CI systems read: a suite for each feature file, and one more of it for each misfortune.
type junit struct {
	out    io.Writer
	suites []*junitSuite
}

type junitRun struct {
	XMLName  xml.Name      `xml:"testsuites"`
	Name     string        `xml:"name,attr"`
	Tests    int           `xml:"tests,attr"`
	Failures int           `xml:"failures,attr"`
	Skipped  int           `xml:"skipped,attr"`
	Time     string        `xml:"time,attr"`
	Suites   []*junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`

	took    time.Duration
	results []*result
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr"`
	Line    int           `xml:"line,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitFailure `xml:"failure"`
	Skipped *junitSkipped `xml:"skipped"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

func (j *junit) result(r *result) {
	name := r.file
	if r.under != "" {
		name += " under " + r.under
	}
	var in *junitSuite
	for _, s := range j.suites {
		if s.Name == name {
			in = s
		}
	}
	if in == nil {
		in = &junitSuite{Name: name}
		j.suites = append(j.suites, in)
	}
	in.results = append(in.results, r)
}

func (j *junit) end(o *suite) error {
	run := junitRun{Name: "tsim bdd", Time: seconds(o.end.Sub(o.start)), Suites: j.suites}
	for _, s := range j.suites {
		for _, r := range s.results {
			s.add(r, r.bad(o.AllowUnstruck))
		}
		s.Time = seconds(s.took)
		run.Tests, run.Failures, run.Skipped = run.Tests+s.Tests, run.Failures+s.Failures, run.Skipped+s.Skipped
	}
	text, err := xml.MarshalIndent(run, "", "  ")
	if err == nil {
		_, err = fmt.Fprintf(j.out, "%s%s\n", xml.Header, text)
	}
	return err
}

func (s *junitSuite) add(r *result, bad bool) {
	c := junitCase{Name: r.name, Class: strings.TrimSuffix(r.file, extension), File: r.file, Line: r.line, Time: seconds(r.took)}
	if r.under != "" {
		c.Name += " [under " + r.misfortune() + "]"
	}
	switch {
	case r.verdict == exempt:
		c.Skipped = &junitSkipped{"exempt: " + r.reason}
		s.Skipped++
	case r.verdict == neverStruck && !bad:
		c.Skipped = &junitSkipped{string(neverStruck)}
		s.Skipped++
	case bad:
		message, _, _ := strings.Cut(r.text(), "\n")
		if at, _, ok := r.firstFailed(); ok {
			message = at.keyword + " " + at.text + ": " + message
		}
		c.Failure = &junitFailure{r.word(), printable(message), printable(r.text() + "\nrun it again: " + r.again)}
		c.Output = printable(r.output)
		s.Failures++
	}
	s.Tests++
	s.took += r.took
	s.Cases = append(s.Cases, c)
}

// printable leaves out what XML cannot have.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, text)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
