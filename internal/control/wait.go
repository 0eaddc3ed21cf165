package control

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"time"

	"tsim/internal/bound"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

// How long a wait lasts.
const (
	defaultTimeout = 10 * time.Second
	maxTimeout     = 10 * time.Minute
)

// maxReported is how many events, and how many pending things, the answer to a wait in vain has.
const maxReported = 20

const whatFor = `{"for":"idle"}, {"for":{"request":"…","callbacks":3,"state":"delivered"}}, {"for":{"kind":"attempt.failed"}} or {"for":{"calls":{"operation":"login","count":1}}}, each with "timeout":"10s"`

func wait(c *call) (any, error) {
	var body struct {
		For     json.RawMessage `json:"for"`
		Timeout string          `json:"timeout"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	condition, calls, err := readFor(body.For)
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
	if calls != nil {
		return c.waitForCalls(ctx, calls, timeout)
	}
	event, err := c.box.Await(ctx, condition)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, c.inVain(condition, timeout)
	case err != nil:
		return nil, err
	}
	waited := tsimclient.Waited{Now: c.box.Clock().Now.Time()}
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

// readFor reads what is to be waited for: a condition, or calls if they are not nil.
func readFor(raw json.RawMessage) (condition sim.Condition, calls *tsimclient.CallsWanted, err error) {
	var word string
	if len(raw) == 0 {
		return condition, nil, bad(whatFor, "a wait needs something to wait for")
	}
	if json.Unmarshal(raw, &word) == nil {
		if word != string(tsimclient.Idle) {
			return condition, nil, bad(whatFor, `for is %q; the only word is "idle"`, bound.Short(word))
		}
		return sim.Condition{Idle: true}, nil, nil
	}
	var f tsimclient.For
	if err := fill("/for", raw, reflect.ValueOf(&f).Elem()); err != nil {
		return condition, nil, err
	}
	switch {
	case f.Calls != nil && f != (tsimclient.For{Calls: f.Calls}):
		return condition, nil, bad(whatFor, "calls go with nothing else")
	case f.Calls != nil:
		return condition, f.Calls, nil
	case f.Kind != "":
		condition, err = eventCondition(&f)
	default:
		condition, err = requestCondition(&f)
	}
	return condition, nil, err
}

func requestCondition(f *tsimclient.For) (sim.Condition, error) {
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
		condition.State, err = parseState(string(f.State))
	}
	return condition, err
}

func eventCondition(f *tsimclient.For) (sim.Condition, error) {
	if f.Callbacks != 0 || f.State != "" {
		return sim.Condition{}, bad(whatFor, "callbacks and state go with a request, not with an event")
	}
	filter := sim.EventFilter{Request: f.Request, EID: f.EID, ICCID: f.ICCID, Callback: f.Callback, After: f.After}
	for _, k := range sim.EventKinds() {
		if k.String() == string(f.Kind) {
			filter.Kind = &k
			return sim.Condition{Event: &filter}, nil
		}
	}
	return sim.Condition{}, bad(suggest(string(f.Kind), eventKinds(), "kinds"), "no event has the kind %q", bound.Short(string(f.Kind)))
}

// inVain is the answer when the time is over: what did happen, and what is pending and why.
func (c *call) inVain(condition sim.Condition, timeout time.Duration) *tsimclient.Error {
	e := &tsimclient.Error{Status: http.StatusRequestTimeout, Message: "it has not come true within " + timeout.String()}
	request := condition.Request
	if condition.Event != nil {
		request = condition.Event.Request
	}
	for _, event := range c.box.Latest(sim.EventFilter{Request: request}, maxReported) {
		e.Happened = append(e.Happened, eventView(event))
	}
	for _, p := range c.box.Pending(request, maxReported) {
		e.Pending = append(e.Pending, tsimclient.PendingItem{
			Request: p.Request.ID, Entry: p.Entry, Operation: tsimclient.Operation(p.Request.Action()), EID: p.EID, Callback: p.Callback,
			Due: p.Due.Time(), Why: p.Why,
		})
	}
	if e.Hint = "nothing is pending any more"; len(e.Pending) > 0 {
		e.Hint = e.Pending[0].Why
	}
	return e
}
