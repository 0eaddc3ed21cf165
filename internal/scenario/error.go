package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tsim/internal/config"
)

// Error is everything that is wrong with a scenario, so that all of it can be mended at once.
type Error struct {
	File     string    // "" of JSON that was sent: whoever sent it sees no lines
	Problems []Problem // in their order there; never empty
}

// Problem is one thing that is wrong, and where it stands.
type Problem struct {
	Line   int // 0 in JSON
	Column int // 0 when only the line is known; in JSON, how many bytes stand before
	Msg    string
	at     *node // nil when there is none, because of the syntax
}

// Pointer is the JSON pointer to what is wrong, "" for the whole.
func (p Problem) Pointer() string {
	if p.at == nil {
		return ""
	}
	return p.at.pointer()
}

// shown is how many problems fit on a screen; a generated file can have thousands.
const shown = 30

// mostProblems is how many are noted: each costs more than the value that it is about.
const mostProblems = 1000

// kept are problems with another one, if there is room for it.
func kept(problems []Problem, next func() Problem) []Problem {
	if len(problems) == mostProblems {
		return problems
	}
	return append(problems, next())
}

// Error lists the problems: of a file one to a line, each as file:line:column: message; of JSON in one
// line, each as pointer: message.
func (e *Error) Error() string {
	told := make([]string, min(len(e.Problems), shown))
	for i := range told {
		told[i] = e.tell(&e.Problems[i])
	}
	between, file := "; ", ""
	if e.File != "" {
		between, file = "\n", e.File+": "
	}
	switch n := len(e.Problems) - shown; {
	case len(e.Problems) == mostProblems:
		told = append(told, file+"and many more")
	case n > 0:
		told = append(told, fmt.Sprintf("%sand %d more", file, n))
	}
	return strings.Join(told, between)
}

func (e *Error) tell(p *Problem) string {
	switch {
	case e.File == "":
		return config.Problem{Pointer: p.Pointer(), Msg: p.Msg}.String()
	case p.Column == 0:
		return fmt.Sprintf("%s:%d: %s", e.File, p.Line, p.Msg)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, p.Line, p.Column, p.Msg)
}

// failed makes an Error of the problems of a file. What an alias repeats is told once.
func failed(file string, problems []Problem) *Error {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return &Error{file, slices.Compact(problems)}
}
