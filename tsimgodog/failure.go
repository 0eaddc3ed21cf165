package tsimgodog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cucumber/godog"

	"tsim/internal/again"
	"tsim/internal/spell"
	"tsim/tsimbox"
	"tsim/tsimclient"
)

// mostStories is of how many requests a failure tells.
const mostStories = 3

// failure is a step that has failed, with what tsim knows of it.
type failure struct {
	err   error
	knows string
}

func (f *failure) Error() string { return strings.TrimSuffix(f.err.Error(), "\n") + "\n" + f.knows }

func (f *failure) Unwrap() error { return f.err }

// afterStep adds what tsim knows to the failure of a step that is not one of these, and the steps that come near to one that is
// undefined.
func afterStep(ctx context.Context, st *godog.Step, status godog.StepResultStatus, err error) (context.Context, error) {
	var told *failure
	switch {
	case status == godog.StepUndefined:
		return ctx, errors.New("no step is like that; the nearest are\n  " + strings.Join(Nearest(st.Text), "\n  ") + "\n")
	case status == godog.StepFailed && !errors.As(err, &told):
		return ctx, errors.New(worldOf(ctx).knows(ctx, err) + "\nwhat has failed") // godog puts it in front of the error
	}
	return ctx, nil
}

// knows is what tsim knows of a failure: the stories of requests, the seed, and what runs the scenario again.
func (w *world) knows(ctx context.Context, failed error) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	var b strings.Builder
	seed := os.Getenv("TSIM_SEED")
	if w.box != nil {
		seed = strconv.FormatUint(w.box.Seed, 10)
		if _, told := errors.AsType[*tsimbox.RequestError](failed); !told {
			for _, request := range w.concerned(ctx) {
				story, err := w.box.Explain(ctx, request)
				if err != nil {
					story = err.Error()
				}
				b.WriteString(strings.TrimSuffix(story, "\n") + "\n")
			}
		}
	}
	where := place(w.scenario)
	line := where
	if seed != "" {
		line = "TSIM_SEED=" + seed + " " + where
	}
	if name := godog.T(ctx).Name(); w.o.again != nil {
		line = w.o.again(where, seed)
	} else if strings.Contains(name, "/") { // it is a part of a test of Go
		line = again.Test(name, seed) + "   # " + where
	}
	fmt.Fprintf(&b, "run it again: %s", line)
	return b.String()
}

// concerned are the requests of which a failure tells: the latest one, and before it those that are not done or of which
// something failed.
func (w *world) concerned(ctx context.Context) (requests []string) {
	troubled, err := w.box.Troubled(ctx)
	if err != nil {
		return nil // the failure itself is told
	}
	latest := w.request
	if list, err := w.box.Control.Requests(ctx, tsimclient.RequestFilter{}, tsimclient.Page{}); err == nil && len(list.Requests) == 1 {
		latest = cmp.Or(latest, list.Requests[0].ID)
	}
	if latest != "" {
		troubled = append(slices.DeleteFunc(troubled, func(r string) bool { return r == latest }), latest)
	}
	return troubled[max(0, len(troubled)-mostStories):]
}

// line behind a path, as godog has it when it was asked for one scenario.
var lineBehind = regexp.MustCompile(`:\d+$`)

// place is file and line of a scenario: the line is looked for by its name, because godog does not tell it.
func place(s *godog.Scenario) string {
	file := lineBehind.ReplaceAllString(s.Uri, "")
	text, err := os.ReadFile(file)
	if err != nil {
		return s.Uri + ", " + s.Name
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		if keyword, name, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && !strings.Contains(keyword, "|") && isCalled(strings.TrimSpace(name), s.Name) {
			return fmt.Sprintf("%s:%d", file, n)
		}
	}
	return s.Uri + ", " + s.Name
}

// inOutline is what stands for another text in the name of an outline.
var inOutline = regexp.MustCompile(`<[^<>]*>`)

func isCalled(written, name string) bool {
	if written == name || !inOutline.MatchString(written) {
		return written == name
	}
	var parts []string
	for _, part := range inOutline.Split(written, -1) {
		parts = append(parts, regexp.QuoteMeta(part))
	}
	is, err := regexp.MatchString("^"+strings.Join(parts, ".*")+"$", name)
	return err == nil && is
}

// Nearest are the titles of the steps that have the most words in common with a text, misspelt ones included, the nearest one
// first: what to say of a step that there is not.
func Nearest(text string) []string {
	words := func(text string) []string {
		text = strings.TrimPrefix(text, mayWait)
		return strings.Fields(strings.NewReplacer("[", " ", "]", " ", "(", " ", ")", " ", "|", " ", `"`, " ", ",", " ").Replace(text))
	}
	near := map[string]float64{}
	for _, s := range Vocabulary() {
		is, same := words(s.Title), 0
		for _, word := range words(text) {
			if spell.Nearest(word, is) != "" {
				same++
			}
		}
		near[s.Title] = float64(same) / float64(len(is)+len(words(text))-same)
	}
	titles := slices.SortedFunc(maps.Keys(near), func(a, b string) int { return cmp.Or(cmp.Compare(near[b], near[a]), cmp.Compare(a, b)) })
	return titles[:3]
}
