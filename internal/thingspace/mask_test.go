package thingspace

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// FieldsNamedLikeSecrets are the calls whose bodies have a field that is named like a secret, and that are not known to.
func FieldsNamedLikeSecrets() (all []string) {
	for i := range endpoints {
		e := &endpoints[i]
		var text []byte
		if e.schema != nil {
			text = mustRead(e.schema.name)
		}
		for _, response := range []any{e.response, e.documented} {
			text = append(text, fieldsOf(reflect.TypeOf(response))...)
		}
		named := slices.ContainsFunc(strings.FieldsFunc(string(text), func(r rune) bool { return r == '"' }), func(word string) bool {
			return !strings.ContainsAny(word, ` /\%`) && secret([]byte(word))
		})
		if named && !e.credentials {
			all = append(all, e.path)
		}
	}
	return all
}

// fieldsOf lists the names that a type has in JSON, each in quotes.
func fieldsOf(t reflect.Type) string {
	var all string
	switch {
	case t == nil:
	case t.Kind() == reflect.Slice:
		all = fieldsOf(t.Elem())
	case t.Kind() == reflect.Struct:
		for f := range t.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			all += `"` + name + `"` + fieldsOf(f.Type)
		}
	}
	return all
}

// CheckMask holds what is made of a body to what can be said of any.
func CheckMask(t *testing.T, body string) {
	for _, credentials := range []bool{false, true} {
		masked := maskJSON([]byte(body), credentials)
		if json.Valid([]byte(body)) && !json.Valid(masked) {
			t.Errorf("%q becomes %q, which is not JSON", body, masked)
		}
		if again := maskJSON(bytes.Clone(masked), credentials); json.Valid([]byte(body)) && !bytes.Equal(again, masked) {
			t.Errorf("%q becomes %q, and that %q", body, masked, again)
		}
	}
}
