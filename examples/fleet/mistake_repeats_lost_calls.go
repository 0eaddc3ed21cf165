//go:build repeats_lost_calls

package main

import "context"

// A call whose reply was lost is made again at once.
func init() { afterLoss = func(context.Context, *fleet, *batch) bool { return false } }
