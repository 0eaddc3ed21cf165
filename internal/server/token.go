package server

import (
	"crypto/rand"

	"tsim/internal/sim"
)

// newToken is a UUID that nobody can guess.
func newToken() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return sim.UUID(b)
}
