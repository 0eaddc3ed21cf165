package control

import (
	"errors"
	"fmt"
	"net/http"

	"tsim/internal/bound"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

// bad is the answer to an argument that cannot be.
func bad(hint, format string, args ...any) *tsimclient.Error {
	return &tsimclient.Error{Status: http.StatusBadRequest, Message: fmt.Sprintf(format, args...), Hint: hint}
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
func refusal(err error) *tsimclient.Error {
	var e *tsimclient.Error
	var fact *sim.Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.As(err, &fact):
		return &tsimclient.Error{Status: statusOf(fact.Kind), Message: bound.Cut(fact.Msg, longest(fact))}
	}
	return nil
}
