package tsimgodog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// value reads JSON with its numbers as they are written.
func value(text []byte) (any, error) {
	var v any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("this is no JSON: %s", text)
	}
	return v, nil
}

// at is what stands at a JSON pointer, as a text: a string without its quotation marks, and else JSON. A # as the last part
// is how many items or fields there are. It is false when there is nothing.
func at(v any, pointer string) (string, bool) {
	parts := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	if pointer == "" {
		parts = nil
	}
	for i, part := range parts {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		switch in := v.(type) {
		case map[string]any:
			if part == "#" && i == len(parts)-1 {
				return strconv.Itoa(len(in)), true
			}
			var ok bool
			if v, ok = in[part]; !ok {
				return "", false
			}
		case []any:
			if part == "#" && i == len(parts)-1 {
				return strconv.Itoa(len(in)), true
			}
			n, err := strconv.Atoi(part)
			if err != nil || n < 0 || n >= len(in) {
				return "", false
			}
			v = in[n]
		default:
			return "", false
		}
	}
	if text, ok := v.(string); ok {
		return text, true
	}
	text, err := json.Marshal(v)
	return string(text), err == nil
}
