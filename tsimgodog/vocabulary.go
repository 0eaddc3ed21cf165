package tsimgodog

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/cucumber/godog"
)

// Step is a step that Steps adds.
type Step struct {
	Family  string // of steps about the same
	Title   string // the pattern for people: "…" for any text, N for a number, [ ] around what can be left out
	Pattern string // a regular expression for the whole text
	Doc     string // what it does, in a sentence or two
	Example string // the steps of a scenario that uses it, one to a line, with their tables and texts
}

// patterns are compiled once for all scenarios, by the first one.
var patterns = sync.OnceValue(func() map[string]*regexp.Regexp {
	all := map[string]*regexp.Regexp{}
	for _, s := range Vocabulary() {
		all[s.Pattern] = regexp.MustCompile(s.Pattern)
	}
	return all
})

// Vocabulary lists the steps that Steps adds, by family.
func Vocabulary() []Step {
	var all []Step
	for _, f := range vocabulary {
		for _, s := range f.steps {
			all = append(all, Step{f.name, s.title(), s.regexp(), s.doc, strings.Trim(s.example, "\n")})
		}
	}
	return all
}

// family is some steps about the same.
type family struct {
	name, about string
	steps       []step
}

var vocabulary []family

// It is put together here, because the steps look themselves up in it.
func init() {
	vocabulary = []family{
		worldFamily, misfortuneFamily, timeFamily, snapshotFamily, callFamily, replyFamily, applicationFamily, listenerFamily, hearFamily, callbackFamily,
		deviceFamily, recordFamily, pendingFamily,
	}
}

// step is a row of the vocabulary.
type step struct {
	pattern string // a regular expression with placeholders
	doc     string
	example string
	// do gets the context, the world, and what the groups of the pattern have captured; if its last parameter is a table or a
	// text, that of the step, or nil if without is true and the step has none.
	do      any
	without bool
	check   bool // it only looks, so it can be asked again until it holds: "within 2 seconds, …"
}

// placeholders are what patterns are made of, and how they are told.
var placeholders = []struct{ name, pattern, title string }{
	{"{text}", `"((?:[^"\\]|\\.)*)"`, `"…"`},
	{"{n}", `(\d+)`, "N"},
	{"{late}", `(\d\d:\d\d)`, "02:00"},
	{"{profile}", `([^\s"]+)`, "US"},
	{"{operation}", `([a-z_]+)`, "OPERATION"},
	{"{device}", `(?: "([^"]*)")?`, ` ["van-7"]`},
	{"{of}", `(?: of "([^"]*)")?`, ` [of "van-7"]`},
	{"{named}", `(?: "([^"]*)")?`, ` ["van"]`},
	{"{duration}", `(\d+ ?[a-z]+)`, "5 minutes"},
	{"{times}", `(once|twice|[a-z\d]+ times)`, "three times"},
	{"{who}", `(I|my application)`, "(I|my application)"},
	{"{numbers}", `((?:\d+(?:, | and )?)+)`, "1, 2 and 3"},
	{"{verb}", `(activate|activate_enable|download|download_enable|download_disable|enable|disable|delete|deactivate|suspend|resume)`, "VERB"},
}

// What can stand in front of a step that only looks, and how that is told.
const (
	within  = `(?:within (\d+ [a-z]+), )?`
	mayWait = "[within 2 seconds, ]"
)

// regexp is the pattern for the whole text of a step.
func (s *step) regexp() string {
	pattern := s.pattern
	for _, p := range placeholders {
		pattern = strings.ReplaceAll(pattern, p.name, p.pattern)
	}
	if s.check {
		pattern = within + pattern
	}
	return "^" + pattern + "$"
}

var optional = regexp.MustCompile(`\(\?:([^()]*(?:\([^()]*\))?[^()]*)\)\?`)

