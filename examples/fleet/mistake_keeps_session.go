//go:build keeps_session

package main

import "net/http"

// A bearer that is over is noticed, and a session is not.
func init() { expired = func(no *refused) bool { return no.status == http.StatusUnauthorized } }
