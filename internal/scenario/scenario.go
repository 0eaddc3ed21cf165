// Package scenario makes a sandbox's configuration of a YAML file, or of JSON that was sent: config.Config
// says what it means, docs/scenario.md tells people how it is written, schemas/scenario.json tells their
// editors.
//
//	file -> parse (yaml.go, json.go) -> nodes -> tables (fields.go) -> config.Config -> its Problems -> lines of the file
//
// and back, by the same tables (write.go):
//
//	config.Config -> tables -> nodes -> render (yaml.go) -> file
package scenario

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"tsim/internal/bound"
	"tsim/internal/config"
	"tsim/internal/spell"
	"tsim/scenarios"
)

// Load reads a scenario. The file's name is for messages; now is what "start: now" means. What is
// wrong is an *Error: all that cannot be read and all that no value can be, or, when everything can be
// read, all that cannot be true together too.
func Load(file string, src []byte, now time.Time) (config.Config, error) {
	return loadUpTo(inFile, file, src, now)
}

// What a scenario has at the most: values, in a file and in what a program has sent, and keys of one object.
const (
	inFile   = 1_000_000
	sent     = 100_000
	mostKeys = 1000
)

const tooManyKeys = "more than 1000 keys are here; the rest is not looked at"

func loadUpTo(values int, file string, src []byte, now time.Time) (config.Config, error) {
	root, problems := parse(src, values)
	return loadNodes(file, root, problems, now)
}

// LoadJSON is Load for a scenario that was sent as JSON, in the place that a JSON pointer names.
func LoadJSON(at string, src []byte, now time.Time) (config.Config, error) {
	root, problems := parseJSON(at, src)
	return loadNodes("", root, problems, now)
}

func loadNodes(file string, root *node, problems []Problem, now time.Time) (config.Config, error) {
	if len(problems) > 0 {
		return config.Config{}, failed(file, problems)
	}
	r := reader{now: now}
	var cfg config.Config
	scenario.read(&r, root, &cfg)
	if !r.full() {
		r.problems = append(r.problems, r.untrue(root, &cfg)...)
	}
	if err := r.end(file); err != nil {
		return config.Config{}, err
	}
	cfg.Scenario = cfg.Name
	return cfg, nil
}

// untrue is what cannot be in a scenario that was read. When some of it could not be, only what is true
// of one value whatever the others are: the rest could be of what is missing. And not of a value that
// could not be read, or that is not there at all: that is known already.
func (r *reader) untrue(root *node, cfg *config.Config) (found []Problem) {
	known := map[*node]bool{}
	for _, p := range r.problems {
		known[p.at] = true
	}
	for _, p := range cfg.Problems() {
		if len(found)+len(r.problems) == mostProblems {
			break
		}
		if p.Alone && strings.HasPrefix(p.Pointer, "/rules/") {
			continue // each rule has been judged by itself
		}
		value, near := root.find(p.Pointer)
		if len(r.problems) > 0 && (!p.Alone || value == nil || known[value]) {
			continue
		}
		found = append(found, Problem{near.line, near.column, p.Under(root.key).Text(), near})
	}
	return found
}

// Stdin is the reference to a scenario that is piped in.
const Stdin = "-"

// Open loads the scenario that a person refers to: the name of a built-in one, a file, or Stdin.
// A file that is called like a built-in one is "./name".
func Open(ref string, stdin io.Reader, now time.Time) (config.Config, error) {
	var src []byte
	var err error
	if ref == Stdin {
		if src, err = io.ReadAll(stdin); err != nil {
			return config.Config{}, fmt.Errorf("reading the scenario from standard input: %w", err)
		}
		return Load("stdin", src, now)
	}
	if src, err = Builtin(ref); err == nil {
		return Load(ref+extension, src, now)
	}
	switch src, err = os.ReadFile(ref); {
	case errors.Is(err, fs.ErrNotExist):
		names := Names()
		return config.Config{}, fmt.Errorf("no scenario %q: it is neither a file nor built in (%s)%s",
			ref, strings.Join(names, ", "), spell.DidYouMean(ref, names))
	case err != nil:
		return config.Config{}, fmt.Errorf("reading the scenario: %w", err)
	}
	return Load(ref, src, now)
}

const extension = ".yaml"

// Names lists the built-in scenarios.
func Names() []string {
	files, err := fs.Glob(scenarios.Files, "*"+extension)
	if err != nil {
		panic(err) // of the pattern, which is ours
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(f, extension)
	}
	return files
}

// Builtin is the text of a built-in scenario.
func Builtin(name string) ([]byte, error) {
	names := Names()
	if !slices.Contains(names, name) {
		return nil, fmt.Errorf("no built-in scenario %q; there are %s%s", bound.Short(name), strings.Join(names, ", "), spell.DidYouMean(name, names))
	}
	return scenarios.Files.ReadFile(name + extension)
}
