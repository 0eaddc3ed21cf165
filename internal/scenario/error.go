package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is everything that is wrong with a scenario, so that all of it can be mended at once.
type Error struct {
	File     string
	Problems []Problem // by line; never empty
}

// Problem is one thing that is wrong, and where it stands.
type Problem struct {
	Line   int
	Column int // 0 when only the line is known
	Msg    string
}

// shown is how many problems fit on a screen; a generated file can have thousands.
const shown = 30

// Error lists the problems, one to a line, each as file:line:column: message.
func (e *Error) Error() string {
	var b strings.Builder
	for i, p := range e.Problems {
		if i == shown {
			fmt.Fprintf(&b, "\n%s: and %d more", e.File, len(e.Problems)-shown)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s:%d:", e.File, p.Line)
		if p.Column > 0 {
			fmt.Fprintf(&b, "%d:", p.Column)
		}
		b.WriteString(" " + p.Msg)
	}
	return b.String()
}

// failed makes an Error of the problems of a file. What an alias repeats is told once.
func failed(file string, problems []Problem) *Error {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return &Error{file, slices.Compact(problems)}
}
