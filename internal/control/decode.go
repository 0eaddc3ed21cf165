package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"tsim/internal/bound"
	"tsim/tsimclient"
)

// decode reads the body into the struct that into points to. A field that it does not have is
// refused, down to the case of its letters, because it would be ignored.
func (c *call) decode(into any) error {
	v := reflect.ValueOf(into).Elem()
	if len(bytes.TrimSpace(c.body)) == 0 {
		return bad("fields: "+strings.Join(fields(v.Type()), ", "), "the body is empty; it has to be a JSON object")
	}
	if err := c.isJSON(""); err != nil {
		return err
	}
	return fill("", c.body, v)
}

// decodeOptional is decode for a body that may be left out.
func (c *call) decodeOptional(into any) error {
	if len(bytes.TrimSpace(c.body)) == 0 {
		return nil
	}
	return c.decode(into)
}

// mostValues is how many values a body has at the most: three times as many as a scenario of its length needs.
const mostValues = 100_000

// isJSON says what of the body is not JSON, if it is not, or that it is too deep or too wide to read.
func (c *call) isJSON(hint string) error {
	if _, e := bound.JSON(c.body, bound.Limits{Values: mostValues}); e != nil {
		return bad("", "%s, at byte %d", e.Msg, e.At)
	}
	err := json.Unmarshal(c.body, new(json.RawMessage))
	if syntax, is := errors.AsType[*json.SyntaxError](err); is {
		return bad(hint, "the body is not JSON: %v, at byte %d", syntax, syntax.Offset)
	}
	return err
}

var rawMessage = reflect.TypeFor[json.RawMessage]()

// fill reads the JSON in the place that a JSON pointer names into v. Nobody reads null, which is as good
// as nothing, nor what goes on in a json.RawMessage.
func fill(at string, src json.RawMessage, v reflect.Value) error {
	switch {
	case v.Kind() == reflect.Struct:
		return fillStruct(at, src, v)
	case string(src) == "null":
		return nil
	case v.Kind() == reflect.Pointer && v.Type().Elem().Kind() == reflect.Struct:
		v.Set(reflect.New(v.Type().Elem()))
		return fillStruct(at, src, v.Elem())
	case v.Kind() == reflect.Slice && v.Type() != rawMessage:
		return fillSlice(at, src, v)
	}
	var wrong *json.UnmarshalTypeError
	if err := json.Unmarshal(src, v.Addr().Interface()); errors.As(err, &wrong) {
		return mistyped(at, expected(wrong.Type), wrong)
	} else if err != nil {
		return bad("", "the body cannot be read: %v", err)
	}
	return nil
}

func fillStruct(at string, src json.RawMessage, v reflect.Value) error {
	var given map[string]json.RawMessage
	var wrong *json.UnmarshalTypeError
	if err := json.Unmarshal(src, &given); errors.As(err, &wrong) || given == nil {
		return mistyped(at, "an object", wrong)
	}
	known := fields(v.Type())
	for _, name := range slices.Sorted(maps.Keys(given)) {
		i, place := slices.Index(known, name), at+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(bound.Short(name))
		if i < 0 {
			return bad(suggest(name, known, "fields"), "%sunknown field %q", nested(place), bound.Short(name))
		}
		if err := fill(place, given[name], v.FieldByIndex(fieldsOf(v.Type())[i].Index)); err != nil {
			return err
		}
	}
	return nil
}

func fillSlice(at string, src json.RawMessage, v reflect.Value) error {
	var given []json.RawMessage
	var wrong *json.UnmarshalTypeError
	if err := json.Unmarshal(src, &given); errors.As(err, &wrong) {
		return mistyped(at, expected(v.Type()), wrong)
	}
	v.Set(reflect.MakeSlice(v.Type(), len(given), len(given)))
	for i := range given {
		if err := fill(at+"/"+strconv.Itoa(i), given[i], v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

// nested is the place at the beginning of a message. A field of the body itself is named well enough
// without.
func nested(at string) string {
	if strings.Count(at, "/") < 2 {
		return ""
	}
	return at + ": "
}

// mistyped says that something else than what is right stands in a place; wrong is nil for null.
func mistyped(at, right string, wrong *json.UnmarshalTypeError) *tsimclient.Error {
	found := "null"
	if wrong != nil {
		found = article(wrong.Value)
	}
	switch strings.Count(at, "/") {
	case 0:
		return bad("", "the body has to be a JSON object, like {}")
	case 1:
		return bad("", "field %q is %s, not %s", at[1:], right, found)
	}
	return bad("", "%s: %s belongs here, not %s", at, right, found)
}

// fields are the names that a struct has in JSON.
func fields(t reflect.Type) []string {
	var names []string
	for _, f := range fieldsOf(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// fieldsOf are the fields of a struct, those of the structs that are embedded in it among them.
func fieldsOf(t reflect.Type) []reflect.StructField {
	return slices.DeleteFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool { return f.Anonymous })
}

// expected says what JSON a Go type is made of.
func expected(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Slice:
		return "a list of strings"
	case reflect.Float64:
		return "a number"
	case reflect.Int:
		return "a whole number"
	}
	return "a whole number from 0"
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
			return "the number " + bound.Short(rest)
		}
	}
	return "a " + word
}
