package control

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"tsim/internal/bound"
	"tsim/internal/config"
	"tsim/internal/sim"
)

// Callback is one message to a listener, with the attempts to deliver it.
type Callback struct {
	ID        uint64    `json:"id"`
	Request   string    `json:"request"`
	Account   string    `json:"account"`
	Service   string    `json:"service"`
	Operation string    `json:"operation"`
	EID       string    `json:"eid"`
	ICCID     string    `json:"iccid"`
	Level     string    `json:"level"`         // LevelProfile, LevelDevice or LevelAccount
	URL       string    `json:"url,omitempty"` // where the latest attempt went
	State     string    `json:"state"`
	Due       time.Time `json:"due"`   // of the next attempt, or of the last one when none is to come
	Cause     uint64    `json:"cause"` // the event that decided it
	Attempts  []Attempt `json:"attempts"`
	// Body is that of the latest attempt, or of the first one to come.
	Body json.RawMessage `json:"body,omitempty"`
}

// What a callback is about.
const (
	LevelProfile = "profile"
	LevelDevice  = "device"
	LevelAccount = "account" // a list, or a history
)

// Attempt is one attempt to deliver a callback. It has a status when there was an answer, an error
// when there was none, and neither while it is in flight.
type Attempt struct {
	N      int       `json:"n"`
	At     time.Time `json:"at"`
	Status int       `json:"status,omitempty"`
	MS     float64   `json:"ms"` // of the wall clock
	Error  string    `json:"error,omitempty"`
	Detail string    `json:"detail,omitempty"` // the error in full, for people
}

// CallbackList is a page of callbacks; Next is what to pass as after for the next one.
type CallbackList struct {
	Callbacks []Callback `json:"callbacks"`
	Next      string     `json:"next,omitempty"`
}

func (c *call) callbackView(cb *sim.Callback) Callback {
	v := Callback{
		ID: cb.ID, Request: cb.Request.ID, Account: cb.Request.Account, Service: config.ProfileService,
		Operation: cb.Request.Action(), EID: cb.Card.EID, ICCID: cb.Outcome.Profile.ICCID, Level: LevelProfile,
		State: cb.State.String(), Due: cb.Due.Time(), Cause: cb.Cause,
		Attempts: make([]Attempt, len(cb.Attempts)),
		Body:     c.o.Encode(c.box, &cb.Facts, cb.CallbackCount, c.box.Delivery().Attempts),
	}
	switch {
	case cb.Outcome.Device:
		v.Level = LevelDevice
	case cb.Request.Query != nil:
		v.Level = LevelAccount
	}
	if cb.SentTo != nil {
		v.URL = config.Redact(cb.SentTo.URL)
	}
	for i, t := range cb.Attempts {
		a := Attempt{
			N: i + 1, At: t.At.Time(), Status: t.Answer.Status, MS: float64(t.Answer.Took.Microseconds()) / 1000,
			Detail: t.Answer.Err,
		}
		if r := t.Answer.Result; r != sim.Replied && r != sim.Pending {
			a.Error = r.String()
		}
		v.Attempts[i] = a
	}
	return v
}

func listCallbacks(c *call) (any, error) {
	filter, err := c.callbackFilter()
	if err != nil {
		return nil, err
	}
	after, limit, err := c.page()
	if err != nil {
		return nil, err
	}
	fetch := func(after uint64, limit int) []sim.Callback { return c.box.Callbacks(filter, after, limit) }
	return pages(c.box, "callbacks", after, limit, fetch, func(cb *sim.Callback) uint64 { return cb.ID }, func(cb *sim.Callback) any {
		return c.callbackView(cb)
	}), nil
}

func (c *call) callbackFilter() (sim.CallbackFilter, error) {
	f := sim.CallbackFilter{Request: c.query.Get("request")}
	var err error
	if word := c.query.Get("state"); word != "" {
		f.State, err = parseState(word)
	}
	return f, err
}

func parseState(word string) (*sim.CallbackState, error) {
	var words []string
	for _, s := range sim.CallbackStates() {
		if s.String() == word {
			return &s, nil
		}
		words = append(words, s.String())
	}
	return nil, bad(suggest(word, words, "states"), "no callback has the state %q", bound.Short(word))
}

func showCallback(c *call) (any, error) {
	if id, ok := number(c.path("id")); ok && id > 0 {
		// The first one after the one before it is it, unless it is gone.
		if found := c.box.Callbacks(sim.CallbackFilter{}, id-1, 1); len(found) > 0 && found[0].ID == id {
			return c.callbackView(&found[0]), nil
		}
	}
	return nil, &Error{Status: http.StatusNotFound, Msg: fmt.Sprintf("no callback %q", bound.Short(c.path("id"))), Hint: "it has not been decided yet, or it is forgotten"}
}
