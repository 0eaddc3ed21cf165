package scenario

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"tsim/internal/config"
)

// Write is a scenario of which Load makes the configuration again, with a comment above it, for people to go on from: what
// is as it would be anyway is left out. It is told by the tables that read it. The two differ in this: c.Scenario is not
// written, times are in UTC, and of a rule the Set is known only where its set stands whole behind all other rules.
//
// The error is an *Error for what no scenario can say, or that it would be larger than a file can be.
func Write(comment string, c *config.Config) ([]byte, error) {
	usual := config.Defaults()
	root := scenario.write(c, &usual)
	if n := root.adopt(); n > inFile {
		return nil, fmt.Errorf("a scenario has at most %d values, and this one would have %d", inFile, n)
	}
	if _, err := loadNodes("", root, nil, time.Time{}); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for line := range strings.Lines(comment) {
		out.WriteString(strings.TrimRight("# "+line, " \n") + "\n")
	}
	if err := render(&out, root); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// adopt says to each value below one where it stands, and how many there are with it.
func (n *node) adopt() int {
	n.size = 1
	for i, item := range n.items {
		item.parent, item.index = n, i
		n.size += item.adopt()
	}
	for _, e := range n.entries {
		e.value.parent, e.value.key = n, e.key
		n.size += e.value.adopt()
	}
	return n.size
}

// widest is how many letters of a list or map stand in one line.
const widest = 150

// width is how many letters a value takes in a line with others, more than widest if it has several lines of its own: a map
// of scalars fits in one, and a list of them, but not a list of maps.
func (n *node) width() int {
	sum := len(n.text)
	if strings.Contains(n.text, "\n") {
		return widest + 1
	}
	for _, item := range n.items {
		if len(item.entries) > 0 {
			return widest + 1
		}
		sum += len(", ") + item.width()
	}
	for _, e := range n.entries {
		if len(e.value.entries) > 0 {
			return widest + 1
		}
		sum += len(", : ") + len(e.key) + e.value.width()
	}
	return sum
}
