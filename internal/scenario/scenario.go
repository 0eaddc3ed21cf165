// Package scenario makes a sandbox's configuration of a YAML file: sim.Config says what it means,
// docs/scenario.md tells people how it is written, schemas/scenario.json tells their editors.
//
//	file -> parse (yaml.go) -> nodes -> tables (fields.go) -> sim.Config -> its Problems -> lines of the file
package scenario

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"tsim/internal/sim"
	"tsim/internal/spell"
	"tsim/scenarios"
)

// Load reads a scenario. The file's name is for messages; now is what "start: now" means. What is
// wrong is an *Error: all that cannot be read, or, when everything can be, all that cannot be true.
func Load(file string, src []byte, now time.Time) (sim.Config, error) {
	root, problems := parse(src)
	if len(problems) > 0 {
		return sim.Config{}, failed(file, problems)
	}
	r := reader{now: now}
	var cfg sim.Config
	config.read(&r, root, &cfg)
	if len(r.problems) == 0 {
		for _, p := range cfg.Problems() {
			at := root.find(p.Pointer)
			r.problems = append(r.problems, Problem{at.line, at.column, p.Msg})
		}
	}
	if len(r.problems) > 0 {
		return sim.Config{}, failed(file, r.problems)
	}
	cfg.Scenario = cfg.Name
	return cfg, nil
}

// Stdin is the reference to a scenario that is piped in.
const Stdin = "-"

// Open loads the scenario that a person refers to: the name of a built-in one, a file, or Stdin.
// A file that is called like a built-in one is "./name".
func Open(ref string, stdin io.Reader, now time.Time) (sim.Config, error) {
	var src []byte
	var err error
	if ref == Stdin {
		if src, err = io.ReadAll(stdin); err != nil {
			return sim.Config{}, fmt.Errorf("reading the scenario from standard input: %w", err)
		}
		return Load("stdin", src, now)
	}
	if src, err = Builtin(ref); err == nil {
		return Load(ref+extension, src, now)
	}
	switch src, err = os.ReadFile(ref); {
	case errors.Is(err, fs.ErrNotExist):
		names := Names()
		return sim.Config{}, fmt.Errorf("no scenario %q: it is neither a file nor built in (%s)%s",
			ref, strings.Join(names, ", "), spell.DidYouMean(ref, names))
	case err != nil:
		return sim.Config{}, fmt.Errorf("reading the scenario: %w", err)
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
	src, err := scenarios.Files.ReadFile(name + extension)
	if err != nil {
		names := Names()
		return nil, fmt.Errorf("no built-in scenario %q; there are %s%s", name, strings.Join(names, ", "), spell.DidYouMean(name, names))
	}
	return src, nil
}
