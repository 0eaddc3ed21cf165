package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"tsim/tsimbox"
)

// heard is a callback that a listener has heard, and answered.
type heard struct {
	At      time.Time       `json:"at"` // on the clock on the wall
	Account string          `json:"account,omitempty"`
	Service string          `json:"service"`
	Status  int             `json:"status"`          // of the answer
	Error   string          `json:"error,omitempty"` // why it could not be passed on
	Body    json.RawMessage `json:"body"`            // a JSON string, if it is no JSON

	body []byte // as it came
}

// paper is where a listener prints callbacks, and what it says of itself.
type paper struct {
	out, errs     io.Writer
	style         style
	json, verbose bool

	mu    sync.Mutex
	began time.Time // of the second that the others are about
	lines int       // printed in it
	rest  map[string]int
	soon  *time.Timer // prints the rest
}

// newPaper is the paper of a command: a terminal has text, anything else lines of JSON.
func newPaper(b *box, f *listenFlags) *paper {
	text := terminal(b.out)
	if b.output != "" {
		text = b.output == "text"
	}
	return &paper{out: b.out, errs: b.errs, style: b.style, json: !text, verbose: f.verbose, rest: map[string]int{}}
}

// note says something of the listener itself, where it does not disturb programs.
func (p *paper) note(format string, args ...any) {
	out := p.out
	if p.json {
		out = p.errs
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(out, format+"\n", args...)
}

// linesASecond is how many lines of callbacks a terminal gets in a second. Nobody reads more.
const linesASecond = 20

// print prints a callback.
func (p *paper) print(c *heard) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.json {
		_, _ = p.out.Write(c.json())
		return
	}
	if c.At.Sub(p.began) >= time.Second {
		p.sumUp()
		p.began, p.lines = c.At, 0
	}
	if p.lines < linesASecond {
		p.lines++
		_, _ = io.WriteString(p.out, p.line(c))
		return
	}
	m, _ := tsimbox.ReadMessage(c.body)
	p.rest[cmp.Or(m.Status, "others")]++
	if p.soon == nil {
		p.soon = time.AfterFunc(time.Second, p.flush)
	}
}

// flush prints what was not printed yet.
func (p *paper) flush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sumUp()
}

func (p *paper) sumUp() {
	if p.soon != nil {
		p.soon.Stop()
		p.soon = nil
	}
	sum, parts := 0, []string{}
	for _, status := range slices.Sorted(maps.Keys(p.rest)) {
		sum += p.rest[status]
		parts = append(parts, fmt.Sprintf("%d %s", p.rest[status], flat(status)))
	}
	if sum > 0 {
		fmt.Fprintf(p.out, "%s\n", p.style.Dim(fmt.Sprintf("         and %d more: %s", sum, strings.Join(parts, ", "))))
	}
	clear(p.rest)
}

// line is a callback for people: what matters, and with verbose its body.
func (p *paper) line(c *heard) string {
	text := p.style.Dim(c.At.Format("15:04:05")) + " "
	m, err := tsimbox.ReadMessage(c.body)
	if err != nil || m.Status == "" {
		text += fmt.Sprintf("%d bytes of %s", len(c.body), c.Service)
	} else {
		status := fmt.Sprintf("%-7s", flat(m.Status))
		if m.Status == "SUCCESS" {
			status = p.style.Good(status)
		} else {
			status = p.style.Bad(status)
		}
		text += strings.Join([]string{status, flat(cmp.Or(m.ICCID, m.EID, m.IMEI, m.MDN, "-")), flat(cmp.Or(m.FaultString, m.State, "-")), p.style.Dim("request " + flat(m.RequestID))}, " ")
		if m.Count > 1 {
			text += fmt.Sprintf(" attempt %d", m.Count)
		}
	}
	if c.Error != "" {
		text += " " + p.style.Bad(flat(c.Error))
	}
	if c.Status/100 != 2 {
		text += " " + p.style.Bad(fmt.Sprintf("answered %d", c.Status))
	}
	if p.verbose {
		text += "\n" + string(indented(c.body))
	}
	return text + "\n"
}

// json is a callback for programs: a line.
func (c *heard) json() []byte {
	c.Body = c.body
	text, err := json.Marshal(c)
	if err != nil { // the body is no JSON
		c.Body, _ = json.Marshal(string(c.body))
		text, _ = json.Marshal(c)
	}
	return append(text, '\n')
}
