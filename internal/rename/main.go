// Command rename gives the module another path, for when it has found a home that "go get" can follow:
//
//	go run ./internal/rename example.com/you/tsim
//
// It rewrites go.mod, every import, and what scripts and documents say of import paths. It needs no network.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./internal/rename example.com/you/tsim")
		os.Exit(2)
	}
	n, err := rename(".", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "rename:", err)
		os.Exit(1)
	}
	fmt.Printf("%d files now speak of %s; go build ./... && go test ./... show whether all is well\n", n, os.Args[1])
}

var (
	aPath   = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$`)
	aModule = regexp.MustCompile(`(?m)^module (\S+)$`)
)

// rename gives the module in dir another path, and answers how many files it has changed.
func rename(dir, to string) (changed int, err error) {
	if !aPath.MatchString(to) {
		return 0, fmt.Errorf("%q is no module path that \"go get\" can follow; it has to begin with a host, like example.com/you/tsim", to)
	}
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return 0, fmt.Errorf("this is no root of a checkout: %w", err)
	}
	module := aModule.FindSubmatch(mod)
	if module == nil {
		return 0, errors.New("go.mod does not say which module it is of")
	}
	files, rooms, err := list(dir)
	if err != nil {
		return 0, err
	}
	replace := replacer(string(module[1]), to, rooms)
	for _, name := range files {
		old, err := os.ReadFile(name)
		if err != nil {
			return changed, err
		}
		text := replace(old)
		if bytes.Equal(old, text) {
			continue
		}
		if filepath.Ext(name) == ".go" { // imports stand in order
			if text, err = format.Source(text); err != nil {
				return changed, fmt.Errorf("%s: %w", name, err)
			}
		}
		if err := os.WriteFile(name, text, 0o666); err != nil { // its mode stays
			return changed, err
		}
		changed++
	}
	return changed, nil
}

// list finds all files below dir but those of git, and the folders right below it that have Go packages in them.
func list(dir string) (files, rooms []string, err error) {
	err = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.Name() == ".git":
			if entry.IsDir() {
				return fs.SkipDir
			}
		case entry.Type().IsRegular():
			files = append(files, name)
			below, err := filepath.Rel(dir, name)
			if err != nil {
				return err
			}
			room, _, deeper := strings.Cut(filepath.ToSlash(below), "/")
			if ext := filepath.Ext(name); deeper && (ext == ".go" || ext == ".mod") && !slices.Contains(rooms, regexp.QuoteMeta(room)) {
				rooms = append(rooms, regexp.QuoteMeta(room))
			}
		}
		return nil
	})
	return files, rooms, err
}

// replacer replaces a module's path where a text surely speaks of it. What else has the same name, such as the program or
// a path of a URL, stays.
func replacer(from, to string, rooms []string) func([]byte) []byte {
	from = regexp.QuoteMeta(from)
	places := []*regexp.Regexp{
		regexp.MustCompile(`(?m)((?:^|")module )` + from + `($|\\n)`),                           // go.mod, and what a test expects of it
		regexp.MustCompile(`(local-prefixes: \[)` + from + `(\])`),                              // .golangci.yml
		regexp.MustCompile(`(^|[^\w./-])` + from + `(/(?:` + strings.Join(rooms, "|") + `)\b)`), // a package
		regexp.MustCompile(`(-require=|-replace=)` + from + `([@=])`),                           // go mod edit
		regexp.MustCompile(`(require |replace )` + from + `( (?:v0|=>))`),                       // another go.mod
	}
	return func(text []byte) []byte {
		for _, place := range places {
			text = place.ReplaceAll(text, []byte("${1}"+to+"${2}"))
		}
		return text
	}
}
