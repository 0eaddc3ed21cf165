package thingspace

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"tsim/internal/bound"
	"tsim/internal/schema"
	"tsim/internal/sim"
	"tsim/schemas"
)

// bodySchema is the schema of a call's body: a file of schemas/, compiled when it is first needed.
type bodySchema struct {
	name     string // of the file, without .json
	compiled func() *schema.Schema
}

// schemaOf is the schema in a file of that name.
func schemaOf(name string) *bodySchema {
	return &bodySchema{name, sync.OnceValue(func() *schema.Schema {
		s, err := schemaSet().Compile(mustRead(name))
		if err != nil {
			panic(fmt.Sprintf("schemas/%s.json: %v", name, err)) // embedded: a test compiles them all
		}
		return s
	})}
}

// sharedSchema is the file that the others refer to.
const sharedSchema = "common"

// schemaSet is what the schemas of all bodies have in common.
var schemaSet = sync.OnceValue(func() *schema.Set {
	set, err := schema.NewSet(mustRead(sharedSchema), schema.Options{
		Limits:    bodyLimits,
		LongLists: slices.Sorted(maps.Keys(mostItems)),
		Extract:   schema.Extract{List: "devices", Within: "deviceIds", First: "kind", Second: "id"},
		Formats:   map[string]func(string) bool{"thingspace-time": isTime},
		Contents:  kindsIn,
	})
	if err != nil {
		panic(fmt.Sprintf("schemas/%s.json: %v", sharedSchema, err))
	}
	return set
})

// mostItems are the lists of devices that may be long, and the checks of how many items they have.
var mostItems = map[string]func(items int) error{
	"devices": sim.CheckDevices, "devicesToAdd": sim.CheckAdded, "deviceFilter": sim.CheckDevices,
}

func mustRead(name string) []byte {
	text, err := schemas.Files.ReadFile(name + ".json")
	if err != nil {
		panic(err) // a row of the endpoint table names a schema that is not there
	}
	return text
}

// checkCount refuses a body with too many devices, before anything is made of it. One that is not JSON is left
// to parse. A body that it says is within the limits is so; at what is too short for many devices it does not
// look. It says how many devices there are where it has found that out, if the body is JSON.
func (b *bodySchema) checkCount(body []byte) (devices int, within bool, err error) {
	list := b.compiled().LongList()
	const few = 2 * sim.MaxAdded // bytes: an item has at least two
	if list == "" || len(body) < few {
		return 0, false, nil
	}
	widest, e := bound.JSON(body, bodyLimits)
	if within = e == nil; within && mostItems[list](widest) == nil {
		if widest > bodyLimits.Wide { // which no other list may be
			devices = widest
		}
		return devices, true, nil
	}
	if !json.Valid(body) {
		return 0, within, nil
	}
	devices = schema.Count(body, list)
	return devices, within, mostItems[list](devices)
}

// refusedBy is the refusal of a body that has a violation.
func refusedBy(v *schema.Violation, err error) error {
	switch {
	case err != nil:
		return &sim.Error{Kind: sim.SchemaViolated, Msg: "the body cannot be checked", Err: err}
	case v != nil:
		return newViolationError(v)
	}
	return nil
}

// kindsIn says what a list holds in an error: the kinds of its identifiers, "" for something else or too many.
func kindsIn(list []any) string {
	var kinds []string
	for _, item := range list {
		kind := text(item, "kind")
		if !likeKind(kind) || len(kinds) == 8 {
			return ""
		}
		kinds = append(kinds, kind)
	}
	return strings.Join(kinds, ", ")
}

// likeKind says whether a word looks like a kind of identifier, whether or not there is one like that.
func likeKind(word string) bool {
	notALetter := func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') }
	return len(word) >= 3 && len(word) <= 6 && !strings.ContainsFunc(word, notALetter)
}
