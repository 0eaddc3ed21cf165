package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"tsim/internal/scenario"
	"tsim/tsimclient"
)

// print prints an answer of control: as it is for programs, or else as its text for people.
func (b *box) print(answer any, text func() error) error {
	if b.output == "" {
		return text()
	}
	var written bytes.Buffer
	e := json.NewEncoder(&written)
	e.SetEscapeHTML(false)
	err := e.Encode(answer)
	if b.output == "yaml" && err == nil {
		var y []byte
		y, err = scenario.YAML(written.Bytes())
		written.Reset()
		_, _ = written.Write(y)
	}
	if err == nil {
		_, err = b.out.Write(written.Bytes())
	}
	return err
}

// say prints a line for people, or the answer for programs.
func (b *box) say(answer any, format string, args ...any) error {
	return b.print(answer, func() error {
		_, err := fmt.Fprintf(b.out, format+"\n", args...)
		return err
	})
}

// table prints rows of cells below their headings; with none, a line that says so.
func (b *box) table(what string, headings []string, rows [][]any) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintf(b.out, "There are no %s.\n", what)
		return err
	}
	var aligned bytes.Buffer
	w := tabwriter.NewWriter(&aligned, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, strings.Join(headings, "\t"))
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = cmp.Or(flat(fmt.Sprint(cell)), "-")
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	// Decorations have no width, which the alignment does not know: so they come after it.
	for i, line := range strings.SplitAfter(aligned.String(), "\n") {
		if line = strings.TrimRight(line, " \n"); line == "" {
			continue
		}
		if i == 0 {
			line = b.style.Bold(line)
		}
		if _, err := fmt.Fprintln(b.out, line); err != nil {
			return err
		}
	}
	return nil
}

// sheet prints what one thing is: names and values in turn, without those that are empty.
func (b *box) sheet(pairs ...any) error {
	width := 0
	for i := 0; i < len(pairs); i += 2 {
		width = max(width, len(pairs[i].(string)))
	}
	for i := 0; i < len(pairs); i += 2 {
		value := flat(fmt.Sprint(pairs[i+1]))
		if value == "" {
			continue
		}
		if _, err := fmt.Fprintf(b.out, "%s  %s\n", b.style.Dim(fmt.Sprintf("%-*s", width, pairs[i])), value); err != nil {
			return err
		}
	}
	return nil
}

// flat is text on one line: what a test has named or a rule says may have several, or letters that move the cursor.
func flat(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}

// when is a simulated time, and how far it is from now; "" for none.
func (b *box) when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	text := instant(t)
	if b.now.IsZero() {
		clock, err := b.Clock(b.ctx)
		if err != nil {
			return text // what it is about has been told all the same
		}
		b.now = clock.Now
	}
	return text + " (" + distance(t.Sub(b.now)) + ")"
}

// Clock is the time of the sandbox, which when compares with from then on.
func (b *box) Clock(ctx context.Context) (tsimclient.Clock, error) {
	clock, err := b.Client.Clock(ctx)
	b.now = clock.Now
	return clock, err
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z07:00") }

// distance is how far something is from now, in the two units that matter most.
func distance(d time.Duration) string {
	const day = 24 * time.Hour
	long := d.Abs()
	var text string
	switch {
	case long < time.Millisecond:
		return "now"
	case long < 10*time.Second:
		text = long.Round(100 * time.Millisecond).String()
		if long < 100*time.Millisecond {
			text = long.Round(time.Millisecond).String()
		}
	case long < time.Hour:
		text = long.Round(time.Second).String()
	case long < 2*day:
		text = strings.TrimSuffix(long.Round(time.Minute).String(), "0s")
	default:
		text = fmt.Sprintf("%dd%dh", long/day, long%day/time.Hour)
	}
	if d < 0 {
		return text + " ago"
	}
	return "in " + text
}
