package control

import (
	"encoding/json"
	"fmt"
	"net/http"

	"tsim/internal/bound"
	"tsim/internal/config"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

// bodyOf is the body of a callback as its listener gets it. One that a rule has made something else than JSON is a text.
func (c *call) bodyOf(cb *sim.Callback) json.RawMessage {
	body := c.o.Encode(c.box, &cb.Facts, cb.CallbackCount, c.box.Delivery().Attempts, cb.Effect)
	if cb.Effect != nil && !json.Valid(body) {
		body, _ = json.Marshal(string(body)) // a text always can be
	}
	return body
}

func (c *call) callbackView(cb *sim.Callback) tsimclient.Callback {
	v := tsimclient.Callback{
		ID: cb.ID, Request: cb.Request.ID, Account: cb.Request.Account, Service: config.ProfileService,
		Operation: tsimclient.Operation(cb.Request.Action()), EID: cb.Card.EID, ICCID: cb.Outcome.Profile.ICCID, Level: tsimclient.LevelProfile,
		Status: tsimclient.CallbackStatus(cb.Outcome.Status().String()), State: tsimclient.CallbackState(cb.State.String()), Due: cb.Due.Time(), Cause: cb.Cause,
		Attempts: make([]tsimclient.Attempt, len(cb.Attempts)),
		Body:     c.bodyOf(cb),
	}
	switch {
	case cb.Outcome.Device:
		v.Level = tsimclient.LevelDevice
	case cb.Request.Query != nil:
		v.Level = tsimclient.LevelAccount
	}
	if cb.SentTo != nil {
		v.URL = config.Redact(cb.SentTo.URL)
	}
	for i, t := range cb.Attempts {
		a := tsimclient.Attempt{
			N: i + 1, At: t.At.Time(), Status: t.Answer.Status, MS: float64(t.Answer.Took.Microseconds()) / 1000,
			Detail: t.Answer.Err,
		}
		if r := t.Answer.Result; r != sim.Replied && r != sim.Pending {
			a.Error = tsimclient.AttemptError(r.String())
		}
		v.Attempts[i] = a
	}
	return v
}

func listCallbacks(c *call) (any, error) {
	var f tsimclient.CallbackFilter
	if err := c.readFilter(&f); err != nil {
		return nil, err
	}
	keep, err := callbackCriteria(&f)
	if err != nil {
		return nil, err
	}
	of := sim.CallbackFilter{Request: f.Request}
	if f.State != "" {
		if of.State, err = parseState(string(f.State)); err != nil {
			return nil, err
		}
	}
	after, limit, err := c.page()
	if err != nil {
		return nil, err
	}
	fetch := func(after uint64, limit int) []sim.Callback { return c.box.Callbacks(of, after, limit) }
	return pages(c.box, "callbacks", after, limit, fetch, func(cb *sim.Callback) uint64 { return cb.ID }, keep, func(cb *sim.Callback) any {
		return c.callbackView(cb)
	}), nil
}

func parseState(word string) (*sim.CallbackState, error) {
	for _, s := range sim.CallbackStates() {
		if s.String() == word {
			return &s, nil
		}
	}
	return nil, bad(suggest(word, stateWords(), "states"), "no callback has the state %q", bound.Short(word))
}

// stateWords are the words for the states of a callback, in their order.
func stateWords() []string {
	var words []string
	for _, s := range sim.CallbackStates() {
		words = append(words, s.String())
	}
	return words
}

func showCallback(c *call) (any, error) {
	if id, ok := number(c.path("id")); ok && id > 0 {
		// The first one after the one before it is it, unless it is gone.
		if found := c.box.Callbacks(sim.CallbackFilter{}, id-1, 1); len(found) > 0 && found[0].ID == id {
			return c.callbackView(&found[0]), nil
		}
	}
	return nil, &tsimclient.Error{Status: http.StatusNotFound, Message: fmt.Sprintf("no callback %q", bound.Short(c.path("id"))), Hint: "it has not been decided yet, or it is forgotten"}
}