// title is the pattern for people.
func (s *step) title() string {
	title := s.pattern
	for _, p := range placeholders {
		title = strings.ReplaceAll(title, p.name, p.title)
	}
	title = optional.ReplaceAllString(title, "[$1]")
	if s.check {
		title = mayWait + title
	}
	return strings.NewReplacer("(?:", "(", "s?", "[s]").Replace(title)
}

var (
	errorType   = reflect.TypeFor[error]()
	contextType = reflect.TypeFor[context.Context]()
	tableType   = reflect.TypeFor[*godog.Table]()
	textType    = reflect.TypeFor[*godog.DocString]()
	stringType  = reflect.TypeFor[string]()
)

// handler is the function that godog calls: it puts in what names stand for, hands over table or text, asks again within a
// time, and tells of a failure what tsim knows.
func (s *step) handler() any {
	do := reflect.ValueOf(s.do)
	captured := []reflect.Type{contextType}
	if s.check {
		captured = append(captured, stringType)
	}
	argument := reflect.Type(nil)
	for i := 2; i < do.Type().NumIn(); i++ {
		switch in := do.Type().In(i); in {
		case tableType, textType:
			argument = in
		default:
			captured = append(captured, in)
		}
	}
	return reflect.MakeFunc(reflect.FuncOf(captured, []reflect.Type{errorType}, false), func(in []reflect.Value) []reflect.Value {
		ctx, in := in[0].Interface().(context.Context), in[1:]
		patience := ""
		if s.check {
			patience, in = in[0].String(), in[1:]
		}
		w := worldOf(ctx)
		err := w.patiently(ctx, patience, func() error { return s.run(ctx, w, do, in, argument) })
		if err != nil {
			err = &failure{err, w.knows(ctx, err)}
		}
		return []reflect.Value{reflect.ValueOf(&err).Elem()}
	}).Interface()
}

// run runs a step once.
func (s *step) run(ctx context.Context, w *world, do reflect.Value, in []reflect.Value, argument reflect.Type) error {
	args := []reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(w)}
	for _, v := range in {
		if v.Kind() == reflect.String {
			text, err := w.expand(ctx, strings.ReplaceAll(v.String(), `\"`, `"`))
			if err != nil {
				return err
			}
			v = reflect.ValueOf(text)
		}
		args = append(args, v)
	}
	has, err := w.argument(ctx, argument, s.without)
	if err != nil {
		return err
	}
	if argument != nil {
		args = append(args, has)
	}
	out := do.Call(args)
	if len(out) == 0 {
		return nil
	}
	err, _ = reflect.TypeAssert[error](out[0])
	return err
}

// argument is the table or the text of the step that runs, with what names in it stand for.
func (w *world) argument(ctx context.Context, want reflect.Type, without bool) (reflect.Value, error) {
	none := reflect.Value{}
	given := w.step.Argument
	switch {
	case want == nil && given == nil:
		return none, nil
	case want == nil:
		return none, errors.New("this step takes neither a table nor a text below it")
	case given == nil && without:
		return reflect.Zero(want), nil
	case want == tableType:
		if given == nil || given.DataTable == nil {
			return none, errors.New("this step needs a table below it, of a heading and rows")
		}
		table, err := w.expandTable(ctx, given.DataTable)
		return reflect.ValueOf(table), err
	default:
		if given == nil || given.DocString == nil {
			return none, errors.New(`this step needs a text below it, between lines of """`)
		}
		text := *given.DocString
		var err error
		text.Content, err = w.expand(ctx, text.Content)
		return reflect.ValueOf(&text), err
	}
}

// patiently does something, again and again for so long of the wall clock until it succeeds; "" is once.
func (w *world) patiently(ctx context.Context, patience string, do func() error) error {
	err := do()
	if patience == "" || err == nil {
		return err
	}
	long, failed := duration(patience)
	if failed != nil {
		return failed
	}
	deadline := time.NewTimer(long)
	defer deadline.Stop()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline.C:
			if err = do(); err == nil {
				return nil
			}
			return fmt.Errorf("not within %s: %w", patience, err)
		case <-again.C:
			if err = do(); err == nil {
				return nil
			}
		}
	}
}
