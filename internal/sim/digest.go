package sim

import (
	"encoding/hex"
	"reflect"
	"slices"

	"tsim/internal/config"
	"tsim/internal/plain"
)

// Digest is a hash over the State: the same for two sandboxes that are the same. Facts of the wall clock are not in it, and no
// secrets: it stays the same when those are masked.
func (st *State) Digest() string {
	is := *st
	is.foldTold()
	is.Snapshots = slices.Clone(st.Snapshots)
	for i := range is.Snapshots {
		of := *is.Snapshots[i].State
		of.foldTold()
		is.Snapshots[i].State = &of
	}
	sum := plain.Digest(&is, plain.Leave{
		Types: []reflect.Type{reflect.TypeFor[config.Secret](), reflect.TypeFor[WallTiming]()},
		Fields: map[plain.Field]func(string) string{
			{Of: reflect.TypeFor[State](), Name: "Wall"}:          nil,
			{Of: reflect.TypeFor[Answer](), Name: "Took"}:         nil,
			{Of: reflect.TypeFor[Answer](), Name: "Err"}:          nil,
			{Of: reflect.TypeFor[config.Listener](), Name: "URL"}: config.Redact,
		},
	})
	return hex.EncodeToString(sum[:])
}

// foldTold makes one of those listeners that only their secrets tell apart: when these are masked, they are one.
func (st *State) foldTold() {
	places, known := make([]int, 1, len(st.Told)+1), map[config.Listener]int{}
	var told []config.Listener
	for _, l := range st.Told {
		l.Password, l.URL = "", config.Redact(l.URL)
		if known[l] == 0 {
			told = append(told, l)
			known[l] = len(told)
		}
		places = append(places, known[l])
	}
	if len(told) == len(st.Told) {
		return
	}
	st.Told, st.Callbacks.Records = told, slices.Clone(st.Callbacks.Records)
	for i := range st.Callbacks.Records {
		c := &st.Callbacks.Records[i]
		c.Listener, c.SentTo = places[c.Listener], places[c.SentTo]
	}
}
