//go:build acknowledges_first

package main

import "net/http"

// A callback is acknowledged before it was read, so that it does not come again.
func init() { unreadable = http.StatusOK }
