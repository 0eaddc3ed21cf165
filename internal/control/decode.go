package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// decode reads the body into the struct that into points to. A field that it does not have is
// refused, down to the case of its letters, because it would be ignored.
func (c *call) decode(into any) error {
	known := fields(into)
	if len(bytes.TrimSpace(c.body)) == 0 {
		return bad("fields: "+strings.Join(known, ", "), "the body is empty; it has to be a JSON object")
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(c.body, &given); err != nil || given == nil {
		return c.notAnObject(err)
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(known, name) {
			return bad(suggest(name, known, "fields"), "unknown field %q", name)
		}
	}
	var wrong *json.UnmarshalTypeError
	if err := json.Unmarshal(c.body, into); errors.As(err, &wrong) {
		return bad("", "field %q is %s, not %s", wrong.Field, expected(wrong.Type), article(wrong.Value))
	} else if err != nil {
		return bad("", "the body cannot be read: %v", err)
	}
	return nil
}

// decodeOptional is decode for a body that may be left out.
func (c *call) decodeOptional(into any) error {
	if len(bytes.TrimSpace(c.body)) == 0 {
		return nil
	}
	return c.decode(into)
}

func (c *call) notAnObject(err error) error {
	if syntax, is := errors.AsType[*json.SyntaxError](err); is {
		return bad("", "the body is not JSON: %v, at byte %d", syntax, syntax.Offset)
	}
	return bad("", "the body has to be a JSON object, like {}")
}

// fields are the names that a struct has in JSON.
func fields(v any) []string {
	t := reflect.TypeOf(v).Elem()
	names := make([]string, t.NumField())
	for i := range names {
		names[i], _, _ = strings.Cut(t.Field(i).Tag.Get("json"), ",")
	}
	return names
}

// expected says what JSON a Go type is made of.
func expected(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Struct:
		return "an object"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct {
			return "a list of objects"
		}
		return "a list of strings"
	}
	return "a number"
}

// article turns encoding/json's word for what it found into English.
func article(found string) string {
	word, rest, _ := strings.Cut(found, " ")
	switch word {
	case "bool":
		return "true or false"
	case "array":
		return "a list"
	case "object":
		return "an object"
	case "number":
		if rest != "" {
			return "the number " + rest
		}
	}
	return "a " + word
}
