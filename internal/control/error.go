package control

import (
	"errors"
	"fmt"
	"net/http"

	"tsim/internal/bound"
	"tsim/internal/sim"
)

// Error is a refusal as the control surface tells it: the body of every answer that is not a 2xx, and
// the error of every method of Client. Status is 0 when there was no answer at all.
type Error struct {
	Status int    `json:"-"`
	Msg    string `json:"error"`
	Hint   string `json:"hint,omitempty"`
	// Of a wait that was in vain: what did happen, and what is still to come.
	Happened []Event   `json:"happened,omitempty"`
	Pending  []Pending `json:"pending,omitempty"`

	err error
}

func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Msg
	}
	return e.Msg + " (" + e.Hint + ")"
}

// Unwrap is the error behind this one, if any.
func (e *Error) Unwrap() error { return e.err }

// bad is the answer to an argument that cannot be.
func bad(hint, format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Msg: fmt.Sprintf(format, args...), Hint: hint}
}

// statusOf is the HTTP status of each kind of fact that this surface can meet. A sandbox refuses
// everything else because of what it was asked.
func statusOf(k sim.Kind) int {
	switch k {
	case sim.NotFound, sim.PathUnknown, sim.AccountUnknown, sim.ListenerUnknown:
		return http.StatusNotFound
	case sim.Conflict:
		return http.StatusConflict
	case sim.MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case sim.BodyTooLarge, sim.TooManyDevices:
		return http.StatusRequestEntityTooLarge
	case sim.Overloaded:
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

// longest is how long the message of a fact may be. A sandbox repeats what it was asked for, which may be long;
// where it tells of several places, it names many.
func longest(fact *sim.Error) int {
	if len(fact.Problems) > 0 {
		return 16_000
	}
	return 500
}

// refusal is how an error is told, or nil for a bug.
func refusal(err error) *Error {
	var e *Error
	var fact *sim.Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.As(err, &fact):
		return &Error{Status: statusOf(fact.Kind), Msg: bound.Cut(fact.Msg, longest(fact))}
	}
	return nil
}
