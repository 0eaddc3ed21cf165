package bdd

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// cucumber is Cucumber's JSON, which many report generators read.
type cucumber struct {
	out      io.Writer
	features []*cucumberFeature
}

type cucumberFeature struct {
	URI         string            `json:"uri"`
	ID          string            `json:"id"`
	Keyword     string            `json:"keyword"`
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Line        int               `json:"line"`
	Elements    []cucumberElement `json:"elements"`
}

type cucumberElement struct {
	ID          string         `json:"id"`
	Keyword     string         `json:"keyword"`
	Name        string         `json:"name"`
	Description string         `json:"description"`
	Line        int            `json:"line"`
	Type        string         `json:"type"`
	Tags        []cucumberTag  `json:"tags,omitempty"`
	Steps       []cucumberStep `json:"steps"`
}

type cucumberTag struct {
	Name string `json:"name"`
	Line int    `json:"line"`
}

type cucumberStep struct {
	Keyword string         `json:"keyword"`
	Name    string         `json:"name"`
	Line    int            `json:"line"`
	Match   struct{}       `json:"match"`
	Result  cucumberResult `json:"result"`
}

type cucumberResult struct {
	Status   status `json:"status"`
	Duration int64  `json:"duration"` // in nanoseconds
	Error    string `json:"error_message,omitempty"`
}

var noLetters = regexp.MustCompile(`[^\pL\pN]+`)

// identifier is a name as Cucumber makes an id of it.
func identifier(name string) string {
	return strings.ToLower(strings.Trim(noLetters.ReplaceAllString(name, "-"), "-"))
}

func (c *cucumber) result(r *result) {
	if r.verdict == exempt {
		return // it has not run
	}
	var in *cucumberFeature
	for _, f := range c.features {
		if f.URI == r.file {
			in = f
		}
	}
	if in == nil {
		in = &cucumberFeature{URI: r.file, ID: identifier(r.feature), Keyword: "Feature", Name: r.feature, Line: 1}
		c.features = append(c.features, in)
	}
	e := cucumberElement{Keyword: r.keyword, Name: r.name, Line: r.line, Type: "scenario", Steps: []cucumberStep{}}
	if r.under != "" {
		e.Name += " [under " + r.misfortune() + "]"
	}
	e.ID = fmt.Sprintf("%s;%s;%d", in.ID, identifier(e.Name), r.line)
	for _, tag := range r.tags {
		e.Tags = append(e.Tags, cucumberTag{tag, r.line})
	}
	for i, s := range r.testCase.steps {
		step := cucumberStep{Keyword: s.keyword + " ", Name: s.text, Line: s.line, Result: cucumberResult{Status: skipped}}
		if i < len(r.steps) {
			end := r.steps[i]
			step.Result = cucumberResult{Status: end.status, Duration: end.took.Nanoseconds()}
			if end.err != nil && end.status != skipped {
				step.Result.Error = r.text()
			}
		}
		e.Steps = append(e.Steps, step)
	}
	if last := len(e.Steps) - 1; last >= 0 && r.bad(false) {
		if _, _, ok := r.firstFailed(); !ok { // the format knows failures of steps only
			e.Steps[last].Result.Status, e.Steps[last].Result.Error = failed, r.text()
		}
	}
	in.Elements = append(in.Elements, e)
}

func (c *cucumber) end(*suite) error {
	to := json.NewEncoder(c.out)
	to.SetEscapeHTML(false)
	to.SetIndent("", "  ")
	return to.Encode(append([]*cucumberFeature{}, c.features...))
}
