package control

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"time"

	"tsim/internal/bound"
	"tsim/internal/sim"
)

// Wait is what to wait for, and for how long of the wall clock at the most.
type Wait struct {
	For     any    `json:"for"` // UntilIdle, a For, or either in JSON
	Timeout string `json:"timeout,omitempty"`
}

// For is something to wait for. With Kind it is an event that all that is given fits; without, it is
// about a request: Callbacks of them in State (StateDelivered if not given), or nothing still to come.
type For struct {
	Request   string `json:"request,omitempty"`
	Callbacks int    `json:"callbacks,omitempty"`
	State     string `json:"state,omitempty"`
	Kind      string `json:"kind,omitempty"`
	EID       string `json:"eid,omitempty"`
	ICCID     string `json:"iccid,omitempty"`
	Callback  uint64 `json:"callback,omitempty"`
	After     uint64 `json:"after,omitempty"`
}

// Waited is what a wait came to: the event that was waited for, if it was one.
type Waited struct {
	Now   time.Time `json:"now"`
	Event *Event    `json:"event,omitempty"`
}

// Pending is something that is still to come, and why it has not come yet. Callback is 0 for an
// operation.
type Pending struct {
	Request   string    `json:"request"`
	Entry     int       `json:"entry"` // from 1; 0 for a query, which has none
	Operation string    `json:"operation"`
	EID       string    `json:"eid,omitempty"`
	Callback  uint64    `json:"callback,omitempty"`
	Due       time.Time `json:"due"`
	Why       string    `json:"why"`
}

// How long a wait lasts.
const (
	defaultTimeout = 10 * time.Second
	maxTimeout     = 10 * time.Minute
	told           = 20 // events and pending things in the answer to one that was in vain
)

const whatFor = `{"for":"idle"}, {"for":{"request":"…","callbacks":3,"state":"delivered"}} or {"for":{"kind":"attempt.failed"}}, each with "timeout":"10s"`

func wait(c *call) (any, error) {
	var body struct {
		For     json.RawMessage `json:"for"`
		Timeout string          `json:"timeout"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	condition, err := readFor(body.For)
	if err != nil {
		return nil, err
	}
	timeout := defaultTimeout
	if body.Timeout != "" {
		if timeout, err = waitTime("timeout", body.Timeout); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(c.ctx, timeout)
	defer cancel()
	event, err := c.box.Await(ctx, condition)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, c.inVain(condition, timeout)
	case err != nil:
		return nil, err
	}
	waited := Waited{Now: c.box.Clock().Now.Time()}
	if event.Seq > 0 {
		view := eventView(event)
		waited.Event = &view
	}
	return waited, nil
}

// waitTime reads how long of the wall clock to wait.
func waitTime(field, text string) (time.Duration, error) {
	d, err := duration(field, text)
	if err == nil && d > maxTimeout {
		err = bad("ask again when it is over", "a %s of %s is above %s", field, d, maxTimeout)
	}
	return d, err
}

// readFor reads what is to be waited for.
func readFor(raw json.RawMessage) (sim.Condition, error) {
	var word string
	if len(raw) == 0 {
		return sim.Condition{}, bad(whatFor, "a wait needs something to wait for")
	}
	if json.Unmarshal(raw, &word) == nil {
		if word != UntilIdle {
			return sim.Condition{}, bad(whatFor, `for is %q; the only word is "idle"`, bound.Short(word))
		}
		return sim.Condition{Idle: true}, nil
	}
	var f For
	if err := fill("/for", raw, reflect.ValueOf(&f).Elem()); err != nil {
		return sim.Condition{}, err
	}
	if f.Kind != "" {
		return f.event()
	}
	switch {
	case f.Request == "":
		return sim.Condition{}, bad(whatFor, "for has neither a request nor the kind of an event")
	case f.EID != "" || f.ICCID != "" || f.Callback > 0 || f.After > 0:
		return sim.Condition{}, bad(whatFor, "eid, iccid, callback and after go with the kind of an event")
	case f.Callbacks < 0:
		return sim.Condition{}, bad(whatFor, "callbacks is how many, it cannot be %d", f.Callbacks)
	}
	condition := sim.Condition{Request: f.Request, Callbacks: f.Callbacks}
	var err error
	if f.State != "" {
		condition.State, err = parseState(f.State)
	}
	return condition, err
}

func (f *For) event() (sim.Condition, error) {
	if f.Callbacks != 0 || f.State != "" {
		return sim.Condition{}, bad(whatFor, "callbacks and state go with a request, not with an event")
	}
	filter := sim.EventFilter{Request: f.Request, EID: f.EID, ICCID: f.ICCID, Callback: f.Callback, After: f.After}
	var words []string
	for _, k := range sim.EventKinds() {
		if k.String() == f.Kind {
			filter.Kind = &k
			return sim.Condition{Event: &filter}, nil
		}
		words = append(words, k.String())
	}
	return sim.Condition{}, bad(suggest(f.Kind, words, "kinds"), "no event has the kind %q", bound.Short(f.Kind))
}

// inVain is the answer when the time is over: what did happen, and what is pending and why.
func (c *call) inVain(condition sim.Condition, timeout time.Duration) *Error {
	e := &Error{Status: http.StatusRequestTimeout, Msg: "it has not come true within " + timeout.String()}
	request := condition.Request
	if condition.Event != nil {
		request = condition.Event.Request
	}
	for _, event := range c.box.Latest(sim.EventFilter{Request: request}, told) {
		e.Happened = append(e.Happened, eventView(event))
	}
	for _, p := range c.box.Pending(request, told) {
		e.Pending = append(e.Pending, Pending{
			p.Request.ID, p.Entry, p.Request.Action(), p.EID, p.Callback, p.Due.Time(), p.Why,
		})
	}
	if e.Hint = "nothing is pending any more"; len(e.Pending) > 0 {
		e.Hint = e.Pending[0].Why
	}
	return e
}
