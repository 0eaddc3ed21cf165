package tsimbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tsim/tsimclient"
)

// Others are the devices that a WantEach does not name.
const Others = ""

// Want holds the callbacks of a request, whoever hears them, to a status each, in the order in which tsim decided them:
// "SUCCESS", "warning", "Failed", or in the case of a failure its faultstring. One that was not delivered has its state behind
// that, such as "SUCCESS, archived". A callback counts once, however many attempts it took. It returns what they say. With
// another clock than a manual one, it waits as Want of a Listener does. The error is a *RequestError when they say
// something else.
func (s *Sandbox) Want(ctx context.Context, request string, want ...string) ([]Message, error) {
	if err := s.waitFor(ctx, request); err != nil {
		return nil, err
	}
	callbacks, err := s.Callbacks(ctx, request)
	if err != nil {
		return nil, err
	}
	var said []Message
	var all []outcome
	for i := range callbacks {
		o := outcomeOf(&callbacks[i])
		said, all = append(said, o.Message), append(all, o)
	}
	return said, s.compare(ctx, request, "the callbacks say", all, want)
}

// WantEach is Want for a request of many devices, which come in any order. What is wanted of a device stands under its
// ICCID, or else its EID, and what is wanted of those that are not named under Others:
//
//	box.WantEach(ctx, request, map[string][]string{tsimbox.Others: {"SUCCESS"}, iccid: {"Profile is already suspended"}})
//
// The error is a *RequestError that names the devices of which something else was told.
func (s *Sandbox) WantEach(ctx context.Context, request string, want map[string][]string) error {
	if err := s.waitFor(ctx, request); err != nil {
		return err
	}
	entries, err := s.entries(ctx, request)
	if err != nil {
		return err
	}
	var wrong []string
	met := map[string]bool{Others: true}
	for i := range entries {
		e := &entries[i]
		all, id := outcomesOf(e, want)
		met[id] = true
		texts := told(all, want[id])
		if slices.Equal(texts, want[id]) {
			continue
		}
		line := fmt.Sprintf("entry %d%s: %q, want %q", e.N, names(e.EID, e.ICCID), texts, want[id])
		if e.Why != "" {
			line += ": " + e.Why
		}
		wrong = append(wrong, line)
	}
	if n := len(wrong); n > 0 {
		wrong = append([]string{fmt.Sprintf("%d of %d devices differ from what is wanted of them", n, len(entries))}, few(wrong)...)
	}
	var unmet []string
	for _, id := range slices.Sorted(maps.Keys(want)) {
		if !met[id] {
			unmet = append(unmet, fmt.Sprintf("the request is not about %q", id))
		}
	}
	wrong = append(wrong, few(unmet)...)
	if len(wrong) == 0 {
		return nil
	}
	return s.withStory(ctx, request, errors.New(strings.Join(wrong, "\n")))
}

// few are the first ten lines of many, and how many others there are.
func few(lines []string) []string {
	const most = 10
	if len(lines) <= most {
		return lines
	}
	return append(lines[:most:most], fmt.Sprintf("and %d more", len(lines)-most))
}

// howLong of the wall clock is waited where time moves by itself.
const howLong = 10 * time.Second

// waitFor waits until nothing of a request is still to come, unless that would need an Advance.
func (s *Sandbox) waitFor(ctx context.Context, request string) error {
	clock, err := s.Control.Clock(ctx)
	if err == nil && clock.Mode != tsimclient.ClockManual {
		_, err = s.Wait(ctx, tsimclient.For{Request: request}, howLong)
	}
	return err
}

// entries are all devices of a request, with what came of them.
func (s *Sandbox) entries(ctx context.Context, request string) (all []tsimclient.Entry, err error) {
	for page := (tsimclient.Page{Limit: tsimclient.MaxLimit}); ; {
		r, err := s.Control.Request(ctx, request, page)
		if err != nil {
			return nil, err
		}
		all = append(all, r.Entries...)
		if page.After = r.Next; r.Next == "" {
			return all, nil
		}
	}
}

// outcome is what was told of a device, and how that went.
type outcome struct {
	Message
	state string // of a callback that was not delivered, with a comma; "" otherwise
}

func outcomeOf(c *tsimclient.Callback) outcome {
	m, _ := ReadMessage(c.Body) // which tsim itself wrote
	o := outcome{Message: m}
	if c.State != tsimclient.StateDelivered {
		o.state = ", " + string(c.State)
	}
	return o
}

// outcomesOf are the callbacks of an entry, which gets their identifiers, and under which of its own something is wanted.
func outcomesOf(e *tsimclient.Entry, want map[string][]string) (all []outcome, id string) {
	ids := []string{e.ICCID}
	for i := range e.Callbacks {
		o := outcomeOf(&e.Callbacks[i].Callback)
		all, ids = append(all, o), append(ids, o.ICCID)
		if e.EID = o.EID; len(e.Callbacks) == 1 {
			e.ICCID = o.ICCID
		}
	}
	for _, id := range append(ids, e.EID) {
		if _, ok := want[id]; ok && id != "" {
			return all, id
		}
	}
	return all, Others
}

// told is each outcome in the word in which it is wanted, or else in the one that says most.
func told(all []outcome, want []string) []string {
	texts := make([]string, len(all))
	for i := range all {
		o := &all[i]
		texts[i] = o.Status + o.state
		if o.FaultString != "" && (i >= len(want) || want[i] != texts[i]) {
			texts[i] = o.FaultString + o.state
		}
	}
	return texts
}

// compare says how what was told of a request differs from what is wanted of it.
func (s *Sandbox) compare(ctx context.Context, request, who string, all []outcome, want []string) error {
	got := told(all, want)
	if slices.Equal(got, want) {
		return nil
	}
	const short = 10 // can be read at a glance
	if len(got) <= short && len(want) <= short {
		return s.withStory(ctx, request, fmt.Errorf("%s %q of the request, want %q", who, got, want))
	}
	n := 0
	for n < min(len(got), len(want)) && got[n] == want[n] {
		n++
	}
	first := "nothing"
	if n < len(got) {
		first = fmt.Sprintf("%q%s", got[n], names(all[n].EID, all[n].ICCID))
	}
	wanted := "nothing"
	if n < len(want) {
		wanted = fmt.Sprintf("%q", want[n])
	}
	return s.withStory(ctx, request, fmt.Errorf("%s %d of the request, want %d; they differ at number %d: %s, want %s",
		who, len(got), len(want), n+1, first, wanted))
}

// names are the identifiers of a device for people.
func names(eid, iccid string) string {
	text := ""
	if eid != "" {
		text += ", eid " + eid
	}
	if iccid != "" {
		text += ", iccid " + iccid
	}
	return text
}
