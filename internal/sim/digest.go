package sim

import (
	"encoding/hex"
	"reflect"

	"tsim/internal/config"
	"tsim/internal/plain"
)

// Digest is a hash over the State: the same for two sandboxes that are the same. Facts of the wall clock are not in it, and no
// secrets: it stays the same when those are masked.
func (st *State) Digest() string {
	sum := plain.Digest(st, plain.Leave{
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
