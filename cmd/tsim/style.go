package main

import (
	"io"
	"os"
)

// style decorates text for a terminal, and leaves it alone for everything else. What people paste is
// never decorated.
type style struct{ on bool }

// styleOf is the style for out: plain unless it is a terminal that can do more, and NO_COLOR unset.
func styleOf(out io.Writer, lookup func(string) (string, bool)) style {
	none, _ := lookup("NO_COLOR")
	kind, _ := lookup("TERM")
	return style{none == "" && kind != "" && kind != "dumb" && terminal(out)}
}

// terminal says whether somebody looks at what is written.
func terminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Bold is for what is read first.
func (s style) Bold(text string) string { return s.wrap("1", text) }

// Dim is for labels.
func (s style) Dim(text string) string { return s.wrap("2", text) }

// Good is for what to look for.
func (s style) Good(text string) string { return s.wrap("32", text) }

// Bad is for what went wrong.
func (s style) Bad(text string) string { return s.wrap("31", text) }

func (s style) wrap(code, text string) string {
	if !s.on {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
